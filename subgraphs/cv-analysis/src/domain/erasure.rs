//! Erasing a CV and everything that was made of it.

use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Error, Idempotent, Result, id_newtype};
use serde::{Deserialize, Serialize};

use super::document::DocumentId;
use crate::store;

id_newtype! {
    /// A receipt of erasure.
    ErasureId
}

/// What remains of an erased CV.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Erasure {
    pub(crate) id: ErasureId,
    pub(crate) document_id: DocumentId,
    pub(crate) content_sha256: Vec<u8>,
    /// Analyses that went with it.
    pub(crate) analyses: i32,
    pub(crate) erased_at: DateTime<Utc>,
    /// Receipts of the first version say nothing of it.
    #[serde(default)]
    pub(crate) cause: Cause,
}

/// Why a CV was erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Cause {
    /// A person asked for it.
    #[default]
    Request,
    /// The time that it may be kept for was over.
    Retention,
}

/// Erases a document: its file, text, analyses and their steps. The receipt stays.
///
/// The file goes first: should the rest fail, the same request erases what is left, and no file remains without a row.
pub(crate) async fn erase(
    ctx: &Ctx,
    document_id: DocumentId,
    cause: Cause,
    idempotency_key: &str,
) -> Result<Erasure> {
    const OPERATION: &str = "eraseCvDocument";
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let known = tx
        .idempotent::<Erasure>(OPERATION, idempotency_key, &document_id)
        .await?;
    if let Idempotent::Replay(erasure) = known {
        return Ok(erasure);
    }
    let document = store::document::by_ids(tx.conn(), tenant, &[document_id])
        .await?
        .remove(&document_id)
        .ok_or_else(|| Error::not_found("document"))?;
    let uploads = store::document::uploads(tx.conn(), tenant, document_id).await?;
    tx.forget_uploads(&uploads).await?;
    store::search::remove(tx.conn(), tenant, document_id).await?;
    ctx.runtime()
        .objects
        .delete(tenant, &document.object_key)
        .await?;
    let erasure = Erasure {
        id: ctx.new_id(),
        document_id,
        content_sha256: document.content_sha256,
        analyses: store::erasure::remove_document(tx.conn(), tenant, document_id).await?,
        erased_at: ctx.now(),
        cause,
    };
    store::erasure::insert(tx.conn(), tenant, &erasure, ctx.user().ok()).await?;
    tx.remember(OPERATION, idempotency_key, &erasure).await?;
    tx.commit().await?;
    Ok(erasure)
}
