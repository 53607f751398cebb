use serde::Deserialize;

/// The module's section of the configuration. It has no keys yet, and says so to whoever sets one.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {}

impl Config {
    /// Reads the section.
    ///
    /// # Errors
    /// A sentence naming the unknown key.
    pub(crate) fn read(section: &serde_json::Value) -> Result<Self, String> {
        match section {
            serde_json::Value::Null => Ok(Self::default()),
            section => serde_json::from_value(section.clone()).map_err(|e| format!("billing: {e}")),
        }
    }
}
