//! Core against real PostgreSQL, asked as the router would.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod api_keys;
mod audit;
mod catalogue;
mod members;
mod recovery;
mod second_factor;
mod sessions;
mod sign_in;
mod support;
mod tenants;
