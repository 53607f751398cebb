//! Documents as trees (GraphQL specification of September 2025, sections 2 and 3), and the parser that makes them.
//!
//! The engine reads everything with it: what clients send, the supergraph, and the field sets in it. Whoever else reads
//! one of these uses the same, so that nobody reads another document than the engine.

mod parser;
pub mod query;
pub mod schema;
mod value;

use std::fmt;

pub use parser::SyntaxError;
pub use parser::parse_schema;
pub(crate) use parser::{parse_query, parse_selection, says};
pub use value::{Number, Value};

/// A place in a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pos {
    /// Line, from one.
    pub line: usize,
    /// Column in characters, from one.
    pub column: usize,
}

/// A type where it is used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// A name alone.
    NamedType(String),
    /// A list of something.
    ListType(Box<Type>),
    /// Anything but null.
    NonNullType(Box<Type>),
}

impl Type {
    /// The name in it, without lists and non-null.
    #[must_use]
    pub fn named(&self) -> &str {
        match self {
            Self::NamedType(name) => name,
            Self::ListType(inner) | Self::NonNullType(inner) => inner.named(),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NamedType(name) => out.write_str(name),
            Self::ListType(inner) => write!(out, "[{inner}]"),
            Self::NonNullType(inner) => write!(out, "{inner}!"),
        }
    }
}

/// A directive where it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct Directive {
    /// Where its `@` stands.
    pub position: Pos,
    /// Its name, without `@`.
    pub name: String,
    /// Its arguments, as they are written.
    pub arguments: Vec<(String, Value)>,
}
