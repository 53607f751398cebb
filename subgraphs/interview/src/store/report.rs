//! Reports.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::Result;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::{interview::InterviewId, report::Report};

/// Keeps the report; a new one replaces the one before.
pub(crate) async fn put(
    conn: &mut PgConnection,
    interview: InterviewId,
    report: &Report,
    made_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into interview.report (tenant_id, interview_id, report, made_at) \
         values (platform.current_tenant(), $1, $2, $3) \
         on conflict (tenant_id, interview_id) do update set report = excluded.report, made_at = excluded.made_at",
    )
    .bind(interview.uuid())
    .bind(Json(report))
    .bind(made_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The reports of interviews.
pub(crate) async fn by_interviews(
    conn: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, (Report, DateTime<Utc>)>> {
    let rows: Vec<(Uuid, Json<Report>, DateTime<Utc>)> = sqlx::query_as(
        "select interview_id, report, made_at from interview.report \
         where tenant_id = platform.current_tenant() and interview_id = any($1)",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, Json(report), made_at)| (id, (report, made_at)))
        .collect())
}
