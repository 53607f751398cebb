use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::{Error, Kept, KeptJson, Memory, Result, TenantId, UserId};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::analysis::{Analysis, AnalysisId};
use crate::domain::document::DocumentId;
use crate::domain::job_description::JobDescriptionId;
use crate::domain::report::Report;
use crate::domain::stage::{Failure, Stage};

static READ: Memory<Report> = Memory::new();

impl Kept for Report {
    fn memory() -> &'static Memory<Self> {
        &READ
    }
}

#[derive(FromRow)]
struct Row {
    analysis_id: Uuid,
    document_id: Uuid,
    job_description_id: Uuid,
    job_description_version: i32,
    stage: String,
    failure: Option<String>,
    result: Option<KeptJson<Report>>,
    correction: i16,
    created_at: DateTime<Utc>,
    completed_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Analysis {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: AnalysisId(row.analysis_id),
            document_id: DocumentId(row.document_id),
            job_description_id: JobDescriptionId(row.job_description_id),
            job_description_version: row.job_description_version,
            stage: row.stage.parse()?,
            failure: row.failure.as_deref().map(Failure::parse),
            report: row.result.map(|result| result.0),
            correction: row.correction,
            created_at: row.created_at,
            completed_at: row.completed_at,
        })
    }
}

/// Keeps a new analysis.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    analysis: &Analysis,
    created_by: Option<UserId>,
) -> Result<()> {
    sqlx::query(
        "insert into cv_analysis.analysis \
         (tenant_id, analysis_id, document_id, job_description_id, stage, created_by, created_at, job_description_version) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant.uuid())
    .bind(analysis.id.uuid())
    .bind(analysis.document_id.uuid())
    .bind(analysis.job_description_id.uuid())
    .bind(analysis.stage.as_str())
    .bind(created_by.map(UserId::uuid))
    .bind(analysis.created_at)
    .bind(analysis.job_description_version)
    .execute(conn)
    .await?;
    Ok(())
}

/// Analyses by their ids; missing ones are left out.
pub(crate) async fn by_ids(
    conn: &mut PgConnection,
    tenant: TenantId,
    ids: &[AnalysisId],
) -> Result<HashMap<AnalysisId, Analysis>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select analysis_id, document_id, job_description_id, job_description_version, stage, failure, result, correction, created_at, completed_at \
         from cv_analysis.analysis where tenant_id = $1 and analysis_id = any($2)",
    )
    .bind(tenant.uuid())
    .bind(ids)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| Ok((AnalysisId(row.analysis_id), row.try_into()?)))
        .collect()
}

/// A page of analyses, newest first.
pub(crate) async fn list(
    conn: &mut PgConnection,
    tenant: TenantId,
    after: Option<AnalysisId>,
    limit: i64,
) -> Result<Vec<Analysis>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select analysis_id, document_id, job_description_id, job_description_version, stage, failure, result, correction, created_at, completed_at \
         from cv_analysis.analysis where tenant_id = $1 and ($2::uuid is null or analysis_id < $2) \
         order by analysis_id desc limit $3",
    )
    .bind(tenant.uuid())
    .bind(after.map(AnalysisId::uuid))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Analysis::try_from).collect()
}

/// Where an analysis stands.
pub(crate) async fn stage(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: AnalysisId,
) -> Result<Option<Stage>> {
    let stage: Option<String> = sqlx::query_scalar(
        "select stage from cv_analysis.analysis where tenant_id = $1 and analysis_id = $2",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?;
    Ok(stage.map(|stage| stage.parse()).transpose()?)
}

/// Where an analysis stands, and its job; its row is locked until the transaction ends.
pub(crate) async fn lock(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: AnalysisId,
) -> Result<Option<(Stage, JobDescriptionId)>> {
    let row: Option<(String, Uuid)> = sqlx::query_as(
        "select stage, job_description_id from cv_analysis.analysis where tenant_id = $1 and analysis_id = $2 for update",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?;
    row.map(|(stage, job)| Ok((stage.parse()?, JobDescriptionId(job))))
        .transpose()
}

/// How many analyses of one version of a job stand at each stage; stages without any are left out.
pub(crate) async fn stages(
    conn: &mut PgConnection,
    tenant: TenantId,
    (description, version): (JobDescriptionId, i32),
) -> Result<Vec<(Stage, u32)>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select stage, count(*) from cv_analysis.analysis \
         where tenant_id = $1 and job_description_id = $2 and job_description_version = $3 group by stage",
    )
    .bind(tenant.uuid())
    .bind(description.uuid())
    .bind(version)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(stage, count)| Ok((stage.parse()?, u32::try_from(count).unwrap_or(u32::MAX))))
        .collect()
}

