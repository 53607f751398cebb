use chrono::{DateTime, NaiveDate, Utc};
use platform_sdk::{Result, TenantId};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::domain::document::DocumentId;
use crate::domain::model::Claim;

/// What a model read of a document; `None` when it was not asked yet.
pub(crate) async fn reading(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
    extractor: &str,
    model: &str,
) -> Result<Option<Vec<Claim>>> {
    let claims: Option<Json<Vec<Claim>>> = sqlx::query_scalar(
        "select claims from cv_analysis.model_reading \
         where tenant_id = $1 and document_id = $2 and extractor_version = $3 and model = $4",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .bind(extractor)
    .bind(model)
    .fetch_optional(conn)
    .await?;
    Ok(claims.map(|claims| claims.0))
}

/// Keeps what a model read; the first reading stays.
pub(crate) async fn keep_reading(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
    (extractor, model): (&str, &str),
    claims: &[Claim],
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into cv_analysis.model_reading (tenant_id, document_id, extractor_version, model, claims, created_at) \
         select $1, $2, $3, $4, $5, $6 where exists \
         (select from cv_analysis.document where tenant_id = $1 and document_id = $2) on conflict do nothing",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .bind(extractor)
    .bind(model)
    .bind(Json(claims))
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
