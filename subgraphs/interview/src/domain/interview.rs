//! An interview, its questions in their places, and why something cannot be done with them now.

use chrono::{DateTime, Duration, Utc};
use platform_sdk::id_newtype;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{evaluation::MAX_ANSWER_CHARS, question::Question};

id_newtype! {
    /// One interview of one candidate; also the subject of the candidate's token.
    InterviewId
}
id_newtype! {
    /// One question of one interview.
    QuestionId
}

/// Where an interview stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Made; nobody was invited.
    Created,
    /// There is a link.
    Invited,
    /// The candidate has begun.
    InProgress,
    /// The candidate has finished.
    Completed,
    /// The link ran out before the candidate finished.
    Expired,
}

/// How a question was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// The candidate handed the answer in.
    Submitted,
    /// The time was over; what had been saved counts.
    TimedOut,
    /// The interview ended before it.
    Skipped,
}

/// The link that opens the interview. A new one replaces it, and with it every token of the old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Carried by the token as its session.
    pub id: Uuid,
    /// From then on it opens nothing.
    pub expires_at: DateTime<Utc>,
}

/// An interview without its questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interview {
    /// Which.
    pub id: InterviewId,
    /// Where it stands.
    pub status: Status,
    /// For people.
    pub title: String,
    /// The CV analysis that it was tailored by.
    pub analysis_id: Option<Uuid>,
    /// Versions of the questions.
    pub bank_version: String,
    /// Accommodation, in percent of each limit.
    pub extra_time_percent: u32,
    /// How many follow-up questions the engine may ask.
    pub follow_ups: u32,
    /// The link that is in force.
    pub link: Option<Link>,
    /// When the candidate agreed to the interview.
    pub consented_at: Option<DateTime<Utc>>,
    /// When the candidate began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was completed or expired.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A question in its place in an interview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Which.
    pub id: QuestionId,
    /// Place, from 0.
    pub position: u32,
    /// What is asked.
    pub question: Question,
    /// The question that it follows up on.
    pub follows: Option<QuestionId>,
    /// Why it is asked, for a follow-up.
    pub reason: Option<String>,
    /// When the candidate saw it.
    pub opened_at: Option<DateTime<Utc>>,
    /// When its time is over, accommodation included, grace excluded.
    pub deadline_at: Option<DateTime<Utc>>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// How it was closed.
    pub outcome: Option<Outcome>,
}

/// Why something cannot be done now. The candidate or the recruiter can act on each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The consent was not given.
    #[error("the interview begins with your consent")]
    ConsentNeeded,
    /// The candidate has not begun.
    #[error("the interview has not begun")]
    NotStarted,
    /// The interview is over.
    #[error("the interview has ended")]
    Ended,
    /// Another question comes first.
    #[error("this question is not open yet")]
    NotOpen,
    /// An answer was handed in before.
    #[error("this question has been answered")]
    AlreadyAnswered,
    /// The time is over.
    #[error("the time for this question is over; what was saved before counts")]
    Late,
    /// The text is longer than [`MAX_ANSWER_CHARS`].
    #[error("an answer has at most {MAX_ANSWER_CHARS} characters")]
    TooLong,
}

impl Refusal {
    /// Stable code for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::ConsentNeeded => "CONSENT_NEEDED",
            Self::NotStarted => "NOT_STARTED",
            Self::Ended => "ENDED",
            Self::NotOpen => "NOT_OPEN",
            Self::AlreadyAnswered => "ALREADY_ANSWERED",
            Self::Late => "LATE",
            Self::TooLong => "TOO_LONG",
        }
    }

    /// The field of the input that it is about, if it is about one.
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::ConsentNeeded => Some("consent"),
            Self::NotOpen | Self::AlreadyAnswered | Self::Late => Some("questionId"),
            Self::TooLong => Some("text"),
            Self::NotStarted | Self::Ended => None,
        }
    }
}

impl Asked {
    /// Whether the candidate may answer it.
    pub fn is_open(&self) -> bool {
        self.opened_at.is_some() && self.closed_at.is_none()
    }

    /// Seconds left at `now`, for the candidate's clock; none unless open.
    pub fn remaining_seconds(&self, now: DateTime<Utc>) -> Option<i64> {
        let deadline = self.deadline_at.filter(|_| self.is_open())?;
        Some((deadline - now).num_seconds().max(0))
    }

    pub(super) fn open(&mut self, now: DateTime<Utc>, extra_time_percent: u32) {
        let limit_ms =
            i64::from(self.question.limit_seconds) * 10 * i64::from(100 + extra_time_percent);
        self.opened_at = Some(now);
        self.deadline_at = Some(now + Duration::milliseconds(limit_ms));
    }

    pub(super) fn close(&mut self, now: DateTime<Utc>, outcome: Outcome) {
        self.closed_at = Some(now);
        self.outcome = Some(outcome);
    }
}
