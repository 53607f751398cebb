use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use platform_sdk::Clock;
use platform_types::{Envelope, EventId, TenantId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row as _};
use tokio_util::sync::CancellationToken;

use super::{DeliveryError, Options, Routes, Sink};
use crate::wake::{Topic, Wakes};

/// Hands rows of `platform.delivery` to the consumers of this process: all events of the embedded
/// broker, and replayed ones of either broker.
#[derive(Clone)]
pub struct Deliveries {
    pool: PgPool,
    routes: Routes,
    clock: Arc<dyn Clock>,
    wakes: Wakes,
    options: Options,
}

/// A row that is due, locked until the end of the transaction that found it.
struct Due {
    tenant: TenantId,
    event: EventId,
    attempts: i32,
    envelope: serde_json::Value,
}

impl Deliveries {
    /// Deliveries through `pool`, whose role is the host's.
    pub fn new(
        pool: PgPool,
        routes: Routes,
        clock: Arc<dyn Clock>,
        wakes: Wakes,
        options: Options,
    ) -> Self {
        Self {
            pool,
            routes,
            clock,
            wakes,
            options,
        }
    }

    /// Delivers until cancelled, one loop per consumer.
    pub async fn run(&self, cancel: CancellationToken) {
        let loops: FuturesUnordered<_> = self
            .routes
            .local()
            .map(|(route, sink)| self.serve(&route.consumer, sink, &cancel))
            .collect();
        loops.collect::<()>().await;
    }

    async fn serve(&self, consumer: &str, sink: Arc<dyn Sink>, cancel: &CancellationToken) {
        let mut wake = self.wakes.listen(Topic::Delivery);
        let mut failures = 0;
        while !cancel.is_cancelled() {
            let turn = tokio::select! {
                turn = self.turn(consumer, &*sink) => turn,
                // Dropping the transaction leaves every row as it was, for another process.
                () = cancel.cancelled() => return,
            };
            let pause = match turn {
                Ok(0) => self.until_next_due(consumer).await,
                Ok(_) => {
                    failures = 0;
                    continue;
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(%error, consumer, "deliveries: database failed, trying again");
                    tokio::select! {
                        () = tokio::time::sleep(self.options.backoff.after(failures)) => {}
                        () = cancel.cancelled() => return,
                    }
                    continue;
                }
            };
            tokio::select! {
                () = wake.wait(pause) => {}
                () = cancel.cancelled() => return,
            }
        }
    }

