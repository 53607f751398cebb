use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use object_store::ObjectStoreExt as _;
use platform_sdk::{Clock, Objects, TenantId, upload_key};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Time between two rounds.
const PAUSE: Duration = Duration::from_secs(600);

/// Rows that one statement removes, so that no round holds locks for long.
const BATCH: i64 = 5_000;

/// How long published events are kept, for looking things up.
const EVENTS: TimeDelta = TimeDelta::days(7);

/// How long consumers remember what they have seen; far longer than anything is delivered again.
const INBOX: TimeDelta = TimeDelta::days(30);

/// How long finished jobs are kept.
const JOBS: TimeDelta = TimeDelta::days(7);

/// How long the answer of an idempotency key is given again.
const IDEMPOTENCY: TimeDelta = TimeDelta::days(7);

/// How long an expired, unclaimed upload is kept: its client may be slow to claim it.
const UPLOADS: TimeDelta = TimeDelta::hours(24);

/// Removes what nobody needs any more. Every process runs one; the rows decide who removes what.
pub struct Sweeper {
    pool: PgPool,
    objects: Objects,
    clock: Arc<dyn Clock>,
}

impl Sweeper {
    /// A sweeper under the host's role.
    pub fn new(pool: PgPool, objects: Objects, clock: Arc<dyn Clock>) -> Self {
        Self {
            pool,
            objects,
            clock,
        }
    }

    /// Sweeps until cancelled.
    pub async fn run(&self, cancel: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = cancel.cancelled() => return,
            }
            tokio::select! {
                swept = self.sweep() => if let Err(error) = swept {
                    tracing::warn!(%error, "sweeper: trying again later");
                },
                () = cancel.cancelled() => return,
            }
        }
    }

    /// One round.
    ///
    /// # Errors
    /// Whatever the database says; what was removed stays removed.
    pub async fn sweep(&self) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        let rows: [(&'static str, DateTime<Utc>); 4] = [
            (
                "delete from platform.outbox where ctid = any(array( \
                 select ctid from platform.outbox where published_at < $1 limit $2))",
                now - EVENTS,
            ),
            (
                "delete from platform.inbox where ctid = any(array( \
                 select ctid from platform.inbox where consumed_at < $1 limit $2))",
                now - INBOX,
            ),
            (
                "delete from platform.job where ctid = any(array( \
                 select ctid from platform.job where finished_at < $1 limit $2))",
                now - JOBS,
            ),
            (
                "delete from platform.idempotency where ctid = any(array( \
                 select ctid from platform.idempotency where created_at < $1 limit $2))",
                now - IDEMPOTENCY,
            ),
        ];
        for (statement, before) in rows {
            loop {
                let removed = sqlx::query(statement)
                    .bind(before)
                    .bind(BATCH)
                    .execute(&self.pool)
                    .await?
                    .rows_affected();
                if removed < BATCH.unsigned_abs() {
                    break;
                }
            }
        }
        self.sweep_uploads(now - UPLOADS).await
    }

    /// Removes uploads that nobody claimed: first the file, then the row, so that a failure in between
    /// leaves a row to try again by.
    async fn sweep_uploads(&self, before: DateTime<Utc>) -> Result<(), sqlx::Error> {
        let expired: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "select tenant_id, ticket_id from platform.upload where expires_at < $1 and claimed_at is null limit $2",
        )
        .bind(before)
        .bind(BATCH)
        .fetch_all(&self.pool)
        .await?;
        for (tenant, ticket) in expired {
            let place = Objects::path(TenantId(tenant), &upload_key(ticket));
            match self.objects.store().delete(&place).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => {
                    tracing::warn!(%error, "sweeper: a file was not removed, trying again later");
                    continue;
                }
            }
            sqlx::query(
                "delete from platform.upload where tenant_id = $1 and ticket_id = $2 and claimed_at is null",
            )
            .bind(tenant)
            .bind(ticket)
            .execute(&self.pool)
            .await?;
        }
        Ok(())
    }
}
