use async_trait::async_trait;
use platform_types::{Envelope, EventId};
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;

use super::{Broker, BrokerError, Deliveries, Routes};

/// PostgreSQL as the broker: one row per consumer, written in the transaction that marks the event as
/// published, so that nothing is published twice or lost in between.
pub struct Embedded {
    routes: Routes,
    deliveries: Deliveries,
}

impl Embedded {
    /// Fans out by `routes`; `deliveries` hands the rows to the consumers of this process.
    pub fn new(routes: Routes, deliveries: Deliveries) -> Self {
        Self { routes, deliveries }
    }
}

#[async_trait]
impl Broker for Embedded {
    async fn accept(
        &self,
        conn: &mut PgConnection,
        batch: &[Envelope],
    ) -> Result<Vec<EventId>, BrokerError> {
        let mut rows = Rows::default();
        for envelope in batch {
            for consumer in self.routes.consumers_of(&envelope.event_type) {
                rows.push(consumer, envelope)?;
            }
        }
        if !rows.consumers.is_empty() {
            rows.insert(conn).await?;
            sqlx::query("select pg_notify('tessera_delivery', '')")
                .execute(conn)
                .await?;
        }
        Ok(batch.iter().map(|e| e.event_id).collect())
    }

    async fn run(&self, cancel: CancellationToken) {
        self.deliveries.run(cancel).await;
    }

    async fn is_ready(&self) -> bool {
        true
    }
}

/// Rows of one statement, column by column.
#[derive(Default)]
struct Rows {
    tenants: Vec<uuid::Uuid>,
    consumers: Vec<String>,
    events: Vec<uuid::Uuid>,
    sequences: Vec<i64>,
    aggregates: Vec<uuid::Uuid>,
    envelopes: Vec<serde_json::Value>,
    due: Vec<chrono::DateTime<chrono::Utc>>,
}

impl Rows {
    fn push(&mut self, consumer: &str, envelope: &Envelope) -> Result<(), serde_json::Error> {
        self.tenants.push(envelope.tenant_id.uuid());
        self.consumers.push(consumer.to_owned());
        self.events.push(envelope.event_id.uuid());
        self.sequences.push(envelope.sequence);
        self.aggregates.push(envelope.aggregate_id);
        self.envelopes.push(serde_json::to_value(envelope)?);
        // due since it happened, whatever the clocks of relay and consumer say
        self.due.push(envelope.occurred_at);
        Ok(())
    }

    async fn insert(self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into platform.delivery \
             (tenant_id, consumer, event_id, sequence, aggregate_id, envelope, due_at) \
             select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::uuid[], $6::jsonb[], $7::timestamptz[]) \
             on conflict do nothing",
        )
        .bind(self.tenants)
        .bind(self.consumers)
        .bind(self.events)
        .bind(self.sequences)
        .bind(self.aggregates)
        .bind(self.envelopes)
        .bind(self.due)
        .execute(conn)
        .await?;
        Ok(())
    }
}
