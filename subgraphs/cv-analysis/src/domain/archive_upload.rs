//! Many CVs uploaded in one archive: each file becomes a document or has the reason why not.

use platform_sdk::sandbox::SandboxError;
use platform_sdk::{Claim, Ctx, Error, Idempotent, Result, TenantTx, UploadTicket, UserError};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::archive::{ArchiveError, MAX_ARCHIVE_BYTES, Unpacked, read_answer};
use super::document::{Document, DocumentId, INDEX_AFTER, MAX_FILE_NAME, open_upload};
use super::extract::MAX_FILE_BYTES;
use crate::config::Config;
use crate::jobs::index::Index;
use crate::store;

/// What uploads of archives are for.
const PURPOSE: &str = "cv-archive";
const OPERATION: &str = "completeCvArchiveUpload";

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Verdict {
    file_name: String,
    outcome: std::result::Result<DocumentId, ArchiveError>,
    /// Its content was there before, in the archive or in the tenant.
    is_duplicate: bool,
}

/// One file of an archive: its name, whether its content was there before, and its document (`None` once it was erased) or the
/// reason why it has none.
pub(crate) struct Taken {
    pub(crate) file_name: String,
    pub(crate) is_duplicate: bool,
    pub(crate) outcome: std::result::Result<Option<Document>, ArchiveError>,
}

/// Opens an address for the bytes of an archive.
pub(crate) async fn request(
    ctx: &Ctx,
    file_name: &str,
    size_bytes: i64,
) -> Result<Result<UploadTicket, UserError>> {
    open_upload(ctx, PURPOSE, MAX_ARCHIVE_BYTES, file_name, size_bytes).await
}

/// Makes a document of every file of an uploaded archive that can be a CV. Asked again, it gives the same answer.
pub(crate) async fn complete(ctx: &Ctx, ticket_id: Uuid) -> Result<Result<Vec<Taken>, UserError>> {
    // unpacking takes its time: the ticket is looked at first and claimed when the files are there
    let mut look = ctx.begin().await?;
    let claim = look.claim_upload(ticket_id, PURPOSE).await?;
    look.rollback().await?;
    let upload = match claim {
        Claim::Stored(upload) => Some(upload),
        Claim::AlreadyClaimed => None,
        Claim::NotUploaded => {
            let message = "nothing was uploaded yet: send the file to the ticket's address first";
            return Ok(Err(UserError::on("ticketId", "NOT_UPLOADED", message)));
        }
        Claim::Expired => {
            let message = "the address has expired: ask for a new one";
            return Ok(Err(UserError::on("ticketId", "EXPIRED", message)));
        }
    };
    let files = match &upload {
        None => Vec::new(),
        Some(upload) => match unpack(ctx, &upload.key).await? {
            Ok(files) => files,
            Err(error) => {
                return Ok(Err(UserError::on(
                    "ticketId",
                    "UNREADABLE",
                    error.to_string(),
                )));
            }
        },
    };
    let mut tx = ctx.begin().await?;
    let key = ticket_id.to_string();
    let verdicts = match tx
        .idempotent::<Vec<Verdict>>(OPERATION, &key, &ticket_id)
        .await?
    {
        Idempotent::Replay(verdicts) => verdicts,
        Idempotent::Fresh => {
            let Claim::Stored(_) = tx.claim_upload(ticket_id, PURPOSE).await? else {
                return Err(Error::not_found("upload"));
            };
            let mut verdicts = Vec::with_capacity(files.len());
            for (file_name, content) in files {
                verdicts.push(take(ctx, &mut tx, file_name, content).await?);
            }
            tx.remember(OPERATION, &key, &verdicts).await?;
            verdicts
        }
    };
    let tenant = tx.tenant();
    let taken = taken(&mut tx, verdicts).await?;
    tx.commit().await?;
    // every file of it is kept on its own; an archive that can't be removed now is only wasted space
    if let Some(upload) = upload
        && let Err(error) = ctx.runtime().objects.delete(tenant, &upload.key).await
    {
        tracing::warn!(%error, "an archive was not removed");
    }
    Ok(Ok(taken))
}

