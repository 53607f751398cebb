//! After several failures in a row a service is left alone for a while; then one question tries it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures in a row after which it rests.
const FAILURES: u32 = 3;
/// How long it rests.
const REST: Duration = Duration::from_secs(30);
/// Most services that are remembered; there is one, but for tests.
const MOST: usize = 64;

#[derive(Debug, Default)]
struct State {
    failures: u32,
    rests_until: Option<Instant>,
    /// One question is out to try.
    trying: bool,
}

/// The breaker of one service.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

static ALL: LazyLock<Mutex<HashMap<String, Arc<Breaker>>>> = LazyLock::new(Mutex::default);

/// The breaker of the service at an address, the same for the whole process.
pub(super) fn of(address: &str) -> Arc<Breaker> {
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= MOST && !all.contains_key(address) {
        all.clear();
    }
    all.entry(address.to_owned()).or_default().clone()
}

impl Breaker {
    /// Whether a question may go out now.
    pub(super) fn lets_through(&self) -> bool {
        self.lets_through_at(Instant::now())
    }

    fn lets_through_at(&self, now: Instant) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.rests_until {
            None => true,
            Some(until) if now < until || state.trying => false,
            Some(_) => {
                state.trying = true;
                true
            }
        }
    }

    /// The question that was let through was not asked after all.
    pub(super) fn untried(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).trying = false;
    }

    /// How a question ended.
    pub(super) fn tell(&self, well: bool) {
        self.tell_at(well, Instant::now());
    }

    fn tell_at(&self, well: bool, now: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if well {
            *state = State::default();
            return;
        }
        state.trying = false;
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            state.rests_until = Some(now + REST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_make_it_rest_and_one_success_ends_that() {
        let breaker = Breaker::default();
        let start = Instant::now();
        for _ in 0..3 {
            assert!(breaker.lets_through_at(start));
            breaker.tell_at(false, start);
        }
        assert!(!breaker.lets_through_at(start));
        let later = start + REST;
        assert!(breaker.lets_through_at(later));
        assert!(!breaker.lets_through_at(later), "one question tries it");
        breaker.tell_at(false, later);
        assert!(!breaker.lets_through_at(later));
        let at_last = later + REST;
        assert!(breaker.lets_through_at(at_last));
        breaker.untried();
        assert!(breaker.lets_through_at(at_last));
        breaker.tell_at(true, at_last);
        assert!(breaker.lets_through_at(at_last) && breaker.lets_through_at(at_last));
    }
}
