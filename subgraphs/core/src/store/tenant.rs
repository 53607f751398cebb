use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::{Result, TenantId, UserId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::slug::Slug;
use crate::domain::tenant::Tenant;

#[derive(FromRow)]
pub(super) struct Row {
    tenant_id: Uuid,
    name: String,
    slug: String,
    created_at: DateTime<Utc>,
}

impl From<Row> for Tenant {
    fn from(row: Row) -> Self {
        Self {
            id: TenantId(row.tenant_id),
            name: row.name,
            slug: row.slug,
            created_at: row.created_at,
        }
    }
}

/// Takes a slug for a tenant; false when another one holds it.
pub(crate) async fn hold_slug(
    conn: &mut PgConnection,
    slug: &Slug,
    tenant: TenantId,
) -> Result<bool> {
    let done = sqlx::query(
        "insert into core.slug (slug, held_by) values ($1, $2) on conflict (slug) do nothing",
    )
    .bind(slug.as_str())
    .bind(tenant.uuid())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps a new tenant.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    tenant: &Tenant,
    created_by: UserId,
) -> Result<()> {
    sqlx::query(
        "insert into core.tenant (tenant_id, name, slug, created_at, created_by) values ($1, $2, $3, $4, $5)",
    )
    .bind(tenant.id.uuid())
    .bind(&tenant.name)
    .bind(&tenant.slug)
    .bind(tenant.created_at)
    .bind(created_by.uuid())
    .execute(conn)
    .await?;
    Ok(())
}

/// The tenant of the transaction: the one row that its policy shows.
pub(crate) async fn current(conn: &mut PgConnection) -> Result<Option<Tenant>> {
    let row: Option<Row> =
        sqlx::query_as("select tenant_id, name, slug, created_at from core.tenant")
            .fetch_optional(conn)
            .await?;
    Ok(row.map(Tenant::from))
}

/// Locks the tenant of the transaction: changes to its members wait for each other.
pub(crate) async fn lock(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("select from core.tenant for update")
        .execute(conn)
        .await?;
    Ok(())
}

/// Those of the tenants that the transaction shows.
pub(crate) async fn visible(
    conn: &mut PgConnection,
    ids: &[TenantId],
) -> Result<HashMap<TenantId, Tenant>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select tenant_id, name, slug, created_at from core.tenant where tenant_id = any($1)",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (TenantId(row.tenant_id), row.into()))
        .collect())
}
