//! Brings a tenant's search index to its taxonomy after that was changed.

use async_trait::async_trait;
use platform_sdk::{Ctx, Error, Job, JobHandler, JobRun, Result};
use serde::{Deserialize, Serialize};

use super::again::{self, Again};
use crate::domain::reindex::{self, Place};

/// Pages that one job goes through before it makes room for other work.
const PAGES: usize = 5;

/// Where to go on; at the beginning when the taxonomy was changed.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Reindex {
    pub(crate) place: Place,
}

impl Job for Reindex {
    const KIND: &'static str = "reindex";

    /// One at a time for each tenant: a job that waits or goes on when the taxonomy is changed again sees that itself.
    fn dedup_key(&self) -> Option<String> {
        Some("index".to_owned())
    }
}

/// Indexes anew.
pub(crate) struct Handler;

#[async_trait]
impl JobHandler<Reindex> for Handler {
    async fn run(&self, ctx: &Ctx, job: Reindex, run: &JobRun) -> Result<()> {
        let mut place = job.place;
        for _ in 0..PAGES {
            match reindex::step(ctx, place, run).await? {
                Some(next) => place = next,
                None => return Ok(()),
            }
        }
        reindex::hand_over(ctx, place, run).await
    }

    async fn parked(&self, ctx: &Ctx, _job: Reindex, error: &Error) -> Result<()> {
        tracing::error!(code = %error.code(), "a tenant's search index is behind its taxonomy for now");
        again::later(ctx, Again::Reindex).await
    }
}
