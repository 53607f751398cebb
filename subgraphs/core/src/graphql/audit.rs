use async_graphql::{ID, Object};
use chrono::{DateTime, Utc};

use crate::domain;

/// A line of the audit log: what was done in the organisation, by whom, to what.
pub(crate) struct AuditEntry {
    pub(crate) entry: domain::audit::Entry,
    pub(crate) intact: bool,
}

#[Object]
impl AuditEntry {
    /// Stable id.
    async fn id(&self) -> ID {
        self.entry.id.uuid().into()
    }

    /// Counted from 1 without gaps, as text: it may be larger than an `Int`.
    async fn sequence(&self) -> String {
        self.entry.sequence.to_string()
    }

    /// When.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.entry.occurred_at
    }

    /// Id of the person who did it; null for the platform itself.
    async fn actor_id(&self) -> Option<ID> {
        self.entry.actor.map(|id| id.uuid().into())
    }

    /// What was done, e.g. `member.role_changed`.
    async fn action(&self) -> &str {
        &self.entry.action
    }

    /// Id of what it was done to.
    async fn object_id(&self) -> ID {
        self.entry.object.into()
    }

    /// What it was, as JSON text.
    async fn before(&self) -> Option<&str> {
        self.entry.before.as_deref()
    }

    /// What it is, as JSON text.
    async fn after(&self) -> Option<&str> {
        self.entry.after.as_deref()
    }

    /// SHA-256 of the line, in hexadecimal; the next line carries it.
    async fn hash(&self) -> String {
        self.entry.hash.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Whether the line is what was written and follows on the one before.
    async fn intact(&self) -> bool {
        self.intact
    }
}
