use async_graphql::{Context, ID, Object};
use platform_sdk::{Ctx, Result};

use super::analysis::CvAnalysis;
use super::interview::Interview;
use super::loader::InterviewById;
use super::parse_id;

/// How other subgraphs' references become objects.
#[derive(Default)]
pub(crate) struct Entities;

#[Object]
impl Entities {
    /// An interview of the tenant.
    #[graphql(entity)]
    async fn find_interview_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Interview>> {
        let Ok(id) = parse_id(&id, "interview") else {
            return Ok(None);
        };
        Ok(Ctx::of(ctx)?
            .load_one::<InterviewById>(id)
            .await?
            .map(Interview))
    }

    /// What interviews add to a CV analysis. Whether it exists is cv-analysis's to say; of one that does
    /// not there are no interviews.
    #[graphql(entity)]
    async fn find_cv_analysis_by_id(
        &self,
        #[graphql(key)] id: ID,
        missing_skills: Option<Vec<String>>,
    ) -> CvAnalysis {
        CvAnalysis { id, missing_skills }
    }
}
