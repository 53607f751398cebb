use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::types::Currency;
use platform_sdk::{Error, Money, Result};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::catalogue::{Plan, Price, PriceId, Product};

#[derive(FromRow)]
struct ProductRow {
    module: String,
    name: String,
    summary: String,
    trial_days: i32,
}

impl ProductRow {
    fn with(self, prices: Vec<Price>) -> Product {
        Product {
            module: self.module,
            name: self.name,
            summary: self.summary,
            trial_days: self.trial_days,
            prices,
        }
    }
}

#[derive(FromRow)]
struct PriceRow {
    price_id: Uuid,
    module: String,
    plan: String,
    version: i32,
    amount_minor: i64,
    currency: String,
    valid_from: DateTime<Utc>,
}

impl TryFrom<PriceRow> for Price {
    type Error = Error;
    fn try_from(row: PriceRow) -> Result<Self> {
        let currency = Currency::new(&row.currency).map_err(Error::internal)?;
        Ok(Self {
            id: PriceId(row.price_id),
            module: row.module,
            plan: row.plan.parse()?,
            version: row.version,
            amount: Money::new(row.amount_minor, currency),
            valid_from: row.valid_from,
        })
    }
}

/// A page of the products with their prices, ordered by module: two statements.
pub(crate) async fn page(
    conn: &mut PgConnection,
    after: Option<String>,
    limit: i64,
) -> Result<Vec<Product>> {
    let products: Vec<ProductRow> = sqlx::query_as(
        "select module, name, summary, trial_days from billing.product \
         where retired_at is null and ($1::text is null or module > $1) order by module limit $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    let modules: Vec<String> = products.iter().map(|p| p.module.clone()).collect();
    let mut by_module = prices(conn, &modules).await?;
    Ok(products
        .into_iter()
        .map(|product| {
            let own = by_module.remove(&product.module).unwrap_or_default();
            product.with(own)
        })
        .collect())
}

/// Products by module with their prices, retired ones included.
pub(crate) async fn by_modules(
    conn: &mut PgConnection,
    modules: &[String],
) -> Result<HashMap<String, Product>> {
    let products: Vec<ProductRow> = sqlx::query_as(
        "select module, name, summary, trial_days from billing.product where module = any($1)",
    )
    .bind(modules)
    .fetch_all(&mut *conn)
    .await?;
    let mut by_module = prices(conn, modules).await?;
    Ok(products
        .into_iter()
        .map(|product| {
            let own = by_module.remove(&product.module).unwrap_or_default();
            (product.module.clone(), product.with(own))
        })
        .collect())
}

/// All versions of the prices of some modules, by module, each plan's latest first.
async fn prices(
    conn: &mut PgConnection,
    modules: &[String],
) -> Result<HashMap<String, Vec<Price>>> {
    let rows: Vec<PriceRow> = sqlx::query_as(
        "select price_id, module, plan, version, amount_minor, currency, valid_from \
         from billing.price where module = any($1) \
         order by module, plan desc, currency, version desc",
    )
    .bind(modules)
    .fetch_all(conn)
    .await?;
    let mut by_module: HashMap<String, Vec<Price>> = HashMap::new();
    for row in rows {
        by_module
            .entry(row.module.clone())
            .or_default()
            .push(row.try_into()?);
    }
    Ok(by_module)
}

/// A product that is for sale, without its prices.
pub(crate) async fn product(conn: &mut PgConnection, module: &str) -> Result<Option<Product>> {
    let row: Option<ProductRow> = sqlx::query_as(
        "select module, name, summary, trial_days from billing.product \
         where module = $1 and retired_at is null",
    )
    .bind(module)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| row.with(Vec::new())))
}

/// The price that stands at `now`, of a product that is for sale.
pub(crate) async fn price(
    conn: &mut PgConnection,
    module: &str,
    plan: Plan,
    currency: &str,
    now: DateTime<Utc>,
) -> Result<Option<Price>> {
    let row: Option<PriceRow> = sqlx::query_as(
        "select price_id, module, plan, version, amount_minor, currency, valid_from \
         from billing.price join billing.product using (module) \
         where retired_at is null and module = $1 and plan = $2 and currency = $3 and valid_from <= $4 \
         order by version desc limit 1",
    )
    .bind(module)
    .bind(plan.as_str())
    .bind(currency)
    .bind(now)
    .fetch_optional(conn)
    .await?;
    row.map(Price::try_from).transpose()
}

/// A version of a price, whether it still stands or not.
pub(crate) async fn price_by_id(conn: &mut PgConnection, id: PriceId) -> Result<Option<Price>> {
    let row: Option<PriceRow> = sqlx::query_as(
        "select price_id, module, plan, version, amount_minor, currency, valid_from from billing.price \
         where price_id = $1",
    )
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?;
    row.map(Price::try_from).transpose()
}
