//! Subgraphs behind HTTP.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use http::{HeaderValue, StatusCode};

use super::form::Payload;
use super::health::Health;
use super::http::{Address, Answer, Fields, Http};
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
    /// How often a query is sent again when the subgraph cannot be reached; there is also a budget: no more than one
    /// request in ten is a repetition. Mutations never are.
    pub retries: u32,
    /// Failures in a row after which a subgraph is left alone for a while.
    pub breaker_failures: u32,
    /// How long it is left alone.
    pub breaker_pause: Duration,
}

impl Default for RemoteOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            idle_timeout: Duration::from_secs(60),
            max_response_bytes: 64 * 1024 * 1024,
            idle_connections: 128,
            http2: false,
            retries: 2,
            breaker_failures: 20,
            breaker_pause: Duration::from_secs(2),
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
    health: Arc<Health>,
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
    #[error("it failed too often just now")]
    Resting,
    #[error("the deadline has passed")]
    Deadline,
    #[error("the event stream is broken: {0}")]
    Stream(&'static str),
}

impl RemoteFailure {
    /// Whether another attempt may succeed: the subgraph was not reached, or says itself that it is not ready.
    fn is_passing(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Body(_) => true,
            Self::Status(status) => {
                matches!(
                    *status,
                    StatusCode::BAD_GATEWAY
                        | StatusCode::SERVICE_UNAVAILABLE
                        | StatusCode::GATEWAY_TIMEOUT
                )
            }
            _ => false,
        }
    }

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
        let health = Health::new(
            client.options.breaker_failures,
            client.options.breaker_pause,
        );
        Ok(Self {
            address: Arc::new(client.http.address(url)?),
            client,
            health: Arc::new(health),
        })
    }

    async fn send(
        &self,
        subgraph: &str,
        payload: Payload,
        context: &OperationContext,
        accept: &'static str,
    ) -> Result<Answer, RemoteFailure> {
        let fields = Fields {
            common: &context.headers,
            proof: context.principal.assert_for(subgraph, &payload.body)?,
            trace_parent: context
                .trace_parent
                .as_deref()
                .and_then(|trace| HeaderValue::from_str(trace).ok()),
            accept,
            content_type: payload.content_type.as_deref(),
        };
        self.client
            .http
            .post(&self.address, fields, payload.body)
            .await
    }

    /// Sends a query or a mutation and gives the bytes of the response. What is `repeatable` is sent again when the
    /// subgraph could not be reached.
    pub(crate) async fn execute(
        &self,
        subgraph: &str,
        payload: Payload,
        context: &OperationContext,
        repeatable: bool,
    ) -> Result<Bytes, RemoteFailure> {
        let mut repetitions = if repeatable {
            self.client.options.retries
        } else {
            0
        };
        let mut pause = Duration::from_millis(10);
        loop {
            let failure = match self.attempt(subgraph, payload.clone(), context).await {
                Ok(bytes) => return Ok(bytes),
                Err(failure) => failure,
            };
            if repetitions == 0 || !failure.is_passing() || !self.health.may_retry() {
                return Err(failure);
            }
            tracing::debug!(%subgraph, %failure, "fetch is repeated");
            repetitions -= 1;
            tokio::time::sleep(pause).await;
            pause *= 4;
        }
    }

    /// Sends a request once.
    async fn attempt(
        &self,
        subgraph: &str,
        payload: Payload,
        context: &OperationContext,
    ) -> Result<Bytes, RemoteFailure> {
        let attempt = self
            .health
            .attempt(Instant::now())
            .ok_or(RemoteFailure::Resting)?;
        let result = self.exchange(subgraph, payload, context).await;
        match &result {
            Err(failure) if failure.is_passing() => attempt.failed(Instant::now()),
            _ => attempt.succeeded(),
        }
        result
    }

    async fn exchange(
        &self,
        subgraph: &str,
        payload: Payload,
        context: &OperationContext,
    ) -> Result<Bytes, RemoteFailure> {
        let accept = "application/graphql-response+json, application/json;q=0.9";
        let answer = self.send(subgraph, payload, context, accept).await?;
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
        let start = self.send(subgraph, body.into(), context, "text/event-stream");
        let answer = tokio::time::timeout_at(context.deadline.into(), start)
            .await
            .map_err(|_| RemoteFailure::Deadline)??;
        let RemoteOptions {
            idle_timeout,
            max_response_bytes,
            ..
        } = self.client.options;
        if !answer.event_stream {
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
