use sqlx::PgConnection;
use tokio::sync::{Mutex, MutexGuard};

use super::lease::Lease;
use super::tenant::enter;
use crate::{Ctx, Error, Result};

/// The one read-only snapshot that all reads of a request share: what two fields of one answer say
/// about the same object always agrees.
///
/// It is part of the context and therefore holds no context itself.
#[derive(Default)]
pub struct Snapshot {
    tx: Mutex<Option<Lease>>,
}

/// Exclusive use of the request's snapshot; reads of one request run one after the other.
pub struct SnapshotGuard<'a>(MutexGuard<'a, Option<Lease>>);

impl Snapshot {
    pub(crate) async fn lock<'a>(&'a self, ctx: &Ctx) -> Result<SnapshotGuard<'a>> {
        let mut guard = self.tx.lock().await;
        if guard.is_none() {
            let tx = enter(ctx, "begin isolation level repeatable read read only").await?;
            *guard = Some(tx);
        }
        Ok(SnapshotGuard(guard))
    }
}

impl SnapshotGuard<'_> {
    /// The connection, for `store` functions that read.
    ///
    /// # Errors
    /// Never in practice: the guard exists only around an open transaction.
    pub fn conn(&mut self) -> Result<&mut PgConnection> {
        match self.0.as_mut() {
            Some(lease) => Ok(lease.conn()),
            None => Err(Error::internal("the snapshot is closed")),
        }
    }
}
