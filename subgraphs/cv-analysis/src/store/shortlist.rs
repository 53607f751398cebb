use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::{Result, TenantId, UserId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::analysis::AnalysisId;
use crate::domain::document::DocumentId;
use crate::domain::job_description::JobDescriptionId;
use crate::domain::shortlist::{Removal, Stay, StayId};

#[derive(FromRow)]
struct Row {
    shortlist_id: Uuid,
    job_description_id: Uuid,
    document_id: Uuid,
    reason: String,
    listed_by: Uuid,
    listed_at: DateTime<Utc>,
    removed_by: Option<Uuid>,
    removed_at: Option<DateTime<Utc>>,
    removal_reason: Option<String>,
}

impl From<Row> for Stay {
    fn from(row: Row) -> Self {
        let ended = row.removed_by.zip(row.removed_at).zip(row.removal_reason);
        Self {
            id: StayId(row.shortlist_id),
            job_description_id: JobDescriptionId(row.job_description_id),
            document_id: DocumentId(row.document_id),
            reason: row.reason,
            listed_by: UserId(row.listed_by),
            listed_at: row.listed_at,
            removal: ended.map(|((removed_by, removed_at), reason)| Removal {
                removed_by: UserId(removed_by),
                removed_at,
                reason,
            }),
        }
    }
}

/// How many of the documents were ever analysed for a job.
pub(crate) async fn analysed(
    conn: &mut PgConnection,
    tenant: TenantId,
    job: JobDescriptionId,
    documents: &[Uuid],
) -> Result<usize> {
    let count: i64 = sqlx::query_scalar(
        "select count(distinct document_id) from cv_analysis.analysis \
         where tenant_id = $1 and document_id = any($2) and job_description_id = $3",
    )
    .bind(tenant.uuid())
    .bind(documents)
    .bind(job.uuid())
    .fetch_one(conn)
    .await?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Begins a stay; nothing happens when the document is on the list.
pub(crate) async fn insert(conn: &mut PgConnection, tenant: TenantId, stay: &Stay) -> Result<()> {
    sqlx::query(
        "insert into cv_analysis.shortlist \
         (tenant_id, shortlist_id, job_description_id, document_id, reason, listed_by, listed_at) \
         values ($1, $2, $3, $4, $5, $6, $7) \
         on conflict (tenant_id, job_description_id, document_id) where removed_at is null do nothing",
    )
    .bind(tenant.uuid())
    .bind(stay.id.uuid())
    .bind(stay.job_description_id.uuid())
    .bind(stay.document_id.uuid())
    .bind(&stay.reason)
    .bind(stay.listed_by.uuid())
    .bind(stay.listed_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The present stays of documents on the list of a job.
pub(crate) async fn present(
    conn: &mut PgConnection,
    tenant: TenantId,
    job: JobDescriptionId,
    documents: &[Uuid],
) -> Result<Vec<Stay>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select shortlist_id, job_description_id, document_id, reason, listed_by, listed_at, removed_by, removed_at, removal_reason \
         from cv_analysis.shortlist where tenant_id = $1 and job_description_id = $2 and document_id = any($3) \
         and removed_at is null order by shortlist_id",
    )
    .bind(tenant.uuid())
    .bind(job.uuid())
    .bind(documents)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Stay::from).collect())
}

/// Ends the present stays of documents on the list of a job, and gives them.
pub(crate) async fn remove(
    conn: &mut PgConnection,
    tenant: TenantId,
    job: JobDescriptionId,
    documents: &[Uuid],
    removal: &Removal,
) -> Result<Vec<Stay>> {
    let rows: Vec<Row> = sqlx::query_as(
        "update cv_analysis.shortlist set removed_by = $4, removed_at = $5, removal_reason = $6 \
         where tenant_id = $1 and job_description_id = $2 and document_id = any($3) and removed_at is null \
         returning shortlist_id, job_description_id, document_id, reason, listed_by, listed_at, removed_by, removed_at, removal_reason",
    )
    .bind(tenant.uuid())
    .bind(job.uuid())
    .bind(documents)
    .bind(removal.removed_by.uuid())
    .bind(removal.removed_at)
    .bind(&removal.reason)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Stay::from).collect())
}

/// A page of the present stays on the list of a job, the earliest first.
pub(crate) async fn list(
    conn: &mut PgConnection,
    tenant: TenantId,
    job: JobDescriptionId,
    after: Option<StayId>,
    limit: i64,
) -> Result<Vec<Stay>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select shortlist_id, job_description_id, document_id, reason, listed_by, listed_at, removed_by, removed_at, removal_reason \
         from cv_analysis.shortlist where tenant_id = $1 and job_description_id = $2 and removed_at is null \
         and ($3::uuid is null or shortlist_id > $3) order by shortlist_id limit $4",
    )
    .bind(tenant.uuid())
    .bind(job.uuid())
    .bind(after.map(StayId::uuid))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Stay::from).collect())
}

/// Most stays that are given of one document.
const LIMIT: i64 = 50;

/// All stays of documents, on the lists of all jobs, the latest first; documents without any are left out.
pub(crate) async fn of_documents(
    conn: &mut PgConnection,
    tenant: TenantId,
    documents: &[DocumentId],
) -> Result<HashMap<DocumentId, Vec<Stay>>> {
    let ids: Vec<Uuid> = documents.iter().map(|id| id.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select s.* from unnest($2::uuid[]) as wanted (id) cross join lateral ( \
           select shortlist_id, job_description_id, document_id, reason, listed_by, listed_at, removed_by, removed_at, removal_reason \
           from cv_analysis.shortlist where tenant_id = $1 and document_id = wanted.id \
           order by shortlist_id desc limit $3) s order by s.shortlist_id desc",
    )
    .bind(tenant.uuid())
    .bind(ids)
    .bind(LIMIT)
    .fetch_all(conn)
    .await?;
    let mut found: HashMap<DocumentId, Vec<Stay>> = HashMap::new();
    for row in rows {
        let stay = Stay::from(row);
        found.entry(stay.document_id).or_default().push(stay);
    }
    Ok(found)
}

/// The latest finished analysis of documents for jobs; pairs without any are left out.
pub(crate) async fn latest_analyses(
    conn: &mut PgConnection,
    tenant: TenantId,
    pairs: &[(JobDescriptionId, DocumentId)],
) -> Result<HashMap<(JobDescriptionId, DocumentId), AnalysisId>> {
    let (jobs, documents): (Vec<Uuid>, Vec<Uuid>) = pairs
        .iter()
        .map(|(job, document)| (job.uuid(), document.uuid()))
        .unzip();
    let rows: Vec<(Uuid, Uuid, Uuid)> = sqlx::query_as(
        "select wanted.job, wanted.document, a.analysis_id \
         from unnest($2::uuid[], $3::uuid[]) as wanted (job, document) cross join lateral ( \
           select analysis_id from cv_analysis.analysis where tenant_id = $1 and document_id = wanted.document \
           and job_description_id = wanted.job and total is not null order by analysis_id desc limit 1) a",
    )
    .bind(tenant.uuid())
    .bind(jobs)
    .bind(documents)
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(job, document, analysis)| {
            let pair = (JobDescriptionId(job), DocumentId(document));
            (pair, AnalysisId(analysis))
        })
        .collect())
}
