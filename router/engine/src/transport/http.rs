//! The HTTP client under remote subgraphs: plain HTTP and unix sockets without detours, TLS by a library of its own.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream::{BoxStream, StreamExt};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Legacy;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::UnixStream;

use super::remote::{RemoteFailure, RemoteOptions};
use crate::error::EngineError;

/// Pooled connections of every kind.
#[derive(Debug, Clone)]
pub(super) struct Http {
    plain: Legacy<HttpConnector, Full<Bytes>>,
    tls: reqwest::Client,
    options: RemoteOptions,
}

/// Where a subgraph listens.
#[derive(Debug, Clone)]
pub(super) enum Address {
    Plain(Uri),
    Tls(reqwest::Url),
    /// A socket with a pool of its own.
    Unix(Box<Legacy<UnixConnector, Full<Bytes>>>, Uri),
}

/// An answer whose body is still to come.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Body,
}

enum Body {
    Hyper(Incoming),
    Reqwest(reqwest::Response),
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RemoteFailure {
    RemoteFailure::Connection(error.into())
}

impl Http {
    pub(super) fn new(options: RemoteOptions) -> Result<Self, EngineError> {
        // fails only when the process has chosen a provider already, which is as good
        let _already_chosen = rustls::crypto::ring::default_provider().install_default();
        let tls = reqwest::Client::builder()
            .connect_timeout(options.connect_timeout)
            .pool_max_idle_per_host(options.idle_connections)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .no_proxy()
            .build()
            .map_err(|error| EngineError::Address {
                url: "https:".to_owned(),
                reason: error.to_string(),
            })?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(options.connect_timeout));
        Ok(Self {
            plain: builder(&options).build(connector),
            tls,
            options,
        })
    }

    /// Reads `http://…`, `https://…` or `unix:///path/of/the.sock?/path/of/the/request`.
    pub(super) fn address(&self, url: &str) -> Result<Address, EngineError> {
        let refuse = |reason: &str| EngineError::Address {
            url: url.to_owned(),
            reason: reason.to_owned(),
        };
        if let Some(rest) = url.strip_prefix("unix://") {
            let (socket, path) = rest.split_once('?').unwrap_or((rest, "/graphql"));
            if !socket.starts_with('/') || !path.starts_with('/') {
                return Err(refuse(
                    "the paths of a socket and of its request have to be absolute",
                ));
            }
            let uri = format!("http://localhost{path}")
                .parse()
                .map_err(|_| refuse("no path of a request"))?;
            let connector = UnixConnector {
                path: Path::new(socket).into(),
                timeout: self.options.connect_timeout,
            };
            return Ok(Address::Unix(
                Box::new(builder(&self.options).build(connector)),
                uri,
            ));
        }
        let parsed = reqwest::Url::parse(url).map_err(|error| refuse(&error.to_string()))?;
        match parsed.scheme() {
            "http" => parsed
                .as_str()
                .parse()
                .map(Address::Plain)
                .map_err(|_| refuse("no address of a request")),
            "https" => Ok(Address::Tls(parsed)),
            _ => Err(refuse("neither http, https nor unix")),
        }
    }

    /// Posts a body; only the head of the answer is waited for.
    pub(super) async fn post(
        &self,
        to: &Address,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, RemoteFailure> {
        match to {
            Address::Plain(uri) => {
                let response = self
                    .plain
                    .request(request(uri, headers, body))
                    .await
                    .map_err(broken)?;
                Ok(Answer::from(response))
            }
            Address::Unix(client, uri) => {
                let response = client
                    .request(request(uri, headers, body))
                    .await
                    .map_err(broken)?;
                Ok(Answer::from(response))
            }
            Address::Tls(url) => {
                let response = self
                    .tls
                    .post(url.clone())
                    .headers(headers)
                    .body(body)
                    .send()
                    .await
                    .map_err(broken)?;
                Ok(Answer {
                    status: response.status(),
                    headers: response.headers().clone(),
                    body: Body::Reqwest(response),
                })
            }
        }
    }
}

fn builder(options: &RemoteOptions) -> hyper_util::client::legacy::Builder {
    let mut builder = Legacy::builder(TokioExecutor::new());
    builder
        .pool_max_idle_per_host(options.idle_connections)
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .http2_only(options.http2);
    builder
}

fn request(uri: &Uri, headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    request
}

impl From<http::Response<Incoming>> for Answer {
    fn from(response: http::Response<Incoming>) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status,
            headers: head.headers,
            body: Body::Hyper(body),
        }
    }
}

impl Answer {
    /// Whether the answer is of a media type.
    pub(super) fn is(&self, media_type: &str) -> bool {
        let value = self
            .headers
            .get(header::CONTENT_TYPE)
            .map(HeaderValue::as_bytes);
        value.is_some_and(|value| value.starts_with(media_type.as_bytes()))
    }

    /// The whole body, up to a limit.
    pub(super) async fn whole(mut self, limit: usize) -> Result<Bytes, RemoteFailure> {
        let Some(first) = self.body.chunk().await? else {
            return Ok(Bytes::new());
        };
        let mut length = first.len();
        // most answers come in one piece, which is then not copied
        let mut whole = None::<BytesMut>;
        while let Some(chunk) = self.body.chunk().await? {
            length += chunk.len();
            if length > limit {
                break;
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

    /// The body piece by piece.
    pub(super) fn pieces(self) -> BoxStream<'static, Result<Bytes, RemoteFailure>> {
        futures::stream::try_unfold(self.body, |mut body| async move {
            Ok(body.chunk().await?.map(|chunk| (chunk, body)))
        })
        .boxed()
    }
}

impl Body {
    async fn chunk(&mut self) -> Result<Option<Bytes>, RemoteFailure> {
        match self {
            Self::Hyper(body) => loop {
                match body.frame().await {
                    None => return Ok(None),
                    Some(Err(error)) => return Err(RemoteFailure::Body(error.into())),
                    // trailers say nothing here
                    Some(Ok(frame)) => {
                        if let Ok(data) = frame.into_data() {
                            return Ok(Some(data));
                        }
                    }
                }
            },
            Self::Reqwest(response) => response
                .chunk()
                .await
                .map_err(|error| RemoteFailure::Body(error.into())),
        }
    }
}

/// Opens connections to one unix socket.
#[derive(Debug, Clone)]
pub(super) struct UnixConnector {
    path: Arc<Path>,
    timeout: Duration,
}

impl tower::Service<Uri> for UnixConnector {
    type Response = UnixConnection;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<UnixConnection, std::io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let (path, timeout): (PathBuf, Duration) = (self.path.to_path_buf(), self.timeout);
        Box::pin(async move {
            let stream = tokio::time::timeout(timeout, UnixStream::connect(path)).await??;
            Ok(UnixConnection(TokioIo::new(stream)))
        })
    }
}

/// A connection to a unix socket.
pub(super) struct UnixConnection(TokioIo<UnixStream>);

impl Connection for UnixConnection {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl hyper::rt::Read for UnixConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl hyper::rt::Write for UnixConnection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
