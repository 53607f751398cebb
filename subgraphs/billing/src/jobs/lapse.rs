use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use platform_sdk::{Ctx, Error, Job, JobHandler, JobRun, Result};
use serde::{Deserialize, Serialize};

use crate::domain::license::{self, Change, LicenseId};
use crate::domain::purchase;
use crate::store;

/// Time between giving a look up and looking again: what failed for minutes may do well an hour later, and a renewal must
/// not be lost because nobody asks again.
const PAUSE: TimeDelta = TimeDelta::hours(1);

/// Looks at a licence at the moment at which it becomes something else: a period to renew, a grace
/// period that ends, a trial that is over.
///
/// Nobody waits for it to be refused: what a licence is worth follows from its times. This renews,
/// brings the stored state up to date and tells others.
#[derive(Serialize, Deserialize)]
pub(crate) struct LapseLicense {
    /// Which licence.
    pub(crate) license_id: LicenseId,
    /// The moment, part of the key: a licence may have several of them ahead.
    pub(crate) due_at: DateTime<Utc>,
}

impl Job for LapseLicense {
    const KIND: &'static str = "license.lapse";

    fn dedup_key(&self) -> Option<String> {
        Some(format!(
            "{}/{}",
            self.license_id,
            self.due_at.timestamp_micros()
        ))
    }
}

/// Does the work of [`LapseLicense`].
pub(crate) struct Handler;

#[async_trait]
impl JobHandler<LapseLicense> for Handler {
    async fn run(&self, ctx: &Ctx, job: LapseLicense, run: &JobRun) -> Result<()> {
        let mut tx = ctx.begin().await?;
        // First, so that the same moment can be queued again should this clock be behind.
        run.complete(&mut tx).await?;
        let now = tx.now();
        if let Some(mut license) = store::license::lock(tx.conn(), job.license_id).await? {
            if license.renewal_is_due(now) {
                purchase::renew(&mut tx, &mut license).await?;
            }
            license::save(&mut tx, &license, Change::Changed).await?;
        }
        tx.commit().await
    }

    async fn parked(&self, ctx: &Ctx, job: LapseLicense, error: &Error) -> Result<()> {
        tracing::error!(license_id = %job.license_id, code = %error.code(), "a licence was not renewed or ended in time");
        let due_at = ctx.now() + PAUSE;
        // another moment and so another key: the job that is given up holds its own until it is put aside
        let again = LapseLicense { due_at, ..job };
        let mut tx = ctx.begin().await?;
        tx.enqueue_at(&again, due_at).await?;
        tx.commit().await
    }
}
