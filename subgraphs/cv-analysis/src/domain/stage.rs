//! Where an analysis stands, and why it came to no score.

use platform_sdk::stored_names;
use serde::{Deserialize, Serialize};

use super::extract::ExtractError;

/// Where an analysis stands; it only moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Stage {
    Queued,
    Extracting,
    Parsing,
    Matching,
    Done,
    Failed,
}

impl Stage {
    /// Whether nothing comes after it.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }

    pub(super) fn percent(self) -> i16 {
        match self {
            Self::Queued => 0,
            Self::Extracting => 10,
            Self::Parsing => 50,
            Self::Matching => 80,
            Self::Done | Self::Failed => 100,
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Queued => "waiting for a free worker",
            Self::Extracting => "reading the file",
            Self::Parsing => "understanding the CV",
            Self::Matching => "matching it to the job",
            Self::Done => "the score is there",
            Self::Failed => "the analysis failed",
        }
    }
}

stored_names! {
    pub(crate) Stage {
        Queued = "QUEUED",
        Extracting = "EXTRACTING",
        Parsing = "PARSING",
        Matching = "MATCHING",
        Done = "DONE",
        Failed = "FAILED",
    }
}

/// Why an analysis came to no score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", untagged)]
pub(crate) enum Failure {
    /// The file can't be read.
    File(ExtractError),
    /// Our own trouble, after all attempts.
    Service(ServiceFailure),
}

/// Trouble that has nothing to do with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ServiceFailure {
    /// Something did not answer, again and again.
    Unavailable,
}

impl Failure {
    /// Stable code.
    pub(crate) fn code(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(code)) => code,
            _ => "UNAVAILABLE".to_owned(),
        }
    }

    /// Reads a stable code.
    pub(crate) fn parse(code: &str) -> Self {
        serde_json::from_value(serde_json::Value::String(code.to_owned()))
            .unwrap_or(Self::Service(ServiceFailure::Unavailable))
    }

    /// What to tell the user.
    pub(crate) fn message(self) -> String {
        match self {
            Self::File(error) => error.to_string(),
            Self::Service(ServiceFailure::Unavailable) => {
                "the analysis could not be finished; start it again".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_have_stable_codes_that_read_back() {
        for (failure, code) in [
            (Failure::File(ExtractError::Encrypted), "ENCRYPTED"),
            (Failure::File(ExtractError::NoText), "NO_TEXT"),
            (Failure::Service(ServiceFailure::Unavailable), "UNAVAILABLE"),
        ] {
            assert_eq!(failure.code(), code);
            assert_eq!(Failure::parse(code), failure);
            assert!(!failure.message().is_empty());
        }
    }

    #[test]
    fn stages_read_back_and_stand_in_order() {
        let all = [
            Stage::Queued,
            Stage::Extracting,
            Stage::Parsing,
            Stage::Matching,
            Stage::Done,
            Stage::Failed,
        ];
        for pair in all.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].percent() <= pair[1].percent());
        }
        for stage in all {
            assert_eq!(stage.as_str().parse(), Ok(stage));
        }
        assert!("x".parse::<Stage>().is_err());
    }
}
