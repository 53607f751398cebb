use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Result};

use super::analysis::CvAnalysis;
use super::answer::Answer;
use super::int;
use super::loader::{AnswersOf, QuestionsOf, ReportOf};
use super::question::Question;
use super::report::Report;
use crate::domain;

/// Where an interview stands.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "InterviewStatus", remote = "domain::interview::Status")]
pub(crate) enum Status {
    /// Made; nobody was invited, or the link was taken back.
    Created,
    /// There is a link for the candidate.
    Invited,
    /// The candidate has begun.
    InProgress,
    /// The candidate has finished and the report is there.
    Completed,
    /// The link ran out before the candidate finished.
    Expired,
}

/// An interview of one candidate: a fixed core of questions for the job, and probes into the gaps.
pub(crate) struct Interview(pub(crate) domain::interview::Interview);

#[Object(requires_scopes = "interview:session.read")]
impl Interview {
    /// Stable id.
    async fn id(&self) -> ID {
        self.0.id.uuid().into()
    }

    /// For people.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Where it stands.
    async fn status(&self) -> Status {
        self.0.status.into()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When the candidate began.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.started_at
    }

    /// When it was completed or expired.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at
    }

    /// When the candidate agreed to it.
    async fn consented_at(&self) -> Option<DateTime<Utc>> {
        self.0.consented_at
    }

    /// Until when the candidate's link opens it; null without a link.
    async fn link_expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.link.map(|link| link.expires_at)
    }

    /// Accommodation, in percent added to each limit. Never part of a report.
    async fn extra_time_percent(&self) -> i32 {
        int(self.0.extra_time_percent)
    }

    /// How many follow-up questions the engine may ask.
    async fn follow_ups(&self) -> i32 {
        int(self.0.follow_ups)
    }

    /// The CV analysis that it was tailored by; null for a standalone interview.
    async fn analysis(&self) -> Option<CvAnalysis> {
        self.0.analysis_id.map(CvAnalysis::reference)
    }

    /// The questions in the order asked: the core first, probes last.
    async fn questions(&self, ctx: &Context<'_>) -> Result<Vec<Question>> {
        let asked = Ctx::of(ctx)?
            .load_one::<QuestionsOf>(self.0.id.uuid())
            .await?;
        Ok(asked
            .iter()
            .flat_map(|asked| asked.iter().map(Question::from))
            .collect())
    }

    /// What was answered so far, in the order asked. What a candidate is still typing is nobody's to see:
    /// an answer is here once its question is closed.
    async fn answers(&self, ctx: &Context<'_>) -> Result<Vec<Answer>> {
        let (ctx, id) = (Ctx::of(ctx)?, self.0.id.uuid());
        let Some(answers) = ctx.load_one::<AnswersOf>(id).await? else {
            return Ok(Vec::new());
        };
        let asked = ctx.load_one::<QuestionsOf>(id).await?;
        let found = |asked: &domain::interview::Asked| {
            asked.closed_at?;
            let answer = answers
                .iter()
                .find(|answer| answer.question_id == asked.id)?;
            Some(Answer::new(asked.clone(), answer.clone()))
        };
        Ok(asked
            .iter()
            .flat_map(|asked| asked.iter().filter_map(found))
            .collect())
    }

    /// What it came to; null until the candidate has finished.
    async fn report(&self, ctx: &Context<'_>) -> Result<Option<Report>> {
        let report = Ctx::of(ctx)?.load_one::<ReportOf>(self.0.id.uuid()).await?;
        Ok(report.map(|(report, made_at)| Report { report, made_at }))
    }
}
