use async_graphql::{Enum, ID, SimpleObject};
use chrono::{DateTime, Utc};
use platform_sdk::plain_enum;

use super::int;
use crate::domain::{self, interview::Asked};

/// What a question is about.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(
    name = "InterviewQuestionKind",
    remote = "domain::question::QuestionKind"
)]
pub(crate) enum QuestionKind {
    /// Own work in a field of skills.
    Technical,
    /// What the candidate did in the past.
    Behavioural,
    /// What the candidate would do.
    Situational,
    /// A gap of this candidate; scored apart from the rest.
    Probe,
}

/// What answers are rated for.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "InterviewCompetency", remote = "domain::rubric::Competency")]
pub(crate) enum Competency {
    /// Knows a field from own work.
    TechnicalDepth,
    /// Finds ways and proves them.
    ProblemSolving,
    /// Takes responsibility.
    Ownership,
    /// Works with others.
    Collaboration,
    /// Closes a gap in skills.
    Learning,
    /// Can be followed.
    Communication,
}

plain_enum!(Competency);

/// How a question was closed.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(
    name = "InterviewQuestionOutcome",
    remote = "domain::interview::Outcome"
)]
pub(crate) enum Outcome {
    /// The candidate handed the answer in.
    Submitted,
    /// The time was over; what had been saved counts.
    TimedOut,
    /// The interview ended before it.
    Skipped,
}

/// A question of an interview, as the recruiter sees it.
#[derive(SimpleObject)]
#[graphql(name = "InterviewQuestion")]
pub(crate) struct Question {
    /// Stable id.
    id: ID,
    /// Place in the interview, from 1.
    number: i32,
    /// What it is about.
    kind: QuestionKind,
    /// What the answer is rated for.
    competency: Competency,
    /// As the candidate reads it.
    text: String,
    /// The missing skill that a probe asks about.
    skill: Option<String>,
    /// Time for the answer in seconds, before accommodations.
    limit_seconds: i32,
    /// The question that this one follows up on.
    follows_id: Option<ID>,
    /// Why a follow-up is asked.
    reason: Option<String>,
    /// When the candidate saw it.
    opened_at: Option<DateTime<Utc>>,
    /// When its time is over, accommodations included.
    deadline_at: Option<DateTime<Utc>>,
    /// When it was closed.
    closed_at: Option<DateTime<Utc>>,
    /// How it was closed.
    outcome: Option<Outcome>,
}

impl From<&Asked> for Question {
    fn from(asked: &Asked) -> Self {
        Self {
            id: asked.id.uuid().into(),
            number: int(asked.position) + 1,
            kind: asked.question.kind.into(),
            competency: asked.question.competency.into(),
            text: asked.question.text.clone(),
            skill: asked.question.skill.clone(),
            limit_seconds: int(asked.question.limit_seconds),
            follows_id: asked.follows.map(|id| id.uuid().into()),
            reason: asked.reason.clone(),
            opened_at: asked.opened_at,
            deadline_at: asked.deadline_at,
            closed_at: asked.closed_at,
            outcome: asked.outcome.map(Outcome::from),
        }
    }
}
