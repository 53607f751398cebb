//! Subgraphs behind HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use http::{HeaderValue, StatusCode};

use super::form::Payload;
use super::health::Health;
use super::http::{Address, Answer, Fields, Http};
use super::sse::events;
use super::websocket::{self, Endpoint};
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
    /// Longest time until the answer to `connection_init` on a WebSocket.
    pub ack_timeout: Duration,
    /// How subgraphs give events, by their names; the others by what their address says.
    pub subscriptions: BTreeMap<String, SubscriptionProtocol>,
}

/// How a subgraph gives the events of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubscriptionProtocol {
    /// Server-sent events, distinct connections mode of `graphql-sse`.
    EventStream,
    /// `graphql-transport-ws`, at another path of the subgraph's address when one is given, which begins with a slash.
    WebSocket {
        /// Path and query of the WebSocket.
        path: Option<String>,
    },
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
            ack_timeout: Duration::from_secs(5),
            subscriptions: BTreeMap::new(),
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

/// A subgraph behind HTTP. Cheap to clone.
#[derive(Debug, Clone)]
pub struct RemoteSubgraph(Arc<Remote>);

#[derive(Debug)]
struct Remote {
    address: Address,
    client: RemoteClient,
    health: Health,
    /// Where events come from, when not from the address itself.
    websocket: Option<Endpoint>,
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
    #[error("the WebSocket was refused or broke: {0}")]
    WebSocket(&'static str),
    #[error("the subgraph closed the WebSocket with {code}: {reason}")]
    Closed {
        code: u16,
        /// As the subgraph says it.
        reason: String,
    },
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
            Self::Closed { code, .. } => websocket::meaning(*code),
            _ => "the subgraph is not available",
        }
    }
}

impl RemoteSubgraph {
    /// A subgraph at an `http` or `https` address, or at a unix socket:
    /// `unix:///path/of/the.sock?/path/of/the/request`. Of one at a `ws` or `wss` address, events come over a WebSocket
    /// and everything else by HTTP.
    ///
    /// # Errors
    /// When the address is none of these.
    pub fn new(url: &str, client: RemoteClient) -> Result<Self, EngineError> {
        Self::with(url, client, None)
    }

    /// Like [`RemoteSubgraph::new`], with the protocol of subscriptions that the client's options set for this name.
    ///
    /// # Errors
    /// When the address is none of these, or the path of the WebSocket is not absolute.
    pub fn named(name: &str, url: &str, client: RemoteClient) -> Result<Self, EngineError> {
        let protocol = client.options.subscriptions.get(name).cloned();
        Self::with(url, client, protocol)
    }

    fn with(
        url: &str,
        client: RemoteClient,
        protocol: Option<SubscriptionProtocol>,
    ) -> Result<Self, EngineError> {
        let by_http = websocket::by_http(url);
        let websocket = match protocol {
            Some(SubscriptionProtocol::EventStream) => None,
            Some(SubscriptionProtocol::WebSocket { path }) => {
                Some(Endpoint::new(&by_http, path.as_deref())?)
            }
            None if by_http != url => Some(Endpoint::new(&by_http, None)?),
            None => None,
        };
        let health = Health::new(
            client.options.breaker_failures,
            client.options.breaker_pause,
        );
        Ok(Self(Arc::new(Remote {
            address: client.http.address(&by_http)?,
            client,
            health,
            websocket,
        })))
    }

    async fn send(
        &self,
        subgraph: &str,
        payload: Payload,
        context: &OperationContext,
        accept: &'static str,
    ) -> Result<Answer, RemoteFailure> {
        let fields = Fields {
            content_type: payload.content_type.as_deref(),
            ..fields(subgraph, &payload.body, context, accept)?
        };
        self.0
            .client
            .http
            .post(&self.0.address, fields, payload.body)
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
            self.0.client.options.retries
        } else {
            0
        };
        let mut pause = Duration::from_millis(10);
        loop {
            let failure = match self.attempt(subgraph, payload.clone(), context).await {
                Ok(bytes) => return Ok(bytes),
                Err(failure) => failure,
            };
            if repetitions == 0 || !failure.is_passing() || !self.0.health.may_retry() {
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
            .0
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
        let body = answer
            .whole(self.0.client.options.max_response_bytes)
            .await?;
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
        if let Some(endpoint) = &self.0.websocket {
            let fields = fields(subgraph, &body, context, "")?;
            let start = websocket::subscribe(endpoint, fields, &body, &self.0.client.options);
            let events = tokio::time::timeout_at(context.deadline.into(), start)
                .await
                .map_err(|_| RemoteFailure::Deadline)??;
            return Ok(events.boxed());
        }
        let start = self.send(subgraph, body.into(), context, "text/event-stream");
        let answer = tokio::time::timeout_at(context.deadline.into(), start)
            .await
            .map_err(|_| RemoteFailure::Deadline)??;
        let RemoteOptions {
            idle_timeout,
            max_response_bytes,
            ..
        } = self.0.client.options;
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

/// What goes with a request, the proof of identity for exactly this body among it.
fn fields<'a>(
    subgraph: &str,
    body: &[u8],
    context: &'a OperationContext,
    accept: &'static str,
) -> Result<Fields<'a>, RemoteFailure> {
    Ok(Fields {
        common: &context.headers,
        proof: context.principal.assert_for(subgraph, body)?,
        trace_parent: context
            .trace_parent
            .as_deref()
            .and_then(|trace| HeaderValue::from_str(trace).ok()),
        accept,
        content_type: None,
    })
}
