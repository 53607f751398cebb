use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Error, Result, UserError};

use super::candidate::CandidateInterview;
use super::interview::Interview;
use super::loader::InterviewById;
use super::parse_id;
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
        let ctx = Ctx::of(ctx)?;
        let id = parse_id(&input.interview_id, "interview")?;
        let (link, user_errors) =
            match domain::session::issue_link(ctx, id, input.expires_in_minutes).await? {
                Ok(link) => (Some(link), Vec::new()),
                Err(errors) => (None, errors),
            };
        Ok(IssueCandidateLinkPayload {
            link: link.map(|link| CandidateLink {
                token: link.token,
                url: link.url,
                expires_at: link.expires_at,
            }),
            interview: Some(interview(ctx, id).await?),
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
        domain::session::revoke_link(ctx, id).await?;
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
            domain::session::override_rating(ctx, id, question, input.rating, &input.reason)
                .await?;
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

/// The candidate's consent.
#[derive(InputObject)]
pub(crate) struct StartCandidateInterviewInput {
    /// Whether the candidate agrees to be interviewed and to the answers being kept and rated.
    consent: bool,
}

/// What was typed so far.
#[derive(InputObject)]
pub(crate) struct SaveAnswerInput {
    /// The open question.
    question_id: ID,
    /// The text, up to 10,000 characters.
    text: String,
}

/// An answer that is handed in.
#[derive(InputObject)]
pub(crate) struct SubmitAnswerInput {
    /// The open question.
    question_id: ID,
    /// The text, up to 10,000 characters.
    text: String,
    /// Any text that is new for each answer: sent again with the same text it changes nothing.
    idempotency_key: String,
}

/// The interview as it stands after the start.
#[derive(SimpleObject)]
pub(crate) struct StartCandidateInterviewPayload {
    /// The interview.
    interview: CandidateInterview,
    /// Why it did not begin.
    user_errors: Vec<UserError>,
}

/// The interview as it stands with the next question.
#[derive(SimpleObject)]
pub(crate) struct OpenNextQuestionPayload {
    /// The interview.
    interview: CandidateInterview,
    /// Why no question was opened.
    user_errors: Vec<UserError>,
}

/// The interview as it stands after the text was saved.
#[derive(SimpleObject)]
pub(crate) struct SaveAnswerPayload {
    /// The interview.
    interview: CandidateInterview,
    /// Why the text was not saved.
    user_errors: Vec<UserError>,
}

/// The interview as it stands with the next question.
#[derive(SimpleObject)]
pub(crate) struct SubmitAnswerPayload {
    /// The interview.
    interview: CandidateInterview,
    /// Why the answer was not taken.
    user_errors: Vec<UserError>,
}

/// The interview as it stands at its end.
#[derive(SimpleObject)]
pub(crate) struct CompleteCandidateInterviewPayload {
    /// The interview.
    interview: CandidateInterview,
    /// Why it did not end.
    user_errors: Vec<UserError>,
}

/// What candidates do, with the token of their link.
#[derive(Default)]
pub(crate) struct Answering;

#[Object]
impl Answering {
    /// Begins the interview: the first question is shown and its clock starts.
    #[graphql(requires_scopes = "interview:session.answer")]
    async fn start_candidate_interview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The consent")] input: StartCandidateInterviewInput,
    ) -> Result<StartCandidateInterviewPayload> {
        let ctx = Ctx::of(ctx)?;
        let outcome = domain::candidate::start(ctx, input.consent).await?;
        Ok(StartCandidateInterviewPayload {
            interview: own(ctx).await?,
            user_errors: outcome.err().unwrap_or_default(),
        })
    }

    /// Shows the next question after the time of the one before ran out. With a question open it changes
    /// nothing.
    #[graphql(requires_scopes = "interview:session.answer")]
    async fn open_next_question(&self, ctx: &Context<'_>) -> Result<OpenNextQuestionPayload> {
        let ctx = Ctx::of(ctx)?;
        let outcome = domain::candidate::open_next(ctx).await?;
        Ok(OpenNextQuestionPayload {
            interview: own(ctx).await?,
            user_errors: outcome.err().unwrap_or_default(),
        })
    }

    /// Saves what was typed so far. It counts when the time runs out before the answer is handed in.
    #[graphql(requires_scopes = "interview:session.answer")]
    async fn save_answer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The text")] input: SaveAnswerInput,
    ) -> Result<SaveAnswerPayload> {
        let ctx = Ctx::of(ctx)?;
        let question = parse_id(&input.question_id, "question")?;
        let outcome = domain::candidate::save(ctx, question, &input.text).await?;
        Ok(SaveAnswerPayload {
            interview: own(ctx).await?,
            user_errors: outcome.err().unwrap_or_default(),
        })
    }

    /// Hands an answer in; the next question is shown and its clock starts.
    #[graphql(requires_scopes = "interview:session.answer")]
    async fn submit_answer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer")] input: SubmitAnswerInput,
    ) -> Result<SubmitAnswerPayload> {
        let ctx = Ctx::of(ctx)?;
        let question = parse_id(&input.question_id, "question")?;
        let outcome =
            domain::candidate::submit(ctx, question, &input.text, &input.idempotency_key).await?;
        Ok(SubmitAnswerPayload {
            interview: own(ctx).await?,
            user_errors: outcome.err().unwrap_or_default(),
        })
    }

    /// Ends the interview; questions that are left are skipped, and the report is written.
    #[graphql(requires_scopes = "interview:session.answer")]
    async fn complete_candidate_interview(
        &self,
        ctx: &Context<'_>,
    ) -> Result<CompleteCandidateInterviewPayload> {
        let ctx = Ctx::of(ctx)?;
        let outcome = domain::candidate::complete(ctx).await?;
        Ok(CompleteCandidateInterviewPayload {
            interview: own(ctx).await?,
            user_errors: outcome.err().unwrap_or_default(),
        })
    }
}

/// The candidate's interview after a change, on a snapshot of its own: a mutation with several root
/// fields reads each change.
async fn own(ctx: &Ctx) -> Result<CandidateInterview> {
    let left = ctx
        .deadline()
        .saturating_duration_since(std::time::Instant::now());
    let fresh = ctx.refreshed(left);
    let (session, answers) = domain::candidate::view(&fresh).await?;
    Ok(CandidateInterview::new(session, answers, fresh.now()))
}
