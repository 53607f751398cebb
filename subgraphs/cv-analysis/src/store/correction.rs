use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::{Error, Result, TenantId, UserId};
use serde_json::Value;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::correction::{Correction, CorrectionId, MAX_CORRECTIONS};
use crate::domain::document::DocumentId;

#[derive(FromRow)]
struct Row {
    correction_id: Uuid,
    document_id: Uuid,
    field: String,
    value: String,
    reason: String,
    made_by: Uuid,
    made_at: DateTime<Utc>,
}

/// Keeps a correction.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    made: &Correction,
) -> Result<()> {
    let field = serde_json::to_value(made.field)?;
    sqlx::query(
        "insert into cv_analysis.correction (tenant_id, correction_id, document_id, field, value, reason, made_by, made_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant.uuid())
    .bind(made.id.uuid())
    .bind(made.document_id.uuid())
    .bind(field.as_str())
    .bind(&made.value)
    .bind(&made.reason)
    .bind(made.made_by.uuid())
    .bind(made.made_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The corrections of a document, the earliest first.
pub(crate) async fn of_document(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
) -> Result<Vec<Correction>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select correction_id, document_id, field, value, reason, made_by, made_at from cv_analysis.correction \
         where tenant_id = $1 and document_id = $2 order by correction_id limit $3",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .bind(MAX_CORRECTIONS)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Correction::try_from).collect()
}

/// The corrections of documents, the earliest first; documents without any are left out.
pub(crate) async fn of_documents(
    conn: &mut PgConnection,
    tenant: TenantId,
    documents: &[DocumentId],
) -> Result<HashMap<DocumentId, Vec<Correction>>> {
    let ids: Vec<Uuid> = documents.iter().map(|id| id.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select correction_id, document_id, field, value, reason, made_by, made_at from cv_analysis.correction \
         where tenant_id = $1 and document_id = any($2) order by correction_id",
    )
    .bind(tenant.uuid())
    .bind(ids)
    .fetch_all(conn)
    .await?;
    let mut found: HashMap<DocumentId, Vec<Correction>> = HashMap::new();
    for row in rows {
        let made = Correction::try_from(row)?;
        found.entry(made.document_id).or_default().push(made);
    }
    Ok(found)
}

impl TryFrom<Row> for Correction {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: CorrectionId(row.correction_id),
            document_id: DocumentId(row.document_id),
            field: serde_json::from_value(Value::String(row.field))?,
            value: row.value,
            reason: row.reason,
            made_by: UserId(row.made_by),
            made_at: row.made_at,
        })
    }
}