    /// Delivers what is due for `consumer`, at most one event per aggregate; gives how many were tried.
    ///
    /// # Errors
    /// Whatever the database says; nothing counts as delivered then.
    pub async fn turn(&self, consumer: &str, sink: &dyn Sink) -> Result<usize, sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        let due = claim(
            &mut tx,
            consumer,
            self.clock.now(),
            i64::from(self.options.concurrency),
        )
        .await?;
        if due.is_empty() {
            tx.rollback().await?;
            return Ok(0);
        }
        let outcomes: Vec<_> = due
            .iter()
            .map(|row| async move { (row, self.attempt(sink, row).await) })
            .collect::<FuturesUnordered<_>>()
            .collect()
            .await;
        for (row, outcome) in &outcomes {
            self.settle(&mut tx, consumer, row, outcome).await?;
        }
        tx.commit().await?;
        Ok(due.len())
    }

    async fn attempt(&self, sink: &dyn Sink, row: &Due) -> Result<(), DeliveryError> {
        let envelope: Envelope = serde_json::from_value(row.envelope.clone())
            .map_err(|error| DeliveryError(format!("envelope: {error}")))?;
        attempt(sink, &envelope, self.options.timeout).await
    }

    async fn settle(
        &self,
        conn: &mut PgConnection,
        consumer: &str,
        row: &Due,
        outcome: &Result<(), DeliveryError>,
    ) -> Result<(), sqlx::Error> {
        let Err(error) = outcome else {
            count(consumer, "delivered");
            sqlx::query(
                "delete from platform.delivery where tenant_id = $1 and consumer = $2 and event_id = $3",
            )
            .bind(row.tenant.uuid())
            .bind(consumer)
            .bind(row.event.uuid())
            .execute(conn)
            .await?;
            return Ok(());
        };
        let attempts = row.attempts.saturating_add(1);
        let now = self.clock.now();
        let parked_at = (attempts >= self.options.max_attempts).then_some(now);
        report(consumer, row.event, attempts, parked_at.is_some(), error);
        let pause = self.options.backoff.after(attempts.unsigned_abs());
        sqlx::query(
            "update platform.delivery set attempts = $4, due_at = $5, parked_at = $6, last_error = $7 \
             where tenant_id = $1 and consumer = $2 and event_id = $3",
        )
        .bind(row.tenant.uuid())
        .bind(consumer)
        .bind(row.event.uuid())
        .bind(attempts)
        .bind(now + pause)
        .bind(parked_at)
        .bind(&error.0)
        .execute(conn)
        .await?;
        Ok(())
    }

    /// How long to sleep when nothing is due.
    async fn until_next_due(&self, consumer: &str) -> Duration {
        let next: Result<Option<DateTime<Utc>>, _> = sqlx::query_scalar(
            "select min(due_at) from platform.delivery where consumer = $1 and parked_at is null and due_at > $2",
        )
        .bind(consumer)
        .bind(self.clock.now())
        .fetch_one(&self.pool)
        .await;
        match next {
            Ok(Some(at)) => (at - self.clock.now())
                .to_std()
                .unwrap_or_default()
                .clamp(Duration::from_millis(5), self.options.poll),
            Ok(None) => self.options.poll,
            Err(error) => {
                tracing::debug!(%error, consumer, "deliveries: cannot look ahead");
                self.options.poll
            }
        }
    }
}

/// One attempt within a time limit; a panic of the consumer is its failure and nobody else's.
pub(super) async fn attempt(
    sink: &dyn Sink,
    envelope: &Envelope,
    timeout: Duration,
) -> Result<(), DeliveryError> {
    use futures::FutureExt as _;
    let run = std::panic::AssertUnwindSafe(sink.deliver(envelope)).catch_unwind();
    match tokio::time::timeout(timeout, run).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(DeliveryError("the consumer panicked".to_owned())),
        Err(_) => Err(DeliveryError(format!(
            "no answer within {} s",
            timeout.as_secs()
        ))),
    }
}

/// Tells of a failed attempt, once.
pub(super) fn report(
    consumer: &str,
    event: EventId,
    attempts: i32,
    parked: bool,
    error: &DeliveryError,
) {
    if parked {
        count(consumer, "parked");
        tracing::error!(consumer, %event, attempts, %error, "event parked");
    } else {
        count(consumer, "failed");
        tracing::warn!(consumer, %event, attempts, %error, "event not delivered, trying again");
    }
}

pub(super) fn count(consumer: &str, outcome: &'static str) {
    metrics::counter!("tessera_deliveries_total", "consumer" => consumer.to_owned(), "outcome" => outcome)
        .increment(1);
}

/// Locks the due rows that are the oldest of their aggregate. A row in another process's hands is the
/// oldest of its aggregate until that process commits, so nothing overtakes it.
async fn claim(
    conn: &mut PgConnection,
    consumer: &str,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Due>, sqlx::Error> {
    sqlx::query(
        "select tenant_id, event_id, attempts, envelope from platform.delivery d \
         where consumer = $1 and parked_at is null and due_at <= $2 and not exists ( \
             select from platform.delivery older \
             where older.consumer = d.consumer and older.aggregate_id = d.aggregate_id \
               and older.sequence < d.sequence and older.parked_at is null) \
         order by sequence limit $3 for update of d skip locked",
    )
    .bind(consumer)
    .bind(now)
    .bind(limit)
    .try_map(|row: PgRow| {
        Ok(Due {
            tenant: TenantId(row.try_get("tenant_id")?),
            event: EventId(row.try_get("event_id")?),
            attempts: row.try_get("attempts")?,
            envelope: row.try_get("envelope")?,
        })
    })
    .fetch_all(conn)
    .await
}
