use async_graphql::{Context, Enum, ID, Json, Object, SimpleObject};
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Error, Result};
use serde_json::Value;

use super::finding::Finding;
use super::int;
use super::loader::{
    AlikeByDocument, AnalysesByDocument, CorrectionsByDocument, DocumentById, OutcomeByDocument,
    OverridesByAnalysis, RetentionByDocument, StaysByDocument, TaxonomyOfTenant,
};
use super::stewardship::{CvCorrection, CvRetention};
use crate::domain;
use crate::domain::document::{Document, DocumentId, Outcome};
use crate::domain::extract::{Extraction, Format};

/// An uploaded CV.
pub(crate) struct CvDocument(pub(crate) Document);

/// Format of a file, told by its content.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Format")]
enum CvDocumentFormat {
    /// Portable Document Format.
    Pdf,
    /// Office Open XML text.
    Docx,
    /// OpenDocument text.
    Odt,
    /// Rich Text Format.
    Rtf,
    /// Hypertext.
    Html,
    /// Plain text.
    Text,
}

/// What was read of a CV.
struct CvDocumentText(Box<Extraction>);

/// Where a line of the text stands on its page, in tenths of a point from the top left.
#[derive(SimpleObject)]
struct CvTextRun {
    /// First code point.
    start: i32,
    /// One past the last code point.
    end: i32,
    /// Page, counted from one.
    page: i32,
    /// Distance from the left edge.
    left: i32,
    /// Distance from the top edge.
    top: i32,
    /// Width.
    width: i32,
    /// Height.
    height: i32,
}

impl CvDocument {
    /// The document that another object of the tenant is about.
    pub(super) async fn of(ctx: &Context<'_>, id: DocumentId) -> Result<Self> {
        let found = Ctx::of(ctx)?.load_own::<DocumentById>(id).await?;
        found.map(Self).ok_or_else(|| Error::not_found("document"))
    }
}

#[Object]
impl CvDocument {
    /// Stable id.
    async fn id(&self) -> ID {
        self.0.id.uuid().into()
    }

    /// Name of the file as the client gave it.
    async fn file_name(&self) -> &str {
        &self.0.file_name
    }

    /// Size in bytes.
    async fn size_bytes(&self) -> i32 {
        i32::try_from(self.0.size_bytes).unwrap_or(i32::MAX)
    }

    /// SHA-256 of the file, hexadecimal.
    async fn content_sha256(&self) -> String {
        self.0
            .content_sha256
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// When it was first uploaded.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// What people corrected, the earliest first.
    async fn corrections(&self, ctx: &Context<'_>) -> Result<Vec<CvCorrection>> {
        let ctx = Ctx::of(ctx)?;
        let made = ctx.load_own::<CorrectionsByDocument>(self.0.id).await?;
        Ok(made
            .unwrap_or_default()
            .into_iter()
            .map(CvCorrection::from)
            .collect())
    }

    /// Why and until when it is kept; null where nobody said.
    async fn retention(&self, ctx: &Context<'_>) -> Result<Option<CvRetention>> {
        let ctx = Ctx::of(ctx)?;
        let kept = ctx.load_own::<RetentionByDocument>(self.0.id).await?;
        Ok(kept.map(CvRetention::from))
    }

    /// Other CVs that seem to be the same person's, the latest first and 20 at most: they share an e-mail address, a telephone
    /// number or all of their words. Known once the CV is read.
    async fn same_candidate(&self, ctx: &Context<'_>) -> Result<Vec<CvDocument>> {
        let ctx = Ctx::of(ctx)?;
        let others = ctx
            .load_own::<AlikeByDocument>(self.0.id)
            .await?
            .unwrap_or_default();
        let others = others
            .into_iter()
            .map(|other| ctx.load_own::<DocumentById>(other));
        let mut found = Vec::new();
        for other in futures::future::join_all(others).await {
            // one that was erased between the two reads is left out
            found.extend(other?.map(CvDocument));
        }
        Ok(found)
    }

    /// Everything that is kept about it, for the candidate who asks: the text, what was understood as JSON Resume, analyses,
    /// corrections, shortlists, why it is kept.
    async fn export(&self, ctx: &Context<'_>) -> Result<Json<Value>> {
        let ctx = Ctx::of(ctx)?;
        let id = self.0.id;
        let analyses = ctx
            .load_own::<AnalysesByDocument>(id)
            .await?
            .unwrap_or_default();
        let made = analyses
            .iter()
            .map(|analysis| ctx.load_own::<OverridesByAnalysis>(analysis.id));
        let mut overrides = Vec::with_capacity(analyses.len());
        for made in futures::future::join_all(made).await {
            overrides.push(made?.unwrap_or_default());
        }
        let kept = domain::export::Kept {
            outcome: ctx.load_own::<OutcomeByDocument>(id).await?,
            corrections: ctx
                .load_own::<CorrectionsByDocument>(id)
                .await?
                .unwrap_or_default(),
            retention: ctx.load_own::<RetentionByDocument>(id).await?,
            analyses: analyses.into_iter().zip(overrides).collect(),
            stays: ctx
                .load_own::<StaysByDocument>(id)
                .await?
                .unwrap_or_default(),
        };
        let taxonomy = ctx
            .load_one::<TaxonomyOfTenant>(ctx.tenant()?)
            .await?
            .ok_or_else(|| Error::not_found("taxonomy"))?;
        let document = self.0.clone();
        let export = tokio::task::spawn_blocking(move || {
            domain::export::export(&document, &kept, &taxonomy)
        });
        Ok(Json(export.await.map_err(Error::internal)?))
    }

    /// What was read of it; null until the first analysis has read it, and when it can't be read.
    async fn text(&self, ctx: &Context<'_>) -> Result<Option<CvDocumentText>> {
        let ctx = Ctx::of(ctx)?;
        let outcome = ctx.load_own::<OutcomeByDocument>(self.0.id).await?;
        Ok(match outcome {
            Some(Outcome::Read(extraction)) => Some(CvDocumentText(extraction)),
            Some(Outcome::Refused(_)) | None => None,
        })
    }
}

#[Object]
impl CvDocumentText {
    /// Format of the file.
    async fn format(&self) -> CvDocumentFormat {
        self.0.format.into()
    }

    /// Pages; 0 where the format has none.
    async fn page_count(&self) -> i32 {
        int(self.0.page_count)
    }

    /// The text; all offsets count its code points.
    async fn content(&self) -> &str {
        &self.0.text.content
    }

    /// Where its lines stand on the pages.
    async fn runs(&self) -> Vec<CvTextRun> {
        self.0
            .text
            .runs
            .iter()
            .map(|run| CvTextRun {
                start: int(run.span.start),
                end: int(run.span.end),
                page: int(run.page),
                left: run.area.left,
                top: run.area.top,
                width: run.area.width,
                height: run.area.height,
            })
            .collect()
    }

    /// What was noticed while it was read.
    async fn findings(&self) -> Vec<Finding> {
        self.0.findings.iter().cloned().map(Finding).collect()
    }

    /// Version of the rules that read it.
    async fn extractor_version(&self) -> &str {
        &self.0.extractor_version
    }
}
