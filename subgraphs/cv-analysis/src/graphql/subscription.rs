use std::time::Duration;

use async_graphql::{Context, ID};
use futures::Stream;
use platform_sdk::graphql::authenticated;
use platform_sdk::{Ctx, Error, PageArgs, Result};

use super::parse_id;
use super::progress::{CvAnalysisProgress, CvBatchProgress};
use crate::domain::analysis;
use crate::domain::job_description::JobDescriptionId;

/// Longest time between two looks at the table, should a signal get lost.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// Shortest time between two looks at a whole batch, whose analyses step many times a second.
const BETWEEN: Duration = Duration::from_millis(500);
/// Time that one look may take.
const LOOK: Duration = Duration::from_secs(10);

/// What can be watched.
pub(crate) struct Subscription;

#[async_graphql::Subscription]
impl Subscription {
    /// The steps of an analysis: those after the cursor first, then each as it happens. Ends behind `DONE` or `FAILED`.
    ///
    /// Needs the permission `cv-analysis:analysis.read`.
    #[graphql(directive = authenticated::apply())]
    async fn cv_analysis_progress(
        &self,
        ctx: &Context<'_>,
        analysis_id: ID,
        #[graphql(desc = "Cursor of the last step that was seen; all steps when absent")]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<CvAnalysisProgress>> + use<>> {
        let ctx = Ctx::of(ctx)?.clone();
        // async-graphql has no `requires_scopes` for subscriptions
        ctx.require("cv-analysis:analysis.read")?;
        let id: analysis::AnalysisId = parse_id(&analysis_id, "analysis")?;
        let mut seen = PageArgs::new(None, after)?.after::<i32>()?.unwrap_or(0);
        // listening starts before the first look, so that no step falls between the two
        let mut waiter = ctx.runtime().signals.listen(ctx.tenant()?, id.uuid());
        if analysis::stage(&ctx.refreshed(LOOK), id).await?.is_none() {
            return Err(Error::not_found("analysis"));
        }
        Ok(async_stream::stream! {
            loop {
                let (steps, over) = match analysis::progress_after(&ctx.refreshed(LOOK), id, seen).await {
                    Ok(found) => found,
                    Err(error) => {
                        yield Err(error);
                        return;
                    }
                };
                for step in steps {
                    seen = step.sequence;
                    yield Ok(CvAnalysisProgress { analysis_id: id, step });
                }
                if over {
                    return;
                }
                waiter.wait(LOOK_AGAIN).await;
            }
        })
    }

    /// How far the analyses for a job are: where they stand now, then at every change, twice a second at most. Ends when none is
    /// under way, at once when none is. Whoever was cut off subscribes again and is told where they stand.
    ///
    /// Needs the permission `cv-analysis:analysis.read`.
    #[graphql(directive = authenticated::apply())]
    async fn cv_batch_progress(
        &self,
        ctx: &Context<'_>,
        job_description_id: ID,
        #[graphql(desc = "Version of the job description; the latest at each moment when absent")]
        version: Option<i32>,
    ) -> Result<impl Stream<Item = Result<CvBatchProgress>> + use<>> {
        let ctx = Ctx::of(ctx)?.clone();
        ctx.require("cv-analysis:analysis.read")?;
        let id: JobDescriptionId = parse_id(&job_description_id, "job description")?;
        let mut waiter = ctx.runtime().signals.listen(ctx.tenant()?, id.uuid());
        if analysis::stages(&ctx.refreshed(LOOK), id, version)
            .await?
            .is_none()
        {
            return Err(Error::not_found("job description"));
        }
        Ok(async_stream::stream! {
            let mut told = None;
            loop {
                let stages = match analysis::stages(&ctx.refreshed(LOOK), id, version).await {
                    Ok(stages) => stages.unwrap_or_default(),
                    Err(error) => {
                        yield Err(error);
                        return;
                    }
                };
                let progress = CvBatchProgress::of(&stages);
                let over = progress.is_over();
                if told.as_ref() != Some(&progress) {
                    told = Some(progress.clone());
                    yield Ok(progress);
                }
                if over {
                    return;
                }
                tokio::time::sleep(BETWEEN).await;
                waiter.wait(LOOK_AGAIN).await;
            }
        })
    }
}
