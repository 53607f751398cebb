//! What goes wrong: errors of an operation, which clients see, and errors of the engine itself, which operators see.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One step of the path to the place in the answer that an error belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathSegment {
    /// An index into a list, from zero.
    Index(usize),
    /// A response key: the alias of a field, or its name.
    Key(String),
}

impl From<&str> for PathSegment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for PathSegment {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// A place in the client's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Line, from one.
    pub line: usize,
    /// Column in characters, from one.
    pub column: usize,
}

/// An error as the GraphQL specification (section 7.1.2) puts it into a response.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct GraphqlError {
    /// For people; never holds internal text of the engine.
    #[serde(default)]
    pub message: String,
    /// Places in the document, empty when unknown.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "lenient"
    )]
    pub locations: Vec<Location>,
    /// Path in the answer, empty when the error belongs to the whole operation.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "lenient"
    )]
    pub path: Vec<PathSegment>,
    /// `code`, `subgraph` and whatever the subgraph added.
    #[serde(
        default,
        skip_serializing_if = "Map::is_empty",
        deserialize_with = "lenient"
    )]
    pub extensions: Map<String, Value>,
}

/// Subgraphs send `null` or odd shapes in optional parts of an error; that must not hide the error.
fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::de::DeserializeOwned,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

impl GraphqlError {
    /// An error with a message and an `extensions.code`.
    #[must_use]
    pub fn new(message: impl Into<String>, code: &str) -> Self {
        let mut extensions = Map::new();
        extensions.insert("code".to_owned(), Value::from(code));
        Self {
            message: message.into(),
            extensions,
            ..Self::default()
        }
    }

    /// The same error at a path of the answer.
    #[must_use]
    pub fn at(mut self, path: Vec<PathSegment>) -> Self {
        self.path = path;
        self
    }

    /// The same error at places of the document.
    #[must_use]
    pub fn located(mut self, locations: Vec<Location>) -> Self {
        self.locations = locations;
        self
    }

    /// The same error, naming the subgraph that it comes from in `extensions.subgraph`.
    #[must_use]
    pub fn from_subgraph(mut self, subgraph: &str) -> Self {
        self.extensions
            .entry("subgraph")
            .or_insert_with(|| Value::from(subgraph));
        self
    }

    /// `extensions.code`, when there is one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.extensions.get("code").and_then(Value::as_str)
    }
}

/// Codes that the engine itself puts into `extensions.code`.
pub mod code {
    /// The document does not parse.
    pub const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
    /// The document does not fit the schema.
    pub const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
    /// The variables or the operation name do not fit the document.
    pub const BAD_USER_INPUT: &str = "BAD_USER_INPUT";
    /// A subgraph cannot be reached, gave no usable answer, or the deadline passed.
    pub const UNAVAILABLE: &str = "UNAVAILABLE";
    /// A subgraph gave a value that the schema does not allow at its place: null where nothing is nullable, a text as an
    /// `Int`. The messages are the engine's own and hold nothing of the subgraph's.
    pub const INVALID_RESULT: &str = "INVALID_RESULT";
    /// Something failed that the client cannot mend.
    pub const INTERNAL: &str = "INTERNAL";
}

/// Why an engine cannot be made from a supergraph.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The text is no GraphQL schema document.
    #[error("supergraph does not parse: {0}")]
    Parse(String),
    /// The document parses, but is no supergraph that can be planned.
    #[error("supergraph cannot be planned: {0}")]
    Supergraph(String),
    /// The supergraph names a subgraph that no transport was given for.
    #[error("no transport for subgraph `{0}`")]
    MissingTransport(String),
    /// A subgraph's address is no usable URL.
    #[error("address `{url}` of a subgraph cannot be used: {reason}")]
    Address {
        /// The address as given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}
