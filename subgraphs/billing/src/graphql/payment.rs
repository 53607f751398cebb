use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Result};

use super::license::License;
use super::loader::LicenseById;
use super::money::Money;
use crate::domain;
use crate::domain::payment::{Outcome, SANDBOX};

/// An attempt to collect money.
pub(super) struct Payment(pub(super) domain::payment::Payment);

#[Object]
impl Payment {
    /// Stable id.
    async fn id(&self) -> ID {
        self.0.id.uuid().into()
    }

    /// What came of it.
    async fn status(&self) -> Outcome {
        self.0.outcome
    }

    /// How much.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// Who collected: `sandbox` moves no money.
    async fn provider(&self) -> &str {
        &self.0.provider
    }

    /// The provider's name for it.
    async fn provider_reference(&self) -> Option<&str> {
        self.0.provider_ref.as_deref()
    }

    /// Said aloud when no money moved.
    async fn notice(&self) -> Option<&str> {
        (self.0.provider == SANDBOX).then_some("SANDBOX: no money moved")
    }

    /// Id of the version of the price that was charged.
    async fn price_id(&self) -> ID {
        self.0.price.uuid().into()
    }

    /// When.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// What it was for.
    async fn license(&self, ctx: &Context<'_>) -> Result<Option<License>> {
        let ctx = Ctx::of(ctx)?;
        let license = ctx.load_one::<LicenseById>(self.0.license).await?;
        Ok(license.map(License))
    }
}
