//! A linear check of GraphQL text that runs before any parser sees it.
//!
//! Parsers and validators of GraphQL recurse, and several of their rules are quadratic or worse: a 4 KB nested list
//! literal overflows a stack, 850 bytes of fragments keep a validator busy for half a minute. So nothing reads a
//! document, a set of variables or a stranger's schema before it passed here.
//!
//! Invariants:
//! - time and memory are linear in the bytes that the limits let in; nothing recurses,
//! - every bracket, field, directive and spread that a parser will see is counted here in the same way: what has no
//!   single reading is refused, not guessed,
//! - a refusal names the limit, what was allowed, what was seen and where.
//!
//! ```
//! use platform_guard::{Limit, Limits, Refusal, check};
//!
//! let limits = Limits { aliases: 1, ..Limits::default() };
//! assert_eq!(check("{ one: me { id } me { id } }", &limits)?.aliases, 1);
//! let refusal = check("{ one: me { id } two: me { id } }", &limits).unwrap_err();
//! assert!(matches!(refusal, Refusal::Limit { limit: Limit::Aliases, allowed: 1, seen: 2, .. }));
//! # Ok::<(), Refusal>(())
//! ```

mod executable;
mod expansion;
mod json;
mod lexer;
mod limits;
mod refusal;
mod sdl;

pub use executable::{Stats, check};
pub use json::check_json_depth;
pub use lexer::{Kind as TokenKind, Lexer, Token};
pub use limits::{Limits, SdlLimits};
pub use refusal::{Limit, Position, Refusal};
pub use sdl::{SdlStats, check_sdl};
