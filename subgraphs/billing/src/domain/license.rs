use billing_events::{LicenseActivated, LicenseCancelled, LicenseExpired};
use chrono::{DateTime, TimeDelta, Utc};
use platform_sdk::{
    Ctx, Error, LicenseState, PageArgs, Result, TenantTx, UserError, id_newtype, stored_names,
};

use super::catalogue::PriceId;
use crate::jobs::lapse::LapseLicense;
use crate::store;
use crate::store::license::Recorded;

id_newtype! {
    /// A tenant's right to use a module.
    LicenseId
}

/// Use goes on for this long after an unpaid period.
pub(crate) const GRACE: TimeDelta = TimeDelta::days(7);

/// How a licence came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
#[graphql(name = "LicenseKind")]
pub(crate) enum Kind {
    /// Free for a limited time, once.
    Trial,
    /// Paid once, for life.
    Purchased,
    /// Paid per period.
    Subscription,
}

/// What a licence is worth at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
#[graphql(name = "LicenseStatus")]
pub(crate) enum Status {
    /// The module can be used.
    Active,
    /// The module can still be used, although the time has run out: pay now.
    Grace,
    /// The time has run out.
    Expired,
    /// Stopped by the operator.
    Suspended,
    /// Given up.
    Cancelled,
}

/// A tenant's right to use a module. One per tenant and module: a trial that becomes a purchase stays
/// the same licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct License {
    /// Which.
    pub(crate) id: LicenseId,
    /// The module's id.
    pub(crate) module: String,
    /// How it came about.
    pub(crate) kind: Kind,
    /// From when on it is of this kind; a subscription's periods are counted from here.
    pub(crate) starts_at: DateTime<Utc>,
    /// When the time runs out; none for life.
    pub(crate) expires_at: Option<DateTime<Utc>>,
    /// How long it can be used after that.
    pub(crate) grace_until: Option<DateTime<Utc>>,
    /// When the tenant had its one trial.
    pub(crate) trial_started_at: Option<DateTime<Utc>>,
    /// Since when the operator has stopped it.
    pub(crate) suspended_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub(crate) cancelled_at: Option<DateTime<Utc>>,
    /// From when on it is given up: then, or at the end of the paid period.
    pub(crate) ends_at: Option<DateTime<Utc>>,
    /// What was paid, and what a subscription renews at.
    pub(crate) price: Option<PriceId>,
    /// What a subscription renews with.
    pub(crate) payment_method: Option<String>,
}

impl License {
    /// What it is worth at `now`.
    pub(crate) fn status_at(&self, now: DateTime<Utc>) -> Status {
        let reached = |moment: Option<DateTime<Utc>>| moment.is_some_and(|m| m <= now);
        if self.suspended_at.is_some() {
            Status::Suspended
        } else if reached(self.ends_at) {
            Status::Cancelled
        } else if !reached(self.expires_at) {
            Status::Active
        } else if self.grace_until.is_some_and(|until| now < until) {
            Status::Grace
        } else {
            Status::Expired
        }
    }

