//! The module's section of the configuration.

use serde::Deserialize;

/// `[interview]`; unknown keys are refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Address of the candidate's page; `candidate` under the product's address when absent. The token is
    /// appended as its fragment.
    pub(crate) candidate_page: Option<String>,
}

impl Config {
    /// Reads the section; one that is not there has no keys.
    ///
    /// # Errors
    /// A sentence for whoever wrote the configuration.
    pub(crate) fn read(section: &serde_json::Value) -> Result<Self, String> {
        if section.is_null() {
            return Ok(Self::default());
        }
        Self::deserialize(section).map_err(|e| format!("configuration of interview: {e}"))
    }

    /// The page that a link leads to.
    pub(crate) fn candidate_page(&self, public_url: &str) -> String {
        match &self.candidate_page {
            Some(page) => page.clone(),
            None => format!("{public_url}/candidate"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_keys_are_refused_and_none_is_needed() {
        for empty in [json!(null), json!({})] {
            let page = Config::read(&empty)
                .unwrap()
                .candidate_page("https://x.test");
            assert_eq!(page, "https://x.test/candidate");
        }
        let own = Config::read(&json!({ "candidate_page": "https://jobs.test/talk" })).unwrap();
        assert_eq!(
            own.candidate_page("https://x.test"),
            "https://jobs.test/talk"
        );
        assert!(Config::read(&json!({ "candidate_pages": 1 })).is_err());
    }
}
