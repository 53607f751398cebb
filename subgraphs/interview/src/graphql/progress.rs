use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Cursor, Error, Result};

use super::interview::Interview;
use super::loader::{InterviewById, QuestionsOf};
use super::question::Question;
use crate::domain::{self, interview::InterviewId, progress::Entry};

/// What happened in an interview.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "InterviewProgressKind", remote = "domain::progress::Kind")]
pub(crate) enum Kind {
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

/// Something that happened in an interview.
pub(crate) struct Progress {
    /// Of which interview.
    pub(super) interview: InterviewId,
    /// What happened.
    pub(super) entry: Entry,
}

#[Object(name = "InterviewProgress")]
impl Progress {
    /// Where to resume: give it as `after`.
    async fn cursor(&self) -> Result<String> {
        Ok(Cursor::encode(&self.entry.number)?.into())
    }

    /// What happened.
    async fn kind(&self) -> Kind {
        self.entry.kind.into()
    }

    /// When.
    async fn happened_at(&self) -> DateTime<Utc> {
        self.entry.happened_at
    }

    /// The id of the question that it is about.
    async fn question_id(&self) -> Option<ID> {
        self.entry.question.map(|id| id.uuid().into())
    }

    /// The question that it is about.
    async fn question(&self, ctx: &Context<'_>) -> Result<Option<Question>> {
        let Some(id) = self.entry.question else {
            return Ok(None);
        };
        let asked = Ctx::of(ctx)?
            .load_one::<QuestionsOf>(self.interview.uuid())
            .await?;
        let asked = asked.iter().flat_map(|asked| asked.iter());
        Ok(asked
            .into_iter()
            .find(|asked| asked.id == id)
            .map(Question::from))
    }

    /// Closed questions, in percent of all.
    async fn percent(&self, ctx: &Context<'_>) -> Result<i32> {
        let asked = Ctx::of(ctx)?
            .load_one::<QuestionsOf>(self.interview.uuid())
            .await?;
        let asked = asked.as_deref().unwrap_or_default();
        let closed = asked
            .iter()
            .filter(|asked| asked.closed_at.is_some())
            .count();
        Ok(i32::try_from(closed * 100 / asked.len().max(1)).unwrap_or(100))
    }

    /// The interview as it is now: its answers, and its report once it is completed.
    async fn interview(&self, ctx: &Context<'_>) -> Result<Interview> {
        let interview = Ctx::of(ctx)?
            .load_one::<InterviewById>(self.interview.uuid())
            .await?;
        interview
            .map(Interview)
            .ok_or_else(|| Error::not_found("interview"))
    }
}
