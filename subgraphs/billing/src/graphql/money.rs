use async_graphql::SimpleObject;

/// An amount of money.
#[derive(SimpleObject)]
#[graphql(name = "Money", shareable)]
pub(super) struct Money {
    /// Whole number of minor units (cents, yen), as text: it may be larger than an `Int`.
    amount_minor: String,
    /// ISO 4217 code.
    currency: String,
}

impl From<platform_sdk::Money> for Money {
    fn from(money: platform_sdk::Money) -> Self {
        Self {
            amount_minor: money.amount_minor.to_string(),
            currency: money.currency.to_string(),
        }
    }
}
