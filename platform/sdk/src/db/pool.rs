use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::lease::Lease;
use crate::Result;

/// A connection that nobody used for so long is closed.
const IDLE: Duration = Duration::from_secs(60);
/// A connection is not used for longer, so that what a server keeps for one cannot grow without end.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// The connections of one module, made under the module's own role.
#[derive(Clone)]
pub struct Database {
    pool: Arc<Pool>,
}

/// Bounds of a module's pool.
#[derive(Debug, Clone, Copy)]
pub struct PoolOptions {
    /// Most connections open at once.
    pub max_connections: u32,
    /// Longest wait for a free connection.
    pub acquire_timeout: Duration,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            max_connections: 8,
            acquire_timeout: Duration::from_secs(5),
        }
    }
}

/// Connections that wait for work, and permits for those that may be in use at once.
///
/// It is our own because of what a transaction costs: a connection comes back without a round trip (the end of its
/// transaction is on the way before anybody else can use it), and nothing is asked of a connection before its use.
pub(super) struct Pool {
    connect: PgConnectOptions,
    options: PoolOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Shelf>,
}

/// What waits, the latest last, and whether somebody looks after it.
#[derive(Default)]
struct Shelf {
    connections: Vec<Idle>,
    is_watched: bool,
    is_closed: bool,
}

struct Idle {
    open: Open,
    since: Instant,
}

/// An open connection.
pub(super) struct Open {
    pub(super) connection: PgConnection,
    since: Instant,
}

impl Database {
    /// Prepares a pool; connections are opened when they are needed.
    pub fn new(connect: PgConnectOptions, options: PoolOptions) -> Self {
        let permits = usize::try_from(options.max_connections).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            pool: Arc::new(Pool {
                connect,
                options,
                permits: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))),
                idle: Mutex::default(),
            }),
        }
    }

    /// Whether the database answers; for readiness.
    ///
    /// # Errors
    /// `UNAVAILABLE` when it does not.
    pub async fn ping(&self) -> Result<()> {
        self.begin("begin").await?;
        Ok(())
    }

    /// Closes every connection, waiting for those in use.
    pub async fn close(&self) {
        let waiting = {
            let mut shelf = self.pool.shelf();
            shelf.is_closed = true;
            std::mem::take(&mut shelf.connections)
        };
        for idle in waiting {
            idle.open.close().await;
        }
        // whoever has a connection closes it when it is done, and gives the permit back after that
        let all = u32::try_from(self.pool.permits_at_most()).unwrap_or(u32::MAX);
        let in_use = self.pool.permits.acquire_many(all).await;
        self.pool.permits.close();
        drop(in_use);
    }

    /// Opens a transaction with `statement`, which may set it up, too.
    ///
    /// A connection that waited may be dead (a restart of the server, a firewall): as long as the first statement has
    /// not been answered nothing has happened, and another connection is taken.
    pub(super) async fn begin(&self, statement: &str) -> Result<Lease, sqlx::Error> {
        let mut may_wait = true;
        loop {
            let (mut lease, is_fresh) = self.pool.lease(may_wait).await?;
            match lease.begin(statement).await {
                Err(error) if !is_fresh && is_dead(&error) => {
                    tracing::debug!(%error, "a connection that waited is dead");
                    // the others that waited are likely to be dead as well
                    may_wait = false;
                    self.pool.shelf().connections.clear();
                }
                Err(error) => return Err(error),
                Ok(()) => return Ok(lease),
            }
        }
    }
}

/// Whether an error is about the connection and not about the statement: the stream broke, or the server ends it
/// (class 57P) or says that it broke (class 08).
fn is_dead(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) => true,
        sqlx::Error::Database(said) => said
            .code()
            .is_some_and(|code| code.starts_with("57P") || code.starts_with("08")),
        _ => false,
    }
}

impl Pool {
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn permits_at_most(&self) -> usize {
        usize::try_from(self.options.max_connections)
            .unwrap_or(Semaphore::MAX_PERMITS)
            .min(Semaphore::MAX_PERMITS)
    }

    /// A connection, and whether it was opened for this. `may_wait`: one that waited will do.
    async fn lease(self: &Arc<Self>, may_wait: bool) -> Result<(Lease, bool), sqlx::Error> {
        let began = Instant::now();
        let permit = self.permit().await?;
        let waited = {
            let mut shelf = self.shelf();
            if shelf.is_closed {
                return Err(sqlx::Error::PoolClosed);
            }
            may_wait.then(|| shelf.connections.pop()).flatten()
        };
        if let Some(idle) = waited {
            return Ok((Lease::new(idle.open, permit, self.clone()), false));
        }
        let left = self.options.acquire_timeout.saturating_sub(began.elapsed());
        // opening one is rare and its future large: it would be part of the future of every resolver, and moved with it
        let opening = Box::pin(self.connect.connect());
        let connection = tokio::time::timeout(left, opening)
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)??;
        let open = Open {
            connection,
            since: Instant::now(),
        };
        Ok((Lease::new(open, permit, self.clone()), true))
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, sqlx::Error> {
        let permits = || Arc::clone(&self.permits);
        if let Ok(permit) = permits().try_acquire_owned() {
            return Ok(permit);
        }
        tokio::time::timeout(self.options.acquire_timeout, permits().acquire_owned())
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)
    }

    /// Takes a connection back that is in no transaction, or has been told to end it.
    pub(super) fn put(self: &Arc<Self>, open: Open) {
        if open.since.elapsed() > LIFETIME {
            return;
        }
        let mut shelf = self.shelf();
        if shelf.is_closed {
            return;
        }
        shelf.connections.push(Idle {
            open,
            since: Instant::now(),
        });
        if !shelf.is_watched
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            shelf.is_watched = true;
            runtime.spawn(watch(Arc::downgrade(self)));
        }
    }
}

/// Closes what waited for too long, until nothing waits.
async fn watch(pool: Weak<Pool>) {
    loop {
        tokio::time::sleep(IDLE / 2).await;
        let Some(pool) = pool.upgrade() else {
            return;
        };
        let old: Vec<Idle> = {
            let mut shelf = pool.shelf();
            let is_old = |idle: &mut Idle| idle.since.elapsed() > IDLE;
            let old = shelf.connections.extract_if(.., is_old).collect();
            if shelf.connections.is_empty() {
                shelf.is_watched = false;
            }
            old
        };
        let is_over = !pool.shelf().is_watched;
        for idle in old {
            idle.open.close().await;
        }
        if is_over {
            return;
        }
    }
}

impl Open {
    /// Says good-bye; a server that does not listen any more finds out by itself.
    pub(super) async fn close(self) {
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "a connection was gone before it was closed");
        }
    }
}
