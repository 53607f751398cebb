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
//!
//! - [`compose`] composes once, [`Composer`] again and again, in a fraction of the time.
//! - [`Contract`] hides parts of a supergraph without composing again.
//! - [`diff`](mod@diff) judges what changed between two schemas.
//!
//! An error ([`CompositionError`]) has the public code of its rule, the places in the subgraphs, a
//! schema coordinate, and a sentence that says what would mend it:
//!
//! ```
//! use router_composition::{ErrorCode, SubgraphInput, compose};
//!
//! let subgraph = |name: &str| SubgraphInput {
//!     name: name.into(),
//!     url: String::new(),
//!     sdl: "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\")
//!           type Query { both: Int }".into(),
//! };
//! let errors = compose(&[subgraph("a"), subgraph("b")]).unwrap_err().errors;
//! assert_eq!(errors[0].code, ErrorCode::InvalidFieldSharing);
//! assert_eq!(errors[0].coordinate.as_deref(), Some("Query.both"));
//! let place = &errors[0].locations[1];
//! assert_eq!((place.subgraph.as_str(), place.line), ("b", 2));
//! ```

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
