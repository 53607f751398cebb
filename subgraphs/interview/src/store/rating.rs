//! Ratings by persons.

use chrono::{DateTime, Utc};
use platform_sdk::{Error, Result};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::{
    answer::HumanRating,
    interview::{InterviewId, QuestionId},
    rubric::Rating,
};

/// Keeps a rating besides those before it.
pub(crate) async fn insert(conn: &mut PgConnection, id: Uuid, rating: &HumanRating) -> Result<()> {
    sqlx::query(
        "insert into interview.rating \
         (tenant_id, rating_id, interview_id, question_id, rating, reason, rated_by, rated_at) \
         values (platform.current_tenant(), $1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(rating.interview_id.uuid())
    .bind(rating.question_id.uuid())
    .bind(i16::from(rating.rating.value()))
    .bind(&rating.reason)
    .bind(rating.rated_by)
    .bind(rating.rated_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The last rating of each question of an interview.
pub(crate) async fn latest(
    conn: &mut PgConnection,
    interview: InterviewId,
) -> Result<Vec<HumanRating>> {
    type Row = (Uuid, i16, String, Option<Uuid>, DateTime<Utc>);
    let rows: Vec<Row> = sqlx::query_as(
        "select distinct on (question_id) question_id, rating, reason, rated_by, rated_at from interview.rating \
         where tenant_id = platform.current_tenant() and interview_id = $1 order by question_id, rating_id desc",
    )
    .bind(interview.uuid())
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(question, rating, reason, rated_by, rated_at)| {
            Ok(HumanRating {
                interview_id: interview,
                question_id: QuestionId(question),
                rating: u8::try_from(rating)
                    .ok()
                    .and_then(|value| Rating::new(value).ok())
                    .ok_or_else(|| Error::internal(format!("rating {rating} in the table")))?,
                reason,
                rated_by,
                rated_at,
            })
        })
        .collect()
}
