use chrono::{DateTime, NaiveDate, Utc};
use platform_sdk::{Result, TenantId};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::domain::document::DocumentId;
use crate::domain::model::Claim;
use crate::model::Unused;

/// What a model had to say of a document, or why it had no say; `None` when it was not asked yet.
pub(crate) async fn reading(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
    (extractor, model): (&str, &str),
) -> Result<Option<Result<Vec<Claim>, Unused>>> {
    let row: Option<(Json<Vec<Claim>>, Option<String>)> = sqlx::query_as(
        "select claims, unused from cv_analysis.model_reading \
         where tenant_id = $1 and document_id = $2 and extractor_version = $3 and model = $4",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .bind(extractor)
    .bind(model)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(claims, unused)| match unused {
        None => Ok(claims.0),
        Some(code) => Err(Unused::parse(&code)),
    }))
}

/// Waits for whoever keeps what a model said of this text, and has others wait until the transaction ends.
pub(crate) async fn lock_text(
    conn: &mut PgConnection,
    tenant: TenantId,
    text_sha256: &[u8],
) -> Result<()> {
    sqlx::query(
        "select pg_advisory_xact_lock(hashtextextended('cv_analysis.model_reading' || $1::text || encode($2, 'hex'), 0))",
    )
    .bind(tenant.uuid())
    .bind(text_sha256)
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a document the reading of another one with the same text, where there is one.
pub(crate) async fn share(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
    (extractor, model): (&str, &str),
    text_sha256: &[u8],
) -> Result<()> {
    sqlx::query(
        "insert into cv_analysis.model_reading \
         (tenant_id, document_id, extractor_version, model, claims, unused, text_sha256, created_at) \
         select $1, $2, $3, $4, claims, unused, text_sha256, created_at from cv_analysis.model_reading \
         where tenant_id = $1 and text_sha256 = $5 and extractor_version = $3 and model = $4 \
         and exists (select from cv_analysis.document where tenant_id = $1 and document_id = $2) \
         limit 1 on conflict do nothing",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .bind(extractor)
    .bind(model)
    .bind(text_sha256)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps what a model had to say of a document; the first reading stays.
pub(crate) async fn keep_reading(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
    (extractor, model): (&str, &str),
    text_sha256: &[u8],
    said: &Result<Vec<Claim>, Unused>,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into cv_analysis.model_reading \
         (tenant_id, document_id, extractor_version, model, claims, unused, text_sha256, created_at) \
         select $1, $2, $3, $4, $5, $6, $7, $8 where exists \
         (select from cv_analysis.document where tenant_id = $1 and document_id = $2) on conflict do nothing",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .bind(extractor)
    .bind(model)
    .bind(Json(said.as_deref().unwrap_or_default()))
    .bind(said.as_ref().err().map(|unused| unused.code()))
    .bind(text_sha256)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets an amount aside for a question; false when the month's limit does not allow it.
pub(crate) async fn reserve(
    conn: &mut PgConnection,
    tenant: TenantId,
    month: NaiveDate,
    micros: i64,
    cap: i64,
) -> Result<bool> {
    let done = sqlx::query(
        "insert into cv_analysis.model_cost as c (tenant_id, month, micros, requests) select $1, $2, $3, 1 where $3 <= $4 \
         on conflict (tenant_id, month) do update set micros = c.micros + $3, requests = c.requests + 1 \
         where c.micros + $3 <= $4",
    )
    .bind(tenant.uuid())
    .bind(month)
    .bind(micros)
    .bind(cap)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts what a question cost in place of what was set aside.
pub(crate) async fn settle(
    conn: &mut PgConnection,
    tenant: TenantId,
    month: NaiveDate,
    reserved: i64,
    actual: i64,
) -> Result<()> {
    sqlx::query(
        "update cv_analysis.model_cost set micros = greatest(micros - $3 + $4, 0) where tenant_id = $1 and month = $2",
    )
    .bind(tenant.uuid())
    .bind(month)
    .bind(reserved)
    .bind(actual)
    .execute(conn)
    .await?;
    Ok(())
}
