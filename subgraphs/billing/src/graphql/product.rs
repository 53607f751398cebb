use async_graphql::{Context, ID, Object};
use platform_sdk::{Ctx, Result};

use super::money::Money;
use crate::domain;
use crate::domain::catalogue::Plan;

/// A module that is for sale.
pub(super) struct Product(pub(super) domain::catalogue::Product);

#[Object]
impl Product {
    /// The module's id.
    async fn module(&self) -> &str {
        &self.0.module
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it does, in a sentence.
    async fn summary(&self) -> &str {
        &self.0.summary
    }

    /// Length of its trial in days; 0 when there is none.
    async fn trial_days(&self) -> i32 {
        self.0.trial_days
    }

    /// What it costs now.
    async fn prices(&self, ctx: &Context<'_>) -> Result<Vec<Price>> {
        let now = Ctx::of(ctx)?.now();
        Ok(self
            .0
            .prices_at(now)
            .into_iter()
            .cloned()
            .map(Price)
            .collect())
    }
}

/// What a module costs by one plan. Whoever bought keeps the version that they bought at.
pub(super) struct Price(domain::catalogue::Price);

#[Object]
impl Price {
    /// Id of this version of the price.
    async fn id(&self) -> ID {
        self.0.id.uuid().into()
    }

    /// How it is paid.
    async fn plan(&self) -> Plan {
        self.0.plan
    }

    /// Version, counted from 1 for each plan and currency.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// How much it is, for each period of the plan.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }
}
