//! What candidates write, and what persons rate.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    interview::{InterviewId, QuestionId},
    rubric::Rating,
};

/// An answer as it was last saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Of which interview.
    pub interview_id: InterviewId,
    /// To which question.
    pub question_id: QuestionId,
    /// The text.
    pub text: String,
    /// When it was last saved.
    pub saved_at: DateTime<Utc>,
    /// When it was handed in; absent for a text that was only saved.
    pub submitted_at: Option<DateTime<Utc>>,
    /// The key under which it was handed in.
    pub submit_key: Option<String>,
}

/// A person's rating of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HumanRating {
    /// Of which interview.
    pub interview_id: InterviewId,
    /// Of which question.
    pub question_id: QuestionId,
    /// What the person rated.
    pub rating: Rating,
    /// Why.
    pub reason: String,
    /// Who.
    pub rated_by: Option<Uuid>,
    /// When.
    pub rated_at: DateTime<Utc>,
}
