use async_graphql::{Context, ID, Object};
use platform_sdk::{Ctx, Result};

use super::analysis::CvAnalysis;
use super::loader::AnalysisById;
use super::parse_id;

/// How other subgraphs' references become objects.
#[derive(Default)]
pub(crate) struct Entities;

#[Object]
impl Entities {
    /// An analysis of the tenant.
    #[graphql(entity)]
    async fn find_cv_analysis_by_id(
        &self,
        ctx: &Context<'_>,
        id: ID,
    ) -> Result<Option<CvAnalysis>> {
        let ctx = Ctx::of(ctx)?;
        let Ok(id) = parse_id(&id, "analysis") else {
            return Ok(None);
        };
        Ok(ctx.load_own::<AnalysisById>(id).await?.map(CvAnalysis))
    }
}
