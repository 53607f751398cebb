//! Where a WebSocket is opened, and the opening.

use std::path::Path;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, Uri, header};
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, handshake::client::Request};

use super::super::http::Fields;
use super::super::http1::Target;
use super::super::remote::{RemoteFailure, RemoteOptions};
use crate::error::EngineError;

/// The name of the protocol in `sec-websocket-protocol`.
const PROTOCOL: HeaderValue = HeaderValue::from_static("graphql-transport-ws");
/// Bytes of the buffer that a socket reads into: there is one per subscription.
const READ_BUFFER: usize = 8 * 1024;

/// A connection of any kind.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// An open WebSocket.
pub(super) type Socket = WebSocketStream<Box<dyn Connection>>;

/// Where a subgraph's WebSocket is opened.
#[derive(Debug)]
pub(in super::super) struct Endpoint {
    target: Target,
    tls: Option<Tls>,
    uri: Uri,
}

#[derive(Clone)]
struct Tls {
    connector: TlsConnector,
    name: rustls::pki_types::ServerName<'static>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.name.fmt(f)
    }
}

/// The address for everything that is no subscription: that of a WebSocket with the scheme of HTTP, others as they are.
pub(in super::super) fn by_http(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ws") => format!("http://{rest}"),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("wss") => format!("https://{rest}"),
        _ => url.to_owned(),
    }
}

impl Endpoint {
    /// The WebSocket of the subgraph at `url`, an address of HTTP or a unix socket; at its path or another one.
    pub(in super::super) fn new(url: &str, path: Option<&str>) -> Result<Self, EngineError> {
        let refuse = |reason: &str| EngineError::Address {
            url: url.to_owned(),
            reason: reason.to_owned(),
        };
        if path.is_some_and(|path| !path.starts_with('/')) {
            return Err(refuse("the path of a WebSocket has to begin with a slash"));
        }
        let uri = |scheme: &str, authority: &str, usual: &str| {
            Uri::builder()
                .scheme(scheme)
                .authority(authority)
                .path_and_query(path.unwrap_or(usual))
                .build()
                .map_err(|error| refuse(&error.to_string()))
        };
        if let Some(rest) = url.strip_prefix("unix://") {
            let (socket, usual) = rest.split_once('?').unwrap_or((rest, "/graphql"));
            return Ok(Self {
                target: Target::Unix(Path::new(socket).into()),
                tls: None,
                uri: uri("ws", "localhost", usual)?,
            });
        }
        let parsed: Uri = url.parse().map_err(|_| refuse("no address"))?;
        let secure = parsed.scheme_str() == Some("https");
        let host = parsed.host().ok_or_else(|| refuse("no host"))?;
        // an address of version 6 stands in brackets
        let bare = host.trim_matches(['[', ']']);
        let usual_port = if secure { 443 } else { 80 };
        let shown = match parsed.port_u16() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let usual = parsed.path_and_query().map_or("/", |path| path.as_str());
        let uri = uri(if secure { "wss" } else { "ws" }, &shown, usual)?;
        let tls = if secure {
            let config = rustls::ClientConfig::with_platform_verifier()
                .map_err(|error| refuse(&error.to_string()))?;
            Some(Tls {
                connector: TlsConnector::from(Arc::new(config)),
                name: bare
                    .to_owned()
                    .try_into()
                    .map_err(|_| refuse("no name for TLS"))?,
            })
        } else {
            None
        };
        Ok(Self {
            target: Target::Tcp {
                host: bare.into(),
                port: parsed.port_u16().unwrap_or(usual_port),
            },
            tls,
            uri,
        })
    }

    async fn connect(&self) -> std::io::Result<Box<dyn Connection>> {
        let tcp = match &self.target {
            Target::Unix(path) => return Ok(Box::new(UnixStream::connect(path).await?)),
            Target::Tcp { host, port } => TcpStream::connect((&**host, *port)).await?,
        };
        tcp.set_nodelay(true)?;
        Ok(match &self.tls {
            None => Box::new(tcp),
            Some(tls) => Box::new(tls.connector.connect(tls.name.clone(), tcp).await?),
        })
    }

    fn request(&self, fields: &Fields<'_>) -> Result<Request, Error> {
        let mut request = self.uri.clone().into_client_request()?;
        for (name, value) in fields.others() {
            // the proof belongs to the payload of `subscribe`, and goes with `connection_init`
            if !fields.proof.contains_key(name) && !is_of_the_handshake(name) {
                request.headers_mut().append(name, value.clone());
            }
        }
        request
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL);
        Ok(request)
    }

    /// Opens a socket on which nothing has been said. No message above the largest answer is read.
    pub(super) async fn open(
        &self,
        fields: &Fields<'_>,
        options: &RemoteOptions,
    ) -> Result<Socket, RemoteFailure> {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(options.max_response_bytes))
            .max_frame_size(Some(options.max_response_bytes));
        let request = self.request(fields).map_err(connection)?;
        let open = async {
            let connection = self.connect().await.map_err(Error::Io)?;
            tokio_tungstenite::client_async_with_config(request, connection, Some(config)).await
        };
        let opened = tokio::time::timeout(options.connect_timeout, open)
            .await
            .map_err(|_| RemoteFailure::WebSocket("it was not opened in time"))?;
        match opened {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(answer)) => Err(RemoteFailure::Status(answer.status())),
            Err(error) => Err(connection(error)),
        }
    }
}

fn is_of_the_handshake(name: &HeaderName) -> bool {
    name.as_str().starts_with("sec-websocket-")
}

fn connection(error: Error) -> RemoteFailure {
    RemoteFailure::Connection(Box::new(error))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn a_websocket_is_at_the_address_or_at_a_path_of_its_own() {
        for (url, path, expected) in [
            ("http://a:1/graphql?x=1", None, "ws://a:1/graphql?x=1"),
            ("http://a:1/graphql?x=1", Some("/ws"), "ws://a:1/ws"),
            ("http://[::1]:1", None, "ws://[::1]:1/"),
            ("unix:///a.sock?/g", None, "ws://localhost/g"),
            ("unix:///a.sock", Some("/ws?y"), "ws://localhost/ws?y"),
        ] {
            let endpoint = Endpoint::new(url, path).unwrap();
            assert_eq!(endpoint.uri.to_string(), expected, "{url}");
        }
        assert!(Endpoint::new("http://a/", Some("ws")).is_err());
        assert!(Endpoint::new("http://a/", Some("/w s")).is_err());
    }

    #[test]
    fn what_is_no_subscription_goes_by_http() {
        assert_eq!(by_http("ws://a/b"), "http://a/b");
        assert_eq!(by_http("WSS://a/b"), "https://a/b");
        assert_eq!(by_http("unix:///ws://"), "unix:///ws://");
    }
}
