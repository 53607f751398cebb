//! Analyses: one CV against one job description, from the queue to the score.

use chrono::{DateTime, Utc};
use cv_analysis_events::{AnalysisCompleted, AnalysisFailed};
use platform_sdk::{
    Ctx, Error, Idempotent, JobRun, PageArgs, Result, TenantTx, UserError, id_newtype,
};
use serde::Serialize;

use super::document::{Document, DocumentId, Outcome};
use super::extract::EXTRACTOR_VERSION;
use super::job_description::{JobDescription, JobDescriptionId};
use super::report::Report;
use super::stage::{Failure, Stage};
use crate::jobs::analyse::Analyse;
use crate::store;

id_newtype! {
    /// An analysis.
    AnalysisId
}

/// An analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Analysis {
    pub(crate) id: AnalysisId,
    pub(crate) document_id: DocumentId,
    pub(crate) job_description_id: JobDescriptionId,
    /// The version that it is scored against: the latest when it was started.
    pub(crate) job_description_version: i32,
    pub(crate) stage: Stage,
    pub(crate) failure: Option<Failure>,
    pub(crate) report: Option<std::sync::Arc<Report>>,
    /// Points of the latest correction by a person, 0 without one.
    pub(crate) correction: i16,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) completed_at: Option<DateTime<Utc>>,
}

impl Analysis {
    /// Points that count, 0 to 100: the computed ones with the latest correction by a person; `None` without a score.
    pub(crate) fn points(&self) -> Option<u32> {
        let computed = self.report.as_ref()?.score.total;
        Some(with_correction(computed, self.correction))
    }

    /// What it stands by in the ranking of its job.
    pub(crate) fn rank(&self) -> (i16, AnalysisId) {
        let points = self.points().unwrap_or(0);
        (i16::try_from(points).unwrap_or(100), self.id)
    }
}

/// Computed points with a correction, 0 to 100.
pub(crate) fn with_correction(computed: u32, correction: i16) -> u32 {
    computed.saturating_add_signed(correction.into()).min(100)
}

/// One step of an analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) sequence: i32,
    pub(crate) stage: Stage,
    pub(crate) percent: i16,
    pub(crate) message: String,
    pub(crate) at: DateTime<Utc>,
}

/// Queues an analysis, once per idempotency key.
pub(crate) async fn start(
    ctx: &Ctx,
    document_id: DocumentId,
    job_description_id: JobDescriptionId,
    idempotency_key: &str,
) -> Result<Analysis> {
    let request = (document_id, job_description_id);
    let started = queue(
        ctx,
        "startCvAnalysis",
        &[document_id],
        job_description_id,
        idempotency_key,
        &request,
    )
    .await?;
    started
        .into_iter()
        .next()
        .ok_or_else(|| Error::not_found("analysis"))
}

/// Most CVs that one request starts.
const MAX_BATCH: usize = 100;

/// Queues the analyses of many CVs for one job, once per idempotency key; a CV that is named twice is analysed once.
pub(crate) async fn start_many(
    ctx: &Ctx,
    document_ids: &[DocumentId],
    job_description_id: JobDescriptionId,
    idempotency_key: &str,
) -> Result<Result<Vec<Analysis>, UserError>> {
    if document_ids.is_empty() || document_ids.len() > MAX_BATCH {
        return Ok(Err(UserError::on(
            "documentIds",
            "INVALID",
            format!("name 1 to {MAX_BATCH} documents"),
        )));
    }
    let mut distinct: Vec<DocumentId> = Vec::new();
    for id in document_ids {
        if !distinct.contains(id) {
            distinct.push(*id);
        }
    }
    let request = (&distinct, job_description_id);
    queue(
        ctx,
        "startCvAnalyses",
        &distinct,
        job_description_id,
        idempotency_key,
        &request,
    )
    .await
    .map(Ok)
}

