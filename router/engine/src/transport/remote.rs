//! Subgraphs behind HTTP.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use http::StatusCode;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};

use super::http::{Address, Answer, Http};
use super::sse::events;
use crate::context::OperationContext;
use crate::error::EngineError;

/// Limits of the connections to remote subgraphs.
#[derive(Debug, Clone)]
pub struct RemoteOptions {
    /// Longest time to open a connection.
    pub connect_timeout: Duration,
    /// Longest time without a byte on a subscription's stream; subgraphs send comments to keep it open.
    pub idle_timeout: Duration,
    /// Largest answer, in bytes.
    pub max_response_bytes: usize,
    /// Idle connections kept per subgraph.
    pub idle_connections: usize,
    /// Whether plain HTTP and unix sockets speak HTTP/2 from the start. TLS negotiates it in any case.
    pub http2: bool,
}

impl Default for RemoteOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            idle_timeout: Duration::from_secs(60),
            max_response_bytes: 64 * 1024 * 1024,
            idle_connections: 128,
            http2: false,
        }
    }
}

/// Pooled connections, shared by all remote subgraphs.
#[derive(Debug, Clone)]
pub struct RemoteClient {
    http: Arc<Http>,
    options: RemoteOptions,
}

impl RemoteClient {
    /// A client with its own pool.
    ///
    /// # Errors
    /// When the TLS configuration cannot be made.
    pub fn new(options: RemoteOptions) -> Result<Self, EngineError> {
        Ok(Self {
            http: Arc::new(Http::new(options.clone())?),
            options,
        })
    }
}

/// A subgraph behind HTTP.
#[derive(Debug, Clone)]
pub struct RemoteSubgraph {
    address: Arc<Address>,
    client: RemoteClient,
}

/// Why a remote subgraph gave no answer. The text is for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteFailure {
    #[error(transparent)]
    Assertion(#[from] crate::context::AssertionError),
    #[error("no connection: {0}")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("status {0} without a GraphQL response")]
    Status(StatusCode),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the answer broke off: {0}")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the deadline has passed")]
    Deadline,
    #[error("the event stream is broken: {0}")]
    Stream(&'static str),
}

impl RemoteFailure {
    /// What a client may know of it.
    pub(crate) fn public(&self) -> &'static str {
        match self {
            Self::Assertion(_) => "the subgraph could not be asked",
            Self::Deadline => "the deadline of the operation has passed",
            Self::TooLarge(_) => "the subgraph's answer is too large",
            _ => "the subgraph is not available",
        }
    }
}

impl RemoteSubgraph {
    /// A subgraph at an `http` or `https` address, or at a unix socket:
    /// `unix:///path/of/the.sock?/path/of/the/request`.
    ///
    /// # Errors
    /// When the address is none of these.
    pub fn new(url: &str, client: RemoteClient) -> Result<Self, EngineError> {
        Ok(Self {
            address: Arc::new(client.http.address(url)?),
            client,
        })
    }

    async fn send(
        &self,
        subgraph: &str,
        body: Bytes,
        context: &OperationContext,
        accept: &'static str,
    ) -> Result<Answer, RemoteFailure> {
        let mut headers = context.headers.clone();
        headers.extend(context.principal.assert_for(subgraph, &body)?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        if let Some(trace) = context
            .trace_parent
            .as_deref()
            .and_then(|trace| HeaderValue::from_str(trace).ok())
        {
            headers.insert("traceparent", trace);
        }
        self.client.http.post(&self.address, headers, body).await
    }

    /// Sends a query or a mutation and gives the bytes of the response.
    pub(crate) async fn execute(
        &self,
        subgraph: &str,
        body: Bytes,
        context: &OperationContext,
    ) -> Result<Bytes, RemoteFailure> {
        let accept = "application/graphql-response+json, application/json;q=0.9";
        let answer = self.send(subgraph, body, context, accept).await?;
        let status = answer.status;
        let body = answer.whole(self.client.options.max_response_bytes).await?;
        // a subgraph may put a GraphQL response under any status; anything else under an error status is a failure
        if !status.is_success() && !body.trim_ascii_start().starts_with(b"{") {
            return Err(RemoteFailure::Status(status));
        }
        Ok(body)
    }

    /// Starts a subscription; every item is the bytes of one event's response.
    pub(crate) async fn subscribe(
        &self,
        subgraph: &str,
        body: Bytes,
        context: &OperationContext,
    ) -> Result<BoxStream<'static, Result<Bytes, RemoteFailure>>, RemoteFailure> {
        let start = self.send(subgraph, body, context, "text/event-stream");
        let answer = tokio::time::timeout_at(context.deadline.into(), start)
            .await
            .map_err(|_| RemoteFailure::Deadline)??;
        let RemoteOptions {
            idle_timeout,
            max_response_bytes,
            ..
        } = self.client.options;
        if !answer.is("text/event-stream") {
            let status = answer.status;
            let body = answer.whole(max_response_bytes).await?;
            // the subgraph refused with an ordinary response
            if body.trim_ascii_start().starts_with(b"{") {
                return Ok(futures::stream::iter([Ok(body)]).boxed());
            }
            return Err(RemoteFailure::Status(status));
        }
        Ok(events(answer.pieces(), idle_timeout, max_response_bytes).boxed())
    }
}
