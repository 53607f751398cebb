use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use crate::shutdown::Shutdown;

/// Why nothing can be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken, not ours, or needs more rights.
    #[error("cannot listen on {address}: {}", reason(.source))]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => "another program listens there".to_owned(),
        std::io::ErrorKind::PermissionDenied => "no permission for that port".to_owned(),
        std::io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        _ => error.to_string(),
    }
}

/// Takes the address.
///
/// # Errors
/// [`ListenError::Bind`].
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ListenError::Bind { address, source })
}

/// How long a client may take to send the head of a request, and how long it may keep an idle connection open: longer than
/// clients commonly keep theirs (90 seconds), so that none sends a request into a connection that is being closed.
const HEAD: Duration = Duration::from_secs(100);
/// Time between two signs of life on a connection of HTTP/2.
const ALIVE: Duration = Duration::from_secs(20);
/// Largest head of a request, in bytes.
const HEAD_BYTES: usize = 64 * 1024;
/// Connections at once; more wait in the queue of the system.
const CONNECTIONS: usize = 50_000;
/// Operations at once on one connection of HTTP/2.
const STREAMS: u32 = 128;
/// Pause after the system would not give a connection, so that a lack of files is not a busy loop.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until the shutdown, then finishes running requests for at most `drain`. Clients that take their time over the
/// head of a request are thrown out; their bodies are whoever's who reads them.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    shutdown: &Shutdown,
    drain: Duration,
) {
    serve_within(listener, app, shutdown, drain, HEAD).await;
}

/// A builder for each version. One that finds the version out by itself reads the first bytes of the first request on
/// their own, and what it then needs for the rest of the head is twice as large for as long as the connection lives.
struct Builders {
    http1: Builder<TokioExecutor>,
    http2: Builder<TokioExecutor>,
}

impl Builders {
    fn new(head: Duration) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(head)
            .max_buf_size(HEAD_BYTES);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(Some(ALIVE))
            .max_concurrent_streams(STREAMS);
        Self {
            http1: builder.clone().http1_only(),
            http2: builder.http2_only(),
        }
    }
}

enum Version {
    Http1,
    Http2,
}

/// The version that a client speaks, by its first bytes: `PRI` is no method and begins every connection of HTTP/2
/// (RFC 9113, section 3.4).
async fn version(stream: &TcpStream) -> std::io::Result<Version> {
    const PREFACE: &[u8] = b"PRI";
    let mut first = [0; PREFACE.len()];
    loop {
        let seen = stream.peek(&mut first).await?;
        if seen == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if first[..seen] != PREFACE[..seen] {
            return Ok(Version::Http1);
        }
        if seen == PREFACE.len() {
            return Ok(Version::Http2);
        }
        // the rest is on its way; looking does not tell when it comes
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn serve_within(
    listener: TcpListener,
    app: Router,
    shutdown: &Shutdown,
    drain: Duration,
    head: Duration,
) {
    let builders = Arc::new(Builders::new(head));
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let stopping = &shutdown.stopping;
    loop {
        let next = async {
            // never closed
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((listener.accept().await, place))
        };
        let (accepted, place) = tokio::select! {
            () = stopping.cancelled() => break,
            next = next => match next {
                Some(next) => next,
                None => break,
            },
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // Only a matter of speed: what the system refuses here is no reason not to answer.
        let _slower = stream.set_nodelay(true);
        let app = app.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            app.clone().oneshot(request.map(Body::new))
        });
        let (builders, watcher) = (Arc::clone(&builders), graceful.watcher());
        let stopping = stopping.clone();
        tokio::spawn(async move {
            let version = tokio::select! {
                version = tokio::time::timeout(head, version(&stream)) => version,
                () = stopping.cancelled() => return,
            };
            let builder = match version {
                Ok(Ok(Version::Http1)) => &builders.http1,
                Ok(Ok(Version::Http2)) => &builders.http2,
                Ok(Err(_)) | Err(_) => return,
            };
            let connection = builder
                .serve_connection_with_upgrades(TokioIo::new(stream), service)
                .into_owned();
            if let Err(error) = watcher.watch(connection).await {
                tracing::debug!(%error, "a connection broke off");
            }
            drop(place);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(drain) => {
            tracing::warn!("requests were still running at the end of the shutdown");
        }
        () = shutdown.stopped.cancelled() => {
            tracing::warn!("requests were still running at the end of the shutdown");
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn answer(address: SocketAddr, head: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn requests_are_answered_with_their_address_and_the_last_ones_are_finished() {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let slow = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            peer.ip().to_string()
        };
        let app = Router::new().route("/", get(slow));
        let shutdown = Shutdown::default();
        let stopping = shutdown.stopping.clone();
        let asks = async {
            let head = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
            let (text, ()) = tokio::join!(answer(address, head), async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                stopping.cancel();
            });
            text
        };
        let ((), text) = tokio::join!(
            serve(listener, app, &shutdown, Duration::from_secs(5)),
            asks
        );
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        assert!(text.ends_with("127.0.0.1"), "{text}");
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn http2_is_known_by_its_first_bytes_however_they_come() {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::default();
        let asks = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            for piece in ["P", "R", "I * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
                stream.write_all(piece.as_bytes()).await.unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            // the empty frame of settings that a client begins with; the server begins with its own
            stream
                .write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0])
                .await
                .unwrap();
            let mut frame = [0; 9];
            stream.read_exact(&mut frame).await.unwrap();
            // a method that begins like it
            let post = answer(
                address,
                "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
            )
            .await;
            shutdown.stopping.cancel();
            (frame[3], post)
        };
        let app = Router::new().route("/", axum::routing::post(|| async { "posted" }));
        let second = Duration::from_secs(1);
        let ((), (kind, post)) = tokio::join!(serve(listener, app, &shutdown, second), asks);
        assert_eq!(kind, 4, "settings");
        assert!(post.ends_with("posted"), "{post}");
    }

    #[tokio::test]
    async fn a_client_that_never_finishes_its_head_is_thrown_out() {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/", get(|| async { "hello" }));
        let shutdown = Shutdown::default();
        let head = Duration::from_millis(200);
        let begun = tokio::time::Instant::now();
        let asks = async {
            let text = answer(address, "GET / HTTP/1.1\r\nx-a: ").await;
            shutdown.stopping.cancel();
            text
        };
        let ((), text) = tokio::join!(serve_within(listener, app, &shutdown, head, head), asks);
        assert!(!text.contains("200"), "{text}");
        assert!(begun.elapsed() >= head);
    }
}
