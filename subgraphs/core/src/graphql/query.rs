use async_graphql::{Context, Object};
use platform_sdk::graphql::authenticated;
use platform_sdk::{Ctx, Error, Result};

use super::loader::TenantById;
use super::tenant::Tenant;
use super::user::User;
use crate::domain;

/// Reading.
#[derive(Default)]
pub(crate) struct Root;

#[Object]
impl Root {
    /// The person who asks.
    #[graphql(directive = authenticated::apply())]
    async fn me(&self, ctx: &Context<'_>) -> Result<User> {
        Ok(User(domain::user::me(Ctx::of(ctx)?).await?))
    }

    /// The organisation that the access token is for.
    #[graphql(requires_scopes = "core:tenant.read")]
    async fn tenant(&self, ctx: &Context<'_>) -> Result<Tenant> {
        let ctx = Ctx::of(ctx)?;
        let tenant = ctx.load_one::<TenantById>(ctx.tenant()?).await?;
        tenant.map(Tenant).ok_or_else(|| Error::not_found("tenant"))
    }
}
