use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{EventId, TenantId};

/// A fact that a module publishes for others.
///
/// Implemented in `*-events` crates on plain serde types. An event holds references, never
/// personal data: a person can be erased while the log of events stays as it is.
pub trait Event:
    Serialize + DeserializeOwned + schemars::JsonSchema + Send + Sync + 'static
{
    /// `module.noun.past_tense.vN`; the version changes when a field changes its meaning.
    const TYPE: &'static str;

    /// The object the fact is about. Events of one aggregate are delivered in order.
    fn aggregate(&self) -> Uuid;
}

/// What travels: the event and what is needed to deliver it once, in order, to the right tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Identity of this delivery; consumers remember it.
    pub event_id: EventId,
    /// `module.noun.past_tense.vN`.
    pub event_type: String,
    /// Whose fact it is.
    pub tenant_id: TenantId,
    /// The object the fact is about.
    pub aggregate_id: Uuid,
    /// Position in the outbox; grows within one aggregate.
    pub sequence: i64,
    /// W3C trace context of the request that caused it.
    pub trace_parent: Option<String>,
    /// When the fact became true.
    pub occurred_at: DateTime<Utc>,
    /// The event itself.
    pub payload: serde_json::Value,
}

/// The parts of an event type's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeName<'a> {
    /// Publishing module, in snake case.
    pub module: &'a str,
    /// What changed.
    pub noun: &'a str,
    /// What happened to it.
    pub verb: &'a str,
    /// Version of the payload.
    pub version: u16,
}

impl<'a> TypeName<'a> {
    /// Splits `module.noun.past_tense.vN`.
    ///
    /// # Errors
    /// [`TypeNameError`] when the text has another form.
    pub fn parse(text: &'a str) -> Result<Self, TypeNameError> {
        let fail = || TypeNameError(text.to_owned());
        let mut parts = text.split('.');
        let (Some(module), Some(noun), Some(verb), Some(version), None) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return Err(fail());
        };
        let plain = |s: &str| {
            !s.is_empty()
                && s.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let version = version.strip_prefix('v').and_then(|v| v.parse().ok());
        match version {
            Some(version) if plain(module) && plain(noun) && plain(verb) => Ok(Self {
                module,
                noun,
                verb,
                version,
            }),
            _ => Err(fail()),
        }
    }
}

/// A name that is not `module.noun.past_tense.vN`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not of the form module.noun.past_tense.vN")]
pub struct TypeNameError(String);

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn type_names_have_four_parts() {
        let name = TypeName::parse("cv_analysis.analysis.completed.v1").unwrap();
        assert_eq!(
            (name.module, name.noun, name.verb, name.version),
            ("cv_analysis", "analysis", "completed", 1)
        );
        for bad in [
            "",
            "a.b.c",
            "a.b.c.1",
            "a.b.c.v",
            "A.b.c.v1",
            "a..c.v1",
            "a.b.c.v1.x",
        ] {
            assert!(TypeName::parse(bad).is_err(), "{bad}");
        }
    }
}
