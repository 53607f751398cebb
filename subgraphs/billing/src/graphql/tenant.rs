use async_graphql::{Context, ID, Object};
use platform_sdk::graphql::authenticated;
use platform_sdk::{Ctx, Result, TenantId};

use super::license::License;
use super::loader::LicensesByTenant;

/// An organisation, as far as billing knows it.
pub(super) struct Tenant(pub(super) TenantId);

#[Object(directive = authenticated::apply())]
impl Tenant {
    /// Stable id.
    async fn id(&self) -> ID {
        self.0.uuid().into()
    }

    /// Its licences: at most one for each module.
    #[graphql(requires_scopes = "billing:license.read")]
    async fn licenses(&self, ctx: &Context<'_>) -> Result<Vec<License>> {
        let ctx = Ctx::of(ctx)?;
        let licenses = ctx.load_one::<LicensesByTenant>(self.0).await?;
        Ok(licenses
            .unwrap_or_default()
            .into_iter()
            .map(License)
            .collect())
    }
}
