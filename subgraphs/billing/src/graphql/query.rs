use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, Object};
use platform_sdk::graphql::{connection, public};
use platform_sdk::{Ctx, PageArgs, Result};

use super::license::License;
use super::payment::Payment;
use super::product::Product;
use crate::domain;

/// Reading.
#[derive(Default)]
pub(crate) struct Root;

#[Object]
impl Root {
    /// What is for sale, ordered by module.
    #[graphql(directive = public::apply())]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, Product, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let rows = domain::catalogue::products(Ctx::of(ctx)?, &page).await?;
        connection(&page, rows, |product| product.module.clone(), Product)
    }

    /// The organisation's licences, in the order in which they were made.
    #[graphql(requires_scopes = "billing:license.read")]
    async fn licenses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, License, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let rows = domain::license::page(Ctx::of(ctx)?, &page).await?;
        connection(&page, rows, |license| license.id, License)
    }

    /// The organisation's licence of a module; null when it never had one.
    #[graphql(requires_scopes = "billing:license.read")]
    async fn license(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The module's id, e.g. `cv-analysis`")] module: String,
    ) -> Result<Option<License>> {
        let license = domain::license::of_module(Ctx::of(ctx)?, &module).await?;
        Ok(license.map(License))
    }

    /// The organisation's payments, oldest first.
    #[graphql(requires_scopes = "billing:license.read")]
    async fn payments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, Payment, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let rows = domain::payment::page(Ctx::of(ctx)?, &page).await?;
        connection(&page, rows, |payment| payment.id, Payment)
    }
}
