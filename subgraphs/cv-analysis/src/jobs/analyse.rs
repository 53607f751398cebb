//! Takes an analysis from the queue to its score.
//!
//! Every step looks at what is done already: a process that is killed in the middle leaves a job that another one takes
//! up where the last step was committed.

use async_trait::async_trait;
use platform_sdk::sandbox::SandboxError;
use platform_sdk::{Ctx, Error, ErrorCode, Job, JobHandler, JobRun, Result};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::domain::analysis::{self, AnalysisId};
use crate::domain::document::{Document, Outcome};
use crate::domain::extract::{Answer, ExtractError, MAX_FILE_BYTES};
use crate::domain::stage::{Failure, ServiceFailure, Stage};
use crate::domain::{correction, report, search, taxonomy};
use crate::model;

/// Which analysis.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Analyse {
    pub(crate) analysis_id: AnalysisId,
}

impl Job for Analyse {
    const KIND: &'static str = "analyse";

    fn dedup_key(&self) -> Option<String> {
        Some(self.analysis_id.to_string())
    }
}

/// Runs analyses.
pub(crate) struct Handler;

#[async_trait]
impl JobHandler<Analyse> for Handler {
    async fn run(&self, ctx: &Ctx, job: Analyse, run: &JobRun) -> Result<()> {
        let id = job.analysis_id;
        let Some((document, description, known)) = analysis::load(ctx, id).await? else {
            return Ok(());
        };
        // a known text is read in no time, and whoever watches sees every step all the same
        analysis::advance(ctx, id, Stage::Extracting).await?;
        let outcome = match known {
            Some(outcome) => outcome,
            None => {
                let outcome = extract(ctx, &document).await?;
                analysis::keep_extraction(ctx, document.id, &outcome).await?;
                outcome
            }
        };
        let extraction = match outcome {
            Outcome::Read(extraction) => extraction,
            Outcome::Refused(error) => {
                return analysis::fail(ctx, id, Failure::File(error), Some(run)).await;
            }
        };
        analysis::advance(ctx, id, Stage::Parsing).await?;
        search::index(ctx, &document, &extraction.text).await?;
        let reading = model::read(ctx, &document, &extraction.text).await?;
        let corrections = correction::of_document(ctx, document.id).await?;
        let title = description.title.clone();
        let taxonomy = taxonomy::of(ctx).await?;
        let report = tokio::task::spawn_blocking(move || {
            report::report(
                &document,
                &extraction,
                &description,
                reading.as_ref(),
                &corrections,
                &taxonomy,
            )
        });
        let mut report = report.await.map_err(Error::internal)?;
        analysis::advance(ctx, id, Stage::Matching).await?;
        // a model that had no say before is not asked again
        if let Some(share) = &mut report.model
            && let Some(Ok(worded)) = model::word(ctx, &mut report.recommendations).await?
        {
            share.wordings = worded;
        }
        analysis::finish(ctx, id, &title, &report, run).await
    }

    async fn parked(&self, ctx: &Ctx, job: Analyse, error: &Error) -> Result<()> {
        tracing::warn!(analysis_id = %job.analysis_id, code = %error.code(), "an analysis was given up");
        analysis::fail(
            ctx,
            job.analysis_id,
            Failure::Service(ServiceFailure::Unavailable),
            None,
        )
        .await
    }
}

/// Has the worker read a document.
pub(super) async fn extract(ctx: &Ctx, document: &Document) -> Result<Outcome> {
    read_file(ctx, &document.object_key).await
}

/// Has the worker read a file of the tenant.
pub(crate) async fn read_file(ctx: &Ctx, key: &str) -> Result<Outcome> {
    let runtime = ctx.runtime();
    let config = Config::read(&runtime.config).map_err(Error::internal)?;
    let bytes = match runtime
        .objects
        .get(ctx.tenant()?, key, MAX_FILE_BYTES)
        .await
    {
        Ok(bytes) => bytes,
        Err(error) if error.code() == ErrorCode::BadUserInput => {
            return Ok(Outcome::Refused(ExtractError::TooLarge));
        }
        Err(error) => return Err(error),
    };
    match runtime
        .sandbox
        .run_forked(&["extract"], bytes, config.limits())
        .await
    {
        Ok(output) => match serde_json::from_slice(&output).map_err(Error::internal)? {
            Answer::Read(extraction) => Ok(Outcome::Read(extraction)),
            Answer::Refused(error) => Ok(Outcome::Refused(error)),
        },
        // the file is the reason: another attempt would end the same way
        Err(SandboxError::TimedOut | SandboxError::Died(_) | SandboxError::TooLong) => {
            Ok(Outcome::Refused(ExtractError::TooComplex))
        }
        Err(error @ SandboxError::Io(_)) => Err(Error::unavailable(error)),
    }
}
