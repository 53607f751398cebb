use chrono::{DateTime, Utc};
use platform_sdk::{Result, TenantId, UserId};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::skill::Skill;
use crate::domain::taxonomy::Revision;

#[derive(FromRow)]
struct Row {
    revision: i32,
    additions: Json<Vec<Skill>>,
    note: String,
    made_by: Uuid,
    made_at: DateTime<Utc>,
}

impl From<Row> for Revision {
    fn from(row: Row) -> Self {
        Self {
            number: row.revision,
            additions: row.additions.0,
            note: row.note,
            made_by: UserId(row.made_by),
            made_at: row.made_at,
        }
    }
}

/// The number of the latest revision; 0 before the first.
pub(crate) async fn latest(conn: &mut PgConnection, tenant: TenantId) -> Result<i32> {
    Ok(sqlx::query_scalar(
        "select coalesce(max(revision), 0) from cv_analysis.taxonomy where tenant_id = $1",
    )
    .bind(tenant.uuid())
    .fetch_one(conn)
    .await?)
}

/// One revision.
pub(crate) async fn get(
    conn: &mut PgConnection,
    tenant: TenantId,
    revision: i32,
) -> Result<Option<Revision>> {
    let row: Option<Row> = sqlx::query_as(
        "select revision, additions, note, made_by, made_at from cv_analysis.taxonomy \
         where tenant_id = $1 and revision = $2",
    )
    .bind(tenant.uuid())
    .bind(revision)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Revision::from))
}

/// A page of revisions, the latest first.
pub(crate) async fn list(
    conn: &mut PgConnection,
    tenant: TenantId,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<Revision>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select revision, additions, note, made_by, made_at from cv_analysis.taxonomy \
         where tenant_id = $1 and ($2::integer is null or revision < $2) order by revision desc limit $3",
    )
    .bind(tenant.uuid())
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Revision::from).collect())
}

/// Keeps a revision; false when another one took its number.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    revision: &Revision,
) -> Result<bool> {
    let done = sqlx::query(
        "insert into cv_analysis.taxonomy (tenant_id, revision, additions, note, made_by, made_at) \
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
    )
    .bind(tenant.uuid())
    .bind(revision.number)
    .bind(Json(&revision.additions))
    .bind(&revision.note)
    .bind(revision.made_by.uuid())
    .bind(revision.made_at)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
