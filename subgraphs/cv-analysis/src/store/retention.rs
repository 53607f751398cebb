use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::{Result, TenantId, UserId};
use serde_json::Value;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::document::DocumentId;
use crate::domain::retention::Retention;

#[derive(FromRow)]
struct Row {
    basis: String,
    consented_at: Option<DateTime<Utc>>,
    keep_until: DateTime<Utc>,
    set_at: DateTime<Utc>,
}

/// Keeps the latest word.
pub(crate) async fn set(
    conn: &mut PgConnection,
    tenant: TenantId,
    set: &Retention,
    set_by: UserId,
) -> Result<()> {
    let basis = serde_json::to_value(set.basis)?;
    sqlx::query(
        "insert into cv_analysis.retention (tenant_id, document_id, basis, consented_at, keep_until, set_by, set_at) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (tenant_id, document_id) do update set basis = excluded.basis, \
         consented_at = excluded.consented_at, keep_until = excluded.keep_until, set_by = excluded.set_by, set_at = excluded.set_at",
    )
    .bind(tenant.uuid())
    .bind(set.document_id.uuid())
    .bind(basis.as_str())
    .bind(set.consented_at)
    .bind(set.keep_until)
    .bind(set_by.uuid())
    .bind(set.set_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Why and until when a document is kept.
pub(crate) async fn get(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
) -> Result<Option<Retention>> {
    let row: Option<Row> = sqlx::query_as(
        "select basis, consented_at, keep_until, set_at from cv_analysis.retention where tenant_id = $1 and document_id = $2",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .fetch_optional(conn)
    .await?;
    row.map(|row| row.of(document)).transpose()
}

/// Why and until when documents are kept; those of which nobody said it are left out.
pub(crate) async fn of_documents(
    conn: &mut PgConnection,
    tenant: TenantId,
    documents: &[DocumentId],
) -> Result<HashMap<DocumentId, Retention>> {
    #[derive(FromRow)]
    struct Named {
        document_id: Uuid,
        #[sqlx(flatten)]
        row: Row,
    }
    let ids: Vec<Uuid> = documents.iter().map(|id| id.uuid()).collect();
    let rows: Vec<Named> = sqlx::query_as(
        "select document_id, basis, consented_at, keep_until, set_at from cv_analysis.retention \
         where tenant_id = $1 and document_id = any($2)",
    )
    .bind(tenant.uuid())
    .bind(ids)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|named| {
            let document = DocumentId(named.document_id);
            Ok((document, named.row.of(document)?))
        })
        .collect()
}

impl Row {
    fn of(self, document: DocumentId) -> Result<Retention> {
        Ok(Retention {
            document_id: document,
            basis: serde_json::from_value(Value::String(self.basis))?,
            consented_at: self.consented_at,
            keep_until: self.keep_until,
            set_at: self.set_at,
        })
    }
}
