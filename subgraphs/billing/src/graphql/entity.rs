use async_graphql::{Context, ID, Object};
use platform_sdk::{Ctx, Result, TenantId};
use uuid::Uuid;

use super::license::License;
use super::loader::LicenseById;
use super::tenant::Tenant;
use crate::domain::license::LicenseId;

/// How other subgraphs' references become objects.
#[derive(Default)]
pub(crate) struct Entities;

#[Object]
impl Entities {
    /// A licence of the tenant.
    #[graphql(entity)]
    async fn find_license_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<License>> {
        let ctx = Ctx::of(ctx)?;
        let Ok(id) = Uuid::try_parse(&id) else {
            return Ok(None);
        };
        if ctx.tenant().is_err() {
            return Ok(None);
        }
        Ok(ctx
            .load_one::<LicenseById>(LicenseId(id))
            .await?
            .map(License))
    }

    /// The tenant of the token.
    #[graphql(entity)]
    async fn find_tenant_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Tenant>> {
        let own = Ctx::of(ctx)?.tenant().ok();
        let id = Uuid::try_parse(&id).ok().map(TenantId);
        Ok(id.filter(|id| own == Some(*id)).map(Tenant))
    }
}
