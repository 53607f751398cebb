//! Connections to one server that wait for the next request.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::answer::{Body, read_head};
use super::connection::{Connection, Stream};
use super::{Broken, Head};

/// Where a server listens.
#[derive(Debug)]
pub(in super::super) enum Target {
    Tcp { host: Box<str>, port: u16 },
    Unix(Box<Path>),
}

/// Threads that have idle connections of their own; more threads share them.
const HOMES: usize = 32;

/// Where the connections of a thread are kept while they are idle. A socket is woken by the reactor with which it was made:
/// threads that have a runtime each keep theirs apart, or one would have to wake another for every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Home(usize);

impl Home {
    /// The home of all threads that share a reactor.
    const COMMON: Self = Self(0);

    /// The home of the thread that asks.
    fn here() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static OWN: usize = 1 + NEXT.fetch_add(1, Ordering::Relaxed) % (HOMES - 1);
        }
        match Handle::try_current().map(|handle| handle.runtime_flavor()) {
            Ok(RuntimeFlavor::CurrentThread) => Self(OWN.with(|own| *own)),
            _ => Self::COMMON,
        }
    }
}

/// Connections to one server.
#[derive(Debug)]
pub(in super::super) struct Pool {
    target: Target,
    connect_timeout: Duration,
    /// Idle connections that are kept in every home, and for how long.
    max_idle: usize,
    idle_timeout: Duration,
    idle: [Shelf; HOMES],
}

/// What one home has. Apart from its neighbours by two lines of a processor's cache, for these are others' to write to.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shelf(Mutex<Idle>);

#[derive(Debug, Default)]
struct Idle {
    /// The one that was used last stands at the end.
    connections: VecDeque<Connection>,
    /// Whether a task looks after those that nobody wants any more.
    swept: bool,
}

impl Pool {
    pub(in super::super) fn new(
        target: Target,
        connect_timeout: Duration,
        max_idle: usize,
        idle_timeout: Duration,
    ) -> Self {
        Self {
            target,
            connect_timeout,
            max_idle,
            idle_timeout,
            idle: Default::default(),
        }
    }

    /// Sends a request and waits for the head of its answer. Dropped before that, it closes the connection, which is how
    /// the server learns that nobody waits.
    pub(in super::super) async fn ask(
        self: &Arc<Self>,
        head: &[u8],
        body: &[u8],
    ) -> Result<(Head, Body), Broken> {
        let home = Home::here();
        let mut connection = match self.idle_connection(home) {
            Some(connection) => connection,
            None => Box::pin(self.connect(home)).await?,
        };
        connection.write(head, body).await?;
        read_head(connection, Arc::clone(self)).await
    }

    fn idle_connection(&self, home: Home) -> Option<Connection> {
        loop {
            let connection = self.idle[home.0].0.lock().connections.pop_back()?;
            if connection.is_quiet() {
                return Some(connection);
            }
        }
    }

    async fn connect(&self, home: Home) -> Result<Connection, Broken> {
        let stream = match &self.target {
            Target::Unix(path) => Stream::Unix(self.in_time(UnixStream::connect(path)).await?),
            Target::Tcp { host, port } => {
                let addresses: Vec<_> = self
                    .in_time(lookup_host((host.as_ref(), *port)))
                    .await?
                    .collect();
                let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
                let mut connected = None;
                for address in addresses {
                    match self.in_time(TcpStream::connect(address)).await {
                        Ok(stream) => {
                            connected = Some(stream);
                            break;
                        }
                        Err(error) => last = error,
                    }
                }
                let stream = connected.ok_or(last)?;
                stream.set_nodelay(true)?;
                Stream::Tcp(stream)
            }
        };
        Ok(Connection::new(stream, home, Instant::now()))
    }

    async fn in_time<T>(&self, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        tokio::time::timeout(self.connect_timeout, work).await?
    }

    /// Takes a connection back whose answer has been read.
    pub(super) fn give_back(pool: &Arc<Self>, mut connection: Connection) {
        connection.idle_since = Instant::now();
        let home = connection.home;
        let mut idle = pool.idle[home.0].0.lock();
        if idle.connections.len() >= pool.max_idle {
            return;
        }
        idle.connections.push_back(connection);
        if !std::mem::replace(&mut idle.swept, true) {
            let pool = Arc::downgrade(pool);
            tokio::spawn(async move {
                while let Some(pause) = pool.upgrade().and_then(|pool| pool.sweep(home)) {
                    tokio::time::sleep(pause).await;
                }
            });
        }
    }

    /// Closes what has been idle for too long. Gives the time until there may be more to close; none when all is closed.
    fn sweep(&self, home: Home) -> Option<Duration> {
        let mut idle = self.idle[home.0].0.lock();
        let now = Instant::now();
        while let Some(oldest) = idle.connections.front() {
            let age = now.saturating_duration_since(oldest.idle_since);
            if age < self.idle_timeout {
                return Some(self.idle_timeout - age);
            }
            idle.connections.pop_front();
        }
        idle.swept = false;
        None
    }
}
