use async_trait::async_trait;
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Job, JobHandler, JobRun, Result};
use serde::{Deserialize, Serialize};

use crate::domain::license::{self, Change, LicenseId};
use crate::domain::purchase;
use crate::store;

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
}
