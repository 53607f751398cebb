//! The HTTP client under remote subgraphs: HTTP/1.1 over plain TCP and unix sockets by our own client, HTTP/2 without TLS
//! and everything with TLS by libraries.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream::{BoxStream, StreamExt};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Legacy;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::UnixStream;

use super::http1::{self, Pool, Target};
use super::remote::{RemoteFailure, RemoteOptions};
use crate::error::EngineError;

/// How long a connection may be idle before it is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Connections of every kind.
#[derive(Debug, Clone)]
pub(super) struct Http {
    tls: reqwest::Client,
    options: RemoteOptions,
}

/// Where a subgraph listens, with the connections to it.
#[derive(Debug)]
pub(super) enum Address {
    Plain(Plain),
    Tls(reqwest::Url),
    Http2(Legacy<HttpConnector, Full<Bytes>>, Uri),
    UnixHttp2(Legacy<UnixConnector, Full<Bytes>>, Uri),
}

/// A server that speaks HTTP/1.1 without TLS.
#[derive(Debug)]
pub(super) struct Plain {
    pool: Arc<Pool>,
    /// The head of every request, up to the fields that differ.
    start: Box<[u8]>,
}

/// Header fields of a request.
pub(super) struct Fields<'a> {
    /// Those of the operation; the others are stronger.
    pub(super) common: &'a HeaderMap,
    /// The proof of identity.
    pub(super) proof: HeaderMap,
    pub(super) trace_parent: Option<HeaderValue>,
    pub(super) accept: &'static str,
    /// The type of the body; none is JSON. A form goes with the headers that keep pages of other sites from sending one,
    /// for subgraphs ask for them like the edge does.
    pub(super) content_type: Option<&'a str>,
}

const JSON: &str = "application/json";

/// Headers that a browser sends only when it was allowed to.
static PREFLIGHT: [(HeaderName, HeaderValue); 2] = [
    (
        HeaderName::from_static("apollo-require-preflight"),
        HeaderValue::from_static("true"),
    ),
    (
        HeaderName::from_static("graphql-require-preflight"),
        HeaderValue::from_static("true"),
    ),
];

/// An answer whose body is still to come.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Whether the body is a stream of server-sent events.
    pub(super) event_stream: bool,
    body: Body,
}

enum Body {
    Http1(http1::Body),
    Hyper(Incoming),
    Reqwest(reqwest::Response),
}

static TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// Fields that are the client's own business.
static OWN: [HeaderName; 7] = [
    header::HOST,
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::ACCEPT,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

impl Fields<'_> {
    /// The fields that stand beside our own.
    pub(super) fn others(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        let trace = self.trace_parent.as_ref();
        let common = self
            .common
            .iter()
            .filter(|(name, _)| !self.proof.contains_key(*name));
        common
            .chain(&self.proof)
            .filter(move |(name, _)| {
                !OWN.contains(name) && (trace.is_none() || **name != TRACE_PARENT)
            })
            .chain(trace.map(|trace| (&TRACE_PARENT, trace)))
            .chain(
                PREFLIGHT
                    .iter()
                    .filter(|_| self.content_type.is_some())
                    .map(|(name, value)| (name, value)),
            )
    }

    /// As libraries want them.
    fn map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in self.others() {
            map.append(name, value.clone());
        }
        let json = HeaderValue::from_static(JSON);
        let content_type = self.content_type.map(HeaderValue::from_str);
        // made of a fixed text and a boundary of letters and digits: always a value
        map.insert(
            header::CONTENT_TYPE,
            content_type.and_then(Result::ok).unwrap_or(json),
        );
        map.insert(header::ACCEPT, HeaderValue::from_static(self.accept));
        map
    }
}

impl Plain {
    fn new(target: Target, host: &str, path: &str, options: &RemoteOptions) -> Self {
        let start = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: ");
        let pool = Pool::new(
            target,
            options.connect_timeout,
            options.idle_connections,
            IDLE_TIMEOUT,
        );
        Self {
            pool: Arc::new(pool),
            start: start.into_bytes().into(),
        }
    }

