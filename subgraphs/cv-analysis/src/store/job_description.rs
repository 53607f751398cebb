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
         (tenant_id, job_description_id, title, body, requirements, taxonomy_version, created_by, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant.uuid())
    .bind(description.id.uuid())
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

/// Job descriptions by their ids; missing ones are left out.
pub(crate) async fn by_ids(
    conn: &mut PgConnection,
    tenant: TenantId,
    ids: &[JobDescriptionId],
) -> Result<HashMap<JobDescriptionId, JobDescription>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select job_description_id, title, body, requirements, taxonomy_version, created_at \
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
        "select job_description_id, title, body, requirements, taxonomy_version, created_at \
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
