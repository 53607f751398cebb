//! Billing against real PostgreSQL, asked as the router would.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod catalogue;
mod ledger;
mod lifecycle;
mod purchase;
mod support;
mod trial;
