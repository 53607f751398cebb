//! The projection of finished CV analyses.

use chrono::{DateTime, Utc};
use platform_sdk::Result;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::analysis::Analysis;

/// Keeps what the event told; the latest word about an analysis stands.
pub(crate) async fn put(
    conn: &mut PgConnection,
    analysis: &Analysis,
    completed_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into interview.analysis \
         (tenant_id, analysis_id, job_title, matched_skills, missing_skills, completed_at) \
         values (platform.current_tenant(), $1, $2, $3, $4, $5) \
         on conflict (tenant_id, analysis_id) do update set job_title = excluded.job_title, \
         matched_skills = excluded.matched_skills, missing_skills = excluded.missing_skills, \
         completed_at = excluded.completed_at",
    )
    .bind(analysis.id)
    .bind(&analysis.job_title)
    .bind(&analysis.matched_skills)
    .bind(&analysis.missing_skills)
    .bind(completed_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// An analysis, if it was told of.
pub(crate) async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Analysis>> {
    let row: Option<(Option<String>, Vec<String>, Vec<String>)> = sqlx::query_as(
        "select job_title, matched_skills, missing_skills from interview.analysis \
         where tenant_id = platform.current_tenant() and analysis_id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?;
    Ok(
        row.map(|(job_title, matched_skills, missing_skills)| Analysis {
            id,
            job_title,
            matched_skills,
            missing_skills,
        }),
    )
}
