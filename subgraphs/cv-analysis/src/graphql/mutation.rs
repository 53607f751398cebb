use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Result, UploadTicket, UserError};

use super::analysis::CvAnalysis;
use super::document::CvDocument;
use super::job_description::JobDescription;
use super::parse_id;
use crate::domain;
use crate::domain::erasure::Cause;

/// What will be uploaded.
#[derive(InputObject)]
struct RequestCvUploadInput {
    /// Name of the file, shown to people; the format is told by the content.
    file_name: String,
    /// Size of the file in bytes, 10 MB at most.
    size_bytes: i32,
}

/// Where to send the bytes of a CV.
#[derive(SimpleObject)]
pub(super) struct CvUploadTicket {
    /// Names the upload when it is completed.
    id: ID,
    /// Address for the bytes; holds a secret.
    url: String,
    /// HTTP method.
    method: &'static str,
    /// Until when the address is good.
    expires_at: DateTime<Utc>,
    /// Size in bytes above which the upload is refused.
    max_bytes: i32,
}

impl From<UploadTicket> for CvUploadTicket {
    fn from(ticket: UploadTicket) -> Self {
        Self {
            id: ticket.ticket_id.into(),
            url: ticket.url,
            method: "PUT",
            expires_at: ticket.expires_at,
            max_bytes: i32::try_from(ticket.max_bytes).unwrap_or(i32::MAX),
        }
    }
}

/// An address for the upload.
#[derive(SimpleObject)]
struct RequestCvUploadPayload {
    /// Where to send the bytes.
    ticket: Option<CvUploadTicket>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Which upload is complete.
#[derive(InputObject)]
struct CompleteCvUploadInput {
    /// The ticket's id.
    ticket_id: ID,
}

/// The uploaded CV.
#[derive(SimpleObject)]
struct CompleteCvUploadPayload {
    /// The document; the one that is there already when the same file was uploaded before.
    document: Option<CvDocument>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A job to match CVs to.
#[derive(InputObject)]
struct CreateJobDescriptionInput {
    /// Title of the job: 1 to 200 characters.
    title: String,
    /// The description as it is published: three words to 50,000 characters.
    text: String,
}

/// The job description.
#[derive(SimpleObject)]
struct CreateJobDescriptionPayload {
    /// The job description with what it asks for.
    job_description: Option<JobDescription>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// What to analyse.
#[derive(InputObject)]
struct StartCvAnalysisInput {
    /// The CV.
    document_id: ID,
    /// The job.
    job_description_id: ID,
    /// The same key gives the same analysis, however often it is sent.
    idempotency_key: String,
}

/// The analysis.
#[derive(SimpleObject)]
struct StartCvAnalysisPayload {
    /// The analysis, queued.
    analysis: Option<CvAnalysis>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// What to analyse.
#[derive(InputObject)]
struct StartCvAnalysesInput {
    /// The CVs: 1 to 100.
    document_ids: Vec<ID>,
    /// The job.
    job_description_id: ID,
    /// The same key gives the same analyses, however often it is sent.
    idempotency_key: String,
}

/// The analyses.
#[derive(SimpleObject)]
struct StartCvAnalysesPayload {
    /// The analyses, queued, in the order of the CVs; a CV that was named twice is analysed once.
    analyses: Vec<CvAnalysis>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// How to correct a score.
#[derive(InputObject)]
struct OverrideCvScoreInput {
    /// The finished analysis.
    analysis_id: ID,
    /// Points to add, or below zero to take away: -100 to 100.
    points: i32,
    /// Why: 10 to 1,000 characters.
    reason: String,
    /// The same key corrects once, however often it is sent.
    idempotency_key: String,
}

/// The corrected analysis.
#[derive(SimpleObject)]
struct OverrideCvScorePayload {
    /// The analysis with its correction; the computed score stays as it is.
    analysis: Option<CvAnalysis>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// What to erase.
#[derive(InputObject)]
struct EraseCvDocumentInput {
    /// The CV.
    document_id: ID,
    /// The same key gives the same receipt, however often it is sent.
    idempotency_key: String,
}

/// What remains of an erased CV.
#[derive(SimpleObject)]
struct CvErasure {
    /// Stable id of the receipt.
    id: ID,
    /// The document that was erased.
    document_id: ID,
    /// SHA-256 of its file, hexadecimal.
    content_sha256: String,
    /// Analyses that went with it.
    analyses: i32,
    /// When.
    erased_at: DateTime<Utc>,
}

/// The receipt.
#[derive(SimpleObject)]
struct EraseCvDocumentPayload {
    /// What remains.
    erasure: Option<CvErasure>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Uploads, jobs, analyses and their end.
#[derive(Default)]
pub(crate) struct Analyses;

#[Object]
impl Analyses {
    /// Opens an address to which the bytes of a CV are sent.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn request_cv_upload(
        &self,
        ctx: &Context<'_>,
        input: RequestCvUploadInput,
    ) -> Result<RequestCvUploadPayload> {
        let outcome = domain::document::request_upload(
            Ctx::of(ctx)?,
            &input.file_name,
            i64::from(input.size_bytes),
        )
        .await?;
        Ok(match outcome {
            Ok(ticket) => RequestCvUploadPayload {
                ticket: Some(ticket.into()),
                user_errors: Vec::new(),
            },
            Err(error) => RequestCvUploadPayload {
                ticket: None,
                user_errors: vec![error],
            },
        })
    }

