use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use platform_sdk::{Ctx, Result, UserError};

use super::candidate::CandidateInterview;
use super::parse_id;
use crate::domain;

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
