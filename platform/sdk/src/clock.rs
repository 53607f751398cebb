use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use uuid::{ContextV7, Timestamp, Uuid};

/// The time. Domain code never asks the machine for it, so that tests and sandbox tenants can move it.
pub trait Clock: Send + Sync + 'static {
    /// The present moment, to the microsecond (what PostgreSQL keeps).
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine for the time"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// Source of ids and random bytes.
pub trait Entropy: Send + Sync + 'static {
    /// A fresh UUIDv7 for the moment `now`; later calls give larger values within one process.
    fn uuid(&self, now: DateTime<Utc>) -> Uuid;

    /// Fills `bytes` from a cryptographic source.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's randomness.
#[derive(Debug, Default)]
pub struct SystemEntropy {
    counter: std::sync::Mutex<ContextV7>,
}

impl Entropy for SystemEntropy {
    fn uuid(&self, now: DateTime<Utc>) -> Uuid {
        let context = self
            .counter
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(
            &*context,
            seconds,
            now.timestamp_subsec_nanos(),
        ))
    }

    fn fill(&self, bytes: &mut [u8]) {
        rand::fill(bytes);
    }
}

/// Clock and entropy of a process, shared by everything in it.
#[derive(Clone)]
pub struct Ambient {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and random bytes.
    pub entropy: Arc<dyn Entropy>,
}

impl Default for Ambient {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_within_a_millisecond() {
        let ambient = Ambient::default();
        let now = ambient.clock.now();
        let ids: Vec<_> = (0..1_000).map(|_| ambient.entropy.uuid(now)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
