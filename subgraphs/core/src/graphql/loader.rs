use std::collections::HashMap;

use async_trait::async_trait;
use platform_sdk::graphql::Batch;
use platform_sdk::{Result, TenantId, UserId};
use sqlx::PgConnection;

use crate::domain;
use crate::store;

/// People that the reader may see, by id.
pub(super) struct UserById;

#[async_trait]
impl Batch for UserById {
    type Key = UserId;
    type Value = domain::user::User;

    async fn load(
        conn: &mut PgConnection,
        keys: &[UserId],
    ) -> Result<HashMap<UserId, Self::Value>> {
        store::user::visible(conn, keys).await
    }
}

/// The tenant of the request, by its id.
pub(super) struct TenantById;

#[async_trait]
impl Batch for TenantById {
    type Key = TenantId;
    type Value = domain::tenant::Tenant;

    async fn load(
        conn: &mut PgConnection,
        keys: &[TenantId],
    ) -> Result<HashMap<TenantId, Self::Value>> {
        store::tenant::visible(conn, keys).await
    }
}
