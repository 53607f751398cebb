//! Takes up work whose attempts are used up: what failed for minutes may do well an hour later, and nobody else would ask again.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use platform_sdk::{Ctx, Job, JobHandler, JobRun, Result};
use serde::{Deserialize, Serialize};

use super::expire::Expire;
use super::index::Index;
use super::reindex::Reindex;
use crate::domain::correction::CorrectionId;
use crate::domain::document::DocumentId;

/// Time between giving work up and taking it up again.
const PAUSE: TimeDelta = TimeDelta::hours(1);

/// What to take up. A kind of its own: the job that is given up holds its key until it is put aside.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
pub(crate) enum Again {
    /// The walk over the index, from its beginning: what is done already isn't done again.
    Reindex,
    /// One CV to be found.
    Index {
        document_id: DocumentId,
        correction_id: Option<CorrectionId>,
    },
    /// One CV to be erased.
    Expire {
        document_id: DocumentId,
        keep_until: DateTime<Utc>,
    },
}

impl Job for Again {
    const KIND: &'static str = "again";
    /// It writes one row, which fails only while the database does; for about a day.
    const MAX_ATTEMPTS: i32 = 300;

    fn dedup_key(&self) -> Option<String> {
        Some(match self {
            Self::Reindex => Reindex::KIND.to_owned(),
            Self::Index {
                document_id,
                correction_id: None,
            } => format!("{} {document_id}", Index::KIND),
            Self::Index {
                document_id,
                correction_id: Some(correction),
            } => format!("{} {document_id}/{correction}", Index::KIND),
            Self::Expire {
                document_id,
                keep_until,
            } => format!(
                "{} {document_id} {}",
                Expire::KIND,
                keep_until.timestamp_micros()
            ),
        })
    }
}

/// Queues work to be taken up again.
pub(super) async fn later(ctx: &Ctx, work: Again) -> Result<()> {
    let mut tx = ctx.begin().await?;
    tx.enqueue_at(&work, ctx.now() + PAUSE).await?;
    tx.commit().await
}

/// Queues the work itself.
pub(crate) struct Handler;

#[async_trait]
impl JobHandler<Again> for Handler {
    async fn run(&self, ctx: &Ctx, job: Again, run: &JobRun) -> Result<()> {
        let mut tx = ctx.begin().await?;
        match job {
            Again::Reindex => tx.enqueue(&Reindex::default()).await?,
            Again::Index {
                document_id,
                correction_id,
            } => {
                let index = Index {
                    document_id,
                    correction_id,
                };
                tx.enqueue(&index).await?
            }
            Again::Expire {
                document_id,
                keep_until,
            } => {
                let expire = Expire {
                    document_id,
                    keep_until,
                };
                tx.enqueue(&expire).await?
            }
        };
        run.complete(&mut tx).await?;
        tx.commit().await
    }
}
