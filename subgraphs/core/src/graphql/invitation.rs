use async_graphql::{ID, Object};
use chrono::{DateTime, Utc};

use crate::domain;
use crate::domain::role::Role;

/// An offer to one address to join an organisation.
pub(crate) struct Invitation(pub(crate) domain::invitation::Invitation);

#[Object]
impl Invitation {
    /// Stable id.
    async fn id(&self) -> ID {
        self.0.id.uuid().into()
    }

    /// The invited address, in lower case; null when the invitation was accepted or taken back.
    async fn email(&self) -> Option<&str> {
        self.0.email_normal.as_deref()
    }

    /// The role that comes with it.
    async fn role(&self) -> Role {
        self.0.role
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Until when it can be taken up.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }
}
