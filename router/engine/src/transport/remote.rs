//! Subgraphs behind HTTP.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream::{BoxStream, StreamExt};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response, Url};

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
}

impl Default for RemoteOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            idle_timeout: Duration::from_secs(60),
            max_response_bytes: 64 * 1024 * 1024,
            idle_connections: 128,
        }
    }
}

/// Pooled connections, shared by all remote subgraphs.
#[derive(Debug, Clone)]
pub struct RemoteClient {
    client: Client,
    options: RemoteOptions,
}

impl RemoteClient {
    /// A client with its own pool.
    ///
    /// # Errors
    /// When the TLS configuration cannot be made.
    pub fn new(options: RemoteOptions) -> Result<Self, EngineError> {
        // fails only when the process has chosen a provider already, which is as good
        let _already_chosen = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(options.connect_timeout)
            .pool_max_idle_per_host(options.idle_connections)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .no_proxy()
            .build()
            .map_err(|error| EngineError::Address {
                url: String::new(),
                reason: error.to_string(),
            })?;
        Ok(Self { client, options })
    }
}

/// A subgraph behind HTTP.
#[derive(Debug, Clone)]
pub struct RemoteSubgraph {
    url: Url,
    client: RemoteClient,
}

/// Why a remote subgraph gave no answer. The text is for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteFailure {
    #[error(transparent)]
    Assertion(#[from] crate::context::AssertionError),
    #[error("no connection: {0}")]
    Connection(#[source] reqwest::Error),
    #[error("status {0} without a GraphQL response")]
    Status(http::StatusCode),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the answer broke off: {0}")]
    Body(#[source] reqwest::Error),
    #[error("the deadline has passed")]
    Deadline,
    #[error("the event stream is broken: {0}")]
    Stream(String),
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
    /// A subgraph at an `http` or `https` address.
    ///
    /// # Errors
    /// When the address is no such URL.
    pub fn new(url: &str, client: RemoteClient) -> Result<Self, EngineError> {
        let refuse = |reason: String| EngineError::Address {
            url: url.to_owned(),
            reason,
        };
        let parsed = Url::parse(url).map_err(|error| refuse(error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(refuse("neither http nor https".to_owned()));
        }
        Ok(Self {
            url: parsed,
            client,
        })
    }

    async fn send(
        &self,
        subgraph: &str,
        body: Vec<u8>,
        context: &OperationContext,
        accept: &'static str,
    ) -> Result<Response, RemoteFailure> {
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
        self.client
            .client
            .post(self.url.clone())
            .headers(headers)
            .body(body)
            .send()
            .await
            .map_err(RemoteFailure::Connection)
    }

    /// Sends a query or a mutation and gives the bytes of the response.
    pub(crate) async fn execute(
        &self,
        subgraph: &str,
        body: Vec<u8>,
        context: &OperationContext,
    ) -> Result<Bytes, RemoteFailure> {
        let accept = "application/graphql-response+json, application/json;q=0.9";
        let response = self.send(subgraph, body, context, accept).await?;
        let status = response.status();
        let body = self.body(response).await?;
        // a subgraph may put a GraphQL response under any status; anything else under an error status is a failure
        if !status.is_success() && !body.trim_ascii_start().starts_with(b"{") {
            return Err(RemoteFailure::Status(status));
        }
        Ok(body)
    }

    async fn body(&self, mut response: Response) -> Result<Bytes, RemoteFailure> {
        let limit = self.client.options.max_response_bytes;
        let Some(first) = response.chunk().await.map_err(RemoteFailure::Body)? else {
            return Ok(Bytes::new());
        };
        let mut whole = None::<BytesMut>;
        let mut length = first.len();
        while let Some(chunk) = response.chunk().await.map_err(RemoteFailure::Body)? {
            length += chunk.len();
            if length > limit {
                return Err(RemoteFailure::TooLarge(limit));
            }
            whole
                .get_or_insert_with(|| BytesMut::from(&first[..]))
                .extend_from_slice(&chunk);
        }
        if length > limit {
            return Err(RemoteFailure::TooLarge(limit));
        }
        Ok(whole.map_or(first, BytesMut::freeze))
    }

    /// Starts a subscription; every item is the bytes of one event's response.
    pub(crate) async fn subscribe(
        &self,
        subgraph: &str,
        body: Vec<u8>,
        context: &OperationContext,
    ) -> Result<BoxStream<'static, Result<Bytes, RemoteFailure>>, RemoteFailure> {
        let start = self.send(subgraph, body, context, "text/event-stream");
        let response = tokio::time::timeout_at(context.deadline.into(), start)
            .await
            .map_err(|_| RemoteFailure::Deadline)??;
        let is_stream = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("text/event-stream"));
        if !is_stream {
            let status = response.status();
            let body = self.body(response).await?;
            // the subgraph refused with an ordinary response
            if body.trim_ascii_start().starts_with(b"{") {
                return Ok(futures::stream::iter([Ok(body)]).boxed());
            }
            return Err(RemoteFailure::Status(status));
        }
        let RemoteOptions {
            idle_timeout,
            max_response_bytes,
            ..
        } = self.client.options;
        Ok(events(response.bytes_stream(), idle_timeout, max_response_bytes).boxed())
    }
}
