use platform_sdk::graphql::{Batch, Found};
use platform_sdk::{TenantId, UserId};
use sqlx::PgConnection;

use crate::domain;
use crate::store;

/// People that the reader may see, by id.
pub(super) struct UserById;

impl Batch for UserById {
    type Key = UserId;
    type Value = domain::user::User;

    async fn load(conn: &mut PgConnection, keys: &[UserId]) -> Found<Self> {
        store::user::visible(conn, keys).await
    }
}

/// The tenant of the request, by its id.
pub(super) struct TenantById;

impl Batch for TenantById {
    type Key = TenantId;
    type Value = domain::tenant::Tenant;

    async fn load(conn: &mut PgConnection, keys: &[TenantId]) -> Found<Self> {
        store::tenant::visible(conn, keys).await
    }
}
