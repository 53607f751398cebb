use async_graphql::SimpleObject;

/// A failure that the user can mend: which field of the input, a stable code, a sentence.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject, serde::Serialize, serde::Deserialize)]
#[graphql(shareable)]
pub struct UserError {
    /// Path of the input field, e.g. `["input", "email"]`; empty when it is about the whole input.
    pub field: Vec<String>,
    /// Stable code for programs, e.g. `TAKEN`.
    pub code: String,
    /// One sentence for people.
    pub message: String,
}

impl UserError {
    /// An error of one field of `input`.
    pub fn on(name: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            field: vec!["input".to_owned(), name.to_owned()],
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// An error of the whole input.
    pub fn whole(code: &str, message: impl Into<String>) -> Self {
        Self {
            field: Vec::new(),
            code: code.to_owned(),
            message: message.into(),
        }
    }
}
