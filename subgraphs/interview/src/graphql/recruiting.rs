use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Error, Result, UserError};

use super::interview::Interview;
use super::loader::InterviewById;
use super::parse_id;
use crate::config::Config;
use crate::domain::{self, interview::InterviewId, session::NewInterview};

/// What an interview is made from: a finished CV analysis, or the texts of a job description and a CV.
#[derive(InputObject)]
pub(crate) struct CreateInterviewInput {
    /// Combined mode: the analysis that it is tailored by.
    analysis_id: Option<ID>,
    /// Standalone mode: the CV's text, to find gaps in.
    cv_text: Option<String>,
    /// Standalone mode: the job description's text.
    job_text: Option<String>,
    /// For people; the job's title when absent.
    title: Option<String>,
    /// Accommodation: percent added to each limit, 0 to 300.
    extra_time_percent: Option<i32>,
    /// How many follow-up questions the engine may ask, 0 to 5; none when absent. Each says why it is
    /// asked and is rated together with the answer that it follows.
    follow_ups: Option<i32>,
    /// Any text that is new for each interview: sent again it gives the same interview.
    idempotency_key: String,
}

/// For whom a link is wanted, and for how long.
#[derive(InputObject)]
pub(crate) struct IssueCandidateLinkInput {
    /// The interview.
    interview_id: ID,
    /// Minutes until the link opens nothing any more: up to four weeks, one week when absent.
    expires_in_minutes: Option<i32>,
}

/// Whose link is taken back.
#[derive(InputObject)]
pub(crate) struct RevokeCandidateLinkInput {
    /// The interview.
    interview_id: ID,
}

/// An accommodation.
#[derive(InputObject)]
pub(crate) struct SetExtraTimeInput {
    /// The interview.
    interview_id: ID,
    /// Percent added to each limit, 0 to 300.
    extra_time_percent: i32,
}

/// A rating by hand.
#[derive(InputObject)]
pub(crate) struct OverrideRatingInput {
    /// The interview.
    interview_id: ID,
    /// The question whose answer is rated.
    question_id: ID,
    /// 1 to 5.
    rating: i32,
    /// Why; part of the report.
    reason: String,
}

/// The interview, or what to mend in the input.
#[derive(SimpleObject)]
pub(crate) struct CreateInterviewPayload {
    /// The interview.
    interview: Option<Interview>,
    /// What to mend in the input.
    user_errors: Vec<UserError>,
}

/// A link for a candidate. It is shown once and not kept.
#[derive(SimpleObject)]
pub(crate) struct CandidateLink {
    /// Opens the interview, as a bearer token.
    token: String,
    /// The candidate's page.
    url: String,
    /// From then on it opens nothing.
    expires_at: DateTime<Utc>,
}

/// The link, or what to mend in the input.
#[derive(SimpleObject)]
pub(crate) struct IssueCandidateLinkPayload {
    /// The link.
    link: Option<CandidateLink>,
    /// The interview.
    interview: Option<Interview>,
    /// What to mend in the input.
    user_errors: Vec<UserError>,
}

/// The interview without its link.
#[derive(SimpleObject)]
pub(crate) struct RevokeCandidateLinkPayload {
    /// The interview.
    interview: Option<Interview>,
    /// What to mend in the input.
    user_errors: Vec<UserError>,
}

/// The interview with its accommodation.
#[derive(SimpleObject)]
pub(crate) struct SetExtraTimePayload {
    /// The interview.
    interview: Option<Interview>,
    /// What to mend in the input.
    user_errors: Vec<UserError>,
}

/// The interview with its new report.
#[derive(SimpleObject)]
pub(crate) struct OverrideRatingPayload {
    /// The interview.
    interview: Option<Interview>,
    /// What to mend in the input.
    user_errors: Vec<UserError>,
}

/// What recruiters do.
#[derive(Default)]
pub(crate) struct Recruiting;