    /// From when on the module is refused, grace included; none for life.
    pub(crate) fn usable_until(&self) -> Option<DateTime<Utc>> {
        let by_time = self.grace_until.or(self.expires_at);
        match (by_time, self.ends_at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// The next moment after `now` at which it becomes something else by itself.
    pub(crate) fn next_change(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        [self.expires_at, self.grace_until, self.ends_at]
            .into_iter()
            .flatten()
            .filter(|moment| *moment > now)
            .min()
    }

    /// Whether a period has run out that is to be paid for again.
    pub(crate) fn renewal_is_due(&self, now: DateTime<Utc>) -> bool {
        self.kind == Kind::Subscription
            && self.cancelled_at.is_none()
            && self.grace_until.is_none()
            && self.suspended_at.is_none()
            && self.expires_at.is_some_and(|end| end <= now)
    }
}

/// What is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// A licence that was inserted in this transaction.
    Made,
    /// One that was there.
    Changed,
}

/// Writes a licence here and, in the same transaction, where every module looks; tells others what
/// they were not told yet; and has somebody look again when it changes by itself.
pub(crate) async fn save(tx: &mut TenantTx, license: &License, change: Change) -> Result<()> {
    let now = tx.now();
    let tenant = tx.tenant();
    let status = license.status_at(now);
    let before = match change {
        Change::Made => None,
        Change::Changed => store::license::recorded(tx.conn(), license.id).await?,
    };
    store::license::update(tx.conn(), tenant, license, status, now).await?;
    tx.write_license(&LicenseState {
        license_id: license.id.uuid(),
        module: license.module.clone(),
        status: status.as_str().to_owned(),
        usable_until: license.usable_until(),
    })
    .await?;
    let license_id = license.id.uuid();
    let module = license.module.clone();
    let is = Recorded {
        status: status.as_str().to_owned(),
        kind: license.kind.as_str().to_owned(),
        expires_at: license.expires_at,
    };
    if before != Some(is) {
        match status {
            Status::Active => {
                tx.publish(&LicenseActivated {
                    license_id,
                    module,
                    kind: license.kind.into(),
                    expires_at: license.expires_at,
                })
                .await?;
            }
            Status::Expired => {
                tx.publish(&LicenseExpired { license_id, module }).await?;
            }
            Status::Cancelled => {
                tx.publish(&LicenseCancelled { license_id, module }).await?;
            }
            Status::Grace | Status::Suspended => {}
        }
    }
    if let Some(due_at) = license.next_change(now) {
        let job = LapseLicense {
            license_id: license.id,
            due_at,
        };
        tx.enqueue_at(&job, due_at).await?;
    }
    Ok(())
}

/// A page of the tenant's licences, in the order in which they were made.
///
/// # Errors
/// `BAD_USER_INPUT` for a forged cursor.
pub(crate) async fn page(ctx: &Ctx, page: &PageArgs) -> Result<Vec<License>> {
    let after = page.after::<LicenseId>()?;
    let mut snapshot = ctx.read().await?;
    store::license::page(snapshot.conn()?, after, page.limit()).await
}

/// The tenant's licence of a module.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn of_module(ctx: &Ctx, module: &str) -> Result<Option<License>> {
    let mut snapshot = ctx.read().await?;
    store::license::of_module(snapshot.conn()?, module).await
}

/// Gives a licence up: at the end of the paid period or trial, or at once. What was paid is not given back.
///
/// # Errors
/// `NOT_FOUND` without a licence of the module.
pub(crate) async fn cancel(
    ctx: &Ctx,
    module: &str,
    at_once: bool,
) -> Result<Result<License, UserError>> {
    let mut tx = ctx.begin().await?;
    let now = tx.now();
    let mut license = locked(&mut tx, module).await?;
    let status = license.status_at(now);
    if matches!(status, Status::Expired | Status::Cancelled) {
        return Ok(Err(UserError::on(
            "module",
            "NOT_ACTIVE",
            "this licence is over already",
        )));
    }
    // A licence for life has no end to wait for, and in grace the end is past.
    let ends_at = license
        .expires_at
        .filter(|end| !at_once && *end > now)
        .unwrap_or(now);
    license.cancelled_at = license.cancelled_at.or(Some(now));
    license.ends_at = Some(ends_at);
    save(&mut tx, &license, Change::Changed).await?;
    tx.commit().await?;
    Ok(Ok(license))
}

/// Takes a cancellation back that has not taken effect.
///
/// # Errors
/// `NOT_FOUND` without a licence of the module.
pub(crate) async fn resume(ctx: &Ctx, module: &str) -> Result<Result<License, UserError>> {
    let mut tx = ctx.begin().await?;
    let now = tx.now();
    let mut license = locked(&mut tx, module).await?;
    let status = license.status_at(now);
    if license.cancelled_at.is_none() || status != Status::Active {
        return Ok(Err(UserError::on(
            "module",
            "NOT_CANCELLING",
            "no cancellation is waiting to take effect",
        )));
    }
    license.cancelled_at = None;
    license.ends_at = None;
    save(&mut tx, &license, Change::Changed).await?;
    tx.commit().await?;
    Ok(Ok(license))
}

