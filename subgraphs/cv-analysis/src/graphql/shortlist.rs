use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Result, UserError};

use super::analysis::CvAnalysis;
use super::document::CvDocument;
use super::loader::{AnalysisById, LatestAnalysis, StaysByDocument};
use super::parse_id;
use crate::domain::analysis::Analysis;
use crate::domain::document::DocumentId;
use crate::domain::job_description::JobDescriptionId;
use crate::domain::shortlist::{self, Stay};

/// A CV's stay on the shortlist of a job.
pub(super) struct CvShortlistEntry(pub(super) Stay);

#[Object]
impl CvShortlistEntry {
    /// Stable id.
    async fn id(&self) -> ID {
        self.0.id.uuid().into()
    }

    /// The CV.
    async fn document(&self, ctx: &Context<'_>) -> Result<CvDocument> {
        CvDocument::of(ctx, self.0.document_id).await
    }

    /// Its latest finished analysis for the job; null while there is none.
    async fn analysis(&self, ctx: &Context<'_>) -> Result<Option<CvAnalysis>> {
        let ctx = Ctx::of(ctx)?;
        let pair = (self.0.job_description_id, self.0.document_id);
        let Some(latest) = ctx.load_own::<LatestAnalysis>(pair).await? else {
            return Ok(None);
        };
        let analysis = ctx.load_own::<AnalysisById>(latest).await?;
        Ok(analysis.map(CvAnalysis))
    }

    /// Why it was put there.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Id of the person who put it there.
    async fn listed_by(&self) -> ID {
        self.0.listed_by.uuid().into()
    }

    /// When.
    async fn listed_at(&self) -> DateTime<Utc> {
        self.0.listed_at
    }

    /// Why it was taken off; null while it is there.
    async fn removal_reason(&self) -> Option<&str> {
        let removal = self.0.removal.as_ref();
        removal.map(|removal| removal.reason.as_str())
    }

    /// Id of the person who took it off.
    async fn removed_by(&self) -> Option<ID> {
        let removal = self.0.removal.as_ref();
        removal.map(|removal| removal.removed_by.uuid().into())
    }

    /// When.
    async fn removed_at(&self) -> Option<DateTime<Utc>> {
        self.0.removal.as_ref().map(|removal| removal.removed_at)
    }
}

/// The stays of a CV on the shortlist of a job, the latest first.
pub(super) async fn stays(
    ctx: &Context<'_>,
    job: JobDescriptionId,
    document: DocumentId,
) -> Result<Vec<Stay>> {
    let ctx = Ctx::of(ctx)?;
    let mut stays = ctx
        .load_own::<StaysByDocument>(document)
        .await?
        .unwrap_or_default();
    stays.retain(|stay| stay.job_description_id == job);
    Ok(stays)
}

/// Whether the CV of an analysis is on the shortlist of its job.
pub(super) async fn shortlisted(ctx: &Context<'_>, analysis: &Analysis) -> Result<bool> {
    let stays = stays(ctx, analysis.job_description_id, analysis.document_id).await?;
    Ok(stays.iter().any(|stay| stay.removal.is_none()))
}

/// CVs for the shortlist of a job.
#[derive(InputObject)]
struct ShortlistCvsInput {
    /// The job.
    job_description_id: ID,
    /// CVs that were analysed for it: 1 to 100.
    document_ids: Vec<ID>,
    /// Why: 1 to 1,000 characters.
    reason: String,
}

/// What is on the shortlist now.
#[derive(SimpleObject)]
struct ShortlistCvsPayload {
    /// The CVs of the request; one that was there already stays as it was.
    entries: Vec<CvShortlistEntry>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// CVs to take off the shortlist of a job.
#[derive(InputObject)]
struct RemoveCvsFromShortlistInput {
    /// The job.
    job_description_id: ID,
    /// The CVs: 1 to 100.
    document_ids: Vec<ID>,
    /// Why: 1 to 1,000 characters.
    reason: String,
}

/// What was taken off.
#[derive(SimpleObject)]
struct RemoveCvsFromShortlistPayload {
    /// The stays that ended; a CV that was not there has none.
    entries: Vec<CvShortlistEntry>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

fn parted(
    done: std::result::Result<Vec<Stay>, UserError>,
) -> (Vec<CvShortlistEntry>, Vec<UserError>) {
    match done {
        Ok(stays) => (
            stays.into_iter().map(CvShortlistEntry).collect(),
            Vec::new(),
        ),
        Err(error) => (Vec::new(), vec![error]),
    }
}

fn documents(ids: &[ID]) -> Result<Vec<DocumentId>> {
    ids.iter().map(|id| parse_id(id, "document")).collect()
}

/// Choosing who to go on with.
#[derive(Default)]
pub(crate) struct Shortlists;

#[Object]
impl Shortlists {
    /// Puts CVs on the shortlist of a job; sent twice, it does no more than once. No score changes.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn shortlist_cvs(
        &self,
        ctx: &Context<'_>,
        input: ShortlistCvsInput,
    ) -> Result<ShortlistCvsPayload> {
        let job = parse_id(&input.job_description_id, "job description")?;
        let documents = documents(&input.document_ids)?;
        let done = shortlist::add(Ctx::of(ctx)?, job, &documents, &input.reason).await?;
        let (entries, user_errors) = parted(done);
        Ok(ShortlistCvsPayload {
            entries,
            user_errors,
        })
    }

    /// Takes CVs off the shortlist of a job; that they were on it is kept, with both reasons.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn remove_cvs_from_shortlist(
        &self,
        ctx: &Context<'_>,
        input: RemoveCvsFromShortlistInput,
    ) -> Result<RemoveCvsFromShortlistPayload> {
        let job = parse_id(&input.job_description_id, "job description")?;
        let documents = documents(&input.document_ids)?;
        let done = shortlist::remove(Ctx::of(ctx)?, job, &documents, &input.reason).await?;
        let (entries, user_errors) = parted(done);
        Ok(RemoveCvsFromShortlistPayload {
            entries,
            user_errors,
        })
    }
}
