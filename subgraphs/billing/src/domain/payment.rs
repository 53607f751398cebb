use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Error, Money, PageArgs, Result, TenantTx, id_newtype, stored_names};

use super::catalogue::{Price, PriceId};
use super::ledger::{Account, Entry, EntryKind};
use super::license::LicenseId;
use crate::store;

id_newtype! {
    /// An attempt to collect money.
    PaymentId
}

/// Who collects. There is the sandbox: it moves no money, and everything that it touches says so.
pub(crate) const SANDBOX: &str = "sandbox";

/// What the sandbox takes for a payment method.
pub(crate) const SANDBOX_METHODS: [&str; 3] = [
    "sandbox_ok",
    "sandbox_declined",
    "sandbox_declined_at_renewal",
];

/// Why money is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// Somebody buys, now.
    Purchase,
    /// A period has run out.
    Renewal,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
#[graphql(name = "PaymentStatus")]
pub(crate) enum Outcome {
    /// The money is there (in the sandbox: would be).
    Succeeded,
    /// The payment method was refused.
    Declined,
}

stored_names! {
    pub(crate) Outcome {
        Succeeded = "SUCCEEDED",
        Declined = "DECLINED",
    }
}

/// One attempt to collect money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    /// Which.
    pub(crate) id: PaymentId,
    /// For what.
    pub(crate) license: LicenseId,
    /// At which price.
    pub(crate) price: PriceId,
    /// Who collected.
    pub(crate) provider: String,
    /// The provider's name for it.
    pub(crate) provider_ref: Option<String>,
    /// What came of it.
    pub(crate) outcome: Outcome,
    /// How much.
    pub(crate) amount: Money,
    /// When.
    pub(crate) created_at: DateTime<Utc>,
}

/// What the sandbox does with a payment method.
pub(crate) fn sandbox(method: &str, occasion: Occasion) -> Outcome {
    match (method, occasion) {
        ("sandbox_ok", _) | ("sandbox_declined_at_renewal", Occasion::Purchase) => {
            Outcome::Succeeded
        }
        _ => Outcome::Declined,
    }
}

/// Collects a price in the sandbox and writes down what came of it: the payment and, when it
/// succeeded, the sale and its payment in the ledger.
pub(crate) async fn collect(
    tx: &mut TenantTx,
    license: LicenseId,
    price: &Price,
    method: &str,
    occasion: Occasion,
) -> Result<Payment> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let id: PaymentId = tx.ctx().new_id();
    let payment = Payment {
        id,
        license,
        price: price.id,
        provider: SANDBOX.to_owned(),
        provider_ref: Some(format!("sandbox_{}", id.uuid().simple())),
        outcome: sandbox(method, occasion),
        amount: price.amount,
        created_at: now,
    };
    tracing::warn!(
        payment = %payment.id,
        outcome = payment.outcome.as_str(),
        "SANDBOX payment: no money moved"
    );
    store::payment::insert(tx.conn(), tenant, &payment).await?;
    if payment.outcome == Outcome::Succeeded && price.amount.amount_minor > 0 {
        let revenue = Account::Revenue(price.module.clone());
        let entries = [
            Entry::transfer(
                EntryKind::Charge,
                Account::Receivable,
                revenue,
                price.amount,
            ),
            Entry::transfer(
                EntryKind::Payment,
                Account::Collected(SANDBOX),
                Account::Receivable,
                price.amount,
            ),
        ];
        for entry in entries {
            let entry = entry.map_err(Error::internal)?;
            let id = tx.ctx().new_id();
            store::ledger::insert(tx.conn(), tenant, id, payment.id, &entry, now).await?;
        }
    }
    Ok(payment)
}

/// A page of the tenant's payments, oldest first.
///
/// # Errors
/// `BAD_USER_INPUT` for a forged cursor.
pub(crate) async fn page(ctx: &Ctx, page: &PageArgs) -> Result<Vec<Payment>> {
    let after = page.after::<PaymentId>()?;
    let mut snapshot = ctx.read().await?;
    store::payment::page(snapshot.conn()?, after, page.limit()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sandbox_refuses_what_it_does_not_know() {
        for (method, purchase, renewal) in [
            ("sandbox_ok", Outcome::Succeeded, Outcome::Succeeded),
            ("sandbox_declined", Outcome::Declined, Outcome::Declined),
            (
                "sandbox_declined_at_renewal",
                Outcome::Succeeded,
                Outcome::Declined,
            ),
            ("pm_card_visa", Outcome::Declined, Outcome::Declined),
        ] {
            assert_eq!(sandbox(method, Occasion::Purchase), purchase, "{method}");
            assert_eq!(sandbox(method, Occasion::Renewal), renewal, "{method}");
        }
    }
}
