//! Federation 2 composition: subgraph schemas in, one supergraph out
//!
//! ```
//! use router_composition::{SubgraphInput, compose};
//!
//! let composition = compose(&[SubgraphInput {
//!     name: "products".into(),
//!     url: "http://127.0.0.1:4001/graphql".into(),
//!     sdl: "type Query { top: Product } type Product { id: ID! }".into(),
//! }])?;
//! assert!(composition.supergraph_sdl.contains("join__Graph"));
//! # Ok::<(), router_composition::CompositionErrors>(())
//! ```
//!
//! No I/O, no async. Reading ([`SubgraphInput`]) gives errors per subgraph, merging gives a
//! [`Supergraph`], and what merges is checked for satisfiability.

pub mod ast;
mod compose;
mod contract;
pub mod diff;
mod error;
mod field_set;
mod hint;
mod link;
mod merge;
mod print;
mod satisfiability;
mod subgraph;
pub mod supergraph;
mod syntax;
mod validate;

pub use compose::{Composer, Composition, SubgraphInput, compose};
pub use contract::Contract;
pub use error::{CompositionError, CompositionErrors, ErrorCode, Location};
pub use hint::{Hint, HintLevel};
pub use supergraph::Supergraph;
