use chrono::{DateTime, Utc};
use platform_sdk::{Result, UserId};
use sqlx::PgConnection;

use crate::domain::one_time_code::Purpose;
use crate::domain::secret::SecretHash;

/// Keeps a code in place of an older one; false when that one was made after `oldest`.
#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
pub(crate) async fn put(
    conn: &mut PgConnection,
    user: UserId,
    purpose: Purpose,
    hash: &SecretHash,
    email_normal: &str,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    oldest: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query(
        "insert into core.one_time_code as c (user_id, purpose, code_hash, email_normal, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6) on conflict (user_id, purpose) do update \
         set code_hash = excluded.code_hash, email_normal = excluded.email_normal, \
         created_at = excluded.created_at, expires_at = excluded.expires_at where c.created_at <= $7",
    )
    .bind(user.uuid())
    .bind(purpose.as_str())
    .bind(hash.as_slice())
    .bind(email_normal)
    .bind(created_at)
    .bind(expires_at)
    .bind(oldest)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a code out when it is the live one; it is good once.
pub(crate) async fn take(
    conn: &mut PgConnection,
    user: UserId,
    purpose: Purpose,
    hash: &SecretHash,
    email_normal: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query(
        "delete from core.one_time_code \
         where user_id = $1 and purpose = $2 and code_hash = $3 and email_normal = $4 and expires_at > $5",
    )
    .bind(user.uuid())
    .bind(purpose.as_str())
    .bind(hash.as_slice())
    .bind(email_normal)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
