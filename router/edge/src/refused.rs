//! Why the edge itself does not answer a request.

use std::time::Duration;

use http::StatusCode;
use platform_guard::Refusal;
use platform_types::ErrorCode;
use router_engine::{GraphqlError, Location};

use crate::authentication::AuthenticationError;

/// An answer that the edge gives in place of the engine.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    /// Whether the document is at fault: then the older JSON media type answers with status 200.
    pub(crate) by_document: bool,
    pub(crate) error: Box<GraphqlError>,
    pub(crate) retry_after: Option<Duration>,
}

impl Refused {
    pub(crate) fn new(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        let error = Box::new(GraphqlError::new(message, code.as_str()));
        Self {
            status,
            by_document: false,
            error,
            retry_after: None,
        }
    }

    /// The request is not what GraphQL over HTTP asks for.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::BadUserInput, message)
    }

    /// There is too much of something just now.
    pub(crate) fn too_many(status: StatusCode, message: &str, retry_after: Duration) -> Self {
        let code = if status == StatusCode::TOO_MANY_REQUESTS {
            ErrorCode::RateLimited
        } else {
            ErrorCode::Unavailable
        };
        Self {
            retry_after: Some(retry_after),
            ..Self::new(status, code, message)
        }
    }

    /// The document may not be run.
    pub(crate) fn document(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            by_document: true,
            ..Self::new(StatusCode::BAD_REQUEST, code, message)
        }
    }

    /// Whole seconds after which to come back, at least one.
    pub(crate) fn retry_after_s(&self) -> Option<u64> {
        self.retry_after
            .map(|wait| (wait.as_millis().div_ceil(1000) as u64).max(1))
    }

    /// The body of the answer.
    pub(crate) fn body(&self) -> serde_json::Value {
        serde_json::json!({ "errors": [&*self.error] })
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let mut refused = Self::document(ErrorCode::BadUserInput, refusal.to_string());
        let at = refusal.position();
        refused.error.locations = vec![Location {
            line: at.line,
            column: at.column,
        }];
        if let Refusal::Limit {
            limit,
            allowed,
            seen,
            ..
        } = refusal
        {
            refused
                .error
                .extensions
                .insert("limit".into(), limit.name().into());
            refused
                .error
                .extensions
                .insert("allowed".into(), allowed.into());
            refused.error.extensions.insert("seen".into(), seen.into());
        }
        refused
    }
}

impl From<AuthenticationError> for Refused {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Invalid | AuthenticationError::Expired => Self::new(
                StatusCode::UNAUTHORIZED,
                ErrorCode::Unauthenticated,
                error.to_string(),
            ),
            AuthenticationError::Unavailable => Self::too_many(
                StatusCode::SERVICE_UNAVAILABLE,
                &error.to_string(),
                Duration::from_secs(1),
            ),
        }
    }
}
