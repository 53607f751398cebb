//! The record of what happened in an interview, for those who watch it live or look later.

use chrono::{DateTime, Utc};
use platform_sdk::{Result, TenantTx};
use serde::{Deserialize, Serialize};

use super::{
    course::{Session, Step},
    interview::{InterviewId, QuestionId},
};
use crate::store;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// The interview was made.
    Created,
    /// A link was given out.
    LinkIssued,
    /// The link was taken back.
    LinkRevoked,
    /// The candidate has begun.
    Started,
    /// A question was shown.
    QuestionOpened,
    /// An answer was handed in.
    AnswerSubmitted,
    /// A question's time ran out.
    QuestionTimedOut,
    /// The candidate has finished; the report is there.
    Completed,
    /// The link ran out before the candidate finished.
    Expired,
    /// A person rated an answer; the report was made anew.
    Rated,
}

/// One entry of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Place in the record, from 1, without holes.
    pub number: i64,
    /// What happened.
    pub kind: Kind,
    /// The question that it is about.
    pub question: Option<QuestionId>,
    /// When.
    pub happened_at: DateTime<Utc>,
}

impl From<Step> for Kind {
    fn from(step: Step) -> Self {
        match step {
            Step::Started => Self::Started,
            Step::Opened(_) => Self::QuestionOpened,
            Step::Answered(_) => Self::AnswerSubmitted,
            Step::TimedOut(_) => Self::QuestionTimedOut,
            Step::Completed => Self::Completed,
            Step::Expired => Self::Expired,
        }
    }
}

impl Step {
    /// The question that the step is about.
    pub fn question(self) -> Option<QuestionId> {
        match self {
            Self::Opened(id) | Self::Answered(id) | Self::TimedOut(id) => Some(id),
            Self::Started | Self::Completed | Self::Expired => None,
        }
    }
}

/// Notes what happened and wakes those who watch, when the transaction commits.
pub(crate) async fn note(
    tx: &mut TenantTx,
    interview: InterviewId,
    kind: Kind,
    question: Option<QuestionId>,
) -> Result<()> {
    let now = tx.now();
    store::progress::append(tx.conn(), interview, kind, question, now).await?;
    tx.signal(interview.uuid()).await
}

/// Keeps a session after steps of its course, and notes them.
pub(crate) async fn keep(tx: &mut TenantTx, session: &Session, steps: &[Step]) -> Result<()> {
    if steps.is_empty() {
        return Ok(());
    }
    let id = session.interview.id;
    let ended = steps
        .iter()
        .any(|step| matches!(step, Step::Completed | Step::Expired));
    for asked in &session.asked {
        if ended || steps.iter().any(|step| step.question() == Some(asked.id)) {
            store::question::update(tx.conn(), id, asked).await?;
        }
    }
    store::interview::update(tx.conn(), &session.interview).await?;
    for step in steps {
        note(tx, id, Kind::from(*step), step.question()).await?;
    }
    Ok(())
}
