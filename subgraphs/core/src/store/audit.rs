use chrono::{DateTime, Utc};
use platform_sdk::{Error, Result, TenantId, UserId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::audit::{Entry, EntryId, Hash};

#[derive(FromRow)]
struct Row {
    sequence: i64,
    entry_id: Uuid,
    occurred_at: DateTime<Utc>,
    actor_id: Option<Uuid>,
    action: String,
    object_id: Uuid,
    before: Option<String>,
    after: Option<String>,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl TryFrom<Row> for Entry {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        let hash = |bytes: Vec<u8>| {
            Hash::try_from(bytes).map_err(|_| Error::internal("a hash that is none"))
        };
        Ok(Self {
            sequence: row.sequence,
            id: EntryId(row.entry_id),
            occurred_at: row.occurred_at,
            actor: row.actor_id.map(UserId),
            action: row.action,
            object: row.object_id,
            before: row.before,
            after: row.after,
            previous_hash: hash(row.previous_hash)?,
            hash: hash(row.hash)?,
        })
    }
}

/// Writes a line.
pub(crate) async fn insert(conn: &mut PgConnection, tenant: TenantId, entry: &Entry) -> Result<()> {
    sqlx::query(
        "insert into core.audit_entry (tenant_id, sequence, entry_id, occurred_at, actor_id, action, object_id, \
         before, after, previous_hash, hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(tenant.uuid())
    .bind(entry.sequence)
    .bind(entry.id.uuid())
    .bind(entry.occurred_at)
    .bind(entry.actor.map(UserId::uuid))
    .bind(&entry.action)
    .bind(entry.object)
    .bind(&entry.before)
    .bind(&entry.after)
    .bind(entry.previous_hash.as_slice())
    .bind(entry.hash.as_slice())
    .execute(conn)
    .await?;
    Ok(())
}

/// The last line of the transaction's tenant.
pub(crate) async fn last(conn: &mut PgConnection) -> Result<Option<Entry>> {
    let row: Option<Row> = sqlx::query_as(
        "select sequence, entry_id, occurred_at, actor_id, action, object_id, before, after, previous_hash, hash \
         from core.audit_entry order by sequence desc limit 1",
    )
    .fetch_optional(conn)
    .await?;
    row.map(Entry::try_from).transpose()
}

/// Lines from a sequence number on, that one included.
pub(crate) async fn from(conn: &mut PgConnection, sequence: i64, limit: i64) -> Result<Vec<Entry>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select sequence, entry_id, occurred_at, actor_id, action, object_id, before, after, previous_hash, hash \
         from core.audit_entry where sequence >= $1 order by sequence limit $2",
    )
    .bind(sequence)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Entry::try_from).collect()
}
