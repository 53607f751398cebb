//! The edge in front of a real engine over two subgraphs in this process.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod authorization;
mod clients;
mod cost;
mod csrf;
mod deferred;
mod http;
mod limits;
mod multipart;
mod redis;
mod reload;
mod sharing;
mod single;
mod smuggling;
mod socket;
mod streams;
mod subgraphs;
mod swap;
mod uploads;
mod websocket;
mod world;
