use async_graphql::{ID, SimpleObject};
use chrono::{DateTime, Utc};

use super::int;
use super::interview::Status;
use super::question::{Competency, Outcome, QuestionKind};
use crate::domain::{answer::Answer, course::Session, interview::Asked};

/// A question as the candidate sees it. Its text is shown when its clock starts, not before.
#[derive(SimpleObject, Clone)]
pub(crate) struct CandidateQuestion {
    /// Stable id.
    id: ID,
    /// Place in the interview, from 1.
    number: i32,
    /// What it is about.
    kind: QuestionKind,
    /// What the answer is rated for.
    competency: Competency,
    /// The question; null until it is shown.
    text: Option<String>,
    /// The skill that it asks about; null until it is shown, or when it is about none.
    skill: Option<String>,
    /// Time for the answer in seconds, the candidate's extra time included.
    limit_seconds: i32,
    /// When it was shown.
    opened_at: Option<DateTime<Utc>>,
    /// When its time is over, on the server's clock.
    deadline_at: Option<DateTime<Utc>>,
    /// Seconds left on the server's clock; null unless it is open.
    remaining_seconds: Option<i32>,
    /// Why it is asked, for a follow-up that has been shown.
    reason: Option<String>,
    /// How it was closed; null until then.
    outcome: Option<Outcome>,
    /// What was saved or handed in.
    answer: Option<String>,
}

impl CandidateQuestion {
    fn new(asked: &Asked, answers: &[Answer], extra_time_percent: u32, now: DateTime<Utc>) -> Self {
        let shown = asked.opened_at.is_some();
        let limit =
            u64::from(asked.question.limit_seconds) * u64::from(100 + extra_time_percent) / 100;
        let answer = answers.iter().find(|answer| answer.question_id == asked.id);
        let remaining = asked.remaining_seconds(now);
        Self {
            id: asked.id.uuid().into(),
            number: int(asked.position) + 1,
            kind: asked.question.kind.into(),
            competency: asked.question.competency.into(),
            text: shown.then(|| asked.question.text.clone()),
            skill: asked.question.skill.clone().filter(|_| shown),
            limit_seconds: i32::try_from(limit).unwrap_or(i32::MAX),
            opened_at: asked.opened_at,
            deadline_at: asked.deadline_at,
            remaining_seconds: remaining.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX)),
            reason: asked.reason.clone().filter(|_| shown),
            outcome: asked.outcome.map(Outcome::from),
            answer: answer.map(|answer| answer.text.clone()),
        }
    }
}

/// An interview as its candidate sees it: everything that is needed to go on after a refresh, a dropped
/// line or a restart.
#[derive(SimpleObject)]
pub(crate) struct CandidateInterview {
    /// What it is for.
    title: String,
    /// Where it stands.
    status: Status,
    /// Whether the candidate agreed to it.
    consented: bool,
    /// Until when the link opens it.
    link_expires_at: Option<DateTime<Utc>>,
    /// The server's clock, which limits go by.
    server_time: DateTime<Utc>,
    /// The questions in the order asked.
    questions: Vec<CandidateQuestion>,
    /// The question that is open; null before the start, after the end, and after a question's time ran
    /// out until the next one is asked for by `openNextQuestion`.
    current_question: Option<CandidateQuestion>,
    /// Questions that are closed.
    answered: i32,
}

impl CandidateInterview {
    /// What to show at `now`.
    pub(super) fn new(session: Session, answers: Vec<Answer>, now: DateTime<Utc>) -> Self {
        let Session { interview, asked } = session;
        let view = |asked: &Asked| {
            CandidateQuestion::new(asked, &answers, interview.extra_time_percent, now)
        };
        let closed = asked
            .iter()
            .filter(|asked| asked.closed_at.is_some())
            .count();
        Self {
            current_question: asked.iter().find(|asked| asked.is_open()).map(view),
            questions: asked.iter().map(view).collect(),
            answered: i32::try_from(closed).unwrap_or(i32::MAX),
            title: interview.title,
            status: interview.status.into(),
            consented: interview.consented_at.is_some(),
            link_expires_at: interview.link.map(|link| link.expires_at),
            server_time: now,
        }
    }
}
