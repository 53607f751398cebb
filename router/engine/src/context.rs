//! What one operation carries to every fetch.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Instant;

use http::HeaderMap;

/// Who asks. The engine does not look into it; it only keeps the answers of different principals apart
/// and lets it prove itself to remote subgraphs.
/// In-process subgraphs get the concrete type back by upcasting to `dyn Any`.
pub trait Principal: Any + Send + Sync + Debug {
    /// Bytes that identify the authorisation scope. They are part of every key under which answers are shared:
    /// two principals with equal bytes may get the same answer.
    fn scope_key(&self) -> &[u8];

    /// Headers that prove the identity to a remote subgraph for exactly this request body.
    ///
    /// # Errors
    /// When no proof can be made; the fetch then fails and nothing is sent.
    fn assert_for(&self, subgraph: &str, body: &[u8]) -> Result<HeaderMap, AssertionError>;
}

/// A proof of identity could not be made. The reason is for the log, never for the client.
#[derive(Debug, thiserror::Error)]
#[error("identity cannot be asserted: {0}")]
pub struct AssertionError(pub String);

/// Nobody in particular: no headers, one common scope.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anonymous;

impl Principal for Anonymous {
    fn scope_key(&self) -> &[u8] {
        &[]
    }

    fn assert_for(&self, _subgraph: &str, _body: &[u8]) -> Result<HeaderMap, AssertionError> {
        Ok(HeaderMap::new())
    }
}

/// What one operation carries to every fetch.
#[derive(Debug, Clone)]
pub struct OperationContext {
    /// Who asks.
    pub principal: Arc<dyn Principal>,
    /// When the whole operation has to be over. For a subscription it bounds the start only.
    pub deadline: Instant,
    /// The W3C `traceparent` that subgraphs continue.
    pub trace_parent: Option<String>,
    /// Headers for remote subgraphs; whoever builds the context has filtered them.
    pub headers: HeaderMap,
}

impl OperationContext {
    /// A context without identity, trace and headers.
    #[must_use]
    pub fn anonymous(deadline: Instant) -> Self {
        Self {
            principal: Arc::new(Anonymous),
            deadline,
            trace_parent: None,
            headers: HeaderMap::new(),
        }
    }
}
