use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Result, UserError};

use super::document::CvDocument;
use super::job_description::JobDescription;
use super::parse_id;
use crate::domain;
use crate::domain::correction::{Correction, Field, Wish};
use crate::domain::retention::{Basis, Retention};

/// What is corrected.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Field")]
enum CvCorrectionField {
    /// The candidate's name.
    Name,
    /// The first e-mail address.
    Email,
    /// The first telephone number.
    Phone,
    /// Place of residence.
    Location,
    /// Months in any job: a whole number.
    ExperienceMonths,
    /// The highest level of education: SECONDARY to DOCTORATE.
    EducationLevel,
    /// A skill that the reader did not find: its name or id.
    SkillAdded,
    /// A skill that the reader found and that is none: its name or id.
    SkillRemoved,
}

/// Why a CV may be kept.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Basis")]
enum CvRetentionBasis {
    /// The candidate agreed.
    Consent,
    /// An application is open.
    Application,
    /// A law demands it.
    LegalDuty,
}

/// What a person knows better than the reader. It lies over every later reading of the CV.
#[derive(SimpleObject)]
pub(super) struct CvCorrection {
    /// Stable id.
    id: ID,
    /// What is corrected.
    field: CvCorrectionField,
    /// The value: a skill by its id.
    value: String,
    /// Why.
    reason: String,
    /// Id of the person.
    made_by: ID,
    /// When.
    made_at: DateTime<Utc>,
}

impl From<Correction> for CvCorrection {
    fn from(made: Correction) -> Self {
        Self {
            id: made.id.uuid().into(),
            field: made.field.into(),
            value: made.value,
            reason: made.reason,
            made_by: made.made_by.uuid().into(),
            made_at: made.made_at,
        }
    }
}

/// Why a CV is kept and until when; then it is erased.
#[derive(SimpleObject)]
pub(super) struct CvRetention {
    /// Why.
    basis: CvRetentionBasis,
    /// When the candidate agreed, where that is the reason.
    consented_at: Option<DateTime<Utc>>,
    /// When it is erased.
    keep_until: DateTime<Utc>,
    /// When this was set.
    set_at: DateTime<Utc>,
}

impl From<Retention> for CvRetention {
    fn from(kept: Retention) -> Self {
        Self {
            basis: kept.basis.into(),
            consented_at: kept.consented_at,
            keep_until: kept.keep_until,
            set_at: kept.set_at,
        }
    }
}

/// A correction to make.
#[derive(InputObject)]
struct CorrectCvInput {
    /// The CV.
    document_id: ID,
    /// What is corrected.
    field: CvCorrectionField,
    /// The right value: 1 to 200 characters.
    value: String,
    /// Why: 1 to 1,000 characters.
    reason: String,
    /// The same key corrects once, however often it is sent.
    idempotency_key: String,
}

/// The correction.
#[derive(SimpleObject)]
struct CorrectCvPayload {
    /// The correction; analyses that are started from now on heed it.
    correction: Option<CvCorrection>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Why and until when to keep a CV.
#[derive(InputObject)]
struct SetCvRetentionInput {
    /// The CV.
    document_id: ID,
    /// Why it may be kept.
    basis: CvRetentionBasis,
    /// When the candidate agreed; with the basis `CONSENT` only.
    consented_at: Option<DateTime<Utc>>,
    /// When it is to be erased: ten years ahead at most.
    keep_until: DateTime<Utc>,
}

/// What was set.
#[derive(SimpleObject)]
struct SetCvRetentionPayload {
    /// Why and until when.
    retention: Option<CvRetention>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A JSON Resume.
#[derive(InputObject)]
struct ImportJsonResumeInput {
    /// The document by the schema of jsonresume.org, 512 KiB at most.
    json: String,
    /// The same key gives the same document, however often it is sent.
    idempotency_key: String,
}

/// The CV that was made of it.
#[derive(SimpleObject)]
struct ImportJsonResumePayload {
    /// A document with its text; the one that is there already when it says the same.
    document: Option<CvDocument>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A job to match CVs to, in a file.
#[derive(InputObject)]
struct CreateJobDescriptionFromUploadInput {
    /// The ticket of the uploaded file, asked for like that of a CV.
    ticket_id: ID,
    /// Title of the job: 1 to 200 characters.
    title: String,
}

/// The job description.
#[derive(SimpleObject)]
struct CreateJobDescriptionFromUploadPayload {
    /// The job description with what it asks for.
    job_description: Option<JobDescription>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Care for what is kept.
#[derive(Default)]
pub(crate) struct Stewardship;

#[Object]
impl Stewardship {
    /// Corrects what was read of a CV. Reading it again never undoes it; analyses started from now on heed it.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn correct_cv(
        &self,
        ctx: &Context<'_>,
        input: CorrectCvInput,
    ) -> Result<CorrectCvPayload> {
        let wish = Wish {
            document_id: parse_id(&input.document_id, "document")?,
            field: input.field.into(),
            value: input.value,
            reason: input.reason,
        };
        let made = domain::correction::make(Ctx::of(ctx)?, &wish, &input.idempotency_key).await?;
        let (correction, error) = split(made);
        Ok(CorrectCvPayload {
            correction: correction.map(CvCorrection::from),
            user_errors: error,
        })
    }

    /// Says why and until when a CV may be kept; at the end it is erased and a receipt remains.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn set_cv_retention(
        &self,
        ctx: &Context<'_>,
        input: SetCvRetentionInput,
    ) -> Result<SetCvRetentionPayload> {
        let document = parse_id(&input.document_id, "document")?;
        let set = domain::retention::set(
            Ctx::of(ctx)?,
            document,
            input.basis.into(),
            input.consented_at,
            input.keep_until,
        );
        let (retention, error) = split(set.await?);
        Ok(SetCvRetentionPayload {
            retention: retention.map(CvRetention::from),
            user_errors: error,
        })
    }

    /// Makes a CV of a JSON Resume.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn import_json_resume(
        &self,
        ctx: &Context<'_>,
        input: ImportJsonResumeInput,
    ) -> Result<ImportJsonResumePayload> {
        let made = domain::document::import_json_resume(
            Ctx::of(ctx)?,
            &input.json,
            &input.idempotency_key,
        );
        let (document, error) = split(made.await?);
        Ok(ImportJsonResumePayload {
            document: document.map(CvDocument),
            user_errors: error,
        })
    }

    /// Reads a job description from an uploaded file of any format that CVs have.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn create_job_description_from_upload(
        &self,
        ctx: &Context<'_>,
        input: CreateJobDescriptionFromUploadInput,
    ) -> Result<CreateJobDescriptionFromUploadPayload> {
        let ticket = parse_id(&input.ticket_id, "upload")?;
        let made = domain::job_description::create_from_upload(Ctx::of(ctx)?, ticket, &input.title)
            .await?;
        Ok(match made {
            Ok(description) => CreateJobDescriptionFromUploadPayload {
                job_description: Some(JobDescription(description)),
                user_errors: Vec::new(),
            },
            Err(user_errors) => CreateJobDescriptionFromUploadPayload {
                job_description: None,
                user_errors,
            },
        })
    }
}

fn split<T>(made: std::result::Result<T, UserError>) -> (Option<T>, Vec<UserError>) {
    match made {
        Ok(made) => (Some(made), Vec::new()),
        Err(error) => (None, vec![error]),
    }
}
