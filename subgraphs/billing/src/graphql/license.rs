use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Result};

use super::loader::ProductByModule;
use super::product::Product;
use crate::domain;
use crate::domain::license::{Kind, Status};

/// An organisation's right to use a module: one for each module.
pub(super) struct License(pub(super) domain::license::License);

#[Object(requires_scopes = "billing:license.read")]
impl License {
    /// Stable id; a trial that becomes a purchase stays the same licence.
    async fn id(&self) -> ID {
        self.0.id.uuid().into()
    }

    /// The module's id.
    async fn module(&self) -> &str {
        &self.0.module
    }

    /// How it came about.
    async fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What it is worth now.
    async fn status(&self, ctx: &Context<'_>) -> Result<Status> {
        Ok(self.0.status_at(Ctx::of(ctx)?.now()))
    }

    /// From when on it is of this kind.
    async fn starts_at(&self) -> DateTime<Utc> {
        self.0.starts_at
    }

    /// When the time runs out or the next period begins; null for life.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// From when on the module is refused, grace and cancellation included; null for life.
    async fn usable_until(&self) -> Option<DateTime<Utc>> {
        self.0.usable_until()
    }

    /// When it was cancelled; the module can be used until `usableUntil`.
    async fn cancelled_at(&self) -> Option<DateTime<Utc>> {
        self.0.cancelled_at
    }

    /// What it is a licence of.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        let ctx = Ctx::of(ctx)?;
        let product = ctx
            .load_one::<ProductByModule>(self.0.module.clone())
            .await?;
        Ok(product.map(Product))
    }
}
