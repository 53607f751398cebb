use chrono::{DateTime, Utc};
use platform_sdk::Result;
use sqlx::PgConnection;

use crate::domain::throttle::Failures;

/// The failures counted under a key; attempts under one key wait for each other from here on, also
/// for the first of all.
pub(crate) async fn lock(conn: &mut PgConnection, key: &[u8; 32]) -> Result<Option<Failures>> {
    let [a, b, c, d, e, f, g, h, ..] = *key;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
        .execute(&mut *conn)
        .await?;
    let row: Option<(i32, DateTime<Utc>)> = sqlx::query_as(
        "select failures, last_failed_at from core.throttle where subject_hash = $1",
    )
    .bind(key.as_slice())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(count, last_failed_at)| Failures {
        count,
        last_failed_at,
    }))
}

/// Keeps a count, and drops a few that are forgotten: as many rows as addresses tried in a day remain.
pub(crate) async fn put(conn: &mut PgConnection, key: &[u8; 32], failures: Failures) -> Result<()> {
    sqlx::query(
        "with old as (delete from core.throttle where subject_hash in (select subject_hash from core.throttle \
         where last_failed_at < $3 - interval '1 day' and subject_hash <> $1 \
         order by last_failed_at limit 10 for update skip locked)) \
         insert into core.throttle (subject_hash, failures, last_failed_at) values ($1, $2, $3) \
         on conflict (subject_hash) do update \
         set failures = excluded.failures, last_failed_at = excluded.last_failed_at",
    )
    .bind(key.as_slice())
    .bind(failures.count)
    .bind(failures.last_failed_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets a count.
pub(crate) async fn clear(conn: &mut PgConnection, key: &[u8; 32]) -> Result<()> {
    sqlx::query("delete from core.throttle where subject_hash = $1")
        .bind(key.as_slice())
        .execute(conn)
        .await?;
    Ok(())
}
