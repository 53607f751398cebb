use async_graphql::{Context, Enum, ID, Json, Object, SimpleObject};
use chrono::{DateTime, Utc};
use platform_sdk::graphql::Ready;
use platform_sdk::{Ctx, Error, Result};
use serde_json::Value;

use super::document::CvDocument;
use super::finding::Finding;
use super::int;
use super::job_description::{JobDescription, JobDescriptionVersion};
use super::loader::{JobDescriptionAtVersion, JobDescriptionById, OverridesByAnalysis};
use super::profile::{CvConfidence, CvProfile};
use super::score::{CvScore, Recommendation, SkillMatches};
use super::shortlist::{self, CvShortlistEntry};
use crate::domain::analysis::Analysis;
use crate::domain::json_resume;
use crate::domain::score_override::Override;
use crate::domain::stage::Stage;

/// One CV against one job description, from the queue to the score.
pub(crate) struct CvAnalysis(pub(crate) Analysis);

/// Where an analysis stands.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Stage")]
pub(super) enum CvAnalysisStage {
    /// Waits for a free worker.
    Queued,
    /// The file is read.
    Extracting,
    /// The text is understood.
    Parsing,
    /// It is matched to the job.
    Matching,
    /// The score is there.
    Done,
    /// There will be no score.
    Failed,
}

/// Why an analysis came to no score.
#[derive(SimpleObject)]
struct CvAnalysisFailure {
    /// Stable code: `EMPTY`, `TOO_LARGE`, `UNSUPPORTED`, `CORRUPT`, `ENCRYPTED`, `NO_TEXT`, `TOO_COMPLEX` or `UNAVAILABLE`.
    code: String,
    /// What to tell the user.
    message: String,
}

/// A person's correction of a score.
#[derive(SimpleObject)]
struct CvScoreOverride {
    /// Stable id.
    id: ID,
    /// Points added; below zero, taken away.
    points: i32,
    /// Why.
    reason: String,
    /// Id of the person.
    made_by: ID,
    /// When.
    made_at: DateTime<Utc>,
}

impl From<Override> for CvScoreOverride {
    fn from(made: Override) -> Self {
        Self {
            id: made.id.uuid().into(),
            points: i32::from(made.points),
            reason: made.reason,
            made_by: made.made_by.uuid().into(),
            made_at: made.made_at,
        }
    }
}

/// From what an analysis was made: enough to make it again.
#[derive(SimpleObject)]
struct CvProvenance {
    /// SHA-256 of the file, hexadecimal.
    content_sha256: String,
    /// Rules that read the file.
    extractor_version: String,
    /// Rules that understood the text.
    reader_version: String,
    /// Taxonomy of skills.
    taxonomy_version: String,
    /// Version of the job description.
    job_description_version: i32,
    /// Weights of the score.
    weights_version: String,
    /// The month that "present" means, as `2026-11`.
    as_of: String,
    /// Language model that pointed out skills and worded recommendations; null where none had a say. It sets no score.
    language_model: Option<String>,
    /// How many corrections by people lay over the reading.
    corrections: i32,
}

#[Object(requires_scopes = "cv-analysis:analysis.read")]
impl CvAnalysis {
    /// Stable id.
    async fn id(&self) -> ID {
        self.0.id.uuid().into()
    }

    /// Where it stands.
    async fn stage(&self) -> CvAnalysisStage {
        self.0.stage.into()
    }

    /// Why it failed, when it did.
    async fn failure(&self) -> Option<CvAnalysisFailure> {
        self.0.failure.map(|failure| CvAnalysisFailure {
            code: failure.code(),
            message: failure.message(),
        })
    }

    /// When it was started.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it came to its end.
    async fn completed_at(&self) -> Option<DateTime<Utc>> {
        self.0.completed_at
    }

    /// The CV.
    async fn document(&self, ctx: &Context<'_>) -> Result<CvDocument> {
        CvDocument::of(ctx, self.0.document_id).await
    }

    /// The job, at its latest version.
    async fn job_description(&self, ctx: &Context<'_>) -> Result<JobDescription> {
        let ctx = Ctx::of(ctx)?;
        let description = ctx
            .load_own::<JobDescriptionById>(self.0.job_description_id)
            .await?;
        description
            .map(JobDescription)
            .ok_or_else(|| Error::not_found("job description"))
    }

