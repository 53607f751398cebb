//! What happened in interviews, numbered.

use chrono::{DateTime, Utc};
use platform_sdk::Result;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{from_word, word};
use crate::domain::{
    interview::{InterviewId, QuestionId},
    progress::{Entry, Kind},
};

/// Notes that something happened. The interview's row is locked by then, so numbers have no holes.
pub(crate) async fn append(
    conn: &mut PgConnection,
    interview: InterviewId,
    kind: Kind,
    question: Option<QuestionId>,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "with numbered as (update interview.interview set progress = progress + 1 \
             where tenant_id = platform.current_tenant() and interview_id = $1 returning tenant_id, progress) \
         insert into interview.progress (tenant_id, interview_id, number, step, question_id, happened_at) \
         select tenant_id, $1, progress, $2, $3, $4 from numbered",
    )
    .bind(interview.uuid())
    .bind(word(&kind)?)
    .bind(question.map(QuestionId::uuid))
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// What happened after the entry of this number, oldest first.
pub(crate) async fn after(
    conn: &mut PgConnection,
    interview: InterviewId,
    number: i64,
    limit: i64,
) -> Result<Vec<Entry>> {
    let rows: Vec<(i64, String, Option<Uuid>, DateTime<Utc>)> = sqlx::query_as(
        "select number, step, question_id, happened_at from interview.progress \
         where tenant_id = platform.current_tenant() and interview_id = $1 and number > $2 order by number limit $3",
    )
    .bind(interview.uuid())
    .bind(number)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(number, kind, question, happened_at)| {
            Ok(Entry {
                number,
                kind: from_word(kind)?,
                question: question.map(QuestionId),
                happened_at,
            })
        })
        .collect()
}
