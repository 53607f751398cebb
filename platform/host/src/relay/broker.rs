use async_trait::async_trait;
use platform_types::{Envelope, EventId};
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;

use super::AmqpError;

/// Who carries events from the relay to the consumers.
#[async_trait]
pub trait Broker: Send + Sync {
    /// Takes events over, in order within each aggregate, and gives the ids of those that can no longer
    /// be lost. An event that is not among them is handed over again, and so are all behind it of the
    /// same aggregate, which therefore must not have been taken.
    ///
    /// `conn` is inside the transaction that marks the events as published.
    ///
    /// # Errors
    /// [`BrokerError`]; nothing counts as taken then.
    async fn accept(
        &self,
        conn: &mut PgConnection,
        batch: &[Envelope],
    ) -> Result<Vec<EventId>, BrokerError>;

    /// Delivers to the consumers of this process until cancelled. Comes back from lost connections by
    /// itself; what was not finished is delivered again.
    async fn run(&self, cancel: CancellationToken);

    /// Whether the broker can be reached now; for readiness.
    async fn is_ready(&self) -> bool;
}

/// Why events could not be handed over.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The database.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// The message broker.
    #[error(transparent)]
    Amqp(#[from] AmqpError),
    /// An envelope without a JSON form.
    #[error("envelope")]
    Json(#[from] serde_json::Error),
}
