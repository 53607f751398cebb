use platform_sdk::TenantId;
use platform_sdk::graphql::{Batch, Found};
use sqlx::PgConnection;

use crate::domain::catalogue::Product;
use crate::domain::license::{License, LicenseId};
use crate::store;

/// Licences of the tenant by id.
pub(super) struct LicenseById;

impl Batch for LicenseById {
    type Key = LicenseId;
    type Value = License;

    async fn load(conn: &mut PgConnection, keys: &[LicenseId]) -> Found<Self> {
        store::license::by_ids(conn, keys).await
    }
}

/// All licences of a tenant: at most one per product.
pub(super) struct LicensesByTenant;

impl Batch for LicensesByTenant {
    type Key = TenantId;
    type Value = Vec<License>;

    async fn load(conn: &mut PgConnection, keys: &[TenantId]) -> Found<Self> {
        store::license::of_tenants(conn, keys).await
    }
}

/// Products by module, with the prices of the moment.
pub(super) struct ProductByModule;

impl Batch for ProductByModule {
    type Key = String;
    type Value = Product;

    async fn load(conn: &mut PgConnection, keys: &[String]) -> Found<Self> {
        store::catalogue::by_modules(conn, keys).await
    }
}
