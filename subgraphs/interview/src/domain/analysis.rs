//! What this module knows of CV analyses: the little that an interview is tailored by.

use std::time::Duration;

use platform_sdk::{Ctx, Error, Result};
use tokio::time::Instant;
use uuid::Uuid;

use crate::store;

/// How long an interview waits for the fact that its analysis is finished: the two arrive on different
/// ways, and whoever saw the score may be faster than the event.
const PATIENCE: Duration = Duration::from_secs(2);

/// A finished analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analysis {
    /// cv-analysis's id.
    pub id: Uuid,
    /// Title of the job.
    pub job_title: Option<String>,
    /// Skills of the job that the CV shows.
    pub matched_skills: Vec<String>,
    /// Skills of the job that the CV lacks, most important first.
    pub missing_skills: Vec<String>,
}

impl Analysis {
    /// All skills that the job asks for.
    pub fn job_skills(&self) -> Vec<String> {
        self.matched_skills
            .iter()
            .chain(&self.missing_skills)
            .cloned()
            .collect()
    }
}

/// The analysis, waiting a moment for it.
///
/// # Errors
/// `NOT_FOUND` when there is none of this id, or it is not finished, or somebody else's.
pub(crate) async fn wait_for(ctx: &Ctx, id: Uuid) -> Result<Analysis> {
    let mut news = ctx.runtime().signals.listen(ctx.tenant()?, id);
    let until = Instant::now() + PATIENCE;
    loop {
        // a transaction of its own each time: the request's snapshot would never see the news
        let mut tx = ctx.begin().await?;
        let found = store::analysis::find(tx.conn(), id).await?;
        tx.rollback().await?;
        if let Some(analysis) = found {
            return Ok(analysis);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::not_found("CV analysis"));
        }
        news.wait(left).await;
    }
}