async fn queue(
    ctx: &Ctx,
    operation: &str,
    document_ids: &[DocumentId],
    job_description_id: JobDescriptionId,
    idempotency_key: &str,
    request: &impl Serialize,
) -> Result<Vec<Analysis>> {
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    if let Idempotent::Replay(ids) = tx
        .idempotent::<Vec<AnalysisId>>(operation, idempotency_key, request)
        .await?
    {
        let mut known = store::analysis::by_ids(tx.conn(), tenant, &ids).await?;
        return Ok(ids.iter().filter_map(|id| known.remove(id)).collect());
    }
    let documents = store::document::by_ids(tx.conn(), tenant, document_ids).await?;
    if documents.len() < document_ids.len() {
        return Err(Error::not_found("document"));
    }
    let description = store::job_description::by_ids(tx.conn(), tenant, &[job_description_id])
        .await?
        .remove(&job_description_id)
        .ok_or_else(|| Error::not_found("job description"))?;
    let mut started = Vec::with_capacity(document_ids.len());
    for document_id in document_ids {
        let analysis = Analysis {
            id: ctx.new_id(),
            document_id: *document_id,
            job_description_id,
            job_description_version: description.version,
            stage: Stage::Queued,
            failure: None,
            report: None,
            correction: 0,
            created_at: ctx.now(),
            completed_at: None,
        };
        store::analysis::insert(tx.conn(), tenant, &analysis, ctx.user().ok()).await?;
        note(
            &mut tx,
            (analysis.id, job_description_id),
            Stage::Queued,
            None,
        )
        .await?;
        tx.enqueue(&Analyse {
            analysis_id: analysis.id,
        })
        .await?;
        started.push(analysis);
    }
    let ids: Vec<AnalysisId> = started.iter().map(|analysis| analysis.id).collect();
    tx.remember(operation, idempotency_key, &ids).await?;
    tx.commit().await?;
    Ok(started)
}

/// Queues the CVs that were analysed for earlier versions of a job and not for its latest one, at most a batch of them.
pub(crate) async fn rescore(
    ctx: &Ctx,
    job_description_id: JobDescriptionId,
    idempotency_key: &str,
) -> Result<Vec<Analysis>> {
    const OPERATION: &str = "rescoreCvAnalyses";
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let description = store::job_description::by_ids(tx.conn(), tenant, &[job_description_id])
        .await?
        .remove(&job_description_id)
        .ok_or_else(|| Error::not_found("job description"))?;
    let scored_against = (job_description_id, description.version);
    let limit = i64::try_from(MAX_BATCH).unwrap_or(i64::MAX);
    let documents = store::analysis::not_rescored(tx.conn(), tenant, scored_against, limit).await?;
    tx.rollback().await?;
    // the key stands for the job: which CVs are left changes while they are scored
    queue(
        ctx,
        OPERATION,
        &documents,
        job_description_id,
        idempotency_key,
        &job_description_id,
    )
    .await
}

/// A job's finished analyses of one version, the highest score first.
pub(crate) async fn ranked(
    ctx: &Ctx,
    description: (JobDescriptionId, i32),
    page: &PageArgs,
) -> Result<Vec<Analysis>> {
    let after = page.after::<(i16, AnalysisId)>()?;
    let mut snapshot = ctx.read().await?;
    store::analysis::ranked(
        snapshot.conn()?,
        ctx.tenant()?,
        description,
        after,
        page.limit(),
    )
    .await
}

/// Analyses, newest first.
pub(crate) async fn list(ctx: &Ctx, page: &PageArgs) -> Result<Vec<Analysis>> {
    let after = page.after::<AnalysisId>()?;
    let mut snapshot = ctx.read().await?;
    store::analysis::list(snapshot.conn()?, ctx.tenant()?, after, page.limit()).await
}

/// Steps after `sequence`, in order, and whether the analysis had ended before they were read.
pub(crate) async fn progress_after(
    ctx: &Ctx,
    id: AnalysisId,
    sequence: i32,
) -> Result<(Vec<Progress>, bool)> {
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    // the stage first: a step that ends the analysis after it was read is found by the next look
    let over = store::analysis::stage(tx.conn(), tenant, id)
        .await?
        .is_none_or(Stage::is_final);
    let steps = store::progress::after(tx.conn(), tenant, id, sequence).await?;
    tx.rollback().await?;
    Ok((steps, over))
}

/// Where an analysis stands; `None` when there is none of this id.
pub(crate) async fn stage(ctx: &Ctx, id: AnalysisId) -> Result<Option<Stage>> {
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let stage = store::analysis::stage(tx.conn(), tenant, id).await?;
    tx.rollback().await?;
    Ok(stage)
}

/// How many analyses of one version of a job stand at each stage; `None` when there is no such job.
pub(crate) async fn stages(
    ctx: &Ctx,
    id: JobDescriptionId,
    version: Option<i32>,
) -> Result<Option<Vec<(Stage, u32)>>> {
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let job = store::job_description::by_ids(tx.conn(), tenant, &[id])
        .await?
        .remove(&id);
    let Some(job) = job else {
        return Ok(None);
    };
    let scored_against = (id, version.unwrap_or(job.version));
    let stages = store::analysis::stages(tx.conn(), tenant, scored_against).await?;
    tx.rollback().await?;
    Ok(Some(stages))
}

