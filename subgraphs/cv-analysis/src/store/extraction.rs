use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::{Error, Result, TenantId};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::document::{DocumentId, Outcome};

fn outcome(content: Option<Value>, refusal: Option<String>) -> Result<Outcome> {
    match (content, refusal) {
        (Some(content), None) => Ok(Outcome::Read(serde_json::from_value(content)?)),
        (None, Some(refusal)) => Ok(Outcome::Refused(serde_json::from_value(Value::String(
            refusal,
        ))?)),
        // the table's check keeps exactly one
        _ => Err(Error::internal(
            "an extraction with both content and refusal, or neither",
        )),
    }
}

/// What a version of the rules read.
pub(crate) async fn get(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
    version: &str,
) -> Result<Option<Outcome>> {
    let row: Option<(Option<Value>, Option<String>)> = sqlx::query_as(
        "select content, refusal from cv_analysis.extraction where tenant_id = $1 and document_id = $2 and extractor_version = $3",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .bind(version)
    .fetch_optional(conn)
    .await?;
    row.map(|(content, refusal)| outcome(content, refusal))
        .transpose()
}

/// What a version of the rules read of several documents; those that were not read yet are left out.
pub(crate) async fn of_documents(
    conn: &mut PgConnection,
    tenant: TenantId,
    documents: &[DocumentId],
    version: &str,
) -> Result<HashMap<DocumentId, Outcome>> {
    let ids: Vec<Uuid> = documents.iter().map(|id| id.uuid()).collect();
    let rows: Vec<(Uuid, Option<Value>, Option<String>)> = sqlx::query_as(
        "select document_id, content, refusal from cv_analysis.extraction \
         where tenant_id = $1 and document_id = any($2) and extractor_version = $3",
    )
    .bind(tenant.uuid())
    .bind(ids)
    .bind(version)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(id, content, refusal)| Ok((DocumentId(id), outcome(content, refusal)?)))
        .collect()
}

/// Keeps what a version of the rules read; the first result stays.
pub(crate) async fn keep(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
    version: &str,
    outcome: &Outcome,
    at: DateTime<Utc>,
) -> Result<()> {
    let (content, refusal) = match outcome {
        Outcome::Read(extraction) => (Some(serde_json::to_value(extraction)?), None),
        Outcome::Refused(error) => (None, Some(serde_json::to_value(error)?)),
    };
    sqlx::query(
        "insert into cv_analysis.extraction (tenant_id, document_id, extractor_version, content, refusal, created_at) \
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .bind(version)
    .bind(content)
    .bind(refusal.as_ref().and_then(Value::as_str))
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}
