//! The shortlist of a job: CVs that people want to go on with. Every stay on it is kept with who, when and why.

use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Error, PageArgs, Result, UserError, UserId, id_newtype};
use uuid::Uuid;

use super::document::DocumentId;
use super::job_description::JobDescriptionId;
use crate::store;

id_newtype! {
    /// A stay on a shortlist.
    StayId
}

/// Most CVs that one request puts on a shortlist or takes off.
const MAX_BATCH: usize = 100;
const MAX_REASON: usize = 1_000;

/// A CV's stay on the shortlist of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stay {
    pub(crate) id: StayId,
    pub(crate) job_description_id: JobDescriptionId,
    pub(crate) document_id: DocumentId,
    pub(crate) reason: String,
    pub(crate) listed_by: UserId,
    pub(crate) listed_at: DateTime<Utc>,
    /// How it ended; `None` while the CV is on the list.
    pub(crate) removal: Option<Removal>,
}

/// The end of a stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Removal {
    pub(crate) removed_by: UserId,
    pub(crate) removed_at: DateTime<Utc>,
    pub(crate) reason: String,
}

fn checked<'a>(
    documents: &[DocumentId],
    reason: &'a str,
) -> std::result::Result<(Vec<Uuid>, &'a str), UserError> {
    if documents.is_empty() || documents.len() > MAX_BATCH {
        return Err(UserError::on(
            "documentIds",
            "INVALID",
            format!("name 1 to {MAX_BATCH} documents"),
        ));
    }
    let reason = reason.trim();
    if !(1..=MAX_REASON).contains(&reason.chars().count()) {
        return Err(UserError::on(
            "reason",
            "INVALID",
            format!("give a reason of 1 to {MAX_REASON} characters"),
        ));
    }
    let mut ids: Vec<Uuid> = documents.iter().map(|id| id.uuid()).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok((ids, reason))
}

/// Puts CVs on the shortlist of a job. One that is on it stays as it is, with the reason it has.
///
/// # Errors
/// `NOT_FOUND` for a job that is not there; a user error for a CV that was never analysed for this job.
pub(crate) async fn add(
    ctx: &Ctx,
    job: JobDescriptionId,
    documents: &[DocumentId],
    reason: &str,
) -> Result<std::result::Result<Vec<Stay>, UserError>> {
    let listed_by = ctx.user()?;
    let (ids, reason) = match checked(documents, reason) {
        Ok(checked) => checked,
        Err(error) => return Ok(Err(error)),
    };
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    there(&mut tx, job).await?;
    if store::shortlist::analysed(tx.conn(), tenant, job, &ids).await? < ids.len() {
        return Ok(Err(UserError::on(
            "documentIds",
            "NOT_ANALYSED",
            "a CV has no analysis for this job",
        )));
    }
    for document in &ids {
        let stay = Stay {
            id: ctx.new_id(),
            job_description_id: job,
            document_id: DocumentId(*document),
            reason: reason.to_owned(),
            listed_by,
            listed_at: ctx.now(),
            removal: None,
        };
        store::shortlist::insert(tx.conn(), tenant, &stay).await?;
    }
    let stays = store::shortlist::present(tx.conn(), tenant, job, &ids).await?;
    tx.commit().await?;
    Ok(Ok(stays))
}

/// Takes CVs off the shortlist of a job; what is not on it is left out.
pub(crate) async fn remove(
    ctx: &Ctx,
    job: JobDescriptionId,
    documents: &[DocumentId],
    reason: &str,
) -> Result<std::result::Result<Vec<Stay>, UserError>> {
    let removed_by = ctx.user()?;
    let (ids, reason) = match checked(documents, reason) {
        Ok(checked) => checked,
        Err(error) => return Ok(Err(error)),
    };
    let removal = Removal {
        removed_by,
        removed_at: ctx.now(),
        reason: reason.to_owned(),
    };
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    there(&mut tx, job).await?;
    let stays = store::shortlist::remove(tx.conn(), tenant, job, &ids, &removal).await?;
    tx.commit().await?;
    Ok(Ok(stays))
}

async fn there(tx: &mut platform_sdk::TenantTx, job: JobDescriptionId) -> Result<()> {
    let tenant = tx.tenant();
    let known = store::job_description::by_ids(tx.conn(), tenant, &[job]).await?;
    if known.is_empty() {
        return Err(Error::not_found("job description"));
    }
    Ok(())
}

/// Who is on the shortlist of a job, the first that came first.
pub(crate) async fn list(ctx: &Ctx, job: JobDescriptionId, page: &PageArgs) -> Result<Vec<Stay>> {
    let after = page.after::<StayId>()?;
    let mut snapshot = ctx.read().await?;
    store::shortlist::list(snapshot.conn()?, ctx.tenant()?, job, after, page.limit()).await
}
