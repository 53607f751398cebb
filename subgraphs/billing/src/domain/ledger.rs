use std::collections::BTreeMap;

use platform_sdk::types::Currency;
use platform_sdk::{Money, id_newtype, stored_names};

id_newtype! {
    /// A balanced fact about money.
    EntryId
}

/// Where money is or comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Account {
    /// What the tenant owes.
    Receivable,
    /// What a provider has collected.
    Collected(&'static str),
    /// What a module has earned.
    Revenue(String),
}

impl Account {
    /// The name in the ledger.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Receivable => "assets:receivable".to_owned(),
            Self::Collected(provider) => format!("assets:{provider}"),
            Self::Revenue(module) => format!("revenue:{module}"),
        }
    }
}

/// What an entry tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// Something was sold.
    Charge,
    /// It was paid.
    Payment,
}

stored_names! {
    pub(crate) EntryKind {
        Charge = "CHARGE",
        Payment = "PAYMENT",
    }
}

/// One line of an entry: debit positive, credit negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posting {
    /// Where.
    pub(crate) account: Account,
    /// How much.
    pub(crate) amount: Money,
}

/// A balanced fact about money: the postings of each currency sum up to nothing. It cannot be made
/// otherwise, and the database checks again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    kind: EntryKind,
    postings: Vec<Posting>,
}

/// Postings that are no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LedgerError {
    /// Money would come from nowhere.
    #[error("the postings do not balance in {0}")]
    Unbalanced(Currency),
    /// Fewer than two postings, or one of nothing.
    #[error("an entry has two postings or more, none of them zero")]
    Empty,
}

impl Entry {
    /// Checks postings.
    ///
    /// # Errors
    /// [`LedgerError`] names the currency that does not balance.
    pub(crate) fn new(kind: EntryKind, postings: Vec<Posting>) -> Result<Self, LedgerError> {
        if postings.len() < 2 || postings.iter().any(|p| p.amount.amount_minor == 0) {
            return Err(LedgerError::Empty);
        }
        let mut sums: BTreeMap<&str, (Currency, i128)> = BTreeMap::new();
        for posting in &postings {
            let currency = posting.amount.currency;
            let sum = sums
                .entry(posting.amount.currency.as_str())
                .or_insert((currency, 0));
            // 2^63 postings of 2^63 would be needed to leave 128 bits.
            sum.1 += i128::from(posting.amount.amount_minor);
        }
        match sums.values().find(|(_, sum)| *sum != 0) {
            Some((currency, _)) => Err(LedgerError::Unbalanced(*currency)),
            None => Ok(Self { kind, postings }),
        }
    }

    /// `amount` goes from `credit` to `debit`.
    ///
    /// # Errors
    /// [`LedgerError::Empty`] for an amount of zero or below, which is nothing to write down.
    pub(crate) fn transfer(
        kind: EntryKind,
        debit: Account,
        credit: Account,
        amount: Money,
    ) -> Result<Self, LedgerError> {
        if amount.amount_minor <= 0 {
            return Err(LedgerError::Empty);
        }
        let negative = Money::new(-amount.amount_minor, amount.currency);
        Self::new(
            kind,
            vec![
                Posting {
                    account: debit,
                    amount,
                },
                Posting {
                    account: credit,
                    amount: negative,
                },
            ],
        )
    }

    /// What it tells of.
    pub(crate) fn kind(&self) -> EntryKind {
        self.kind
    }

    /// Its lines.
    pub(crate) fn postings(&self) -> &[Posting] {
        &self.postings
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    fn posting(amount_minor: i64, currency: &str) -> Posting {
        Posting {
            account: Account::Receivable,
            amount: Money::new(amount_minor, Currency::new(currency).unwrap()),
        }
    }

    #[test]
    fn currencies_balance_one_by_one() {
        let entry = |postings| Entry::new(EntryKind::Charge, postings);
        let eur = Currency::new("EUR").unwrap();
        assert!(entry(vec![posting(5, "EUR"), posting(-5, "EUR")]).is_ok());
        assert_eq!(
            entry(vec![posting(5, "EUR"), posting(-5, "USD")]),
            Err(LedgerError::Unbalanced(eur))
        );
        assert_eq!(entry(vec![]), Err(LedgerError::Empty));
        assert_eq!(
            entry(vec![posting(0, "EUR"), posting(0, "EUR")]),
            Err(LedgerError::Empty)
        );
        assert!(entry(vec![posting(i64::MAX, "EUR"), posting(i64::MAX, "EUR")]).is_err());
    }

    proptest! {
        #[test]
        fn every_positive_transfer_balances_and_no_other_exists(amount: i64) {
            let money = Money::new(amount, Currency::new("EUR").unwrap());
            let entry = Entry::transfer(EntryKind::Payment, Account::Collected("sandbox"), Account::Receivable, money);
            prop_assert_eq!(entry.is_ok(), amount > 0);
        }
    }
}
