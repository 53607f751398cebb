use async_graphql::{Context, ID, Object};
use platform_sdk::{Ctx, ErrorCode, Result};

use super::loader::{TenantById, UserById};
use super::parse_id;
use super::tenant::Tenant;
use super::user::User;

/// How other subgraphs' references become objects.
#[derive(Default)]
pub(crate) struct Entities;

#[Object]
impl Entities {
    /// A person of the tenant, or oneself; nobody for nobody.
    #[graphql(entity)]
    async fn find_user_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<User>> {
        let ctx = Ctx::of(ctx)?;
        let Ok(id) = parse_id(&id, "user") else {
            return Ok(None);
        };
        // Without a tenant there is nobody to see but oneself.
        if ctx.tenant().is_err() {
            return match crate::domain::user::me(ctx).await {
                Ok(user) => Ok((user.id == id).then_some(User(user))),
                Err(error) if error.code() == ErrorCode::Unauthenticated => Ok(None),
                Err(error) => Err(error),
            };
        }
        Ok(ctx.load_one::<UserById>(id).await?.map(User))
    }

    /// The tenant of the token.
    #[graphql(entity)]
    async fn find_tenant_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Tenant>> {
        let ctx = Ctx::of(ctx)?;
        let Ok(id) = parse_id(&id, "tenant") else {
            return Ok(None);
        };
        if ctx.tenant().is_err() {
            return Ok(None);
        }
        Ok(ctx.load_one::<TenantById>(id).await?.map(Tenant))
    }
}
