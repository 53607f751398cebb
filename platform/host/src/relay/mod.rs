//! From the outbox to the consumers.
//!
//! One relay at a time per database takes unpublished events in their order and hands them to a
//! [`Broker`]: [`Embedded`] (rows in PostgreSQL) or [`Amqp`] (RabbitMQ). Both promise the same, and one
//! contract test (`tests/relay/`) holds them to it:
//!
//! - an event is delivered at least once to every consumer of its type; the inbox makes it once in effect;
//! - events of one aggregate reach a consumer in their order, and a failing one holds back those behind it;
//! - after [`Options::max_attempts`] failures an event is parked in `platform.delivery` with the error,
//!   and the next one flows; parked events are listed and replayed by [`parked`] and [`replay`];
//! - a relay that dies between publishing and marking publishes again.

mod amqp;
mod broker;
mod delivery;
mod embedded;
mod outbox;
mod parked;
mod publisher;
mod route;

use std::time::Duration;

pub use amqp::{Amqp, AmqpError};
pub use broker::{Broker, BrokerError};
pub use delivery::Deliveries;
pub use embedded::Embedded;
pub use parked::{Parked, parked, replay};
pub use publisher::Publisher;
pub use route::{DeliveryError, Route, Routes, Sink};

use crate::backoff::Backoff;

/// How patient the relay is.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Events taken from the outbox at once.
    pub batch: i64,
    /// Deliveries of one consumer that run at the same moment, each of another aggregate.
    pub concurrency: u16,
    /// Failures after which an event is parked.
    pub max_attempts: i32,
    /// Pauses between attempts.
    pub backoff: Backoff,
    /// Longest time without looking, when no wake-up comes.
    pub poll: Duration,
    /// Longest time for one delivery.
    pub timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            batch: 256,
            concurrency: 8,
            max_attempts: 10,
            backoff: Backoff {
                first: Duration::from_millis(500),
                most: Duration::from_secs(120),
            },
            poll: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
        }
    }
}
