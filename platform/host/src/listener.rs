use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use router_edge::Edge;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

use crate::lanes::Lanes;
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
/// head of a request are thrown out; their bodies are whoever's who reads them. Connections of HTTP/1.1 are spread over the
/// lanes; one of HTTP/2 may carry the requests of many clients, so it stays where every thread can take them.
pub(crate) async fn serve(
    listener: TcpListener,
    app: App,
    shutdown: &Shutdown,
    drain: Duration,
    lanes: &Lanes,
) {
    serve_within(listener, app, shutdown, drain, HEAD, lanes).await;
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

/// What answers requests.
pub(crate) struct App {
    router: Router,
    /// Takes what it can before the routes are looked at.
    edge: Option<Edge>,
}

impl App {
    /// Everything goes through the routes, except for what `edge` answers by itself.
    pub(crate) fn new(router: Router, edge: Option<Edge>) -> Self {
        Self { router, edge }
    }

    async fn answer(
        self: Arc<Self>,
        mut request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Response<Body>, Infallible> {
        match &self.edge {
            Some(edge) if edge.takes(&request) => {
                Ok(edge.answer(request.map(Body::new), peer).await)
            }
            _ => {
                request.extensions_mut().insert(ConnectInfo(peer));
                // what is rare has no room in the work of every request
                Box::pin(self.router.clone().oneshot(request.map(Body::new))).await
            }
        }
    }
}

/// A socket on its way between two reactors: it belongs to the one with which it was made.
enum Socket {
    Here(TcpStream),
    Loose(std::net::TcpStream),
}

impl Socket {
    /// The socket on the reactor that is running now.
    fn settle(self) -> std::io::Result<TcpStream> {
        match self {
            Self::Here(stream) => Ok(stream),
            Self::Loose(stream) => TcpStream::from_std(stream),
        }
    }
}

/// A connection that was accepted.
struct Connection {
    app: Arc<App>,
    peer: SocketAddr,
    builders: Arc<Builders>,
    watcher: Watcher,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(self, stream: TcpStream, version: Version) {
        let builder = match version {
            Version::Http1 => &self.builders.http1,
            Version::Http2 => &self.builders.http2,
        };
        let (app, peer) = (self.app, self.peer);
        let service = service_fn(move |request| Arc::clone(&app).answer(request, peer));
        let connection = builder
            .serve_connection_with_upgrades(TokioIo::new(stream), service)
            .into_owned();
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(%error, "a connection broke off");
        }
    }
}

async fn serve_within(
    listener: TcpListener,
    app: App,
    shutdown: &Shutdown,
    drain: Duration,
    head: Duration,
    lanes: &Lanes,
) {
    let (app, here) = (Arc::new(app), Handle::current());
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
        let connection = Connection {
            app: Arc::clone(&app),
            peer,
            builders: Arc::clone(&builders),
            watcher: graceful.watcher(),
            _place: place,
        };
        let stopping = stopping.clone();
        let lane = lanes.place();
        let apart = lanes.are_apart().then(|| here.clone());
        let runtime = lane.runtime.clone();
        // A socket belongs to the reactor with which it was made.
        let moved = if apart.is_some() {
            stream.into_std().map(Socket::Loose)
        } else {
            Ok(Socket::Here(stream))
        };
        let socket = match moved {
            Ok(socket) => socket,
            Err(error) => {
                tracing::debug!(%error, "a connection broke off");
                continue;
            }
        };
        runtime.spawn(async move {
            let Ok(stream) = socket.settle() else { return };
            let version = tokio::select! {
                version = tokio::time::timeout(head, version(&stream)) => version,
                () = stopping.cancelled() => return,
            };
            match (version, apart) {
                (Ok(Ok(Version::Http1)), _) => {
                    connection.serve(stream, Version::Http1).await;
                    drop(lane);
                }
                (Ok(Ok(Version::Http2)), Some(shared)) => {
                    drop(lane);
                    let Ok(stream) = stream.into_std() else {
                        return;
                    };
                    shared.spawn(async move {
                        if let Ok(stream) = Socket::Loose(stream).settle() {
                            connection.serve(stream, Version::Http2).await;
                        }
                    });
                }
                (Ok(Ok(Version::Http2)), None) => connection.serve(stream, Version::Http2).await,
                (Ok(Err(_)) | Err(_), _) => {}
            }
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

    /// Connections where they are accepted, and on threads of their own.
    fn both() -> [Lanes; 2] {
        [Lanes::default(), Lanes::start().unwrap()]
    }

    #[tokio::test]
    async fn requests_are_answered_with_their_address_and_the_last_ones_are_finished() {
        for lanes in both() {
            address_and_last(&lanes).await;
        }
    }

    async fn address_and_last(lanes: &Lanes) {
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
            serve(
                listener,
                App::new(app, None),
                &shutdown,
                Duration::from_secs(5),
                lanes
            ),
            asks
        );
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        assert!(text.ends_with("127.0.0.1"), "{text}");
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn http2_is_known_by_its_first_bytes_however_they_come() {
        for lanes in both() {
            first_bytes(&lanes).await;
        }
    }

    async fn first_bytes(lanes: &Lanes) {
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
        let app = App::new(app, None);
        let serving = serve(listener, app, &shutdown, second, lanes);
        let ((), (kind, post)) = tokio::join!(serving, asks);
        assert_eq!(kind, 4, "settings");
        assert!(post.ends_with("posted"), "{post}");
    }

    #[tokio::test]
    async fn a_client_that_never_finishes_its_head_is_thrown_out() {
        for lanes in both() {
            unfinished_head(&lanes).await;
        }
    }

    async fn unfinished_head(lanes: &Lanes) {
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
        let app = App::new(app, None);
        let serving = serve_within(listener, app, &shutdown, head, head, lanes);
        let ((), text) = tokio::join!(serving, asks);
        assert!(!text.contains("200"), "{text}");
        assert!(begun.elapsed() >= head);
    }
}
