//! Job descriptions as they were written, with what they ask for.

use chrono::{DateTime, Utc};
use platform_sdk::{Claim, Ctx, Error, PageArgs, Result, UserError, id_newtype};
use uuid::Uuid;

use super::document::Outcome;
use super::education::EducationLevel;
use super::job::{JobLevel, Requirement, Requirements};
use super::skill::Taxonomy;
use super::taxonomy;
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
    /// 1 for the first.
    pub(crate) version: i32,
    pub(crate) title: String,
    /// The text after normalisation: spans of the requirements count its code points.
    pub(crate) body: String,
    pub(crate) requirements: Requirements,
    pub(crate) taxonomy_version: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// What is wrong with a title and a text.
fn problems(title: &str, text: &str) -> Vec<UserError> {
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
    errors
}

/// Reads and keeps a job description.
pub(crate) async fn create(
    ctx: &Ctx,
    title: &str,
    text: &str,
) -> Result<Result<JobDescription, Vec<UserError>>> {
    let title = title.trim();
    let errors = problems(title, text);
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    let taxonomy = taxonomy::of(ctx).await?;
    let text = Text::plain(text);
    let description = JobDescription {
        id: ctx.new_id(),
        version: 1,
        title: title.to_owned(),
        requirements: Requirements::read(title, &text, &taxonomy),
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

/// What is asked for, as a person words it; in the place of all that was read of the text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Names or ids of skills; of several in a row any will do.
    pub(crate) required: Vec<Vec<String>>,
    pub(crate) preferred: Vec<Vec<String>>,
    pub(crate) years: Option<u32>,
    pub(crate) level: Option<JobLevel>,
    pub(crate) education: Option<EducationLevel>,
    pub(crate) education_or_equivalent: bool,
}

/// An edit of a job description; what is absent stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edit {
    /// The version that was looked at.
    pub(crate) expected: i32,
    pub(crate) title: Option<String>,
    pub(crate) text: Option<String>,
    /// Absent: what is asked for is read of the text anew.
    pub(crate) wanted: Option<Wanted>,
}

/// Most skills that a person words.
const MAX_WANTED: usize = 60;
const MAX_YEARS: u32 = 60;

/// Makes a new version of a job description. Analyses keep the version that they were scored against.
pub(crate) async fn update(
    ctx: &Ctx,
    id: JobDescriptionId,
    edit: Edit,
) -> Result<Result<JobDescription, Vec<UserError>>> {
    let taxonomy = taxonomy::of(ctx).await?;
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let present = store::job_description::lock(tx.conn(), tenant, id)
        .await?
        .ok_or_else(|| Error::not_found("job description"))?;
    if present.version != edit.expected {
        return Ok(Err(vec![UserError::on(
            "expectedVersion",
            "OUTDATED",
            format!(
                "version {} is the latest: look at it again",
                present.version
            ),
        )]));
    }
    let title = edit.title.unwrap_or(present.title);
    let title = title.trim();
    let text = edit.text.unwrap_or(present.body);
    let mut errors = problems(title, &text);
    let text = Text::plain(&text);
    let requirements = match &edit.wanted {
        None => Requirements::read(title, &text, &taxonomy),
        Some(wanted) => worded(wanted, &taxonomy).unwrap_or_else(|error| {
            errors.push(error);
            Requirements::default()
        }),
    };
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    let description = JobDescription {
        id,
        version: present.version + 1,
        title: title.to_owned(),
        body: text.content,
        requirements,
        taxonomy_version: taxonomy.version.clone(),
        created_at: ctx.now(),
    };
    store::job_description::update(tx.conn(), tenant, &description, ctx.user().ok()).await?;
    tx.commit().await?;
    Ok(Ok(description))
}

/// Requirements from a person's words.
fn worded(wanted: &Wanted, taxonomy: &Taxonomy) -> std::result::Result<Requirements, UserError> {
    let skills = |field: &str, asked: &[Vec<String>]| {
        if asked.len() > MAX_WANTED || asked.iter().any(|any| any.is_empty() || any.len() > 10) {
            let message =
                format!("name at most {MAX_WANTED} skills, each with 1 to 10 alternatives");
            return Err(UserError::on(field, "INVALID", message));
        }
        let one = |names: &Vec<String>| {
            let mut any_of = Vec::new();
            for name in names {
                let Some(id) = taxonomy.find(name) else {
                    let name = super::finding::shorten(name, 60);
                    let message = format!("the taxonomy does not know `{name}`");
                    return Err(UserError::on(field, "UNKNOWN_SKILL", message));
                };
                if !any_of.iter().any(|known| known == id) {
                    any_of.push(id.to_owned());
                }
            }
            let names: Vec<&str> = any_of.iter().map(|id| taxonomy.name(id)).collect();
            Ok(Requirement {
                name: names.join(" or "),
                any_of,
                span: None,
            })
        };
        asked
            .iter()
            .map(one)
            .collect::<std::result::Result<Vec<_>, _>>()
    };
    if wanted.years.is_some_and(|years| years > MAX_YEARS) {
        let message = format!("years are a number up to {MAX_YEARS}");
        return Err(UserError::on("years", "INVALID", message));
    }
    Ok(Requirements {
        required: skills("required", &wanted.required)?,
        preferred: skills("preferred", &wanted.preferred)?,
        years: wanted.years.or(wanted.level.map(JobLevel::usual_years)),
        level: wanted.level,
        education: wanted.education,
        education_or_equivalent: wanted.education_or_equivalent,
    })
}

/// The versions of a job description, the latest first.
pub(crate) async fn versions(
    ctx: &Ctx,
    id: JobDescriptionId,
    page: &PageArgs,
) -> Result<Vec<JobDescription>> {
    let after = page.after::<i32>()?;
    let mut snapshot = ctx.read().await?;
    store::job_description::versions(snapshot.conn()?, ctx.tenant()?, id, after, page.limit()).await
}
