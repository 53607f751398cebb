//! Counting in this process: a leaky bucket per holder (the generic cell rate algorithm), as one time stamp each.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Left;
use crate::quota::Holder;

/// Holders that are remembered. When more are active at once than this, whoever comes anew shares one bucket per kind:
/// an attacker with many addresses limits himself, not the memory.
const MAX_HOLDERS: usize = 100_000;

/// Time stamps at which each holder's bucket will be empty.
#[derive(Debug)]
pub(crate) struct Local {
    start: Instant,
    empty_at: Mutex<HashMap<Option<Holder>, Duration>>,
}

impl Local {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            empty_at: Mutex::new(HashMap::new()),
        }
    }

    pub(crate) fn take(&self, holder: &Holder, per_minute: u32, operations: u32) -> Left {
        self.take_at(self.start.elapsed(), holder, per_minute, operations)
    }

    fn take_at(&self, now: Duration, holder: &Holder, per_minute: u32, operations: u32) -> Left {
        let minute = Duration::from_secs(60);
        let each = minute / per_minute.max(1);
        let mut all = self.empty_at.lock();
        if all.len() >= MAX_HOLDERS && !all.contains_key(&Some(holder.clone())) {
            all.retain(|_, empty_at| *empty_at > now);
        }
        let key = if all.len() < MAX_HOLDERS || all.contains_key(&Some(holder.clone())) {
            Some(holder.clone())
        } else {
            None
        };
        let empty_at = all.entry(key).or_default();
        let filled = empty_at.saturating_sub(now) + each * operations;
        let exceeded = filled > minute;
        let level = if exceeded {
            filled - each * operations
        } else {
            filled
        };
        if !exceeded {
            *empty_at = now + filled;
        }
        let remaining = (minute.saturating_sub(level).as_nanos() / each.as_nanos().max(1)) as u32;
        let reset = if exceeded { filled - minute } else { level };
        Left {
            holder: holder.name(),
            per_minute,
            remaining,
            reset,
            exceeded,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn holder(last: u8) -> Holder {
        Holder::Address(std::net::IpAddr::from([10, 0, 0, last]))
    }

    #[test]
    fn a_quota_is_spent_and_comes_back() {
        let local = Local::new();
        let at = |seconds, last| local.take_at(Duration::from_secs(seconds), &holder(last), 60, 1);
        for spent in 1..=60 {
            let left = at(0, 1);
            assert_eq!((left.exceeded, left.remaining), (false, 60 - spent));
        }
        let left = at(0, 1);
        assert!(left.exceeded);
        assert_eq!(left.reset, Duration::from_secs(1));
        assert!(!at(0, 2).exceeded, "another address is not affected");
        assert!(!at(1, 1).exceeded, "one operation comes back each second");
        assert!(at(1, 1).exceeded);
        assert_eq!(at(1000, 1).remaining, 59);
    }

    #[test]
    fn a_batch_counts_as_its_operations() {
        let local = Local::new();
        assert!(!local.take_at(Duration::ZERO, &holder(1), 10, 10).exceeded);
        assert!(local.take_at(Duration::ZERO, &holder(1), 10, 1).exceeded);
        assert!(local.take_at(Duration::ZERO, &holder(2), 10, 11).exceeded);
    }

    #[test]
    fn a_flood_of_addresses_shares_a_bucket_and_does_not_grow() {
        let local = Local::new();
        let address =
            |n: usize| Holder::Address(std::net::Ipv4Addr::from(u32::try_from(n).unwrap()).into());
        for n in 0..MAX_HOLDERS + 50 {
            local.take_at(Duration::ZERO, &address(n), 10, 1);
        }
        assert!(local.empty_at.lock().len() <= MAX_HOLDERS + 1);
        assert!(
            local
                .take_at(Duration::ZERO, &address(MAX_HOLDERS + 99), 10, 1)
                .exceeded
        );
        assert!(
            !local.take_at(Duration::ZERO, &address(5), 10, 1).exceeded,
            "who was there before is not affected"
        );
        // the bucket is empty again a minute later, and so are those that were forgotten
        assert!(
            !local
                .take_at(Duration::from_secs(61), &address(MAX_HOLDERS + 99), 10, 1)
                .exceeded
        );
    }
}
