use std::time::Duration;

/// Growing pauses between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Pause after the first failure.
    pub first: Duration,
    /// Longest pause.
    pub most: Duration,
}

impl Backoff {
    /// The pause after `failures` failures: doubled each time up to the longest, then shortened by up
    /// to a fifth at random, so that what failed together does not come back together.
    pub fn after(&self, failures: u32) -> Duration {
        let doubled = 1_u32
            .checked_shl(failures.saturating_sub(1))
            .and_then(|factor| self.first.checked_mul(factor))
            .map_or(self.most, |pause| pause.min(self.most));
        doubled.mul_f64(rand::random_range(0.8..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let backoff = Backoff {
            first: Duration::from_secs(1),
            most: Duration::from_secs(60),
        };
        for (failures, seconds) in [
            (0, 1),
            (1, 1),
            (2, 2),
            (5, 16),
            (7, 60),
            (40, 60),
            (u32::MAX, 60),
        ] {
            let pause = backoff.after(failures);
            let longest = Duration::from_secs(seconds);
            assert!(
                pause <= longest && pause >= longest.mul_f64(0.79),
                "{failures}: {pause:?}"
            );
        }
    }
}