#[Object]
impl Recruiting {
    /// Makes an interview, tailored by a finished CV analysis or by texts.
    #[graphql(requires_scopes = "interview:session.manage")]
    async fn create_interview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is made from")] input: CreateInterviewInput,
    ) -> Result<CreateInterviewPayload> {
        let ctx = Ctx::of(ctx)?;
        let analysis_id = input
            .analysis_id
            .as_ref()
            .map(|id| parse_id(id, "CV analysis"))
            .transpose()?;
        let new = NewInterview {
            analysis_id,
            cv_text: input.cv_text,
            job_text: input.job_text,
            title: input.title,
            extra_time_percent: input.extra_time_percent,
            follow_ups: input.follow_ups,
        };
        Ok(
            match domain::session::create(ctx, new, &input.idempotency_key).await? {
                Ok(id) => CreateInterviewPayload {
                    interview: Some(interview(ctx, id).await?),
                    user_errors: Vec::new(),
                },
                Err(user_errors) => CreateInterviewPayload {
                    interview: None,
                    user_errors,
                },
            },
        )
    }

    /// Gives out a link for the candidate. A link given out before opens nothing any more.
    #[graphql(requires_scopes = "interview:session.manage")]
    async fn issue_candidate_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For whom and how long")] input: IssueCandidateLinkInput,
    ) -> Result<IssueCandidateLinkPayload> {
        let request = Ctx::of(ctx)?;
        let config: &Config = ctx.data().map_err(|e| Error::internal(e.message))?;
        let page = config.candidate_page(&request.runtime().public_url);
        let id = parse_id(&input.interview_id, "interview")?;
        let (link, user_errors) =
            match domain::link::issue(request, id, input.expires_in_minutes, &page).await? {
                Ok(link) => (Some(link), Vec::new()),
                Err(errors) => (None, errors),
            };
        Ok(IssueCandidateLinkPayload {
            link: link.map(|link| CandidateLink {
                token: link.token,
                url: link.url,
                expires_at: link.expires_at,
            }),
            interview: Some(interview(request, id).await?),
            user_errors,
        })
    }

    /// Takes the candidate's link back: it opens nothing from this moment on.
    #[graphql(requires_scopes = "interview:session.manage")]
    async fn revoke_candidate_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose link")] input: RevokeCandidateLinkInput,
    ) -> Result<RevokeCandidateLinkPayload> {
        let ctx = Ctx::of(ctx)?;
        let id = parse_id(&input.interview_id, "interview")?;
        domain::link::revoke(ctx, id).await?;
        Ok(RevokeCandidateLinkPayload {
            interview: Some(interview(ctx, id).await?),
            user_errors: Vec::new(),
        })
    }

    /// Gives the candidate more time for each question, the open one included.
    #[graphql(requires_scopes = "interview:session.manage")]
    async fn set_extra_time(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The accommodation")] input: SetExtraTimeInput,
    ) -> Result<SetExtraTimePayload> {
        let ctx = Ctx::of(ctx)?;
        let id = parse_id(&input.interview_id, "interview")?;
        let outcome = domain::session::set_extra_time(ctx, id, input.extra_time_percent).await?;
        Ok(SetExtraTimePayload {
            interview: Some(interview(ctx, id).await?),
            user_errors: outcome.err().unwrap_or_default(),
        })
    }

    /// Rates an answer of an ended interview by hand, with a reason; the report is made anew.
    #[graphql(requires_scopes = "interview:session.manage")]
    async fn override_rating(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rating and its reason")] input: OverrideRatingInput,
    ) -> Result<OverrideRatingPayload> {
        let ctx = Ctx::of(ctx)?;
        let id = parse_id(&input.interview_id, "interview")?;
        let question = parse_id(&input.question_id, "question")?;
        let outcome =
            domain::rating::override_rating(ctx, id, question, input.rating, &input.reason).await?;
        Ok(OverrideRatingPayload {
            interview: Some(interview(ctx, id).await?),
            user_errors: outcome.err().unwrap_or_default(),
        })
    }
}

/// The interview after a change. The request's snapshot is opened here first, so it sees the change.
async fn interview(ctx: &Ctx, id: InterviewId) -> Result<Interview> {
    let interview = ctx.load_one::<InterviewById>(id.uuid()).await?;
    interview
        .map(Interview)
        .ok_or_else(|| Error::not_found("interview"))
}
