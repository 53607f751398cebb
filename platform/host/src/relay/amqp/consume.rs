use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use futures::StreamExt as _;
use futures::future::{BoxFuture, FutureExt as _, select_all};
use futures::stream::FuturesUnordered;
use lapin::Acker;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, Consumer};
use platform_types::Envelope;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{Amqp, AmqpError, in_time};
use crate::relay::delivery::{attempt, count, report};
use crate::relay::parked::{is_set_aside, park};
use crate::relay::{DeliveryError, Sink};

/// Messages that a consumer holds at once, as a multiple of those that it works on: the others wait
/// behind one of their aggregate, or for another attempt.
const PREFETCH: u16 = 8;

/// Serves every consumer of this process on one connection, until the first of them fails.
pub(super) async fn all(amqp: &Amqp, connection: &Connection) -> Result<(), AmqpError> {
    let mut serving: Vec<BoxFuture<'_, Result<(), AmqpError>>> =
        vec![dead_letters(amqp, connection).boxed()];
    for (route, sink) in amqp.routes.local() {
        serving.push(serve(amqp, connection, &route.consumer, sink).boxed());
    }
    select_all(serving).await.0
}

async fn open(connection: &Connection, queue: &str, prefetch: u16) -> Result<Consumer, AmqpError> {
    let opening = async {
        let channel = connection.create_channel().await?;
        channel
            .basic_qos(prefetch, BasicQosOptions::default())
            .await?;
        channel
            .basic_consume(
                queue.into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await
    };
    Ok(in_time(opening).await??)
}

/// Delivers the messages of one queue: aggregates side by side, each aggregate in order. Returns only
/// with an error; what is held then is dropped, and the broker delivers it again.
async fn serve(
    amqp: &Amqp,
    connection: &Connection,
    consumer: &str,
    sink: Arc<dyn Sink>,
) -> Result<(), AmqpError> {
    let prefetch = amqp.options.concurrency.saturating_mul(PREFETCH);
    let mut messages = open(connection, &amqp.names.queue_of(consumer), prefetch).await?;
    let free = Semaphore::new(usize::from(amqp.options.concurrency));
    // Aggregates with a message at work, and the messages behind it.
    let mut behind: HashMap<Uuid, VecDeque<(Envelope, Acker)>> = HashMap::new();
    let mut at_work = FuturesUnordered::new();
    let work = |envelope: Envelope, acker: Acker| {
        let (free, sink) = (&free, &*sink);
        async move {
            handle(amqp, consumer, sink, free, &envelope).await;
            (envelope.aggregate_id, acker)
        }
    };
    loop {
        tokio::select! {
            message = messages.next() => {
                let Delivery { data, acker, .. } = message.ok_or(AmqpError::Ended)??;
                let envelope: Envelope = match serde_json::from_slice(&data) {
                    Ok(envelope) => envelope,
                    Err(error) => {
                        tracing::error!(%error, consumer, "a message is no event, it goes to the dead letters");
                        acker.reject(BasicRejectOptions::default()).await?;
                        continue;
                    }
                };
                match behind.get_mut(&envelope.aggregate_id) {
                    Some(waiting) => waiting.push_back((envelope, acker)),
                    None => {
                        behind.insert(envelope.aggregate_id, VecDeque::new());
                        at_work.push(work(envelope, acker));
                    }
                }
            }
            Some((aggregate, acker)) = at_work.next() => {
                acker.ack(BasicAckOptions::default()).await?;
                match behind.get_mut(&aggregate).and_then(VecDeque::pop_front) {
                    Some((envelope, acker)) => at_work.push(work(envelope, acker)),
                    None => {
                        behind.remove(&aggregate);
                    }
                }
            }
        }
    }
}

/// Delivers one event until it has had its effect or is parked.
async fn handle(
    amqp: &Amqp,
    consumer: &str,
    sink: &dyn Sink,
    free: &Semaphore,
    envelope: &Envelope,
) {
    let mut attempts = 0_i32;
    loop {
        let error = {
            // The semaphore is never closed; without a permit the work is done all the same.
            let _permit = free.acquire().await;
            if is_copy(amqp, consumer, envelope).await {
                return count(consumer, "copy");
            }
            match attempt(sink, envelope, amqp.options.timeout).await {
                Ok(()) => return count(consumer, "delivered"),
                Err(error) => error,
            }
        };
        attempts = attempts.saturating_add(1);
        let is_last = attempts >= amqp.options.max_attempts;
        report(consumer, envelope.event_id, attempts, is_last, &error);
        if is_last {
            return set_aside(amqp, consumer, envelope, attempts, &error).await;
        }
        tokio::time::sleep(amqp.options.backoff.after(attempts.unsigned_abs())).await;
    }
}

async fn is_copy(amqp: &Amqp, consumer: &str, envelope: &Envelope) -> bool {
    let asked = async {
        let mut conn = amqp.pool.acquire().await?;
        is_set_aside(&mut conn, consumer, envelope).await
    };
    asked.await.unwrap_or_else(|error| {
        // the attempt needs the database too, and its failure is counted
        tracing::warn!(%error, consumer, event = %envelope.event_id, "cannot see whether an event is parked");
        false
    })
}

/// Parks an event, however long the database takes: only then may the message be acknowledged.
async fn set_aside(
    amqp: &Amqp,
    consumer: &str,
    envelope: &Envelope,
    attempts: i32,
    error: &DeliveryError,
) {
    let mut tries = 0;
    loop {
        let parked = async {
            let mut conn = amqp.pool.acquire().await?;
            park(
                &mut conn,
                consumer,
                envelope,
                attempts,
                &error.0,
                amqp.clock.now(),
            )
            .await
        };
        match parked.await {
            Ok(()) => return,
            Err(error) => {
                tries += 1;
                let cause = platform_sdk::format_chain(&error);
                tracing::warn!(%cause, consumer, event = %envelope.event_id, "an event could not be parked, trying again");
                tokio::time::sleep(amqp.options.backoff.after(tries)).await;
            }
        }
    }
}

/// Parks what queues gave up: events whose delivery ended again and again with a lost process.
async fn dead_letters(amqp: &Amqp, connection: &Connection) -> Result<(), AmqpError> {
    let mut messages = open(connection, &amqp.names.dead, PREFETCH).await?;
    loop {
        let message = messages.next().await.ok_or(AmqpError::Ended)??;
        let queue = message
            .properties
            .headers()
            .as_ref()
            .and_then(|headers| headers.inner().get("x-first-death-queue"))
            .and_then(|value| match value {
                AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok(),
                _ => None,
            });
        let envelope: Result<Envelope, _> = serde_json::from_slice(&message.data);
        match (
            queue.and_then(|queue| amqp.names.consumer_of(queue)),
            envelope,
        ) {
            (Some(consumer), Ok(envelope)) => {
                let error = DeliveryError(
                    "the process or its connection was lost whenever this event was delivered"
                        .to_owned(),
                );
                report(
                    consumer,
                    envelope.event_id,
                    amqp.options.max_attempts,
                    true,
                    &error,
                );
                set_aside(amqp, consumer, &envelope, amqp.options.max_attempts, &error).await;
            }
            _ => tracing::error!(
                bytes = message.data.len(),
                queue,
                "a dead letter is no event of ours, it is dropped"
            ),
        }
        message.acker.ack(BasicAckOptions::default()).await?;
    }
}
