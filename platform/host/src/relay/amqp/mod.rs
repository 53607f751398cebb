//! RabbitMQ as the broker.
//!
//! Events go to a topic exchange under their type. Every consumer has a quorum queue that one process
//! reads at a time, so that order holds; what a consumer fails at is tried again by that process, which
//! holds back what is behind it of the same aggregate, and is parked in the database in the end. What
//! kills the process instead comes back as often as the queue allows and is parked by way of the
//! dead letters.

mod connected;
mod consume;
mod publish;
mod topology;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use lapin::ConnectionProperties;
use lapin::uri::AMQPUri;
use platform_sdk::Clock;
use platform_types::{Envelope, EventId};
use sqlx::{PgConnection, PgPool};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{Broker, BrokerError, Deliveries, Options, Routes};
use crate::boot::RECONNECT;
use connected::Connected;
use topology::Names;

/// Longest wait for the broker to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What RabbitMQ answered, or did not.
#[derive(Debug, thiserror::Error)]
pub enum AmqpError {
    /// The address is none.
    #[error("the address of the message broker is not valid: {0}")]
    Url(String),
    /// The broker refused, or the connection broke.
    #[error("message broker")]
    Broker(#[from] lapin::Error),
    /// No answer in time.
    #[error("the message broker does not answer")]
    TimedOut,
    /// The broker ended a consumer's stream.
    #[error("the message broker ended the consumer")]
    Ended,
}

/// RabbitMQ. Connects when it is needed and comes back by itself.
pub struct Amqp {
    uri: AMQPUri,
    names: Names,
    routes: Routes,
    deliveries: Deliveries,
    pool: PgPool,
    clock: Arc<dyn Clock>,
    options: Options,
    publisher: Mutex<Option<publish::Channel>>,
    connected: AtomicBool,
}

impl Amqp {
    /// RabbitMQ at `url`, with exchanges and queues under `namespace`. `deliveries` hands out what is replayed; parked events go through `pool`.
    ///
    /// # Errors
    /// [`AmqpError::Url`].
    pub fn new(
        url: &str,
        namespace: &str,
        routes: Routes,
        deliveries: Deliveries,
        pool: PgPool,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, AmqpError> {
        Ok(Self {
            uri: url.parse().map_err(AmqpError::Url)?,
            names: Names::new(namespace),
            routes,
            deliveries,
            pool,
            clock,
            options,
            publisher: Mutex::new(None),
            connected: AtomicBool::new(false),
        })
    }

    async fn connect(&self, name: &str) -> Result<Connected, AmqpError> {
        crate::tls::provide();
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connecting = lapin::Connection::connect_uri(self.uri.clone(), properties);
        Ok(Connected::new(in_time(connecting).await??))
    }

    async fn consume(&self, failures: &mut u32) -> Result<(), AmqpError> {
        let connection = self.connect("tessera consumers").await?;
        topology::declare(&connection, &self.names, &self.routes).await?;
        self.connected.store(true, Ordering::Relaxed);
        *failures = 0;
        consume::all(self, &connection).await
    }
}

/// Bounds a wait for the broker.
async fn in_time<F: Future>(work: F) -> Result<F::Output, AmqpError> {
    tokio::time::timeout(PATIENCE, work)
        .await
        .map_err(|_| AmqpError::TimedOut)
}

#[async_trait]
impl Broker for Amqp {
    async fn accept(
        &self,
        _conn: &mut PgConnection,
        batch: &[Envelope],
    ) -> Result<Vec<EventId>, BrokerError> {
        let mut kept = self.publisher.lock().await;
        let channel = match kept.take() {
            Some(channel) if channel.is_open() => channel,
            _ => {
                let connection = self.connect("tessera relay").await?;
                topology::declare(&connection, &self.names, &self.routes).await?;
                publish::Channel::open(connection).await?
            }
        };
        // Kept only after success: a channel that failed is left with its connection.
        let taken = channel.publish(&self.names.events, batch).await?;
        *kept = Some(channel);
        Ok(taken)
    }

    async fn run(&self, cancel: CancellationToken) {
        let consume = async {
            let mut failures = 0;
            loop {
                let outcome = self.consume(&mut failures).await;
                self.connected.store(false, Ordering::Relaxed);
                failures += 1;
                if let Err(error) = outcome {
                    let cause = platform_sdk::format_chain(&error);
                    tracing::warn!(%cause, failures, "consumers: connection lost, trying again");
                }
                tokio::time::sleep(RECONNECT.after(failures)).await;
            }
        };
        tokio::join!(
            async {
                tokio::select! {
                    () = consume => {}
                    () = cancel.cancelled() => {}
                }
            },
            self.deliveries.run(cancel.clone()),
        );
    }

    async fn is_ready(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }
}
