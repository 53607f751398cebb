//! Erases a CV when the time that it may be kept for is over.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Error, Job, JobHandler, JobRun, Result};
use serde::{Deserialize, Serialize};

use super::again::{self, Again};
use crate::domain::document::DocumentId;
use crate::domain::retention;

/// Which document, and the end that was set when this was queued.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Expire {
    pub(crate) document_id: DocumentId,
    pub(crate) keep_until: DateTime<Utc>,
}

impl Job for Expire {
    const KIND: &'static str = "expire";

    fn dedup_key(&self) -> Option<String> {
        Some(format!(
            "{} {}",
            self.document_id,
            self.keep_until.timestamp_micros()
        ))
    }
}

/// Erases what is due.
pub(crate) struct Handler;

#[async_trait]
impl JobHandler<Expire> for Handler {
    async fn run(&self, ctx: &Ctx, job: Expire, _run: &JobRun) -> Result<()> {
        retention::expire(ctx, job.document_id, job.keep_until).await
    }

    async fn parked(&self, ctx: &Ctx, job: Expire, error: &Error) -> Result<()> {
        tracing::error!(document_id = %job.document_id, code = %error.code(), "a CV is kept longer than it may be");
        let work = Again::Expire {
            document_id: job.document_id,
            keep_until: job.keep_until,
        };
        again::later(ctx, work).await
    }
}
