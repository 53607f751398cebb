use platform_sdk::{Result, TenantId, UserId};
use sqlx::PgConnection;

use crate::domain::document::DocumentId;
use crate::domain::erasure::Erasure;

/// Keeps a receipt.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    erasure: &Erasure,
    erased_by: Option<UserId>,
) -> Result<()> {
    sqlx::query(
        "insert into cv_analysis.erasure \
         (tenant_id, erasure_id, document_id, content_sha256, analyses, erased_by, erased_at, cause) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant.uuid())
    .bind(erasure.id.uuid())
    .bind(erasure.document_id.uuid())
    .bind(&erasure.content_sha256)
    .bind(erasure.analyses)
    .bind(erased_by.map(UserId::uuid))
    .bind(erasure.erased_at)
    .bind(serde_json::to_value(erasure.cause)?.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a document with everything that was made of it; gives the number of its analyses.
pub(crate) async fn remove_document(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
) -> Result<i32> {
    let analyses: i64 = sqlx::query_scalar(
        "select count(*) from cv_analysis.analysis where tenant_id = $1 and document_id = $2",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .fetch_one(&mut *conn)
    .await?;
    sqlx::query("delete from cv_analysis.document where tenant_id = $1 and document_id = $2")
        .bind(tenant.uuid())
        .bind(document.uuid())
        .execute(conn)
        .await?;
    Ok(i32::try_from(analyses).unwrap_or(i32::MAX))
}
