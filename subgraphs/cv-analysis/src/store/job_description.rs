use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::{Result, TenantId, UserId};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::job::Requirements;
use crate::domain::job_description::{JobDescription, JobDescriptionId};

#[derive(FromRow)]
struct Row {
    job_description_id: Uuid,
    version: i32,
    title: String,
    body: String,
    requirements: Json<Requirements>,
    taxonomy_version: String,
    created_at: DateTime<Utc>,
}

impl From<Row> for JobDescription {
    fn from(row: Row) -> Self {
        Self {
            id: JobDescriptionId(row.job_description_id),
            version: row.version,
            title: row.title,
            body: row.body,
            requirements: row.requirements.0,
            taxonomy_version: row.taxonomy_version,
            created_at: row.created_at,
        }
    }
}

/// Keeps a job description.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    description: &JobDescription,
    created_by: Option<UserId>,
) -> Result<()> {
    sqlx::query(
        "insert into cv_analysis.job_description \
         (tenant_id, job_description_id, title, body, requirements, taxonomy_version, created_by, created_at, version) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant.uuid())
    .bind(description.id.uuid())
    .bind(&description.title)
    .bind(&description.body)
    .bind(Json(&description.requirements))
    .bind(&description.taxonomy_version)
    .bind(created_by.map(UserId::uuid))
    .bind(description.created_at)
    .bind(description.version)
    .execute(&mut *conn)
    .await?;
    keep_version(conn, tenant, description, created_by).await
}

/// Puts a new version in the place of the one before, which stays among the versions.
pub(crate) async fn update(
    conn: &mut PgConnection,
    tenant: TenantId,
    description: &JobDescription,
    created_by: Option<UserId>,
) -> Result<()> {
    sqlx::query(
        "update cv_analysis.job_description set title = $3, body = $4, requirements = $5, taxonomy_version = $6, version = $7 \
         where tenant_id = $1 and job_description_id = $2",
    )
    .bind(tenant.uuid())
    .bind(description.id.uuid())
    .bind(&description.title)
    .bind(&description.body)
    .bind(Json(&description.requirements))
    .bind(&description.taxonomy_version)
    .bind(description.version)
    .execute(&mut *conn)
    .await?;
    keep_version(conn, tenant, description, created_by).await
}

async fn keep_version(
    conn: &mut PgConnection,
    tenant: TenantId,
    description: &JobDescription,
    created_by: Option<UserId>,
) -> Result<()> {
    sqlx::query(
        "insert into cv_analysis.job_description_version \
         (tenant_id, job_description_id, version, title, body, requirements, taxonomy_version, created_by, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant.uuid())
    .bind(description.id.uuid())
    .bind(description.version)
    .bind(&description.title)
    .bind(&description.body)
    .bind(Json(&description.requirements))
    .bind(&description.taxonomy_version)
    .bind(created_by.map(UserId::uuid))
    .bind(description.created_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The latest version; its row is locked until the transaction ends.
pub(crate) async fn lock(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: JobDescriptionId,
) -> Result<Option<JobDescription>> {
    let row: Option<Row> = sqlx::query_as(
        "select job_description_id, version, title, body, requirements, taxonomy_version, created_at \
         from cv_analysis.job_description where tenant_id = $1 and job_description_id = $2 for update",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(JobDescription::from))
}

/// Versions of job descriptions; missing ones are left out.
pub(crate) async fn at_versions(
    conn: &mut PgConnection,
    tenant: TenantId,
    wanted: &[(JobDescriptionId, i32)],
) -> Result<HashMap<(JobDescriptionId, i32), JobDescription>> {
    let ids: Vec<Uuid> = wanted.iter().map(|(id, _)| id.uuid()).collect();
    let versions: Vec<i32> = wanted.iter().map(|(_, version)| *version).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select v.job_description_id, v.version, v.title, v.body, v.requirements, v.taxonomy_version, v.created_at \
         from unnest($2::uuid[], $3::integer[]) wanted (id, number) join cv_analysis.job_description_version v \
         on v.tenant_id = $1 and v.job_description_id = wanted.id and v.version = wanted.number",
    )
    .bind(tenant.uuid())
    .bind(ids)
    .bind(versions)
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            (
                (JobDescriptionId(row.job_description_id), row.version),
                row.into(),
            )
        })
        .collect())
}

/// A page of the versions of a job description, the latest first.
pub(crate) async fn versions(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: JobDescriptionId,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<JobDescription>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select job_description_id, version, title, body, requirements, taxonomy_version, created_at \
         from cv_analysis.job_description_version where tenant_id = $1 and job_description_id = $2 \
         and ($3::integer is null or version < $3) order by version desc limit $4",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(JobDescription::from).collect())
}

/// Job descriptions by their ids; missing ones are left out.
pub(crate) async fn by_ids(
    conn: &mut PgConnection,
    tenant: TenantId,
    ids: &[JobDescriptionId],
) -> Result<HashMap<JobDescriptionId, JobDescription>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select job_description_id, version, title, body, requirements, taxonomy_version, created_at \
         from cv_analysis.job_description where tenant_id = $1 and job_description_id = any($2)",
    )
    .bind(tenant.uuid())
    .bind(ids)
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (JobDescriptionId(row.job_description_id), row.into()))
        .collect())
}

/// A page of job descriptions, newest first.
pub(crate) async fn list(
    conn: &mut PgConnection,
    tenant: TenantId,
    after: Option<JobDescriptionId>,
    limit: i64,
) -> Result<Vec<JobDescription>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select job_description_id, version, title, body, requirements, taxonomy_version, created_at \
         from cv_analysis.job_description where tenant_id = $1 and ($2::uuid is null or job_description_id < $2) \
         order by job_description_id desc limit $3",
    )
    .bind(tenant.uuid())
    .bind(after.map(JobDescriptionId::uuid))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(JobDescription::from).collect())
}
