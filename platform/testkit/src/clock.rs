use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use platform_sdk::Clock;

/// A clock that stands still until the test moves it.
pub struct TestClock(Mutex<DateTime<Utc>>);

impl Default for TestClock {
    /// A Monday morning in January 2026.
    fn default() -> Self {
        Self(Mutex::new(
            Utc.with_ymd_and_hms(2026, 1, 5, 9, 0, 0).unwrap(),
        ))
    }
}

impl TestClock {
    /// Moves the time forward.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}
