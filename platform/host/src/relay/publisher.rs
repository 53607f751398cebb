use std::sync::Arc;
use std::time::Duration;

use platform_sdk::Clock;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, PgExecutor};
use tokio_util::sync::CancellationToken;

use super::{Broker, BrokerError, Options, outbox};
use crate::wake::{Topic, Wake, Wakes};

/// Held by the one relay of a database for as long as its connection lives.
const LOCK: i64 = 0x7465_7373_7265_6c61;

/// How often a relay that is not the one asks whether it can be.
const STANDBY_POLL: Duration = Duration::from_secs(1);

/// Takes events from the outbox to the broker. Runs in every process; one of them works, the others
/// stand by and take over when its connection ends.
pub struct Publisher {
    connect: PgConnectOptions,
    broker: Arc<dyn Broker>,
    clock: Arc<dyn Clock>,
    wakes: Wakes,
    options: Options,
}

impl Publisher {
    /// A publisher that connects as the host's role.
    pub fn new(
        connect: PgConnectOptions,
        broker: Arc<dyn Broker>,
        clock: Arc<dyn Clock>,
        wakes: Wakes,
        options: Options,
    ) -> Self {
        Self {
            connect: connect.application_name("tessera_relay"),
            broker,
            clock,
            wakes,
            options,
        }
    }

    /// Publishes until cancelled, coming back from failures by itself.
    pub async fn run(&self, cancel: CancellationToken) {
        let mut failures = 0;
        while !cancel.is_cancelled() {
            let outcome = tokio::select! {
                outcome = self.lead(&mut failures) => outcome,
                () = cancel.cancelled() => return,
            };
            failures += 1;
            if let Err(error) = outcome {
                let cause = platform_sdk::format_chain(&error);
                tracing::warn!(%cause, failures, "relay: cannot publish, trying again");
            }
            tokio::select! {
                () = tokio::time::sleep(self.options.backoff.after(failures)) => {}
                () = cancel.cancelled() => return,
            }
        }
    }

    /// Works on one connection, which holds the lock: when it is lost, so is the right to publish, and
    /// the transaction that would have marked events fails with it.
    async fn lead(&self, failures: &mut u32) -> Result<(), BrokerError> {
        let mut conn = PgConnection::connect_with(&self.connect).await?;
        while !take_lock(&mut conn).await? {
            tokio::time::sleep(STANDBY_POLL).await;
        }
        tracing::debug!("relay: leading");
        let mut wake: Wake = self.wakes.listen(Topic::Outbox);
        loop {
            let (seen, taken) =
                publish_batch(&mut conn, &*self.broker, &*self.clock, self.options.batch).await?;
            if taken < seen {
                *failures += 1;
                tokio::time::sleep(self.options.backoff.after(*failures)).await;
            } else {
                *failures = 0;
                if i64::try_from(seen).is_ok_and(|seen| seen < self.options.batch) {
                    wake.wait(self.options.poll).await;
                }
            }
        }
    }
}

async fn take_lock(conn: impl PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select pg_try_advisory_lock($1)")
        .bind(LOCK)
        .fetch_one(conn)
        .await
}

/// Hands one batch over; gives how many events were there and how many were taken.
pub(crate) async fn publish_batch(
    conn: &mut PgConnection,
    broker: &dyn Broker,
    clock: &dyn Clock,
    limit: i64,
) -> Result<(usize, usize), BrokerError> {
    let mut tx = conn.begin().await?;
    let batch = outbox::oldest(&mut tx, limit).await?;
    if batch.is_empty() {
        tx.rollback().await?;
        return Ok((0, 0));
    }
    let taken = broker.accept(&mut tx, &batch).await?;
    outbox::mark(&mut tx, &batch, &taken, clock.now()).await?;
    tx.commit().await?;
    metrics::counter!("tessera_events_published_total").increment(taken.len() as u64);
    Ok((batch.len(), taken.len()))
}
