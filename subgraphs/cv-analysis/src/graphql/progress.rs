use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Cursor, Error, Result};

use super::analysis::{CvAnalysis, CvAnalysisStage};
use super::int;
use super::loader::AnalysisById;
use crate::domain::analysis::{AnalysisId, Progress};
use crate::domain::stage::Stage;

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
        let analysis = ctx.load_own::<AnalysisById>(self.analysis_id).await?;
        analysis
            .map(CvAnalysis)
            .ok_or_else(|| Error::not_found("analysis"))
    }
}

/// How far the analyses of one version of a job are.
#[derive(SimpleObject, Debug, Clone, PartialEq, Eq)]
pub(super) struct CvBatchProgress {
    /// Waiting for a free worker.
    queued: i32,
    /// Being read, understood or matched.
    running: i32,
    /// With a score.
    done: i32,
    /// Without one, and with a reason for it.
    failed: i32,
    /// All of them.
    total: i32,
    /// Those that came to their end of all, 0 to 100; 100 when there are none.
    percent: i32,
}

impl CvBatchProgress {
    pub(super) fn of(stages: &[(Stage, u32)]) -> Self {
        let count = |wanted: fn(Stage) -> bool| {
            let counts = stages.iter().filter(|(stage, _)| wanted(*stage));
            counts.fold(0_u32, |sum, (_, count)| sum.saturating_add(*count))
        };
        let total = count(|_| true);
        let ended = u64::from(count(Stage::is_final));
        let percent = (ended * 100).checked_div(u64::from(total)).unwrap_or(100);
        Self {
            queued: int(count(|stage| stage == Stage::Queued)),
            running: int(count(|stage| stage != Stage::Queued && !stage.is_final())),
            done: int(count(|stage| stage == Stage::Done)),
            failed: int(count(|stage| stage == Stage::Failed)),
            total: int(total),
            percent: i32::try_from(percent).unwrap_or(100),
        }
    }

    /// Whether nothing is under way.
    pub(super) fn is_over(&self) -> bool {
        self.queued == 0 && self.running == 0
    }
}
