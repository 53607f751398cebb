use std::collections::HashSet;

use chrono::{DateTime, Months, Utc};
use platform_sdk::{Ctx, Money, PageArgs, Result, id_newtype, stored_names};

use crate::store;

id_newtype! {
    /// A version of a price.
    PriceId
}

/// How a module is paid for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    async_graphql::Enum,
    serde::Serialize,
    serde::Deserialize,
)]
#[graphql(name = "PricePlan")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Plan {
    /// Paid once, for life.
    OneTime,
    /// Paid each month.
    Monthly,
    /// Paid each year.
    Annual,
}

impl Plan {
    /// Length of a paid period; none for a licence for life.
    pub(crate) fn months(self) -> Option<u32> {
        match self {
            Self::OneTime => None,
            Self::Monthly => Some(1),
            Self::Annual => Some(12),
        }
    }

    /// The end of the period that begins at or before `from`, for periods counted from `anchor`.
    /// Counting from the anchor keeps the day: 31 January, 28 February, 31 March.
    pub(crate) fn period_end(
        self,
        anchor: DateTime<Utc>,
        from: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let months = self.months()?;
        (1..=1_200)
            .filter_map(|n| anchor.checked_add_months(Months::new(n * months)))
            .find(|end| *end > from)
    }
}

stored_names! {
    pub(crate) Plan {
        OneTime = "ONE_TIME",
        Monthly = "MONTHLY",
        Annual = "ANNUAL",
    }
}

/// A module that is for sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Product {
    /// The module's id.
    pub(crate) module: String,
    /// Its name.
    pub(crate) name: String,
    /// What it does.
    pub(crate) summary: String,
    /// Length of its trial; 0 when there is none.
    pub(crate) trial_days: i32,
    /// All versions of its prices, each plan's and currency's latest first.
    pub(crate) prices: Vec<Price>,
}

impl Product {
    /// What it costs at `now`: the latest version that stands, for each plan and currency.
    pub(crate) fn prices_at(&self, now: DateTime<Utc>) -> Vec<&Price> {
        let mut seen = HashSet::new();
        self.prices
            .iter()
            .filter(|price| price.valid_from <= now)
            .filter(|price| seen.insert((price.plan, price.amount.currency)))
            .collect()
    }
}

/// A version of a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Price {
    /// Which.
    pub(crate) id: PriceId,
    /// Of what.
    pub(crate) module: String,
    /// How it is paid.
    pub(crate) plan: Plan,
    /// Counted from 1 for each plan and currency.
    pub(crate) version: i32,
    /// How much.
    pub(crate) amount: Money,
    /// From when on it stands.
    pub(crate) valid_from: DateTime<Utc>,
}

/// A page of what is for sale, ordered by module. Needs neither tenant nor identity.
///
/// # Errors
/// `BAD_USER_INPUT` for a forged cursor.
pub(crate) async fn products(ctx: &Ctx, page: &PageArgs) -> Result<Vec<Product>> {
    let after = page.after::<String>()?;
    let mut tx = ctx.begin_account().await?;
    store::catalogue::page(tx.conn(), after, page.limit()).await
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn day(text: &str) -> DateTime<Utc> {
        format!("{text}T12:00:00Z").parse().unwrap()
    }

    #[test]
    fn periods_keep_the_day_on_which_they_began() {
        let anchor = day("2027-01-31");
        for (from, end) in [
            ("2027-01-31", "2027-02-28"),
            ("2027-02-28", "2027-03-31"),
            ("2027-03-31", "2027-04-30"),
            ("2027-12-31", "2028-01-31"),
        ] {
            assert_eq!(Plan::Monthly.period_end(anchor, day(from)), Some(day(end)));
        }
        let leap = day("2028-02-29");
        assert_eq!(Plan::Annual.period_end(leap, leap), Some(day("2029-02-28")));
        assert_eq!(Plan::OneTime.period_end(anchor, anchor), None);
    }

    #[test]
    fn a_new_version_takes_the_place_of_the_old_one_from_its_day_on() {
        let eur = platform_sdk::types::Currency::new("EUR").unwrap();
        let price = |plan, version, valid_from| Price {
            id: PriceId(uuid::Uuid::nil()),
            module: "interview".to_owned(),
            plan,
            version,
            amount: Money::new(100, eur),
            valid_from: day(valid_from),
        };
        let product = Product {
            module: "interview".to_owned(),
            name: String::new(),
            summary: String::new(),
            trial_days: 14,
            prices: vec![
                price(Plan::Monthly, 2, "2027-07-01"),
                price(Plan::Monthly, 1, "2027-01-01"),
                price(Plan::Annual, 1, "2027-01-01"),
            ],
        };
        let versions = |now| {
            product
                .prices_at(day(now))
                .iter()
                .map(|p| (p.plan, p.version))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            versions("2027-06-30"),
            [(Plan::Monthly, 1), (Plan::Annual, 1)]
        );
        assert_eq!(
            versions("2027-07-01"),
            [(Plan::Monthly, 2), (Plan::Annual, 1)]
        );
        assert_eq!(versions("2026-12-31"), []);
    }
}
