use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Result};

use super::loader::UserById;
use super::tenant::Tenant;
use super::user::User;
use crate::domain;
use crate::domain::role::Role;

/// Somebody's place in an organisation.
pub(crate) struct Membership {
    pub(crate) membership: domain::membership::Membership,
    pub(crate) tenant: domain::tenant::Tenant,
}

#[Object]
impl Membership {
    /// Stable id.
    async fn id(&self) -> ID {
        self.membership.id.uuid().into()
    }

    /// What the person may do here.
    async fn role(&self) -> Role {
        self.membership.role
    }

    /// Since when they belong to it.
    async fn joined_at(&self) -> DateTime<Utc> {
        self.membership.joined_at
    }

    /// The person; null when they were erased.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let ctx = Ctx::of(ctx)?;
        let id = self.membership.user;
        if ctx.tenant().is_err() {
            // Without a tenant only one's own memberships can be listed.
            return Ok(Some(User(domain::user::me(ctx).await?)).filter(|u| u.0.id == id));
        }
        Ok(ctx.load_one::<UserById>(id).await?.map(User))
    }

    /// The organisation.
    async fn tenant(&self) -> Tenant {
        Tenant(self.tenant.clone())
    }
}
