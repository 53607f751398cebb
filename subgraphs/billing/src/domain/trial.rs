use chrono::TimeDelta;
use platform_sdk::{Ctx, Error, Idempotent, Result, UserError};
use serde::Serialize;

use super::license::{self, Change, Kind, License, LicenseId, Status};
use crate::store;

const OPERATION: &str = "start-trial";

#[derive(Serialize)]
struct Request<'a> {
    module: &'a str,
}

/// Starts the one trial that a tenant has of a module.
///
/// # Errors
/// `CONFLICT` when the idempotency key was used for something else; what the user can mend comes as
/// [`UserError`].
pub(crate) async fn start(
    ctx: &Ctx,
    module: &str,
    idempotency_key: &str,
) -> Result<Result<License, UserError>> {
    let mut tx = ctx.begin().await?;
    match tx
        .idempotent::<LicenseId>(OPERATION, idempotency_key, &Request { module })
        .await?
    {
        Idempotent::Fresh => {}
        Idempotent::Replay(id) => {
            let license = store::license::by_id(tx.conn(), id).await?;
            return license.map(Ok).ok_or_else(|| Error::not_found("license"));
        }
    }
    let now = tx.now();
    let Some(product) = store::catalogue::product(tx.conn(), module).await? else {
        return Ok(Err(UserError::on(
            "module",
            "UNKNOWN_MODULE",
            "no such module is for sale",
        )));
    };
    if product.trial_days == 0 {
        return Ok(Err(UserError::on(
            "module",
            "NO_TRIAL",
            "this module has no trial",
        )));
    }
    let license = License {
        id: ctx.new_id(),
        module: product.module,
        kind: Kind::Trial,
        starts_at: now,
        expires_at: Some(now + TimeDelta::days(product.trial_days.into())),
        grace_until: None,
        trial_started_at: Some(now),
        suspended_at: None,
        cancelled_at: None,
        ends_at: None,
        price: None,
        payment_method: None,
    };
    let tenant = tx.tenant();
    let actor = ctx.user().ok();
    // Two at the same moment: one of them finds the other's licence here.
    if !store::license::insert(tx.conn(), tenant, &license, actor, now).await? {
        let existing = store::license::lock_of_module(tx.conn(), module)
            .await?
            .ok_or_else(|| Error::internal("the licence that was in the way is gone"))?;
        return Ok(Err(refusal(&existing, existing.status_at(now))));
    }
    license::save(&mut tx, &license, Change::Made).await?;
    tx.remember(OPERATION, idempotency_key, &license.id).await?;
    tx.commit().await?;
    Ok(Ok(license))
}

/// Why a tenant that has a licence gets no trial.
fn refusal(existing: &License, status: Status) -> UserError {
    let usable = matches!(status, Status::Active | Status::Grace);
    if usable && existing.kind != Kind::Trial {
        UserError::on(
            "module",
            "ALREADY_LICENSED",
            "the organisation has a licence of this module",
        )
    } else {
        UserError::on(
            "module",
            "TRIAL_USED",
            "a trial is given once, and the organisation had it",
        )
    }
}
