use std::fmt;
use std::sync::Arc;

use platform_types::{CursorError, ErrorCode, PageError, UnknownName};

/// What a use case fails with when the user cannot mend it in the form in front of them.
///
/// It has a public half (code and sentence, shown to the client) and a private half (the cause,
/// logged once at the boundary). Failures that a user can mend are data: see [`crate::UserError`].
#[derive(Debug, Clone)]
pub struct Error {
    code: ErrorCode,
    public: String,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// Result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with a code and a sentence for the client.
    pub fn new(code: ErrorCode, public: impl Into<String>) -> Self {
        Self {
            code,
            public: public.into(),
            source: None,
        }
    }

    /// Missing, or somebody else's. The sentence is the same for both and names no id.
    pub fn not_found(noun: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("{noun} not found"))
    }

    /// The request is malformed.
    pub fn bad_input(public: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadUserInput, public)
    }

    /// The identity lacks a permission.
    pub fn forbidden() -> Self {
        Self::new(ErrorCode::Forbidden, "permission denied")
    }

    /// There is no identity.
    pub fn unauthenticated() -> Self {
        Self::new(ErrorCode::Unauthenticated, "sign in first")
    }

    /// The state is not what the request assumed.
    pub fn conflict(public: impl Into<String>) -> Self {
        Self::new(ErrorCode::Conflict, public)
    }

    /// The tenant may not use `module`.
    pub fn license_required(module: &str) -> Self {
        Self::new(
            ErrorCode::LicenseRequired,
            format!("no active licence of the module {module}"),
        )
    }

    /// Our fault. The cause goes to the log, the client sees a fixed sentence.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            code: ErrorCode::Internal,
            public: "internal error".to_owned(),
            source: Some(Arc::from(source.into())),
        }
    }

    /// A dependency does not answer in time. The cause goes to the log.
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            code: ErrorCode::Unavailable,
            public: "temporarily unavailable, try again".to_owned(),
            source: Some(Arc::from(source.into())),
        }
    }

    /// The code that the client sees.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The sentence that the client sees.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The public half as a GraphQL error; the private half goes to the log, here and nowhere else.
    pub(crate) fn to_graphql(&self, pos: async_graphql::Pos) -> async_graphql::ServerError {
        if let Some(source) = &self.source {
            let cause = format_chain(source.as_ref());
            match self.code {
                ErrorCode::Internal => tracing::error!(code = %self.code, %cause, "request failed"),
                _ => tracing::warn!(code = %self.code, %cause, "request failed"),
            }
        }
        let mut error = async_graphql::ServerError::new(self.public.clone(), Some(pos));
        error
            .extensions
            .get_or_insert_with(Default::default)
            .set("code", self.code.as_str());
        error
    }
}

/// A cause and its causes, on one line.
pub fn format_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.public)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|s| s as _)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                Self::unavailable(error)
            }
            // 57014: our own statement_timeout, i.e. the deadline of the request
            sqlx::Error::Database(db) if db.code().as_deref() == Some("57014") => {
                Self::unavailable(error)
            }
            // 40001, 40P01: serialisation failure and deadlock, worth another try by the client
            sqlx::Error::Database(db)
                if matches!(db.code().as_deref(), Some("40001" | "40P01")) =>
            {
                Self {
                    code: ErrorCode::Conflict,
                    public: "the object was changed at the same moment, try again".to_owned(),
                    source: Some(Arc::new(error)),
                }
            }
            _ => Self::internal(error),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}

/// The database holds what the code does not know.
impl From<UnknownName> for Error {
    fn from(error: UnknownName) -> Self {
        Self::internal(error)
    }
}

impl From<PageError> for Error {
    fn from(error: PageError) -> Self {
        Self::bad_input(error.to_string())
    }
}

impl From<CursorError> for Error {
    fn from(error: CursorError) -> Self {
        Self::bad_input(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn the_private_half_never_reaches_the_client() {
        let error = Error::internal(std::io::Error::other("password=hunter2"));
        let json = serde_json::to_string(&error.to_graphql(Default::default())).unwrap();
        assert!(!json.contains("hunter2"), "{json}");
        assert!(json.contains("INTERNAL"), "{json}");
    }

    #[test]
    fn a_pool_without_a_free_connection_is_unavailable_and_not_internal() {
        let error = Error::from(sqlx::Error::PoolTimedOut);
        assert_eq!(error.code(), ErrorCode::Unavailable);
    }
}
