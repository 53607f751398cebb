//! Background work: claimed under a lease, renewed while it runs, retried with growing pauses, parked
//! with its error when nothing helps.
//!
//! A job belongs to whoever holds its lease. A runner that dies keeps it until the lease ends; one that
//! shuts down gives it back at once. Completion is fenced by the lease, so two runners that both
//! believe in theirs cannot both complete.

mod claim;
mod runner;

use std::time::Duration;

pub use runner::Runner;

use crate::backoff::Backoff;

/// How the runner works.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Jobs that run at the same moment in this process.
    pub concurrency: u16,
    /// How long a job belongs to a runner that does not renew.
    pub lease: Duration,
    /// Longest time for one attempt.
    pub timeout: Duration,
    /// Longest time without looking, when no wake-up comes.
    pub poll: Duration,
    /// Pauses between attempts.
    pub backoff: Backoff,
    /// How long running jobs may go on after the shutdown began.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: 4,
            lease: Duration::from_secs(30),
            timeout: Duration::from_secs(600),
            poll: Duration::from_secs(5),
            backoff: Backoff {
                first: Duration::from_secs(2),
                most: Duration::from_secs(300),
            },
            grace: Duration::from_secs(2),
        }
    }
}
