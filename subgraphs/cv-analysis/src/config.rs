use std::time::Duration;

use platform_sdk::sandbox::Limits;
use serde::Deserialize;

/// The module's section of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Address space of the extraction worker, in MiB.
    pub(crate) worker_memory_mib: u64,
    /// CPU time of the extraction worker, in seconds.
    pub(crate) worker_cpu_s: u64,
    /// Time on the wall for one extraction, in seconds.
    pub(crate) worker_wall_s: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            worker_memory_mib: 768,
            worker_cpu_s: 8,
            worker_wall_s: 9,
        }
    }
}

impl Config {
    /// Reads the section; an absent one gives the defaults.
    ///
    /// # Errors
    /// A sentence naming the key that is unknown or out of range.
    pub(crate) fn read(section: &serde_json::Value) -> Result<Self, String> {
        let config = match section {
            serde_json::Value::Null => Self::default(),
            section => serde_json::from_value(section.clone())
                .map_err(|error| format!("cv-analysis: {error}"))?,
        };
        for (name, value, range) in [
            ("worker_memory_mib", config.worker_memory_mib, 64..=16_384),
            ("worker_cpu_s", config.worker_cpu_s, 1..=600),
            ("worker_wall_s", config.worker_wall_s, 1..=600),
        ] {
            if !range.contains(&value) {
                return Err(format!(
                    "cv-analysis: {name} must be between {} and {}",
                    range.start(),
                    range.end()
                ));
            }
        }
        Ok(config)
    }

    /// Limits of one extraction.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            memory_bytes: self.worker_memory_mib * 1024 * 1024,
            cpu_s: self.worker_cpu_s,
            wall: Duration::from_secs(self.worker_wall_s),
            ..Limits::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn unknown_and_impossible_settings_are_refused() {
        assert_eq!(Config::read(&Value::Null), Ok(Config::default()));
        assert_eq!(
            Config::read(&json!({"worker_cpu_s": 3})).map(|config| config.worker_cpu_s),
            Ok(3)
        );
        for bad in [json!({"cpu": 3}), json!({"worker_cpu_s": 0}), json!(1)] {
            assert!(Config::read(&bad).is_err(), "{bad}");
        }
    }
}
