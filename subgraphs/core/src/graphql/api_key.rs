use async_graphql::{ID, Object};
use chrono::{DateTime, Utc};

use crate::domain;

/// A key by which a program acts for the organisation.
pub(crate) struct ApiKey(pub(crate) domain::api_key::ApiKey);

#[Object]
impl ApiKey {
    /// Stable id.
    async fn id(&self) -> ID {
        self.0.id.uuid().into()
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// First characters of its secret, to tell keys apart by.
    async fn hint(&self) -> &str {
        &self.0.hint
    }

    /// What it allows.
    async fn scopes(&self) -> &[String] {
        &self.0.scopes
    }

    /// Id of the person who made it.
    async fn created_by_id(&self) -> ID {
        self.0.created_by.uuid().into()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it is good no more.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// When it was exchanged last, to the minute.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.used_at
    }

    /// When it was taken back.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }
}
