//! Makes a CV findable that no analysis has read, or that people corrected since.

use async_trait::async_trait;
use platform_sdk::{Ctx, Error, Job, JobHandler, JobRun, Result};
use serde::{Deserialize, Serialize};

use super::again::{self, Again};
use super::analyse::extract;
use crate::domain::correction::CorrectionId;
use crate::domain::document::{self, DocumentId, Outcome};
use crate::domain::{analysis, search};

/// Which document.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Index {
    pub(crate) document_id: DocumentId,
    /// The correction that asks for it: one that is made while the job runs needs another run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) correction_id: Option<CorrectionId>,
}

impl Job for Index {
    const KIND: &'static str = "index";

    fn dedup_key(&self) -> Option<String> {
        Some(match self.correction_id {
            Some(correction) => format!("{}/{correction}", self.document_id),
            None => self.document_id.to_string(),
        })
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

    async fn parked(&self, ctx: &Ctx, job: Index, error: &Error) -> Result<()> {
        tracing::error!(document_id = %job.document_id, code = %error.code(), "a CV can't be found for now");
        let work = Again::Index {
            document_id: job.document_id,
            correction_id: job.correction_id,
        };
        again::later(ctx, work).await
    }
}
