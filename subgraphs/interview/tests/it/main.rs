//! The interview module on the real database, through its schema.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod analysis;
mod candidate;
mod follow_up;
mod interview;
mod isolation;
mod link;
mod progress;
mod report;
mod support;
