use chrono::{DateTime, Utc};
use platform_sdk::{Result, TenantId};
use sqlx::PgConnection;

use crate::domain::analysis::{AnalysisId, Progress};
use crate::domain::stage::Stage;

/// Most steps that one read gives; an analysis has six.
const LIMIT: i64 = 100;

/// Appends a step. The analysis's row is locked by the caller, so numbers have no gaps and no twins.
pub(crate) async fn append(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: AnalysisId,
    stage: Stage,
    percent: i16,
    message: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into cv_analysis.progress (tenant_id, analysis_id, sequence, stage, percent, message, at) \
         select $1, $2, coalesce(max(sequence), 0) + 1, $3, $4, $5, $6 \
         from cv_analysis.progress where tenant_id = $1 and analysis_id = $2",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .bind(stage.as_str())
    .bind(percent)
    .bind(message)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Steps after `sequence`, in order.
pub(crate) async fn after(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: AnalysisId,
    sequence: i32,
) -> Result<Vec<Progress>> {
    let rows: Vec<(i32, String, i16, String, DateTime<Utc>)> = sqlx::query_as(
        "select sequence, stage, percent, message, at from cv_analysis.progress \
         where tenant_id = $1 and analysis_id = $2 and sequence > $3 order by sequence limit $4",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .bind(sequence)
    .bind(LIMIT)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(sequence, stage, percent, message, at)| {
            Ok(Progress {
                sequence,
                stage: stage.parse()?,
                percent,
                message,
                at,
            })
        })
        .collect()
}
