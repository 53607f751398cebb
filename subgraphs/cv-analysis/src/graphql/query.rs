use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object};
use platform_sdk::graphql::connection;
use platform_sdk::{Ctx, PageArgs, Result};

use super::analysis::CvAnalysis;
use super::document::CvDocument;
use super::job_description::JobDescription;
use super::loader::{AnalysisById, DocumentById, JobDescriptionById};
use super::parse_id;
use crate::domain;

/// Reading.
#[derive(Default)]
pub(crate) struct Root;

#[Object]
impl Root {
    /// One analysis; null when there is none of this id.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn cv_analysis(&self, ctx: &Context<'_>, id: ID) -> Result<Option<CvAnalysis>> {
        let ctx = Ctx::of(ctx)?;
        let Ok(id) = parse_id(&id, "analysis") else {
            return Ok(None);
        };
        Ok(ctx.load_own::<AnalysisById>(id).await?.map(CvAnalysis))
    }

    /// Analyses, newest first.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn cv_analyses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, CvAnalysis, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let rows = domain::analysis::list(Ctx::of(ctx)?, &page).await?;
        connection(&page, rows, |analysis| analysis.id, CvAnalysis)
    }

    /// One CV; null when there is none of this id.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn cv_document(&self, ctx: &Context<'_>, id: ID) -> Result<Option<CvDocument>> {
        let ctx = Ctx::of(ctx)?;
        let Ok(id) = parse_id(&id, "document") else {
            return Ok(None);
        };
        Ok(ctx.load_own::<DocumentById>(id).await?.map(CvDocument))
    }

    /// CVs, newest first.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn cv_documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, CvDocument, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let rows = domain::document::list(Ctx::of(ctx)?, &page).await?;
        connection(&page, rows, |document| document.id, CvDocument)
    }

    /// One job description; null when there is none of this id.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn job_description(&self, ctx: &Context<'_>, id: ID) -> Result<Option<JobDescription>> {
        let ctx = Ctx::of(ctx)?;
        let Ok(id) = parse_id(&id, "job description") else {
            return Ok(None);
        };
        Ok(ctx
            .load_own::<JobDescriptionById>(id)
            .await?
            .map(JobDescription))
    }

    /// Job descriptions, newest first.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn job_descriptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, JobDescription, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let rows = domain::job_description::list(Ctx::of(ctx)?, &page).await?;
        connection(&page, rows, |description| description.id, JobDescription)
    }
}
