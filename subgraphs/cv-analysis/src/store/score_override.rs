use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::{Result, TenantId, UserId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::analysis::AnalysisId;
use crate::domain::score_override::{Override, OverrideId};

#[derive(FromRow)]
struct Row {
    override_id: Uuid,
    analysis_id: Uuid,
    points: i16,
    reason: String,
    made_by: Uuid,
    made_at: DateTime<Utc>,
}

/// Keeps a correction.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    made: &Override,
) -> Result<()> {
    sqlx::query(
        "insert into cv_analysis.override (tenant_id, override_id, analysis_id, points, reason, made_by, made_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant.uuid())
    .bind(made.id.uuid())
    .bind(made.analysis_id.uuid())
    .bind(made.points)
    .bind(&made.reason)
    .bind(made.made_by.uuid())
    .bind(made.made_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Most corrections of one analysis that are given.
const LIMIT: i64 = 50;

/// Corrections of several analyses, the latest first.
pub(crate) async fn of_analyses(
    conn: &mut PgConnection,
    tenant: TenantId,
    analyses: &[AnalysisId],
) -> Result<HashMap<AnalysisId, Vec<Override>>> {
    let ids: Vec<Uuid> = analyses.iter().map(|id| id.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select o.override_id, o.analysis_id, o.points, o.reason, o.made_by, o.made_at \
         from unnest($2::uuid[]) as a (analysis_id) cross join lateral ( \
           select * from cv_analysis.override where tenant_id = $1 and analysis_id = a.analysis_id \
           order by override_id desc limit $3) o \
         order by o.override_id desc",
    )
    .bind(tenant.uuid())
    .bind(ids)
    .bind(LIMIT)
    .fetch_all(conn)
    .await?;
    let mut found: HashMap<AnalysisId, Vec<Override>> = HashMap::new();
    for row in rows {
        found
            .entry(AnalysisId(row.analysis_id))
            .or_default()
            .push(Override {
                id: OverrideId(row.override_id),
                analysis_id: AnalysisId(row.analysis_id),
                points: row.points,
                reason: row.reason,
                made_by: UserId(row.made_by),
                made_at: row.made_at,
            });
    }
    Ok(found)
}
