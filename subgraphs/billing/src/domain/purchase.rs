use platform_sdk::{Ctx, Error, Idempotent, Result, TenantTx, UserError};
use serde::{Deserialize, Serialize};

use super::catalogue::Plan;
use super::license::{self, Change, GRACE, Kind, License, LicenseId, Status};
use super::payment::{self, Occasion, Outcome, Payment, PaymentId, SANDBOX_METHODS};
use crate::store;

const OPERATION: &str = "purchase-module";

/// What somebody buys.
#[derive(Serialize)]
pub(crate) struct Purchase<'a> {
    /// The module's id.
    pub(crate) module: &'a str,
    /// How it is paid.
    pub(crate) plan: Plan,
    /// ISO 4217 code.
    pub(crate) currency: &'a str,
    /// With what it is paid.
    pub(crate) payment_method: &'a str,
}

/// What is remembered under an idempotency key.
#[derive(Serialize, Deserialize)]
struct Done {
    license: LicenseId,
    payment: PaymentId,
}

/// Buys or subscribes to a module, at the price that stands now. A trial becomes the paid licence.
///
/// A declined purchase leaves nothing behind, its idempotency key included.
///
/// # Errors
/// `CONFLICT` when the idempotency key was used for something else; what the user can mend comes as
/// [`UserError`].
pub(crate) async fn purchase(
    ctx: &Ctx,
    request: &Purchase<'_>,
    idempotency_key: &str,
) -> Result<Result<(License, Payment), UserError>> {
    let mut tx = ctx.begin().await?;
    match tx
        .idempotent::<Done>(OPERATION, idempotency_key, request)
        .await?
    {
        Idempotent::Fresh => {}
        Idempotent::Replay(done) => return replay(&mut tx, &done).await,
    }
    if !SANDBOX_METHODS.contains(&request.payment_method) {
        return Ok(Err(UserError::on(
            "paymentMethod",
            "UNKNOWN_PAYMENT_METHOD",
            format!(
                "payments go to the sandbox, which takes {}",
                SANDBOX_METHODS.join(", ")
            ),
        )));
    }
    let (tenant, now) = (tx.tenant(), tx.now());
    let price = store::catalogue::price(
        tx.conn(),
        request.module,
        request.plan,
        request.currency,
        now,
    )
    .await?;
    let Some(price) = price else {
        return Ok(Err(UserError::on(
            "module",
            "NOT_FOR_SALE",
            "there is no such price",
        )));
    };
    let bought = License {
        id: ctx.new_id(),
        module: request.module.to_owned(),
        kind: match request.plan.months() {
            None => Kind::Purchased,
            Some(_) => Kind::Subscription,
        },
        starts_at: now,
        expires_at: request.plan.period_end(now, now),
        grace_until: None,
        trial_started_at: None,
        suspended_at: None,
        cancelled_at: None,
        ends_at: None,
        price: Some(price.id),
        payment_method: Some(request.payment_method.to_owned()),
    };
    let actor = ctx.user().ok();
    let fresh = store::license::insert(tx.conn(), tenant, &bought, actor, now).await?;
    let (license, change) = if fresh {
        (bought, Change::Made)
    } else {
        let existing = store::license::lock_of_module(tx.conn(), request.module)
            .await?
            .ok_or_else(|| Error::internal("the licence that was in the way is gone"))?;
        let status = existing.status_at(now);
        if let Some(error) = refusal(&existing, status) {
            return Ok(Err(error));
        }
        let license = License {
            id: existing.id,
            trial_started_at: existing.trial_started_at,
            ..bought
        };
        (license, Change::Changed)
    };
    let payment = payment::collect(
        &mut tx,
        license.id,
        &price,
        request.payment_method,
        Occasion::Purchase,
    )
    .await?;
    if payment.outcome == Outcome::Declined {
        tx.rollback().await?;
        return Ok(Err(declined()));
    }
    license::save(&mut tx, &license, change).await?;
    let done = Done {
        license: license.id,
        payment: payment.id,
    };
    tx.remember(OPERATION, idempotency_key, &done).await?;
    tx.commit().await?;
    Ok(Ok((license, payment)))
}

/// Renews a subscription whose period has run out: it is paid for another period, or it goes into grace.
pub(crate) async fn renew(tx: &mut TenantTx, license: &mut License) -> Result<()> {
    let now = tx.now();
    let (Some(price), Some(expires_at)) = (license.price, license.expires_at) else {
        return Err(Error::internal("a subscription without price or period"));
    };
    let price = store::catalogue::price_by_id(tx.conn(), price)
        .await?
        .ok_or_else(|| Error::internal("a subscription to a price that is gone"))?;
    let method = license.payment_method.clone().unwrap_or_default();
    let payment = payment::collect(tx, license.id, &price, &method, Occasion::Renewal).await?;
    match payment.outcome {
        // One period is paid for, also when the renewal comes so late that it is over, too.
        Outcome::Succeeded => {
            license.expires_at = price
                .plan
                .period_end(license.starts_at, expires_at.max(now));
        }
        Outcome::Declined => license.grace_until = Some(expires_at + GRACE),
    }
    Ok(())
}

async fn replay(tx: &mut TenantTx, done: &Done) -> Result<Result<(License, Payment), UserError>> {
    let license = store::license::by_id(tx.conn(), done.license).await?;
    let payment = store::payment::by_id(tx.conn(), done.payment).await?;
    match (license, payment) {
        (Some(license), Some(payment)) => Ok(Ok((license, payment))),
        _ => Err(Error::internal("a remembered purchase is gone")),
    }
}

/// Why a tenant that has a licence cannot buy another one.
fn refusal(existing: &License, status: Status) -> Option<UserError> {
    match status {
        Status::Suspended => Some(UserError::on(
            "module",
            "SUSPENDED",
            "the operator has stopped this licence",
        )),
        Status::Active if existing.kind != Kind::Trial && existing.cancelled_at.is_none() => {
            Some(UserError::on(
                "module",
                "ALREADY_LICENSED",
                "the organisation has a licence of this module",
            ))
        }
        _ => None,
    }
}

fn declined() -> UserError {
    UserError::on(
        "paymentMethod",
        "PAYMENT_DECLINED",
        "the payment was declined",
    )
}
