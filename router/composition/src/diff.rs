//! What changed between two schemas, and whom it hurts
//!
//! Both plain schemas and supergraphs are read; of a supergraph only what clients see counts.
//! *Breaking*: an operation that was valid, or a client that was right, may no longer be.
//! *Dangerous*: operations stay valid but may behave in another way. *Safe*: nothing of that.
//!
//! ```
//! use router_composition::diff::{Severity, diff};
//!
//! let changes = diff("type Query { a: Int b: Int }", "type Query { a: Int! }")?;
//! let removed = changes.iter().find(|change| change.coordinate == "Query.b");
//! assert_eq!(removed.map(|change| change.severity), Some(Severity::Breaking));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod operations;
mod schema;

use std::collections::BTreeSet;
use std::fmt;

pub use operations::{BrokenOperation, broken_operations};
pub use schema::diff;

/// How much a change hurts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Clients that worked may stop working.
    Breaking,
    /// Clients keep working, perhaps not as before.
    Dangerous,
    /// No client notices who does not look.
    Safe,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Breaking => "breaking",
            Self::Dangerous => "dangerous",
            Self::Safe => "safe",
        })
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Change {
    /// How much it hurts.
    pub severity: Severity,
    /// What changed, as a schema coordinate.
    pub coordinate: String,
    /// What changed, in words.
    pub message: String,
    /// Why it is judged so.
    pub reason: &'static str,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}: {} ({})",
            self.severity, self.coordinate, self.message, self.reason
        )
    }
}

/// A schema or operation that can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong.
    pub message: String,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}:{}", self.message, self.line, self.column)
    }
}

impl std::error::Error for Unreadable {}

impl Unreadable {
    fn new(text: &str, error: &crate::syntax::parser::SyntaxError) -> Self {
        let (line, column) = crate::syntax::source::Source::new(text).position(error.at);
        Self {
            message: error.message.clone(),
            line,
            column,
        }
    }
}

/// Coordinates that an operation uses.
type Coordinates = BTreeSet<String>;
