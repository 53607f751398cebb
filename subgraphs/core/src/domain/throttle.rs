use chrono::{DateTime, TimeDelta, Utc};
use platform_sdk::{Ctx, Error, ErrorCode, Result};
use sha2::{Digest, Sha256};

use crate::store;

/// Failures that cost nothing: people mistype.
const FREE: i32 = 5;
/// Wait after the first failure beyond those; it doubles with each further one.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(10);
/// Longest wait. Bounded, so that nobody can lock a stranger out for good by guessing.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(15);
/// Failures are forgotten after this long without another.
const MEMORY: TimeDelta = TimeDelta::hours(24);

/// Failed proofs of one identity in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failures {
    /// How many.
    pub(crate) count: i32,
    /// The last one.
    pub(crate) last_failed_at: DateTime<Utc>,
}

impl Failures {
    /// One more, at `now`; the older ones count when they are not forgotten.
    pub(crate) fn after(before: Option<Self>, now: DateTime<Utc>) -> Self {
        let count = match before {
            Some(b) if now - b.last_failed_at < MEMORY => b.count.saturating_add(1),
            _ => 1,
        };
        Self {
            count,
            last_failed_at: now,
        }
    }

    /// Until when the next attempt is refused unseen; `None` when it may be made at `now`.
    pub(crate) fn blocked_until(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let beyond = self.count.checked_sub(FREE).filter(|n| *n >= 0)?;
        // 2^20 × 10 s is far above the longest wait and far below overflow.
        let wait = FIRST_WAIT * 2_i32.pow(beyond.clamp(0, 20).unsigned_abs());
        let until = self.last_failed_at + wait.min(LONGEST_WAIT);
        (until > now).then_some(until)
    }
}

/// Counts an attempt as failed before it is made, so that many at once cannot slip through; success
/// takes it back.
///
/// # Errors
/// `RATE_LIMITED` after too many failures.
pub(crate) async fn charge(ctx: &Ctx, subject: &[u8; 32]) -> Result<()> {
    let mut tx = ctx.begin_account().await?;
    let now = tx.now();
    let before = store::throttle::lock(tx.conn(), subject).await?;
    if let Some(until) = before.and_then(|f| f.blocked_until(now)) {
        let seconds = (until - now).num_seconds().max(1);
        return Err(Error::new(
            ErrorCode::RateLimited,
            format!("too many failed attempts, try again in {seconds} s"),
        ));
    }
    store::throttle::put(tx.conn(), subject, Failures::after(before, now)).await?;
    tx.commit().await
}

/// Under which attempts of a purpose are counted; what was tried itself is not kept.
pub(crate) fn key(purpose: &str, subject: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(purpose)
        .chain_update([0])
        .chain_update(subject)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn failed(times: i32) -> Failures {
        (0..times)
            .fold(None, |f, _| Some(Failures::after(f, start())))
            .unwrap()
    }

    #[test]
    fn mistyping_is_free_and_guessing_takes_ever_longer() {
        assert_eq!(failed(4).blocked_until(start()), None);
        for (times, seconds) in [
            (5, 10),
            (6, 20),
            (7, 40),
            (11, 640),
            (12, 900),
            (1_000, 900),
        ] {
            let until = failed(times).blocked_until(start()).unwrap();
            assert_eq!((until - start()).num_seconds(), seconds, "{times}");
        }
    }

    #[test]
    fn a_wait_ends_and_a_day_forgets() {
        let failures = failed(5);
        assert_eq!(
            failures.blocked_until(start() + TimeDelta::seconds(10)),
            None
        );
        let next_day = start() + MEMORY;
        assert_eq!(Failures::after(Some(failures), next_day).count, 1);
    }

    #[test]
    fn attempts_of_different_purposes_are_counted_apart() {
        assert_ne!(key("a", "b"), key("ab", ""));
    }
}
