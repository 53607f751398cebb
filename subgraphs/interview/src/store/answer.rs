//! What candidates wrote.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::Result;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::{
    answer::Answer,
    interview::{InterviewId, QuestionId},
};

type Row = (
    Uuid,
    Uuid,
    String,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    Option<String>,
);

fn read((interview, question, text, saved_at, submitted_at, submit_key): Row) -> Answer {
    Answer {
        interview_id: InterviewId(interview),
        question_id: QuestionId(question),
        text,
        saved_at,
        submitted_at,
        submit_key,
    }
}

/// Keeps the text; an answer that was handed in is never written over.
pub(crate) async fn put(conn: &mut PgConnection, answer: &Answer) -> Result<()> {
    sqlx::query(
        "insert into interview.answer \
         (tenant_id, interview_id, question_id, body, saved_at, submitted_at, submit_key) \
         values (platform.current_tenant(), $1, $2, $3, $4, $5, $6) \
         on conflict (tenant_id, interview_id, question_id) do update set body = excluded.body, \
         saved_at = excluded.saved_at, submitted_at = excluded.submitted_at, submit_key = excluded.submit_key \
         where interview.answer.submitted_at is null",
    )
    .bind(answer.interview_id.uuid())
    .bind(answer.question_id.uuid())
    .bind(&answer.text)
    .bind(answer.saved_at)
    .bind(answer.submitted_at)
    .bind(&answer.submit_key)
    .execute(conn)
    .await?;
    Ok(())
}

/// One answer.
pub(crate) async fn find(
    conn: &mut PgConnection,
    interview: InterviewId,
    question: QuestionId,
) -> Result<Option<Answer>> {
    let row: Option<Row> = sqlx::query_as(
        "select interview_id, question_id, body, saved_at, submitted_at, submit_key from interview.answer \
         where tenant_id = platform.current_tenant() and interview_id = $1 and question_id = $2",
    )
    .bind(interview.uuid())
    .bind(question.uuid())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(read))
}

/// The answers of interviews.
pub(crate) async fn by_interviews(
    conn: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Answer>>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select interview_id, question_id, body, saved_at, submitted_at, submit_key from interview.answer \
         where tenant_id = platform.current_tenant() and interview_id = any($1) order by saved_at, question_id",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    let mut answers: HashMap<Uuid, Vec<Answer>> = HashMap::new();
    for row in rows {
        answers.entry(row.0).or_default().push(read(row));
    }
    Ok(answers)
}
