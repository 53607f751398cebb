//! Uploaded CVs.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use platform_sdk::{
    Claim, Ctx, Error, Idempotent, PageArgs, Result, UploadRequest, UploadTicket, UserError,
    id_newtype,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::extract::{EXTRACTOR_VERSION, ExtractError, Extraction, MAX_FILE_BYTES};
use super::json_resume;
use super::period::Month;
use crate::jobs::index::Index;
use crate::store;

id_newtype! {
    /// An uploaded CV.
    DocumentId
}

/// What uploads of this module are for.
pub(super) const PURPOSE: &str = "cv";
/// How long after its upload a CV is read for search, where no analysis has read it before: most uploads are analysed at once.
pub(super) const INDEX_AFTER: TimeDelta = TimeDelta::seconds(20);
/// Longest file name that is kept, in characters.
pub(super) const MAX_FILE_NAME: usize = 200;

/// An uploaded CV; its text is kept apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) id: DocumentId,
    /// The client's name of the file: shown, never trusted.
    pub(crate) file_name: String,
    pub(crate) size_bytes: i64,
    pub(crate) content_sha256: Vec<u8>,
    pub(crate) object_key: String,
    /// A day of the month that "present" means in it.
    pub(crate) as_of: NaiveDate,
    pub(crate) created_at: DateTime<Utc>,
}

impl Document {
    /// The month that "present" means.
    pub(crate) fn month(&self) -> Month {
        Month {
            year: u16::try_from(self.as_of.year()).unwrap_or(u16::MAX),
            month: u8::try_from(self.as_of.month()).unwrap_or(1),
        }
    }
}

/// What reading a document came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was read.
    Read(Box<Extraction>),
    /// It can't be read.
    Refused(ExtractError),
}

/// Opens an address for the bytes of a CV.
pub(crate) async fn request_upload(
    ctx: &Ctx,
    file_name: &str,
    size_bytes: i64,
) -> Result<Result<UploadTicket, UserError>> {
    open_upload(ctx, PURPOSE, MAX_FILE_BYTES, file_name, size_bytes).await
}

/// Opens an address for bytes of one purpose.
pub(super) async fn open_upload(
    ctx: &Ctx,
    purpose: &'static str,
    max_bytes: u64,
    file_name: &str,
    size_bytes: i64,
) -> Result<Result<UploadTicket, UserError>> {
    let file_name = file_name.trim();
    if file_name.is_empty()
        || file_name.chars().count() > MAX_FILE_NAME
        || file_name.chars().any(char::is_control)
    {
        return Ok(Err(UserError::on(
            "fileName",
            "INVALID",
            format!("a file name has 1 to {MAX_FILE_NAME} characters"),
        )));
    }
    let max_bytes = i64::try_from(max_bytes).unwrap_or(i64::MAX);
    if size_bytes < 1 {
        return Ok(Err(UserError::on(
            "sizeBytes",
            "EMPTY",
            ExtractError::Empty.to_string(),
        )));
    }
    if size_bytes > max_bytes {
        return Ok(Err(UserError::on(
            "sizeBytes",
            "TOO_LARGE",
            format!("the file is larger than {} MB", max_bytes / 1024 / 1024),
        )));
    }
    let mut tx = ctx.begin().await?;
    let ticket = tx
        .open_upload(&UploadRequest {
            purpose,
            file_name: file_name.to_owned(),
            declared_bytes: size_bytes,
            max_bytes,
        })
        .await?;
    tx.commit().await?;
    Ok(Ok(ticket))
}

