//! Why a CV may be kept and until when. When the time is over it is erased like by hand, and the receipt says why.

use chrono::{DateTime, TimeDelta, Utc};
use platform_sdk::{Ctx, Error, Result, UserError};
use serde::{Deserialize, Serialize};

use super::document::DocumentId;
use super::erasure::{self, Cause};
use crate::jobs::expire::Expire;
use crate::store;

/// Longest time that a CV is kept for after it was set.
const LONGEST: TimeDelta = TimeDelta::days(3653);

/// Why a CV may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Basis {
    /// The candidate agreed.
    Consent,
    /// An application is open.
    Application,
    /// A law demands it.
    LegalDuty,
}

/// Why a CV is kept and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Retention {
    pub(crate) document_id: DocumentId,
    pub(crate) basis: Basis,
    pub(crate) consented_at: Option<DateTime<Utc>>,
    pub(crate) keep_until: DateTime<Utc>,
    pub(crate) set_at: DateTime<Utc>,
}

/// Sets why and until when a CV is kept, and queues its end.
pub(crate) async fn set(
    ctx: &Ctx,
    document_id: DocumentId,
    basis: Basis,
    consented_at: Option<DateTime<Utc>>,
    keep_until: DateTime<Utc>,
) -> Result<std::result::Result<Retention, UserError>> {
    let now = ctx.now();
    if keep_until <= now || keep_until > now + LONGEST {
        return Ok(Err(UserError::on(
            "keepUntil",
            "INVALID",
            "the end lies in the future, ten years ahead at most",
        )));
    }
    if (basis == Basis::Consent) != consented_at.is_some_and(|at| at <= now) {
        return Ok(Err(UserError::on(
            "consentedAt",
            "INVALID",
            "say when the candidate agreed if consent is the reason, and only then",
        )));
    }
    let set = Retention {
        document_id,
        basis,
        consented_at,
        keep_until,
        set_at: now,
    };
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    if store::document::by_ids(tx.conn(), tenant, &[document_id])
        .await?
        .is_empty()
    {
        return Err(Error::not_found("document"));
    }
    store::retention::set(tx.conn(), tenant, &set, ctx.user()?).await?;
    let job = Expire {
        document_id,
        keep_until,
    };
    tx.enqueue_at(&job, keep_until).await?;
    tx.commit().await?;
    Ok(Ok(set))
}

/// Erases a CV whose time is over; one that was given more time stays.
pub(crate) async fn expire(
    ctx: &Ctx,
    document: DocumentId,
    keep_until: DateTime<Utc>,
) -> Result<()> {
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let known = store::retention::get(tx.conn(), tenant, document).await?;
    tx.rollback().await?;
    let over = known.is_some_and(|known| known.keep_until <= ctx.now());
    if !over {
        return Ok(());
    }
    let key = format!("retention {document} {}", keep_until.timestamp_micros());
    match erasure::erase(ctx, document, Cause::Retention, &key).await {
        Err(error) if error.code() == platform_sdk::ErrorCode::NotFound => Ok(()),
        erased => erased.map(|_| ()),
    }
}
