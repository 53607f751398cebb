//! Remarks on subgraphs that compose but surprise

use std::fmt;

use crate::error::Location;

/// How much attention a hint deserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HintLevel {
    /// Worth mending.
    Warn,
    /// Worth knowing.
    Info,
    /// Detail.
    Debug,
}

/// A remark: something composed, perhaps not in the way that was meant.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Hint {
    /// The public code, such as `INCONSISTENT_DESCRIPTION`.
    pub code: &'static str,
    /// How much attention it deserves.
    pub level: HintLevel,
    /// What was found and what composition made of it.
    pub message: String,
    /// The element in question as a schema coordinate, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordinate: Option<String>,
    /// Where in which subgraphs.
    pub locations: Vec<Location>,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}
