//! The host on the real parts: PostgreSQL and RabbitMQ.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod fixture;
mod jobs;
mod migrate;
mod probe;
mod proxy;
mod relay;
mod uploads;