/// What an attempt at an analysis works on; `None` when nothing is left to do.
pub(crate) async fn load(
    ctx: &Ctx,
    id: AnalysisId,
) -> Result<Option<(Document, JobDescription, Option<Outcome>)>> {
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let Some(analysis) = store::analysis::by_ids(tx.conn(), tenant, &[id])
        .await?
        .remove(&id)
    else {
        return Ok(None); // erased in the meantime
    };
    if analysis.stage.is_final() {
        return Ok(None);
    }
    let document = store::document::by_ids(tx.conn(), tenant, &[analysis.document_id])
        .await?
        .remove(&analysis.document_id);
    let scored_against = (
        analysis.job_description_id,
        analysis.job_description_version,
    );
    let description = store::job_description::at_versions(tx.conn(), tenant, &[scored_against])
        .await?
        .remove(&scored_against);
    let outcome =
        store::extraction::get(tx.conn(), tenant, analysis.document_id, EXTRACTOR_VERSION).await?;
    tx.rollback().await?;
    match (document, description) {
        (Some(document), Some(description)) => Ok(Some((document, description, outcome))),
        // foreign keys keep both
        _ => Err(Error::internal(
            "an analysis without its document or job description",
        )),
    }
}

/// Moves an analysis to `stage` and tells who watches; nothing happens when it is there or past it already.
pub(crate) async fn advance(ctx: &Ctx, id: AnalysisId, stage: Stage) -> Result<()> {
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let present = store::analysis::lock(tx.conn(), tenant, id).await?;
    if let Some((_, job)) = present.filter(|(present, _)| *present < stage) {
        store::analysis::set_stage(tx.conn(), tenant, id, stage).await?;
        note(&mut tx, (id, job), stage, None).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Keeps what the worker made of a document.
pub(crate) async fn keep_extraction(ctx: &Ctx, id: DocumentId, outcome: &Outcome) -> Result<()> {
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    store::extraction::keep(tx.conn(), tenant, id, EXTRACTOR_VERSION, outcome, ctx.now()).await?;
    tx.commit().await
}

/// Ends an analysis with a score; state, step, event and job are one.
pub(crate) async fn finish(
    ctx: &Ctx,
    id: AnalysisId,
    title: &str,
    report: &Report,
    run: &JobRun,
) -> Result<()> {
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    if let Some(job) = store::analysis::finish(tx.conn(), tenant, id, report, ctx.now()).await? {
        note(&mut tx, (id, job), Stage::Done, None).await?;
        let event = AnalysisCompleted {
            analysis_id: id.uuid(),
            job_title: Some(title.to_owned()),
            matched_skills: report
                .score
                .matched
                .iter()
                .map(|matched| matched.name.clone())
                .collect(),
            missing_skills: report
                .score
                .missing
                .iter()
                .map(|missing| missing.name.clone())
                .collect(),
            total: u8::try_from(report.score.total).unwrap_or(100),
        };
        tx.publish(&event).await?;
    }
    run.complete(&mut tx).await?;
    tx.commit().await
}

/// Ends an analysis without a score.
pub(crate) async fn fail(
    ctx: &Ctx,
    id: AnalysisId,
    failure: Failure,
    run: Option<&JobRun>,
) -> Result<()> {
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let failed = store::analysis::fail(tx.conn(), tenant, id, &failure.code(), ctx.now()).await?;
    if let Some(job) = failed {
        note(&mut tx, (id, job), Stage::Failed, Some(failure.message())).await?;
        tx.publish(&AnalysisFailed {
            analysis_id: id.uuid(),
            reason: failure.code(),
        })
        .await?;
    }
    if let Some(run) = run {
        run.complete(&mut tx).await?;
    }
    tx.commit().await
}

/// Writes a step and wakes who watches the analysis or its job.
async fn note(
    tx: &mut TenantTx,
    (id, job): (AnalysisId, JobDescriptionId),
    stage: Stage,
    message: Option<String>,
) -> Result<()> {
    let message = message.unwrap_or_else(|| stage.message().to_owned());
    let (tenant, now) = (tx.tenant(), tx.now());
    store::progress::append(tx.conn(), tenant, id, stage, stage.percent(), &message, now).await?;
    tx.signal(id.uuid()).await?;
    tx.signal(job.uuid()).await
}
