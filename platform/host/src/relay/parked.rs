use chrono::{DateTime, Utc};
use platform_types::{Envelope, EventId, TenantId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

/// An event that a consumer could not take.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Parked {
    /// Whose event.
    pub tenant_id: TenantId,
    /// Full name of the consumer.
    pub consumer: String,
    /// Which event.
    pub event_id: EventId,
    /// Its type.
    pub event_type: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Since when it lies here.
    pub parked_at: DateTime<Utc>,
    /// What went wrong the last time.
    pub last_error: String,
}

/// The parked events, oldest first, at most `limit`.
///
/// # Errors
/// Whatever the database says.
pub async fn parked(
    conn: &mut PgConnection,
    consumer: Option<&str>,
    limit: i64,
) -> Result<Vec<Parked>, sqlx::Error> {
    sqlx::query(
        "select tenant_id, consumer, event_id, envelope ->> 'event_type' as event_type, attempts, parked_at, \
         coalesce(last_error, '') as last_error from platform.delivery \
         where parked_at is not null and ($1::text is null or consumer = $1) order by parked_at, sequence limit $2",
    )
    .bind(consumer)
    .bind(limit)
    .try_map(|row: PgRow| {
        Ok(Parked {
            tenant_id: TenantId(row.try_get("tenant_id")?),
            consumer: row.try_get("consumer")?,
            event_id: EventId(row.try_get("event_id")?),
            event_type: row.try_get("event_type")?,
            attempts: row.try_get("attempts")?,
            parked_at: row.try_get("parked_at")?,
            last_error: row.try_get("last_error")?,
        })
    })
    .fetch_all(conn)
    .await
}

/// Makes parked events due again; gives how many. They come after later events of their aggregate that
/// were delivered meanwhile: whoever replays decides that this is right.
///
/// # Errors
/// Whatever the database says.
pub async fn replay(
    conn: &mut PgConnection,
    consumer: Option<&str>,
    event: Option<EventId>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let replayed = sqlx::query(
        "update platform.delivery set parked_at = null, attempts = 0, due_at = $3 \
         where parked_at is not null and ($1::text is null or consumer = $1) and ($2::uuid is null or event_id = $2)",
    )
    .bind(consumer)
    .bind(event.map(EventId::uuid))
    .bind(now)
    .execute(&mut *conn)
    .await?
    .rows_affected();
    sqlx::query("select pg_notify('tessera_delivery', '')")
        .execute(conn)
        .await?;
    Ok(replayed)
}

/// Whether the database has this delivery in hand, parked or about to be replayed. A broker may hold a second copy of
/// an event (the relay was killed between publishing and marking); the copy must neither run nor hold up what is behind.
pub(super) async fn is_set_aside(
    conn: &mut PgConnection,
    consumer: &str,
    envelope: &Envelope,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "select exists (select from platform.delivery where tenant_id = $1 and consumer = $2 and event_id = $3)",
    )
    .bind(envelope.tenant_id.uuid())
    .bind(consumer)
    .bind(envelope.event_id.uuid())
    .fetch_one(conn)
    .await
}

/// Parks an event that a broker gave up on.
pub(super) async fn park(
    conn: &mut PgConnection,
    consumer: &str,
    envelope: &Envelope,
    attempts: i32,
    error: &str,
    now: DateTime<Utc>,
) -> Result<(), super::BrokerError> {
    sqlx::query(
        "insert into platform.delivery \
         (tenant_id, consumer, event_id, sequence, aggregate_id, envelope, attempts, due_at, parked_at, last_error) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9) \
         on conflict (tenant_id, consumer, event_id) do update set \
         attempts = excluded.attempts, parked_at = excluded.parked_at, last_error = excluded.last_error",
    )
    .bind(envelope.tenant_id.uuid())
    .bind(consumer)
    .bind(envelope.event_id.uuid())
    .bind(envelope.sequence)
    .bind(envelope.aggregate_id)
    .bind(serde_json::to_value(envelope)?)
    .bind(attempts)
    .bind(now)
    .bind(error)
    .execute(conn)
    .await?;
    Ok(())
}
