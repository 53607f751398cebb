//! Makes a CV findable that no analysis has read.

use async_trait::async_trait;
use platform_sdk::{Ctx, Job, JobHandler, JobRun, Result};
use serde::{Deserialize, Serialize};

use super::analyse::extract;
use crate::domain::document::{self, DocumentId, Outcome};
use crate::domain::{analysis, search};

/// Which document.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Index {
    pub(crate) document_id: DocumentId,
}

impl Job for Index {
    const KIND: &'static str = "index";

    fn dedup_key(&self) -> Option<String> {
        Some(self.document_id.to_string())
    }
}

/// Reads and indexes.
pub(crate) struct Handler;

#[async_trait]
impl JobHandler<Index> for Handler {
    async fn run(&self, ctx: &Ctx, job: Index, _run: &JobRun) -> Result<()> {
        let Some((document, known)) = document::load(ctx, job.document_id).await? else {
            return Ok(()); // erased in the meantime
        };
        let outcome = match known {
            Some(outcome) => outcome,
            None => {
                let outcome = extract(ctx, &document).await?;
                analysis::keep_extraction(ctx, document.id, &outcome).await?;
                outcome
            }
        };
        match outcome {
            Outcome::Read(extraction) => search::index(ctx, &document, &extraction.text).await,
            Outcome::Refused(_) => Ok(()),
        }
    }
}
