use chrono::{DateTime, Utc};
use platform_types::{Envelope, EventId, TenantId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

/// The oldest unpublished events. Only the one relay calls this, so nothing is locked.
pub(super) async fn oldest(
    conn: &mut PgConnection,
    limit: i64,
) -> Result<Vec<Envelope>, sqlx::Error> {
    sqlx::query(
        "select tenant_id, event_id, sequence, event_type, aggregate_id, payload, trace_parent, occurred_at \
         from platform.outbox where published_at is null order by sequence limit $1",
    )
    .bind(limit)
    .try_map(|row: PgRow| {
        Ok(Envelope {
            event_id: EventId(row.try_get("event_id")?),
            event_type: row.try_get("event_type")?,
            tenant_id: TenantId(row.try_get("tenant_id")?),
            aggregate_id: row.try_get("aggregate_id")?,
            sequence: row.try_get("sequence")?,
            trace_parent: row.try_get("trace_parent")?,
            occurred_at: row.try_get("occurred_at")?,
            payload: row.try_get("payload")?,
        })
    })
    .fetch_all(conn)
    .await
}

/// Marks events as taken over by the broker.
pub(super) async fn mark(
    conn: &mut PgConnection,
    events: &[Envelope],
    taken: &[EventId],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let (tenants, ids): (Vec<Uuid>, Vec<Uuid>) = events
        .iter()
        .filter(|e| taken.contains(&e.event_id))
        .map(|e| (e.tenant_id.uuid(), e.event_id.uuid()))
        .unzip();
    sqlx::query(
        "update platform.outbox o set published_at = $3 \
         from unnest($1::uuid[], $2::uuid[]) as e (tenant_id, event_id) \
         where o.tenant_id = e.tenant_id and o.event_id = e.event_id",
    )
    .bind(tenants)
    .bind(ids)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}
