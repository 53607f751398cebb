use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ExchangeKind};

use super::{AmqpError, in_time};
use crate::relay::Routes;

/// Deliveries of one message that end with a lost process or connection before it counts as dead.
const DELIVERY_LIMIT: i64 = 10;

/// Messages that wait in one queue before publishers are refused; the outbox holds the rest.
const MAX_MESSAGES: i64 = 1_000_000;

/// Bytes that wait in one queue before publishers are refused.
const MAX_BYTES: i64 = 1 << 30;

/// Names at the broker, under the namespace of the installation.
pub(super) struct Names {
    namespace: String,
    /// The exchange to which all events go, by their type.
    pub(super) events: String,
    /// The exchange, and its one queue, of what queues gave up.
    pub(super) dead: String,
}

impl Names {
    pub(super) fn new(namespace: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            events: format!("{namespace}.events"),
            dead: format!("{namespace}.dead-letters"),
        }
    }

    /// The queue of a consumer.
    pub(super) fn queue_of(&self, consumer: &str) -> String {
        format!("{}.{consumer}", self.namespace)
    }

    /// The consumer of a queue.
    pub(super) fn consumer_of<'a>(&self, queue: &'a str) -> Option<&'a str> {
        queue.strip_prefix(&self.namespace)?.strip_prefix('.')
    }
}

/// Makes exchanges and queues, or finds them as they are. Done by publishers too: an event that is
/// published before the queue of its consumer exists would be lost.
pub(super) async fn declare(
    connection: &Connection,
    names: &Names,
    routes: &Routes,
) -> Result<(), AmqpError> {
    in_time(declare_all(connection, names, routes)).await??;
    Ok(())
}

async fn declare_all(
    connection: &Connection,
    names: &Names,
    routes: &Routes,
) -> Result<(), lapin::Error> {
    let channel = connection.create_channel().await?;
    for (name, kind) in [
        (&names.events, ExchangeKind::Topic),
        (&names.dead, ExchangeKind::Fanout),
    ] {
        let options = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        channel
            .exchange_declare(name.as_str().into(), kind, options, FieldTable::default())
            .await?;
    }
    let mut dead = FieldTable::default();
    dead.insert("x-queue-type".into(), text("quorum"));
    channel
        .queue_declare(
            names.dead.as_str().into(),
            QueueDeclareOptions::durable(),
            dead,
        )
        .await?;
    channel
        .queue_bind(
            names.dead.as_str().into(),
            names.dead.as_str().into(),
            "".into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await?;
    for route in routes.all() {
        let queue = names.queue_of(&route.consumer);
        channel
            .queue_declare(
                queue.as_str().into(),
                QueueDeclareOptions::durable(),
                arguments(&names.dead),
            )
            .await?;
        channel
            .queue_bind(
                queue.as_str().into(),
                names.events.as_str().into(),
                route.event_type.as_str().into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await?;
    }
    channel.close(200, "declared".into()).await
}

fn arguments(dead: &str) -> FieldTable {
    let mut arguments = FieldTable::default();
    for (name, value) in [
        ("x-queue-type", text("quorum")),
        ("x-single-active-consumer", AMQPValue::Boolean(true)),
        ("x-delivery-limit", AMQPValue::LongLongInt(DELIVERY_LIMIT)),
        ("x-max-length", AMQPValue::LongLongInt(MAX_MESSAGES)),
        ("x-max-length-bytes", AMQPValue::LongLongInt(MAX_BYTES)),
        ("x-overflow", text("reject-publish")),
        ("x-dead-letter-exchange", text(dead)),
        // without it a dead letter is lost when the other queue does not take it at once
        ("x-dead-letter-strategy", text("at-least-once")),
    ] {
        arguments.insert(name.into(), value);
    }
    arguments
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
