//! The HTTP client under remote subgraphs: HTTP/1.1 over plain TCP and unix sockets by our own client, HTTP/2 without TLS
//! and everything with TLS by libraries.

mod answer;
mod fields;
mod plain;
mod unix;

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client as Legacy;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};

pub(super) use answer::Answer;
use answer::{Body, is_event_stream};
pub(super) use fields::Fields;
use plain::Plain;
use unix::UnixConnector;

use super::http1::Target;
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
            Address::Plain(plain) => plain.post(&fields, &body).await,
            // boxed, like what follows: every fetch would have room for the largest of them
            Address::Http2(client, uri) => {
                by_library(client, request(uri, fields.map(), body)).await
            }
            Address::UnixHttp2(client, uri) => {
                by_library(client, request(uri, fields.map(), body)).await
            }
            Address::Tls(url) => {
                let request = self.tls.post(url.clone()).headers(fields.map()).body(body);
                let response = request.send().boxed().await.map_err(broken)?;
                Ok(Answer {
                    status: response.status(),
                    event_stream: is_event_stream(response.headers()),
                    body: Body::Reqwest(response),
                })
            }
        }
    }
}

/// Sends by one of the library's clients.
fn by_library<C>(
    client: &Legacy<C, Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> BoxFuture<'static, Result<Answer, RemoteFailure>>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let answer = client.request(request);
    async move { Ok(answer.await.map_err(broken)?.into()) }.boxed()
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
