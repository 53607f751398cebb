use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgTransactionManager};
use sqlx::{AssertSqlSafe, Connection as _, SqlSafeStr as _};
use sqlx_core::transaction::TransactionManager as _;
use tokio::sync::OwnedSemaphorePermit;

use super::pool::{Open, Pool};

/// How long a statement that nobody waits for any more may hold a connection before it is cut. Statements have a time
/// limit of their own, the time left to their request; this is for servers that do not answer at all.
const ABANDONED: Duration = Duration::from_secs(60);

/// The use of one connection, at most for one transaction. Dropped, the transaction is rolled back unless it was
/// committed, and the connection goes back.
pub(super) struct Lease {
    /// There until it is dropped.
    open: Option<Open>,
    /// There until it is dropped, or given to what takes care of the connection.
    permit: Option<OwnedSemaphorePermit>,
    pool: Arc<Pool>,
    /// Whether a transaction may be open that the driver does not know of: while it is begun, and after a refusal.
    is_unsure: bool,
}

impl Lease {
    pub(super) fn new(open: Open, permit: OwnedSemaphorePermit, pool: Arc<Pool>) -> Self {
        Self {
            open: Some(open),
            permit: Some(permit),
            pool,
            is_unsure: false,
        }
    }

    /// The connection, for `store` functions.
    pub(super) fn conn(&mut self) -> &mut PgConnection {
        match &mut self.open {
            Some(open) => &mut open.connection,
            // only `drop` takes it
            None => unreachable!("a lease without a connection"),
        }
    }

    /// Begins a transaction: `statement` is a `begin` and what sets the transaction up, sent as one message.
    pub(super) async fn begin(&mut self, statement: &str) -> Result<(), sqlx::Error> {
        self.is_unsure = true;
        let statement = AssertSqlSafe(statement.to_owned()).into_sql_str();
        PgTransactionManager::begin(self.conn(), Some(statement)).await?;
        self.is_unsure = false;
        Ok(())
    }

    pub(super) async fn commit(&mut self) -> Result<(), sqlx::Error> {
        PgTransactionManager::commit(self.conn()).await
    }

    pub(super) async fn rollback(&mut self) -> Result<(), sqlx::Error> {
        PgTransactionManager::rollback(self.conn()).await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut open) = self.open.take() else {
            return;
        };
        let ended = if self.is_unsure {
            Ended::Busy
        } else {
            end(&mut open.connection)
        };
        match ended {
            Ended::Sent => self.pool.put(open),
            Ended::Broken => {}
            Ended::Busy => {
                // without a runtime nobody can wait; closing the socket ends the transaction, too
                let Ok(runtime) = tokio::runtime::Handle::try_current() else {
                    return;
                };
                let (pool, permit) = (self.pool.clone(), self.permit.take());
                let is_unsure = self.is_unsure;
                runtime.spawn(async move {
                    let rest = tokio::time::timeout(ABANDONED, quieten(&mut open, is_unsure)).await;
                    if let Ok(Ok(())) = rest {
                        pool.put(open);
                    }
                    drop(permit);
                });
            }
        }
    }
}

/// Takes the answers off that nobody waits for any more, and has no transaction be open afterwards.
async fn quieten(open: &mut Open, is_unsure: bool) -> Result<(), sqlx::Error> {
    if is_unsure {
        sqlx::raw_sql("rollback")
            .execute(&mut open.connection)
            .await?;
    }
    open.connection.ping().await
}

enum Ended {
    /// In no transaction, or the order to end it is with the server, which follows it before whatever comes next.
    Sent,
    /// Not without waiting for a statement that is under way.
    Busy,
    /// The connection is gone.
    Broken,
}

/// Rolls back what is open, without waiting for the answer: that is read before the next transaction begins.
fn end(connection: &mut PgConnection) -> Ended {
    let was_quiet = match flush(connection) {
        Poll::Ready(Ok(())) => true,
        Poll::Ready(Err(_)) => return Ended::Broken,
        Poll::Pending => false,
    };
    while PgTransactionManager::get_transaction_depth(connection) > 0 {
        PgTransactionManager::start_rollback(connection);
    }
    if !was_quiet {
        return Ended::Busy;
    }
    match flush(connection) {
        Poll::Ready(Err(_)) => Ended::Broken,
        Poll::Ready(Ok(())) => Ended::Sent,
        Poll::Pending if connection.should_flush() => Ended::Busy,
        Poll::Pending => Ended::Sent,
    }
}

/// Sends what is to be sent and reads what is to be read as far as neither has to be waited for.
fn flush(connection: &mut PgConnection) -> Poll<Result<(), sqlx::Error>> {
    pin!(connection.flush()).poll(&mut Context::from_waker(Waker::noop()))
}
