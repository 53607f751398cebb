//! Core against real PostgreSQL, asked as the router would.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit;
mod catalogue;
mod members;
mod recovery;
mod sessions;
mod sign_in;
mod support;
mod tenants;
