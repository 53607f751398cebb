use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Cursor, Error, Result};

use super::analysis::{CvAnalysis, CvAnalysisStage};
use super::loader::AnalysisById;
use crate::domain::analysis::{AnalysisId, Progress};

/// One step of an analysis.
pub(super) struct CvAnalysisProgress {
    pub(super) analysis_id: AnalysisId,
    pub(super) step: Progress,
}

#[Object]
impl CvAnalysisProgress {
    /// Position of this step; subscribe again after it to go on where the line broke.
    async fn cursor(&self) -> Result<String> {
        Ok(Cursor::encode(&self.step.sequence)?.into())
    }

    /// Where the analysis stood.
    async fn stage(&self) -> CvAnalysisStage {
        self.step.stage.into()
    }

    /// How far it was, 0 to 100.
    async fn percent(&self) -> i32 {
        i32::from(self.step.percent)
    }

    /// What happened, in a sentence.
    async fn message(&self) -> &str {
        &self.step.message
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.step.at
    }

    /// The analysis as it is now.
    async fn analysis(&self, ctx: &Context<'_>) -> Result<CvAnalysis> {
        let ctx = Ctx::of(ctx)?;
        let analysis = ctx
            .load_one::<AnalysisById>((ctx.tenant()?, self.analysis_id))
            .await?;
        analysis
            .map(CvAnalysis)
            .ok_or_else(|| Error::not_found("analysis"))
    }
}
