use std::collections::HashMap;

use async_trait::async_trait;
use platform_sdk::graphql::Batch;
use platform_sdk::{Result, TenantId};
use sqlx::PgConnection;

use crate::domain::catalogue::Product;
use crate::domain::license::{License, LicenseId};
use crate::store;

/// Licences of the tenant by id.
pub(super) struct LicenseById;

#[async_trait]
impl Batch for LicenseById {
    type Key = LicenseId;
    type Value = License;

    async fn load(
        conn: &mut PgConnection,
        keys: &[LicenseId],
    ) -> Result<HashMap<LicenseId, License>> {
        store::license::by_ids(conn, keys).await
    }
}

/// All licences of a tenant: at most one per product.
pub(super) struct LicensesByTenant;

#[async_trait]
impl Batch for LicensesByTenant {
    type Key = TenantId;
    type Value = Vec<License>;

    async fn load(
        conn: &mut PgConnection,
        keys: &[TenantId],
    ) -> Result<HashMap<TenantId, Vec<License>>> {
        store::license::of_tenants(conn, keys).await
    }
}

/// Products by module, with the prices of the moment.
pub(super) struct ProductByModule;

#[async_trait]
impl Batch for ProductByModule {
    type Key = String;
    type Value = Product;

    async fn load(conn: &mut PgConnection, keys: &[String]) -> Result<HashMap<String, Product>> {
        store::catalogue::by_modules(conn, keys).await
    }
}
