use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use platform_sdk::graphql::{authenticated, connection};
use platform_sdk::{Ctx, Error, PageArgs, Result};

use super::api_key::ApiKey;
use super::audit::AuditEntry;
use super::invitation::Invitation;
use super::membership::{Membership, Person};
use crate::domain;

/// An organisation: the unit that buys modules and that data belongs to.
pub(crate) struct Tenant(pub(crate) domain::tenant::Tenant);

impl Tenant {
    /// What is inside of a tenant is read with a token for it.
    fn require_current(&self, ctx: &Ctx) -> Result<()> {
        if ctx.tenant()? == self.0.id {
            Ok(())
        } else {
            Err(Error::forbidden())
        }
    }
}

#[Object(directive = authenticated::apply())]
impl Tenant {
    /// Stable id.
    async fn id(&self) -> ID {
        self.0.id.uuid().into()
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its short name in addresses, unique over all organisations.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Since when it is here.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Its members, in the order in which they joined. Needs a token for this organisation.
    #[graphql(requires_scopes = "core:tenant.read")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, Membership, EmptyFields, EmptyFields>> {
        let ctx = Ctx::of(ctx)?;
        self.require_current(ctx)?;
        let page = PageArgs::new(first, after)?;
        let rows = domain::membership::of_tenant(ctx, &page).await?;
        connection(
            &page,
            rows,
            |(membership, _)| membership.id,
            |(membership, user)| Membership {
                membership,
                tenant: self.0.clone(),
                person: Person::Read(user),
            },
        )
    }

    /// Invitations that can still be taken up, oldest first. Needs a token for this organisation.
    #[graphql(requires_scopes = "core:member.invite")]
    async fn invitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, Invitation, EmptyFields, EmptyFields>> {
        let ctx = Ctx::of(ctx)?;
        self.require_current(ctx)?;
        let page = PageArgs::new(first, after)?;
        let rows = domain::invitation::open(ctx, &page).await?;
        connection(&page, rows, |invitation| invitation.id, Invitation)
    }

    /// What was done here, oldest first. Needs a token for this organisation.
    #[graphql(requires_scopes = "core:tenant.manage")]
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, AuditEntry, EmptyFields, EmptyFields>> {
        let ctx = Ctx::of(ctx)?;
        self.require_current(ctx)?;
        let page = PageArgs::new(first, after)?;
        let rows = domain::audit::page(ctx, &page).await?;
        connection(
            &page,
            rows,
            |(entry, _)| entry.sequence,
            |(entry, intact)| AuditEntry { entry, intact },
        )
    }

    /// Keys for programs, revoked and expired ones included, oldest first. Needs a token for this
    /// organisation.
    #[graphql(requires_scopes = "core:tenant.manage")]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, ApiKey, EmptyFields, EmptyFields>> {
        let ctx = Ctx::of(ctx)?;
        self.require_current(ctx)?;
        let page = PageArgs::new(first, after)?;
        let rows = domain::api_key::page(ctx, &page).await?;
        connection(&page, rows, |key| key.id, ApiKey)
    }
}
