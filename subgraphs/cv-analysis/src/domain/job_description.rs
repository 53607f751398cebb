//! Job descriptions as they were written, with what they ask for.

use chrono::{DateTime, Utc};
use platform_sdk::{Claim, Ctx, PageArgs, Result, UserError, id_newtype};
use uuid::Uuid;

use super::document::Outcome;
use super::job::Requirements;
use super::skill::Taxonomy;
use super::text::Text;
use crate::store;

id_newtype! {
    /// A job description.
    JobDescriptionId
}

const MAX_TITLE: usize = 200;
const MAX_TEXT: usize = 50_000;
/// Words below which a text describes no job.
const MIN_WORDS: usize = 3;

/// A job description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobDescription {
    pub(crate) id: JobDescriptionId,
    pub(crate) title: String,
    /// The text after normalisation: spans of the requirements count its code points.
    pub(crate) body: String,
    pub(crate) requirements: Requirements,
    pub(crate) taxonomy_version: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// Reads and keeps a job description.
pub(crate) async fn create(
    ctx: &Ctx,
    title: &str,
    text: &str,
) -> Result<Result<JobDescription, Vec<UserError>>> {
    let title = title.trim();
    let mut errors = Vec::new();
    if title.is_empty() || title.chars().count() > MAX_TITLE || title.chars().any(char::is_control)
    {
        errors.push(UserError::on(
            "title",
            "INVALID",
            format!("a title has 1 to {MAX_TITLE} characters"),
        ));
    }
    if text.chars().count() > MAX_TEXT {
        errors.push(UserError::on(
            "text",
            "TOO_LONG",
            format!("a job description has at most {MAX_TEXT} characters"),
        ));
    } else if text
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(MIN_WORDS)
        .count()
        < MIN_WORDS
    {
        errors.push(UserError::on(
            "text",
            "TOO_SHORT",
            "describe the job in a sentence or more: skills, years, education",
        ));
    }
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    let taxonomy = taxonomy()?;
    let text = Text::plain(text);
    let description = JobDescription {
        id: ctx.new_id(),
        title: title.to_owned(),
        requirements: Requirements::read(title, &text, taxonomy),
        body: text.content,
        taxonomy_version: taxonomy.version.clone(),
        created_at: ctx.now(),
    };
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    store::job_description::insert(tx.conn(), tenant, &description, ctx.user().ok()).await?;
    tx.commit().await?;
    Ok(Ok(description))
}

/// Reads a job description from an uploaded file, in the worker like any stranger's file.
pub(crate) async fn create_from_upload(
    ctx: &Ctx,
    ticket: Uuid,
    title: &str,
) -> Result<Result<JobDescription, Vec<UserError>>> {
    let problem =
        |code: &str, message: String| Ok(Err(vec![UserError::on("ticketId", code, message)]));
    let mut tx = ctx.begin().await?;
    let upload = match tx.claim_upload(ticket, super::document::PURPOSE).await? {
        Claim::Stored(upload) => upload,
        Claim::AlreadyClaimed => {
            return problem("ALREADY_USED", "this upload was used before".to_owned());
        }
        Claim::NotUploaded | Claim::Expired => {
            return problem(
                "NOT_UPLOADED",
                "nothing was uploaded, or too late".to_owned(),
            );
        }
    };
    let tenant = tx.tenant();
    let outcome = crate::jobs::analyse::read_file(ctx, &upload.key).await?;
    let text = match outcome {
        Outcome::Read(extraction) => extraction.text.content,
        Outcome::Refused(error) => {
            // the ticket stays good: another file may be sent to it
            return problem("UNREADABLE", error.to_string());
        }
    };
    tx.forget_uploads(&[ticket]).await?;
    tx.commit().await?;
    let created = create(ctx, title, &text).await?;
    // the text is kept with the description; a file that can't be removed now is only wasted space
    if let Err(error) = ctx.runtime().objects.delete(tenant, &upload.key).await {
        tracing::warn!(%error, "the file of a job description was not removed");
    }
    Ok(created)
}

/// Job descriptions, newest first.
pub(crate) async fn list(ctx: &Ctx, page: &PageArgs) -> Result<Vec<JobDescription>> {
    let after = page.after::<JobDescriptionId>()?;
    let mut snapshot = ctx.read().await?;
    store::job_description::list(snapshot.conn()?, ctx.tenant()?, after, page.limit()).await
}

/// The built-in taxonomy as a use case needs it.
pub(crate) fn taxonomy() -> Result<&'static Taxonomy> {
    Taxonomy::shared().map_err(|error| platform_sdk::Error::internal(error.to_string()))
}
