use std::time::Duration;

use async_graphql::{Context, ID};
use futures::Stream;
use platform_sdk::graphql::authenticated;
use platform_sdk::{Ctx, Error, PageArgs, Result};

use super::parse_id;
use super::progress::CvAnalysisProgress;
use crate::domain::analysis;

/// Longest time between two looks at the table, should a signal get lost.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
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
}