    /// Makes a document of an upload. Sent twice, it gives the same document.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn complete_cv_upload(
        &self,
        ctx: &Context<'_>,
        input: CompleteCvUploadInput,
    ) -> Result<CompleteCvUploadPayload> {
        let ticket = parse_id(&input.ticket_id, "upload")?;
        Ok(
            match domain::document::complete_upload(Ctx::of(ctx)?, ticket).await? {
                Ok(document) => CompleteCvUploadPayload {
                    document: Some(CvDocument(document)),
                    user_errors: Vec::new(),
                },
                Err(error) => CompleteCvUploadPayload {
                    document: None,
                    user_errors: vec![error],
                },
            },
        )
    }

    /// Keeps a job description and reads what it asks for.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn create_job_description(
        &self,
        ctx: &Context<'_>,
        input: CreateJobDescriptionInput,
    ) -> Result<CreateJobDescriptionPayload> {
        Ok(
            match domain::job_description::create(Ctx::of(ctx)?, &input.title, &input.text).await? {
                Ok(description) => CreateJobDescriptionPayload {
                    job_description: Some(JobDescription(description)),
                    user_errors: Vec::new(),
                },
                Err(user_errors) => CreateJobDescriptionPayload {
                    job_description: None,
                    user_errors,
                },
            },
        )
    }

    /// Queues the analysis of a CV for a job.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn start_cv_analysis(
        &self,
        ctx: &Context<'_>,
        input: StartCvAnalysisInput,
    ) -> Result<StartCvAnalysisPayload> {
        let document = parse_id(&input.document_id, "document")?;
        let description = parse_id(&input.job_description_id, "job description")?;
        let analysis =
            domain::analysis::start(Ctx::of(ctx)?, document, description, &input.idempotency_key)
                .await?;
        Ok(StartCvAnalysisPayload {
            analysis: Some(CvAnalysis(analysis)),
            user_errors: Vec::new(),
        })
    }

    /// Queues the analyses of many CVs for one job; read them ranked at the job description.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn start_cv_analyses(
        &self,
        ctx: &Context<'_>,
        input: StartCvAnalysesInput,
    ) -> Result<StartCvAnalysesPayload> {
        let documents = input.document_ids.iter().map(|id| parse_id(id, "document"));
        let documents = documents.collect::<Result<Vec<_>>>()?;
        let description = parse_id(&input.job_description_id, "job description")?;
        let key = &input.idempotency_key;
        Ok(
            match domain::analysis::start_many(Ctx::of(ctx)?, &documents, description, key).await? {
                Ok(started) => StartCvAnalysesPayload {
                    analyses: started.into_iter().map(CvAnalysis).collect(),
                    user_errors: Vec::new(),
                },
                Err(error) => StartCvAnalysesPayload {
                    analyses: Vec::new(),
                    user_errors: vec![error],
                },
            },
        )
    }

    /// Corrects a score by hand, with a reason. The computed score stays; all corrections are kept.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn override_cv_score(
        &self,
        ctx: &Context<'_>,
        input: OverrideCvScoreInput,
    ) -> Result<OverrideCvScorePayload> {
        let analysis = parse_id(&input.analysis_id, "analysis")?;
        let made = domain::score_override::make(
            Ctx::of(ctx)?,
            analysis,
            input.points,
            &input.reason,
            &input.idempotency_key,
        );
        Ok(match made.await? {
            Ok(analysis) => OverrideCvScorePayload {
                analysis: Some(CvAnalysis(analysis)),
                user_errors: Vec::new(),
            },
            Err(error) => OverrideCvScorePayload {
                analysis: None,
                user_errors: vec![error],
            },
        })
    }

    /// Erases a CV: its file, its text, its analyses. Only a receipt remains.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn erase_cv_document(
        &self,
        ctx: &Context<'_>,
        input: EraseCvDocumentInput,
    ) -> Result<EraseCvDocumentPayload> {
        let document = parse_id(&input.document_id, "document")?;
        let erasure = domain::erasure::erase(
            Ctx::of(ctx)?,
            document,
            Cause::Request,
            &input.idempotency_key,
        )
        .await?;
        Ok(EraseCvDocumentPayload {
            erasure: Some(CvErasure {
                id: erasure.id.uuid().into(),
                document_id: erasure.document_id.uuid().into(),
                content_sha256: erasure
                    .content_sha256
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect(),
                analyses: erasure.analyses,
                erased_at: erasure.erased_at,
            }),
            user_errors: Vec::new(),
        })
    }
}