    /// The head of a request with a body of `length` bytes. Names and values were checked when they were made.
    fn head(&self, fields: &Fields<'_>, length: usize) -> Vec<u8> {
        let mut head = Vec::with_capacity(self.start.len() + 256);
        head.extend_from_slice(&self.start);
        head.extend_from_slice(fields.content_type.unwrap_or(JSON).as_bytes());
        head.extend_from_slice(b"\r\naccept: ");
        head.extend_from_slice(fields.accept.as_bytes());
        for (name, value) in fields.others() {
            head.extend_from_slice(b"\r\n");
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
        }
        head.extend_from_slice(b"\r\ncontent-length: ");
        let mut digits = [0_u8; 20];
        let (mut rest, mut at) = (length, digits.len());
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        head.extend_from_slice(&digits[at..]);
        head.extend_from_slice(b"\r\n\r\n");
        head
    }
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
        Ok(Self { tls, options })
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
            let uri: Uri = format!("http://localhost{path}")
                .parse()
                .map_err(|_| refuse("no path of a request"))?;
            if self.options.http2 {
                let connector = UnixConnector {
                    path: Path::new(socket).into(),
                    timeout: self.options.connect_timeout,
                };
                return Ok(Address::UnixHttp2(
                    http2(&self.options).build(connector),
                    uri,
                ));
            }
            let target = Target::Unix(Path::new(socket).into());
            return Ok(Address::Plain(Plain::new(
                target,
                "localhost",
                path_of(&uri),
                &self.options,
            )));
        }
        let parsed = reqwest::Url::parse(url).map_err(|error| refuse(&error.to_string()))?;
        match parsed.scheme() {
            "http" => self
                .plain(parsed.as_str())
                .ok_or_else(|| refuse("no address of a request")),
            "https" => Ok(Address::Tls(parsed)),
            _ => Err(refuse("neither http, https nor unix")),
        }
    }

    fn plain(&self, url: &str) -> Option<Address> {
        let uri: Uri = url.parse().ok()?;
        if self.options.http2 {
            let mut connector = HttpConnector::new();
            connector.set_nodelay(true);
            connector.set_connect_timeout(Some(self.options.connect_timeout));
            return Some(Address::Http2(http2(&self.options).build(connector), uri));
        }
        let host = uri.host()?;
        let port = uri.port_u16().unwrap_or(80);
        let shown = match uri.port_u16() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let target = Target::Tcp {
            // an address of version 6 stands in brackets
            host: host.trim_matches(['[', ']']).into(),
            port,
        };
        Some(Address::Plain(Plain::new(
            target,
            &shown,
            path_of(&uri),
            &self.options,
        )))
    }

    /// Posts a body; only the head of the answer is waited for.
    pub(super) async fn post(
        &self,
        to: &Address,
        fields: Fields<'_>,
        body: Bytes,
    ) -> Result<Answer, RemoteFailure> {
        match to {
            Address::Plain(plain) => {
                let head = plain.head(&fields, body.len());
                let (head, body) = plain.pool.ask(&head, &body).await.map_err(broken)?;
                Ok(Answer {
                    status: head.status,
                    event_stream: head.event_stream,
                    body: Body::Http1(body),
                })
            }
            Address::Http2(client, uri) => {
                let request = request(uri, fields.map(), body);
                Ok(client.request(request).await.map_err(broken)?.into())
            }
            Address::UnixHttp2(client, uri) => {
                let request = request(uri, fields.map(), body);
                Ok(client.request(request).await.map_err(broken)?.into())
            }
            Address::Tls(url) => {
                let response = self
                    .tls
                    .post(url.clone())
                    .headers(fields.map())
                    .body(body)
                    .send()
                    .await
                    .map_err(broken)?;
                Ok(Answer {
                    status: response.status(),
                    event_stream: is_event_stream(response.headers()),
                    body: Body::Reqwest(response),
                })
            }
        }
    }
}

fn path_of(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}

fn http2(options: &RemoteOptions) -> hyper_util::client::legacy::Builder {
    let mut builder = Legacy::builder(TokioExecutor::new());
    builder
        .pool_max_idle_per_host(options.idle_connections)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .http2_only(true);
    builder
}

fn request(uri: &Uri, headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    request
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    value.is_some_and(|value| value.starts_with(b"text/event-stream"))
}

impl From<http::Response<Incoming>> for Answer {
    fn from(response: http::Response<Incoming>) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status,
            event_stream: is_event_stream(&head.headers),
            body: Body::Hyper(body),
        }
    }
}

impl Answer {
    /// The whole body, up to a limit.
    pub(super) async fn whole(mut self, limit: usize) -> Result<Bytes, RemoteFailure> {
        if let Body::Http1(body) = self.body {
            let whole = body
                .whole(limit)
                .await
                .map_err(|error| RemoteFailure::Body(error.into()))?;
            return whole.ok_or(RemoteFailure::TooLarge(limit));
        }
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
            Self::Http1(body) => body
                .chunk()
                .await
                .map_err(|error| RemoteFailure::Body(error.into())),
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
