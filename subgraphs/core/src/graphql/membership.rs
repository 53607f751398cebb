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
    pub(crate) person: Person,
}

/// Who it is about, in a list read along with the list.
pub(crate) enum Person {
    /// Known, `None` when they were erased.
    Read(Option<domain::user::User>),
    /// To be looked up when somebody asks.
    Unread,
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
        match &self.person {
            Person::Read(user) => Ok(user.clone().map(User)),
            Person::Unread => {
                let user = Ctx::of(ctx)?
                    .load_one::<UserById>(self.membership.user)
                    .await?;
                Ok(user.map(User))
            }
        }
    }

    /// The organisation.
    async fn tenant(&self) -> Tenant {
        Tenant(self.tenant.clone())
    }
}
