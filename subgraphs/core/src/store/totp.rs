use chrono::{DateTime, Utc};
use platform_sdk::{Error, Result, UserId};
use sqlx::{FromRow, PgConnection};

use crate::domain::secret::SecretHash;
use crate::domain::totp::{Totp, TotpSecret};

#[derive(FromRow)]
struct Row {
    secret: Vec<u8>,
    confirmed: bool,
    used_step: i64,
}

/// A person's second factor, locked: of two uses of one code one sees the other's.
pub(crate) async fn lock(conn: &mut PgConnection, user: UserId) -> Result<Option<Totp>> {
    let row: Option<Row> = sqlx::query_as(
        "select secret, confirmed_at is not null as confirmed, used_step from core.totp \
         where user_id = $1 for update",
    )
    .bind(user.uuid())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let secret = row.secret.try_into();
        Ok(Totp {
            secret: TotpSecret(secret.map_err(|_| Error::internal("a secret of another length"))?),
            confirmed: row.confirmed,
            used_step: row.used_step,
        })
    })
    .transpose()
}

/// Keeps a secret that is not confirmed yet, in place of another one.
pub(crate) async fn put(
    conn: &mut PgConnection,
    user: UserId,
    secret: TotpSecret,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into core.totp (user_id, secret, created_at) values ($1, $2, $3) \
         on conflict (user_id) do update set secret = excluded.secret, created_at = excluded.created_at, used_step = 0 \
         where core.totp.confirmed_at is null",
    )
    .bind(user.uuid())
    .bind(secret.0.as_slice())
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Enables a second factor.
pub(crate) async fn confirm(
    conn: &mut PgConnection,
    user: UserId,
    step: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query("update core.totp set confirmed_at = $2, used_step = $3 where user_id = $1")
        .bind(user.uuid())
        .bind(now)
        .bind(step)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes the step that a code was taken for.
pub(crate) async fn set_used(conn: &mut PgConnection, user: UserId, step: i64) -> Result<()> {
    sqlx::query("update core.totp set used_step = $2 where user_id = $1")
        .bind(user.uuid())
        .bind(step)
        .execute(conn)
        .await?;
    Ok(())
}

/// Drops a second factor and its recovery codes.
pub(crate) async fn delete(conn: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query("delete from core.recovery_code where user_id = $1")
        .bind(user.uuid())
        .execute(&mut *conn)
        .await?;
    sqlx::query("delete from core.totp where user_id = $1")
        .bind(user.uuid())
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps recovery codes in place of the ones before.
pub(crate) async fn put_recovery_codes(
    conn: &mut PgConnection,
    user: UserId,
    hashes: &[SecretHash],
) -> Result<()> {
    sqlx::query("delete from core.recovery_code where user_id = $1")
        .bind(user.uuid())
        .execute(&mut *conn)
        .await?;
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
    sqlx::query(
        "insert into core.recovery_code (user_id, code_hash) select $1, unnest($2::bytea[])",
    )
    .bind(user.uuid())
    .bind(hashes)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a recovery code out; false when it is none.
pub(crate) async fn take_recovery_code(
    conn: &mut PgConnection,
    user: UserId,
    hash: &SecretHash,
) -> Result<bool> {
    let done = sqlx::query("delete from core.recovery_code where user_id = $1 and code_hash = $2")
        .bind(user.uuid())
        .bind(hash.as_slice())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// How many recovery codes are left.
pub(crate) async fn recovery_codes(conn: &mut PgConnection, user: UserId) -> Result<i64> {
    Ok(
        sqlx::query_scalar("select count(*) from core.recovery_code where user_id = $1")
            .bind(user.uuid())
            .fetch_one(conn)
            .await?,
    )
}
