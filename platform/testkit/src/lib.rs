//! Tests on the real parts: PostgreSQL with a template database per set of migrations and a copy per
//! test, the roles of production (never the owner), two tenants, a clock that the test moves.
//!
//! ```ignore
//! let kit = Harness::new(CvAnalysisModule::default()).await;
//! let answer = kit.ask(&kit.a.owner, "{ cvAnalyses { edges { node { id } } } }", json!({})).await;
//! kit.run_jobs().await;
//! kit.deliver_events().await;
//! kit.finish().await; // fails when due jobs, undelivered events or parked work are left behind
//! ```
//!
//! Everything here panics on failure: it runs in tests only.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking; this crate is a dev-dependency only"
)]

pub mod catalogue;
mod clock;
mod database;
mod harness;
mod statements;
mod tenant;
mod work;

pub use clock::TestClock;
pub use harness::{Answer, Builder, Harness};
pub use platform_identity::{Authority, Scopes};
pub use statements::Statements;
pub use tenant::Tenant;
