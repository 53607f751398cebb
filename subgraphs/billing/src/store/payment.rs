use chrono::{DateTime, Utc};
use platform_sdk::types::Currency;
use platform_sdk::{Error, Money, Result, TenantId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::catalogue::PriceId;
use crate::domain::license::LicenseId;
use crate::domain::payment::{Payment, PaymentId};

#[derive(FromRow)]
struct Row {
    payment_id: Uuid,
    license_id: Uuid,
    price_id: Uuid,
    provider: String,
    provider_ref: Option<String>,
    status: String,
    amount_minor: i64,
    currency: String,
    created_at: DateTime<Utc>,
}

impl TryFrom<Row> for Payment {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        let currency = Currency::new(&row.currency).map_err(Error::internal)?;
        Ok(Self {
            id: PaymentId(row.payment_id),
            license: LicenseId(row.license_id),
            price: PriceId(row.price_id),
            provider: row.provider,
            provider_ref: row.provider_ref,
            outcome: row.status.parse()?,
            amount: Money::new(row.amount_minor, currency),
            created_at: row.created_at,
        })
    }
}

/// Keeps an attempt to collect money.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    payment: &Payment,
) -> Result<()> {
    sqlx::query(
        "insert into billing.payment \
         (tenant_id, payment_id, license_id, price_id, provider, provider_ref, status, amount_minor, currency, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(tenant.uuid())
    .bind(payment.id.uuid())
    .bind(payment.license.uuid())
    .bind(payment.price.uuid())
    .bind(&payment.provider)
    .bind(&payment.provider_ref)
    .bind(payment.outcome.as_str())
    .bind(payment.amount.amount_minor)
    .bind(payment.amount.currency.as_str())
    .bind(payment.created_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// A payment of the transaction's tenant.
pub(crate) async fn by_id(conn: &mut PgConnection, id: PaymentId) -> Result<Option<Payment>> {
    let row: Option<Row> = sqlx::query_as(
        "select payment_id, license_id, price_id, provider, provider_ref, status, amount_minor, currency, created_at \
         from billing.payment where payment_id = $1",
    )
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?;
    row.map(Payment::try_from).transpose()
}

/// A page of the tenant's payments.
pub(crate) async fn page(
    conn: &mut PgConnection,
    after: Option<PaymentId>,
    limit: i64,
) -> Result<Vec<Payment>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select payment_id, license_id, price_id, provider, provider_ref, status, amount_minor, currency, created_at \
         from billing.payment where $1::uuid is null or payment_id > $1 order by payment_id limit $2",
    )
    .bind(after.map(PaymentId::uuid))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Payment::try_from).collect()
}
