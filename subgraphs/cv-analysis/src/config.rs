use std::time::Duration;

use platform_sdk::sandbox::Limits;
use serde::Deserialize;

use crate::domain::archive::MAX_UNPACKED_BYTES;

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
    /// Key of an OpenAI-compatible service; `OPENAI_API_KEY` when absent. Without a key no model is asked.
    pub(crate) model_api_key: Option<ApiKey>,
    /// Address of the service up to and with `/v1`; `OPENAI_BASE_URL`, else OpenAI's when absent.
    pub(crate) model_base_url: Option<String>,
    /// Name of the model; `OPENAI_MODEL`, else a small one when absent.
    pub(crate) model_name: Option<String>,
    /// Time for one answer of the model, in seconds.
    pub(crate) model_timeout_s: u64,
    /// What a tenant's questions to the model may cost in a calendar month, in millionths of a dollar.
    pub(crate) model_monthly_cap_micros: u64,
    /// Price of a million tokens asked, in millionths of a dollar.
    pub(crate) model_input_price_micros: u64,
    /// Price of a million tokens answered, in millionths of a dollar.
    pub(crate) model_output_price_micros: u64,
}

/// A secret that no log shows.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct ApiKey(String);

impl ApiKey {
    /// The secret itself.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ApiKey(…)")
    }
}

const OPENAI: &str = "https://api.openai.com/v1";
const SMALL_MODEL: &str = "gpt-4o-mini";

impl Default for Config {
    fn default() -> Self {
        Self {
            worker_memory_mib: 768,
            worker_cpu_s: 8,
            worker_wall_s: 9,
            model_api_key: None,
            model_base_url: None,
            model_name: None,
            model_timeout_s: 20,
            model_monthly_cap_micros: 5_000_000,
            model_input_price_micros: 150_000,
            model_output_price_micros: 600_000,
        }
    }
}

impl Config {
    /// Reads the section; an absent one gives the defaults.
    ///
    /// # Errors
    /// A sentence naming the key that is unknown or out of range.
    pub(crate) fn read(section: &serde_json::Value) -> Result<Self, String> {
        let mut config = match section {
            serde_json::Value::Null => Self::default(),
            section => serde_json::from_value(section.clone())
                .map_err(|error| format!("cv-analysis: {error}"))?,
        };
        for (name, value, range) in [
            ("worker_memory_mib", config.worker_memory_mib, 64..=16_384),
            ("worker_cpu_s", config.worker_cpu_s, 1..=600),
            ("worker_wall_s", config.worker_wall_s, 1..=600),
            ("model_timeout_s", config.model_timeout_s, 1..=120),
            (
                "model_monthly_cap_micros",
                config.model_monthly_cap_micros,
                0..=1_000_000_000_000,
            ),
            (
                "model_input_price_micros",
                config.model_input_price_micros,
                0..=1_000_000_000,
            ),
            (
                "model_output_price_micros",
                config.model_output_price_micros,
                0..=1_000_000_000,
            ),
        ] {
            if !range.contains(&value) {
                return Err(format!(
                    "cv-analysis: {name} must be between {} and {}",
                    range.start(),
                    range.end()
                ));
            }
        }
        config.fill_in(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        Ok(config)
    }

    /// Takes from the environment what the section leaves open.
    fn fill_in(&mut self, variable: impl Fn(&str) -> Option<String>) {
        self.model_api_key = self
            .model_api_key
            .take()
            .or_else(|| variable("OPENAI_API_KEY").map(ApiKey))
            .filter(|key| !key.0.is_empty());
        if self.model_base_url.is_none() {
            self.model_base_url = variable("OPENAI_BASE_URL");
        }
        if self.model_name.is_none() {
            self.model_name = variable("OPENAI_MODEL");
        }
    }

    /// Address of the model's service, without a slash at the end.
    pub(crate) fn model_base_url(&self) -> &str {
        self.model_base_url
            .as_deref()
            .unwrap_or(OPENAI)
            .trim_end_matches('/')
    }

    /// Name of the model.
    pub(crate) fn model_name(&self) -> &str {
        self.model_name.as_deref().unwrap_or(SMALL_MODEL)
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

    /// Limits of unpacking one archive.
    pub(crate) fn archive_limits(&self) -> Limits {
        Limits {
            output_bytes: MAX_UNPACKED_BYTES + 1024 * 1024,
            ..self.limits()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_environment_fills_in_and_the_key_is_never_shown() {
        let mut config = Config::default();
        config.fill_in(|name| Some(format!("from {name}")));
        assert_eq!(config.model_name(), "from OPENAI_MODEL");
        assert_eq!(
            config.model_api_key.as_ref().map(ApiKey::expose),
            Some("from OPENAI_API_KEY")
        );
        assert!(!format!("{config:?}").contains("OPENAI_API_KEY"));
        let mut named = Config {
            model_name: Some("mine".to_owned()),
            ..Config::default()
        };
        named.fill_in(|_| None);
        assert_eq!((named.model_name(), &named.model_api_key), ("mine", &None));
    }

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
