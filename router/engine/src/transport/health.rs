//! Sparing a subgraph that fails: a circuit breaker, and a budget for retries.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// A retry costs this many answers: no more than one request in ten is a repetition.
const RETRY_PRICE: u32 = 10;

/// Retries that can be saved up.
const SAVED_RETRIES: u32 = 20;

/// How one subgraph has been doing.
#[derive(Debug)]
pub(super) struct Health {
    /// Whether the state is anything but that of a subgraph that has not failed lately. Set and unset under the lock; while
    /// it is not set, an answer changes nothing, and nobody needs the lock.
    troubled: AtomicBool,
    state: Mutex<State>,
    /// Failures in a row that open the circuit.
    threshold: u32,
    /// How long it stays open.
    pause: Duration,
}

#[derive(Debug)]
struct State {
    failures: u32,
    /// While the circuit is open, when the next attempt may be made.
    next_attempt: Option<Instant>,
    budget: u32,
}

/// Leave for one attempt. Dropped without an outcome, it counts as neither.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    health: &'a Health,
    told: bool,
    probe: bool,
}

impl Health {
    pub(super) fn new(threshold: u32, pause: Duration) -> Self {
        let state = State {
            failures: 0,
            next_attempt: None,
            budget: RETRY_PRICE * SAVED_RETRIES,
        };
        Self {
            troubled: AtomicBool::new(false),
            state: Mutex::new(state),
            threshold,
            pause,
        }
    }

    /// Leave for an attempt; none while the circuit is open. When the pause is over one attempt finds out whether the
    /// subgraph is back; the others wait for another pause.
    pub(super) fn attempt(&self, now: Instant) -> Option<Attempt<'_>> {
        let mut attempt = Attempt {
            health: self,
            told: false,
            probe: false,
        };
        if !self.troubled.load(Ordering::Relaxed) {
            return Some(attempt);
        }
        let mut state = self.state.lock();
        attempt.probe = match state.next_attempt {
            None => false,
            Some(at) if now < at => return None,
            Some(_) => {
                state.next_attempt = Some(now + self.pause);
                true
            }
        };
        drop(state);
        Some(attempt)
    }

    /// Takes the price of a retry out of the budget, if it is there.
    pub(super) fn may_retry(&self) -> bool {
        let mut state = self.state.lock();
        self.troubled.store(true, Ordering::Relaxed);
        let rest = state.budget.checked_sub(RETRY_PRICE);
        state.budget = rest.unwrap_or(state.budget);
        rest.is_some() && state.next_attempt.is_none()
    }
}

impl Attempt<'_> {
    /// The subgraph answered.
    pub(super) fn succeeded(mut self) {
        self.told = true;
        if !self.health.troubled.load(Ordering::Relaxed) {
            return;
        }
        let mut state = self.health.state.lock();
        state.failures = 0;
        state.next_attempt = None;
        state.budget = (state.budget + 1).min(RETRY_PRICE * SAVED_RETRIES);
        let troubled = state.budget < RETRY_PRICE * SAVED_RETRIES;
        self.health.troubled.store(troubled, Ordering::Relaxed);
    }

    /// It did not.
    pub(super) fn failed(mut self, now: Instant) {
        self.told = true;
        let mut state = self.health.state.lock();
        self.health.troubled.store(true, Ordering::Relaxed);
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.health.threshold {
            state.next_attempt = Some(now + self.health.pause);
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        // a probe that was cancelled found nothing out: the next one may go at once
        if self.probe && !self.told {
            let mut state = self.health.state.lock();
            if let Some(at) = &mut state.next_attempt {
                *at -= self.health.pause;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn failing(health: &Health, times: u32, now: Instant) {
        for _ in 0..times {
            health.attempt(now).unwrap().failed(now);
        }
    }

    #[test]
    fn the_circuit_opens_after_failures_in_a_row_and_closes_after_a_probe() {
        let health = Health::new(3, Duration::from_secs(5));
        let start = Instant::now();
        failing(&health, 2, start);
        health.attempt(start).unwrap().succeeded();
        failing(&health, 3, start);
        assert!(health.attempt(start + Duration::from_secs(4)).is_none());
        let later = start + Duration::from_secs(6);
        let probe = health.attempt(later).unwrap();
        assert!(health.attempt(later).is_none(), "one probe at a time");
        probe.failed(later);
        assert!(health.attempt(later + Duration::from_secs(4)).is_none());
        let back = later + Duration::from_secs(6);
        health.attempt(back).unwrap().succeeded();
        assert!(health.attempt(back).is_some() && health.attempt(back).is_some());
    }

    #[test]
    fn a_cancelled_probe_makes_way_for_the_next() {
        let health = Health::new(1, Duration::from_secs(5));
        let start = Instant::now();
        failing(&health, 1, start);
        let later = start + Duration::from_secs(6);
        drop(health.attempt(later).unwrap());
        assert!(health.attempt(later).is_some());
    }

    #[test]
    fn retries_run_out_and_are_earned_by_answers() {
        let health = Health::new(100, Duration::from_secs(5));
        let now = Instant::now();
        let granted = (0..100).filter(|_| health.may_retry()).count();
        assert_eq!(granted, SAVED_RETRIES as usize);
        for _ in 0..RETRY_PRICE {
            health.attempt(now).unwrap().succeeded();
        }
        assert!(health.may_retry() && !health.may_retry());
        // earned back to the full, and not more
        for _ in 0..2 * RETRY_PRICE * SAVED_RETRIES {
            health.attempt(now).unwrap().succeeded();
        }
        let granted = (0..100).filter(|_| health.may_retry()).count();
        assert_eq!(granted, SAVED_RETRIES as usize);
    }
}
