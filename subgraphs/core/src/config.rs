use serde::Deserialize;

/// The module's section of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// bcrypt cost of new password hashes; each step doubles the time.
    pub(crate) bcrypt_cost: u32,
    /// Passwords that are hashed at once; more wait.
    pub(crate) parallel_hashes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bcrypt_cost: 11,
            parallel_hashes: 4,
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
            section => serde_json::from_value(section.clone()).map_err(|e| format!("core: {e}"))?,
        };
        if !(4..=20).contains(&config.bcrypt_cost) {
            return Err("core: bcrypt_cost must be between 4 and 20".to_owned());
        }
        if !(1..=64).contains(&config.parallel_hashes) {
            return Err("core: parallel_hashes must be between 1 and 64".to_owned());
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn unknown_and_impossible_settings_are_refused() {
        assert_eq!(Config::read(&Value::Null), Ok(Config::default()));
        assert_eq!(
            Config::read(&json!({"bcrypt_cost": 4}))
                .unwrap()
                .bcrypt_cost,
            4
        );
        for bad in [
            json!({"cost": 4}),
            json!({"bcrypt_cost": 3}),
            json!({"parallel_hashes": 0}),
            json!(1),
        ] {
            assert!(Config::read(&bad).is_err(), "{bad}");
        }
    }
}
