use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use platform_sdk::{Result, TenantId, UserId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::document::{Document, DocumentId};

#[derive(FromRow)]
struct Row {
    document_id: Uuid,
    file_name: String,
    size_bytes: i64,
    content_sha256: Vec<u8>,
    object_key: String,
    as_of: NaiveDate,
    created_at: DateTime<Utc>,
}

impl From<Row> for Document {
    fn from(row: Row) -> Self {
        Self {
            id: DocumentId(row.document_id),
            file_name: row.file_name,
            size_bytes: row.size_bytes,
            content_sha256: row.content_sha256,
            object_key: row.object_key,
            as_of: row.as_of,
            created_at: row.created_at,
        }
    }
}

/// Keeps a document, or gives the one with the same content; its "present" is that of the latest upload.
pub(crate) async fn keep(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: &Document,
    uploaded_by: Option<UserId>,
) -> Result<Document> {
    let row: Row = sqlx::query_as(
        "insert into cv_analysis.document \
         (tenant_id, document_id, file_name, size_bytes, content_sha256, object_key, as_of, uploaded_by, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         on conflict on constraint document_content_key do update set as_of = greatest(document.as_of, excluded.as_of) \
         returning document_id, file_name, size_bytes, content_sha256, object_key, as_of, created_at",
    )
    .bind(tenant.uuid())
    .bind(document.id.uuid())
    .bind(&document.file_name)
    .bind(document.size_bytes)
    .bind(&document.content_sha256)
    .bind(&document.object_key)
    .bind(document.as_of)
    .bind(uploaded_by.map(UserId::uuid))
    .bind(document.created_at)
    .fetch_one(conn)
    .await?;
    Ok(row.into())
}

/// Remembers which upload became which document.
pub(crate) async fn keep_upload(
    conn: &mut PgConnection,
    tenant: TenantId,
    ticket_id: Uuid,
    document: DocumentId,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query("insert into cv_analysis.document_upload (tenant_id, ticket_id, document_id, created_at) values ($1, $2, $3, $4)")
        .bind(tenant.uuid())
        .bind(ticket_id)
        .bind(document.uuid())
        .bind(at)
        .execute(conn)
        .await?;
    Ok(())
}

/// The uploads that became a document.
pub(crate) async fn uploads(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar(
        "select ticket_id from cv_analysis.document_upload where tenant_id = $1 and document_id = $2",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .fetch_all(conn)
    .await?)
}

/// The document that an upload became.
pub(crate) async fn of_upload(
    conn: &mut PgConnection,
    tenant: TenantId,
    ticket_id: Uuid,
) -> Result<Option<Document>> {
    let row: Option<Row> = sqlx::query_as(
        "select d.document_id, d.file_name, d.size_bytes, d.content_sha256, d.object_key, d.as_of, d.created_at \
         from cv_analysis.document_upload u join cv_analysis.document d using (tenant_id, document_id) \
         where u.tenant_id = $1 and u.ticket_id = $2",
    )
    .bind(tenant.uuid())
    .bind(ticket_id)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Document::from))
}

/// Documents by their ids; missing ones are left out.
pub(crate) async fn by_ids(
    conn: &mut PgConnection,
    tenant: TenantId,
    ids: &[DocumentId],
) -> Result<HashMap<DocumentId, Document>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select document_id, file_name, size_bytes, content_sha256, object_key, as_of, created_at \
         from cv_analysis.document where tenant_id = $1 and document_id = any($2)",
    )
    .bind(tenant.uuid())
    .bind(ids)
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (DocumentId(row.document_id), row.into()))
        .collect())
}

/// A page of documents, newest first.
pub(crate) async fn list(
    conn: &mut PgConnection,
    tenant: TenantId,
    after: Option<DocumentId>,
    limit: i64,
) -> Result<Vec<Document>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select document_id, file_name, size_bytes, content_sha256, object_key, as_of, created_at \
         from cv_analysis.document where tenant_id = $1 and ($2::uuid is null or document_id < $2) \
         order by document_id desc limit $3",
    )
    .bind(tenant.uuid())
    .bind(after.map(DocumentId::uuid))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Document::from).collect())
}