/// Makes a document of every file that came with the request. The same content is one document, so a request that is sent
/// twice does nothing more.
pub(crate) async fn receive(ctx: &Ctx, files: Vec<(String, Vec<u8>)>) -> Result<Vec<Taken>> {
    let mut tx = ctx.begin().await?;
    let mut verdicts = Vec::with_capacity(files.len());
    for (file_name, content) in files {
        let content = match content.len() as u64 {
            0 => Err(ArchiveError::FileEmpty),
            length if length > MAX_FILE_BYTES => Err(ArchiveError::FileTooLarge),
            _ => Ok(content),
        };
        let file_name = shown_name(&file_name);
        verdicts.push(take(ctx, &mut tx, file_name, content).await?);
    }
    let taken = taken(&mut tx, verdicts).await?;
    tx.commit().await?;
    Ok(taken)
}

/// A name that can be shown: not empty, not endless, on one line.
fn shown_name(name: &str) -> String {
    let name: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_FILE_NAME)
        .collect();
    match name.trim() {
        "" => "cv".to_owned(),
        name => name.to_owned(),
    }
}

/// The documents of verdicts, as far as they are still there.
async fn taken(tx: &mut TenantTx, verdicts: Vec<Verdict>) -> Result<Vec<Taken>> {
    let ids: Vec<DocumentId> = verdicts
        .iter()
        .filter_map(|verdict| verdict.outcome.as_ref().ok().copied())
        .collect();
    let tenant = tx.tenant();
    let documents = store::document::by_ids(tx.conn(), tenant, &ids).await?;
    let taken = verdicts.into_iter().map(|verdict| Taken {
        file_name: verdict.file_name,
        is_duplicate: verdict.is_duplicate,
        outcome: verdict.outcome.map(|id| documents.get(&id).cloned()),
    });
    Ok(taken.collect())
}

async fn take(
    ctx: &Ctx,
    tx: &mut TenantTx,
    file_name: String,
    content: std::result::Result<Vec<u8>, ArchiveError>,
) -> Result<Verdict> {
    let content = match content {
        Ok(content) => content,
        Err(error) => {
            return Ok(Verdict {
                file_name,
                outcome: Err(error),
                is_duplicate: false,
            });
        }
    };
    let tenant = tx.tenant();
    let fresh = Document {
        id: ctx.new_id(),
        file_name: file_name.clone(),
        size_bytes: i64::try_from(content.len()).unwrap_or(i64::MAX),
        content_sha256: Sha256::digest(&content).to_vec(),
        object_key: format!("imports/{}", ctx.new_uuid()),
        as_of: ctx.now().date_naive(),
        created_at: ctx.now(),
    };
    let document = store::document::keep(tx.conn(), tenant, &fresh, ctx.user().ok()).await?;
    let is_duplicate = document.object_key != fresh.object_key;
    if !is_duplicate {
        let objects = &ctx.runtime().objects;
        objects
            .put(tenant, &fresh.object_key, content.into())
            .await?;
    }
    let index = Index {
        document_id: document.id,
        correction_id: None,
    };
    tx.enqueue_at(&index, ctx.now() + INDEX_AFTER).await?;
    Ok(Verdict {
        file_name,
        outcome: Ok(document.id),
        is_duplicate,
    })
}

/// Has the worker unpack an archive of the tenant.
async fn unpack(ctx: &Ctx, key: &str) -> Result<std::result::Result<Vec<Unpacked>, ArchiveError>> {
    let runtime = ctx.runtime();
    let config = Config::read(&runtime.config).map_err(Error::internal)?;
    let bytes = runtime
        .objects
        .get(ctx.tenant()?, key, MAX_ARCHIVE_BYTES)
        .await?;
    let run = runtime
        .sandbox
        .run(&["unpack"], bytes, config.archive_limits());
    match run.await {
        Ok(output) => Ok(read_answer(&output)),
        Err(SandboxError::TooLong) => Ok(Err(ArchiveError::TooLarge)),
        Err(SandboxError::TimedOut | SandboxError::Died(_)) => Ok(Err(ArchiveError::Corrupt)),
        Err(error @ SandboxError::Io(_)) => Err(Error::unavailable(error)),
    }
}
