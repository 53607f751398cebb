//! Who or what acts.

use std::fmt;
use std::str::FromStr;

use platform_types::UserId;
use uuid::Uuid;

use crate::error::TokenError;

/// Who or what acts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A person with an account.
    User(UserId),
    /// A person who was sent a link to one interview; the id is the session's candidate id.
    Candidate(Uuid),
    /// A program of a tenant, by one of its API keys.
    ApiKey(Uuid),
    /// A module acting in its own name.
    Service(String),
    /// Nobody who has said who they are.
    Anonymous,
}

impl Subject {
    /// Whether it has been proven who this is.
    pub fn is_authenticated(&self) -> bool {
        !matches!(self, Self::Anonymous)
    }
}

/// As in a token's `sub` claim: a bare UUID for a user, otherwise `kind:value`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "{id}"),
            Self::Candidate(id) => write!(f, "candidate:{id}"),
            Self::ApiKey(id) => write!(f, "api-key:{id}"),
            Self::Service(module) => write!(f, "service:{module}"),
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}

impl FromStr for Subject {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        // Only the canonical spelling of a UUID is taken: two spellings of one subject would be two scope keys.
        let uuid = |text: &str| {
            Uuid::parse_str(text)
                .ok()
                .filter(|id| id.to_string() == text)
                .ok_or(TokenError::Subject)
        };
        match text.split_once(':') {
            None if text == "anonymous" => Ok(Self::Anonymous),
            None => uuid(text).map(|id| Self::User(UserId(id))),
            Some(("candidate", id)) => uuid(id).map(Self::Candidate),
            Some(("api-key", id)) => uuid(id).map(Self::ApiKey),
            Some(("service", module)) if module_name(module) => {
                Ok(Self::Service(module.to_owned()))
            }
            Some(_) => Err(TokenError::Subject),
        }
    }
}

/// Names of modules: lower case words joined by hyphens, as in their folders.
pub(crate) fn module_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn every_kind_survives_the_claim() {
        let id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
        for subject in [
            Subject::User(UserId(id)),
            Subject::Candidate(id),
            Subject::ApiKey(id),
            Subject::Service("cv-analysis".into()),
            Subject::Anonymous,
        ] {
            assert_eq!(subject.to_string().parse::<Subject>().unwrap(), subject);
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "root",
            "user:01900000-0000-7000-8000-000000000001",
            "01900000000070008000000000000001",
            "{01900000-0000-7000-8000-000000000001}",
            "0190000A-0000-7000-8000-000000000001",
            "candidate:",
            "service:",
            "service:../core",
            "service:Core",
        ] {
            assert_eq!(
                text.parse::<Subject>(),
                Err(TokenError::Subject),
                "{text:?}"
            );
        }
    }
}
