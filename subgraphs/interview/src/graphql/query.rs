use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object};
use platform_sdk::graphql::connection;
use platform_sdk::{Ctx, Error, PageArgs, Result};

use super::candidate::CandidateInterview;
use super::interview::Interview;
use super::loader::InterviewById;
use super::parse_id;
use crate::domain;
use crate::store;

/// Reading.
#[derive(Default)]
pub(crate) struct Root;

#[Object]
impl Root {
    /// One interview of the tenant.
    #[graphql(requires_scopes = "interview:session.read")]
    async fn interview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The interview's id")] id: ID,
    ) -> Result<Option<Interview>> {
        let ctx = Ctx::of(ctx)?;
        let id = parse_id(&id, "interview")?;
        let interview = ctx.load_one::<InterviewById>(id).await?;
        let interview = interview.ok_or_else(|| Error::not_found("interview"))?;
        Ok(Some(Interview(interview)))
    }

    /// All interviews of the tenant, newest first.
    #[graphql(requires_scopes = "interview:session.read")]
    async fn interviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, Interview, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let ctx = Ctx::of(ctx)?;
        let mut snapshot = ctx.read().await?;
        let rows = store::interview::page(snapshot.conn()?, &page).await?;
        connection(&page, rows, |interview| interview.id, Interview)
    }

    /// The interview that the candidate's link opens. Only with a candidate's token.
    #[graphql(requires_scopes = "interview:session.answer")]
    async fn candidate_interview(&self, ctx: &Context<'_>) -> Result<CandidateInterview> {
        let ctx = Ctx::of(ctx)?;
        let (session, answers) = domain::candidate::view(ctx).await?;
        Ok(CandidateInterview::new(session, answers, ctx.now()))
    }
}