/// Lays a correction over the points of a finished analysis, in place of the one before.
pub(crate) async fn correct(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: AnalysisId,
    correction: i16,
    points: u32,
) -> Result<()> {
    sqlx::query("update cv_analysis.analysis set correction = $3, total = $4 where tenant_id = $1 and analysis_id = $2")
        .bind(tenant.uuid())
        .bind(id.uuid())
        .bind(correction)
        .bind(i16::try_from(points).unwrap_or(100))
        .execute(conn)
        .await?;
    Ok(())
}

/// Moves a running analysis.
pub(crate) async fn set_stage(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: AnalysisId,
    stage: Stage,
) -> Result<()> {
    sqlx::query("update cv_analysis.analysis set stage = $3 where tenant_id = $1 and analysis_id = $2 and completed_at is null")
        .bind(tenant.uuid())
        .bind(id.uuid())
        .bind(stage.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends an analysis with its report and gives its job; `None` when it had ended before.
pub(crate) async fn finish(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: AnalysisId,
    report: &Report,
    at: DateTime<Utc>,
) -> Result<Option<JobDescriptionId>> {
    let job: Option<Uuid> = sqlx::query_scalar(
        "update cv_analysis.analysis set stage = 'DONE', result = $3, total = $4, completed_at = $5 \
         where tenant_id = $1 and analysis_id = $2 and completed_at is null returning job_description_id",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .bind(Json(report))
    .bind(i16::try_from(report.score.total).unwrap_or(100))
    .bind(at)
    .fetch_optional(conn)
    .await?;
    Ok(job.map(JobDescriptionId))
}

/// Ends an analysis without a report and gives its job; `None` when it had ended before.
pub(crate) async fn fail(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: AnalysisId,
    failure: &str,
    at: DateTime<Utc>,
) -> Result<Option<JobDescriptionId>> {
    let job: Option<Uuid> = sqlx::query_scalar(
        "update cv_analysis.analysis set stage = 'FAILED', failure = $3, completed_at = $4 \
         where tenant_id = $1 and analysis_id = $2 and completed_at is null returning job_description_id",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .bind(failure)
    .bind(at)
    .fetch_optional(conn)
    .await?;
    Ok(job.map(JobDescriptionId))
}

/// A page of a job's finished analyses of one version, the most points that count first; equal ones in order of their start.
pub(crate) async fn ranked(
    conn: &mut PgConnection,
    tenant: TenantId,
    (description, version): (JobDescriptionId, i32),
    after: Option<(i16, AnalysisId)>,
    limit: i64,
) -> Result<Vec<Analysis>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select analysis_id, document_id, job_description_id, job_description_version, stage, failure, result, correction, created_at, completed_at \
         from cv_analysis.analysis where tenant_id = $1 and job_description_id = $2 and job_description_version = $6 and total is not null \
         and ($3::smallint is null or total < $3 or (total = $3 and analysis_id > $4)) \
         order by total desc, analysis_id limit $5",
    )
    .bind(tenant.uuid())
    .bind(description.uuid())
    .bind(after.map(|(total, _)| total))
    .bind(after.map(|(_, id)| id.uuid()))
    .bind(limit)
    .bind(version)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Analysis::try_from).collect()
}

/// The analyses of documents, the latest first and `limit` of each; documents without any are left out.
pub(crate) async fn of_documents(
    conn: &mut PgConnection,
    tenant: TenantId,
    documents: &[DocumentId],
    limit: i64,
) -> Result<HashMap<DocumentId, Vec<Analysis>>> {
    let ids: Vec<Uuid> = documents.iter().map(|id| id.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select a.* from unnest($2::uuid[]) wanted (id) cross join lateral ( \
         select analysis_id, document_id, job_description_id, job_description_version, stage, failure, result, correction, created_at, completed_at \
         from cv_analysis.analysis where tenant_id = $1 and document_id = wanted.id order by analysis_id desc limit $3) a",
    )
    .bind(tenant.uuid())
    .bind(ids)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let mut found: HashMap<DocumentId, Vec<Analysis>> = HashMap::new();
    for row in rows {
        let analysis = Analysis::try_from(row)?;
        found
            .entry(analysis.document_id)
            .or_default()
            .push(analysis);
    }
    Ok(found)
}

/// Documents that were analysed for earlier versions of a job and not for this one, in order of their ids.
pub(crate) async fn not_rescored(
    conn: &mut PgConnection,
    tenant: TenantId,
    (description, version): (JobDescriptionId, i32),
    limit: i64,
) -> Result<Vec<DocumentId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select distinct document_id from cv_analysis.analysis old where tenant_id = $1 and job_description_id = $2 \
         and job_description_version < $3 and not exists (select from cv_analysis.analysis new where new.tenant_id = $1 \
         and new.document_id = old.document_id and new.job_description_id = $2 and new.job_description_version = $3) \
         order by document_id limit $4",
    )
    .bind(tenant.uuid())
    .bind(description.uuid())
    .bind(version)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(DocumentId).collect())
}