async fn locked(tx: &mut TenantTx, module: &str) -> Result<License> {
    store::license::lock_of_module(tx.conn(), module)
        .await?
        .ok_or_else(|| Error::not_found("license"))
}

stored_names! {
    pub(crate) Kind {
        Trial = "TRIAL",
        Purchased = "PURCHASED",
        Subscription = "SUBSCRIPTION",
    }
}

impl From<Kind> for billing_events::LicenseKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Trial => Self::Trial,
            Kind::Purchased => Self::Purchased,
            Kind::Subscription => Self::Subscription,
        }
    }
}

stored_names! {
    pub(crate) Status {
        Active = "ACTIVE",
        Grace = "GRACE",
        Expired = "EXPIRED",
        Suspended = "SUSPENDED",
        Cancelled = "CANCELLED",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn at(days: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::days(days)
    }

    fn trial() -> License {
        License {
            id: LicenseId(uuid::Uuid::nil()),
            module: "cv-analysis".to_owned(),
            kind: Kind::Trial,
            starts_at: at(0),
            expires_at: Some(at(14)),
            grace_until: None,
            trial_started_at: Some(at(0)),
            suspended_at: None,
            cancelled_at: None,
            ends_at: None,
            price: None,
            payment_method: None,
        }
    }

    #[test]
    fn a_licence_is_worth_what_its_times_say() {
        let subscription = License {
            kind: Kind::Subscription,
            expires_at: Some(at(30)),
            ..trial()
        };
        let unpaid = License {
            grace_until: Some(at(37)),
            ..subscription.clone()
        };
        let for_life = License {
            kind: Kind::Purchased,
            expires_at: None,
            ..trial()
        };
        let leaving = License {
            cancelled_at: Some(at(3)),
            ends_at: Some(at(14)),
            ..trial()
        };
        let stopped = License {
            suspended_at: Some(at(1)),
            ..trial()
        };
        for (license, day, status) in [
            (&trial(), 13, Status::Active),
            (&trial(), 14, Status::Expired),
            (&unpaid, 29, Status::Active),
            (&unpaid, 30, Status::Grace),
            (&unpaid, 37, Status::Expired),
            (&for_life, 40_000, Status::Active),
            (&leaving, 13, Status::Active),
            (&leaving, 14, Status::Cancelled),
            (&stopped, 2, Status::Suspended),
        ] {
            assert_eq!(
                license.status_at(at(day)),
                status,
                "{license:?} on day {day}"
            );
            // What other modules see agrees with what is shown.
            let usable = license.usable_until().is_none_or(|until| at(day) < until);
            let shown = matches!(status, Status::Active | Status::Grace);
            assert!(
                usable == shown || status == Status::Suspended,
                "{license:?} on day {day}"
            );
        }
    }

    #[test]
    fn only_a_running_subscription_is_renewed() {
        let due = License {
            kind: Kind::Subscription,
            ..trial()
        };
        assert!(due.renewal_is_due(at(14)));
        assert!(!due.renewal_is_due(at(13)));
        assert!(!trial().renewal_is_due(at(14)));
        assert!(
            !License {
                cancelled_at: Some(at(1)),
                ends_at: Some(at(14)),
                ..due.clone()
            }
            .renewal_is_due(at(14))
        );
        assert!(
            !License {
                grace_until: Some(at(21)),
                ..due
            }
            .renewal_is_due(at(15))
        );
    }

    #[test]
    fn somebody_looks_again_at_every_turn() {
        let unpaid = License {
            grace_until: Some(at(21)),
            ..trial()
        };
        assert_eq!(unpaid.next_change(at(0)), Some(at(14)));
        assert_eq!(unpaid.next_change(at(14)), Some(at(21)));
        assert_eq!(unpaid.next_change(at(21)), None);
    }
}
