//! The questions of interviews.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::Result;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{count, from_word, integer, word};
use crate::domain::interview::{Asked, InterviewId, QuestionId};

#[derive(sqlx::FromRow)]
struct Row {
    interview_id: Uuid,
    question_id: Uuid,
    position: i32,
    spec: serde_json::Value,
    follows_id: Option<Uuid>,
    reason: Option<String>,
    opened_at: Option<DateTime<Utc>>,
    deadline_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
    outcome: Option<String>,
}

impl Row {
    fn read(self) -> Result<Asked> {
        Ok(Asked {
            id: QuestionId(self.question_id),
            position: count(self.position),
            question: serde_json::from_value(self.spec)?,
            follows: self.follows_id.map(QuestionId),
            reason: self.reason,
            opened_at: self.opened_at,
            deadline_at: self.deadline_at,
            closed_at: self.closed_at,
            outcome: self.outcome.map(from_word).transpose()?,
        })
    }
}

/// Keeps a new question.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    interview: InterviewId,
    asked: &Asked,
) -> Result<()> {
    sqlx::query(
        "insert into interview.question (tenant_id, interview_id, question_id, position, spec, follows_id, reason) \
         values (platform.current_tenant(), $1, $2, $3, $4, $5, $6)",
    )
    .bind(interview.uuid())
    .bind(asked.id.uuid())
    .bind(integer(asked.position))
    .bind(serde_json::to_value(&asked.question)?)
    .bind(asked.follows.map(QuestionId::uuid))
    .bind(&asked.reason)
    .execute(conn)
    .await?;
    Ok(())
}

/// Moves every question from `position` on by one place.
pub(crate) async fn make_room(
    conn: &mut PgConnection,
    interview: InterviewId,
    position: u32,
) -> Result<()> {
    sqlx::query(
        "update interview.question set position = position + 1 \
         where tenant_id = platform.current_tenant() and interview_id = $1 and position >= $2",
    )
    .bind(interview.uuid())
    .bind(integer(position))
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps where a question stands.
pub(crate) async fn update(
    conn: &mut PgConnection,
    interview: InterviewId,
    asked: &Asked,
) -> Result<()> {
    sqlx::query(
        "update interview.question set opened_at = $3, deadline_at = $4, closed_at = $5, outcome = $6 \
         where tenant_id = platform.current_tenant() and interview_id = $1 and question_id = $2",
    )
    .bind(interview.uuid())
    .bind(asked.id.uuid())
    .bind(asked.opened_at)
    .bind(asked.deadline_at)
    .bind(asked.closed_at)
    .bind(asked.outcome.as_ref().map(word).transpose()?)
    .execute(conn)
    .await?;
    Ok(())
}

/// The questions of interviews, each in order.
pub(crate) async fn by_interviews(
    conn: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Asked>>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select interview_id, question_id, position, spec, follows_id, reason, opened_at, deadline_at, closed_at, \
         outcome from interview.question \
         where tenant_id = platform.current_tenant() and interview_id = any($1) order by interview_id, position",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    let mut questions: HashMap<Uuid, Vec<Asked>> = HashMap::new();
    for row in rows {
        questions
            .entry(row.interview_id)
            .or_default()
            .push(row.read()?);
    }
    Ok(questions)
}
