use chrono::{DateTime, Utc};
use platform_sdk::{Error, Result, TenantId};
use sqlx::PgConnection;

use crate::domain::ledger::{Entry, EntryId};
use crate::domain::payment::PaymentId;

/// Writes an entry with its postings. The database checks the balance again when the transaction
/// commits, and lets nobody change what is written.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: EntryId,
    payment: PaymentId,
    entry: &Entry,
    now: DateTime<Utc>,
) -> Result<()> {
    let lines = i16::try_from(entry.postings().len()).map_err(Error::internal)?;
    sqlx::query(
        "insert into billing.ledger_entry (tenant_id, entry_id, kind, payment_id, lines, posted_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .bind(entry.kind().as_str())
    .bind(payment.uuid())
    .bind(lines)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    for (line, posting) in (1_i16..).zip(entry.postings()) {
        sqlx::query(
            "insert into billing.ledger_posting (tenant_id, entry_id, line, account, amount_minor, currency) \
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(tenant.uuid())
        .bind(id.uuid())
        .bind(line)
        .bind(posting.account.name())
        .bind(posting.amount.amount_minor)
        .bind(posting.amount.currency.as_str())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}
