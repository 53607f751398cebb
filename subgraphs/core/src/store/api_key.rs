use chrono::{DateTime, Utc};
use platform_sdk::{Result, TenantId, UserId};
use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::api_key::{ApiKey, ApiKeyId};
use crate::domain::secret::SecretHash;

#[derive(FromRow)]
struct Row {
    api_key_id: Uuid,
    name: String,
    hint: String,
    scopes: Vec<String>,
    created_by: Uuid,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl From<Row> for ApiKey {
    fn from(row: Row) -> Self {
        Self {
            id: ApiKeyId(row.api_key_id),
            name: row.name,
            hint: row.hint,
            scopes: row.scopes,
            created_by: UserId(row.created_by),
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// Only constants of this file are put together here; values are bound.
fn select(rest: &'static str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "select api_key_id, name, hint, scopes, created_by, created_at, expires_at, used_at, revoked_at \
         from core.api_key {rest}"
    ))
}

/// Keeps a new key.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    key: &ApiKey,
    secret: &SecretHash,
) -> Result<()> {
    sqlx::query(
        "insert into core.api_key \
         (tenant_id, api_key_id, name, hint, secret_hash, scopes, created_by, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant.uuid())
    .bind(key.id.uuid())
    .bind(&key.name)
    .bind(&key.hint)
    .bind(secret.as_slice())
    .bind(&key.scopes)
    .bind(key.created_by.uuid())
    .bind(key.created_at)
    .bind(key.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many keys of the transaction's tenant are good.
pub(crate) async fn live(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "select count(*) from core.api_key where revoked_at is null and expires_at > $1",
    )
    .bind(now)
    .fetch_one(conn)
    .await?)
}

/// A key of the transaction's tenant, locked.
pub(crate) async fn lock(conn: &mut PgConnection, id: ApiKeyId) -> Result<Option<ApiKey>> {
    let row: Option<Row> = sqlx::query_as(select("where api_key_id = $1 for update"))
        .bind(id.uuid())
        .fetch_optional(conn)
        .await?;
    Ok(row.map(ApiKey::from))
}

/// The key of the transaction's tenant that a secret belongs to.
pub(crate) async fn by_secret(
    conn: &mut PgConnection,
    secret: &SecretHash,
) -> Result<Option<ApiKey>> {
    let row: Option<Row> = sqlx::query_as(select("where secret_hash = $1"))
        .bind(secret.as_slice())
        .fetch_optional(conn)
        .await?;
    Ok(row.map(ApiKey::from))
}

/// Whether a key of the transaction's tenant is good.
pub(crate) async fn is_live(
    conn: &mut PgConnection,
    id: ApiKeyId,
    now: DateTime<Utc>,
) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select from core.api_key \
         where api_key_id = $1 and revoked_at is null and expires_at > $2)",
    )
    .bind(id.uuid())
    .bind(now)
    .fetch_one(conn)
    .await?)
}

/// Notes that a key was used, at most once a minute.
pub(crate) async fn touch(conn: &mut PgConnection, id: ApiKeyId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "update core.api_key set used_at = $2 \
         where api_key_id = $1 and (used_at is null or used_at < $2 - interval '1 minute')",
    )
    .bind(id.uuid())
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a key back.
pub(crate) async fn revoke(
    conn: &mut PgConnection,
    id: ApiKeyId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query("update core.api_key set revoked_at = $2 where api_key_id = $1")
        .bind(id.uuid())
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// A page of the keys of the transaction's tenant.
pub(crate) async fn page(
    conn: &mut PgConnection,
    after: Option<ApiKeyId>,
    limit: i64,
) -> Result<Vec<ApiKey>> {
    let rows: Vec<Row> = sqlx::query_as(select(
        "where $1::uuid is null or api_key_id > $1 order by api_key_id limit $2",
    ))
    .bind(after.map(ApiKeyId::uuid))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(ApiKey::from).collect())
}