/// Makes a document of what was uploaded. The same bytes again give the document that is there; so does the same upload.
pub(crate) async fn complete_upload(
    ctx: &Ctx,
    ticket_id: Uuid,
) -> Result<Result<Document, UserError>> {
    let mut tx = ctx.begin().await?;
    let upload = match tx.claim_upload(ticket_id, PURPOSE).await? {
        Claim::Stored(upload) => upload,
        Claim::AlreadyClaimed => {
            let document = store::document::of_upload(tx.conn(), ctx.tenant()?, ticket_id).await?;
            return document.map(Ok).ok_or_else(|| Error::not_found("upload"));
        }
        Claim::NotUploaded => {
            return Ok(Err(UserError::on(
                "ticketId",
                "NOT_UPLOADED",
                "nothing was uploaded yet: send the file to the ticket's address first",
            )));
        }
        Claim::Expired => {
            return Ok(Err(UserError::on(
                "ticketId",
                "EXPIRED",
                "the address has expired: ask for a new one",
            )));
        }
    };
    let fresh = Document {
        id: ctx.new_id(),
        file_name: upload.file_name,
        size_bytes: upload.bytes,
        content_sha256: upload.sha256,
        object_key: upload.key.clone(),
        as_of: ctx.now().date_naive(),
        created_at: ctx.now(),
    };
    let tenant = tx.tenant();
    let uploaded_by = ctx.user().ok();
    let document = store::document::keep(tx.conn(), tenant, &fresh, uploaded_by).await?;
    store::document::keep_upload(tx.conn(), tenant, ticket_id, document.id, ctx.now()).await?;
    let index = Index {
        document_id: document.id,
        correction_id: None,
    };
    tx.enqueue_at(&index, ctx.now() + INDEX_AFTER).await?;
    tx.commit().await?;
    if document.object_key != upload.key {
        // the same content is there already; a copy that can't be removed now is only wasted space
        if let Err(error) = ctx.runtime().objects.delete(tenant, &upload.key).await {
            tracing::warn!(%error, "a duplicate upload was not removed");
        }
    }
    Ok(Ok(document))
}

/// Makes a document of a JSON Resume: its text is read like any other, so everything in it is found at its place.
pub(crate) async fn import_json_resume(
    ctx: &Ctx,
    json: &str,
    idempotency_key: &str,
) -> Result<Result<Document, UserError>> {
    const OPERATION: &str = "importJsonResume";
    let text = match json_resume::import(json) {
        Ok(text) => text,
        Err(problem) => return Ok(Err(UserError::on("json", "INVALID", problem))),
    };
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    if let Idempotent::Replay(id) = tx
        .idempotent::<DocumentId>(OPERATION, idempotency_key, &json)
        .await?
    {
        return store::document::by_ids(tx.conn(), tenant, &[id])
            .await?
            .remove(&id)
            .map(Ok)
            .ok_or_else(|| Error::not_found("document"));
    }
    let fresh = Document {
        id: ctx.new_id(),
        file_name: "JSON Resume".to_owned(),
        size_bytes: i64::try_from(text.len()).unwrap_or(i64::MAX),
        content_sha256: Sha256::digest(text.as_bytes()).to_vec(),
        object_key: format!("imports/{}", ctx.new_uuid()),
        as_of: ctx.now().date_naive(),
        created_at: ctx.now(),
    };
    let document = store::document::keep(tx.conn(), tenant, &fresh, ctx.user().ok()).await?;
    if document.object_key == fresh.object_key {
        ctx.runtime()
            .objects
            .put(tenant, &fresh.object_key, text.into())
            .await?;
    }
    let index = Index {
        document_id: document.id,
        correction_id: None,
    };
    tx.enqueue_at(&index, ctx.now() + INDEX_AFTER).await?;
    tx.remember(OPERATION, idempotency_key, &document.id)
        .await?;
    tx.commit().await?;
    Ok(Ok(document))
}

/// Documents, newest first.
pub(crate) async fn list(ctx: &Ctx, page: &PageArgs) -> Result<Vec<Document>> {
    let after = page.after::<DocumentId>()?;
    let mut snapshot = ctx.read().await?;
    store::document::list(snapshot.conn()?, ctx.tenant()?, after, page.limit()).await
}

/// A document and what was read of it; `None` when it was erased.
pub(crate) async fn load(ctx: &Ctx, id: DocumentId) -> Result<Option<(Document, Option<Outcome>)>> {
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let document = store::document::by_ids(tx.conn(), tenant, &[id])
        .await?
        .remove(&id);
    let outcome = store::extraction::get(tx.conn(), tenant, id, EXTRACTOR_VERSION).await?;
    tx.rollback().await?;
    Ok(document.map(|document| (document, outcome)))
}