    /// The version of the job that it is scored against: the latest when it was started, whatever came later.
    async fn scored_against(&self, ctx: &Context<'_>) -> Result<JobDescriptionVersion> {
        let ctx = Ctx::of(ctx)?;
        let version = (self.0.job_description_id, self.0.job_description_version);
        let description = ctx.load_own::<JobDescriptionAtVersion>(version).await?;
        description
            .map(|description| JobDescriptionVersion::from(&description))
            .ok_or_else(|| Error::not_found("job description"))
    }

    /// The score; null until it is there.
    async fn score(&self) -> Option<Ready<CvScore>> {
        self.0.report.clone().map(CvScore).map(Ready)
    }

    /// Points that count in the ranking, 0 to 100: those of the score with the latest correction by a person; null until there is
    /// a score.
    async fn points(&self) -> Option<i32> {
        self.0.points().map(int)
    }

    /// Stays of this CV on the shortlist of this job, the latest first; it is on it while the first one has no end.
    async fn shortlist_entries(&self, ctx: &Context<'_>) -> Result<Vec<CvShortlistEntry>> {
        let stays = shortlist::stays(ctx, self.0.job_description_id, self.0.document_id).await?;
        Ok(stays.into_iter().map(CvShortlistEntry).collect())
    }

    /// Whether this CV is on the shortlist of this job.
    async fn shortlisted(&self, ctx: &Context<'_>) -> Result<bool> {
        shortlist::shortlisted(ctx, &self.0).await
    }

    /// Skills of the CV beside those of the job; null until they are there.
    async fn skill_matches(&self) -> Option<Ready<SkillMatches>> {
        self.0.report.clone().map(SkillMatches).map(Ready)
    }

    /// Names of skills that were asked for and are not there, required ones first; null until they are known.
    async fn missing_skills(&self) -> Option<Vec<String>> {
        let report = self.0.report.as_ref()?;
        Some(
            report
                .score
                .missing
                .iter()
                .map(|missing| missing.name.clone())
                .collect(),
        )
    }

    /// What would lift the candidate's chances, the greatest gain first.
    async fn recommendations(&self) -> Ready<Vec<Recommendation>> {
        let report = self.0.report.as_ref();
        let all = report.map(|report| {
            let all = report.recommendations.iter();
            all.map(Recommendation::from).collect()
        });
        Ready(all.unwrap_or_default())
    }

    /// What the reader should know before believing the score.
    async fn findings(&self) -> Vec<Finding> {
        let report = self.0.report.as_ref();
        report
            .map(|report| report.findings.iter().cloned().map(Finding).collect())
            .unwrap_or_default()
    }

    /// How far the score can be relied on.
    async fn confidence(&self) -> Option<CvConfidence> {
        self.0
            .report
            .as_ref()
            .map(|report| report.confidence.into())
    }

    /// What was understood of the CV; null until it is there.
    async fn profile(&self) -> Option<CvProfile> {
        self.0.report.clone().map(CvProfile)
    }

    /// What was understood of the CV as JSON Resume (jsonresume.org); null until it is there.
    async fn json_resume(&self) -> Option<Json<Value>> {
        let report = self.0.report.as_ref()?;
        Some(Json(json_resume::export(&report.profile)))
    }

    /// Corrections of the score by people, the latest first. The latest one counts.
    async fn overrides(&self, ctx: &Context<'_>) -> Result<Vec<CvScoreOverride>> {
        let ctx = Ctx::of(ctx)?;
        let made = ctx.load_own::<OverridesByAnalysis>(self.0.id).await?;
        Ok(made
            .unwrap_or_default()
            .into_iter()
            .map(CvScoreOverride::from)
            .collect())
    }

    /// From what it was made; null until it is done.
    async fn provenance(&self) -> Option<CvProvenance> {
        let report = self.0.report.as_ref()?;
        Some(CvProvenance {
            content_sha256: report.content_sha256.clone(),
            extractor_version: report.extractor_version.clone(),
            reader_version: report.profile.reader_version.clone(),
            taxonomy_version: report.profile.taxonomy_version.clone(),
            job_description_version: self.0.job_description_version,
            weights_version: report.score.weights.version.clone(),
            as_of: format!(
                "{:04}-{:02}",
                report.profile.as_of.year, report.profile.as_of.month
            ),
            corrections: int(report.corrections),
            language_model: report.model.as_ref().map(|share| share.name.clone()),
        })
    }
}
