use platform_sdk::{Result, UserId};
use sqlx::PgConnection;

use crate::domain::one_time_code::{Mail, Purpose};

/// Puts a letter into the outbox in place of an older one to the same end, and drops a few that are
/// worth nothing any more.
pub(crate) async fn insert(conn: &mut PgConnection, mail: &Mail) -> Result<()> {
    drop_of(conn, mail.user, mail.purpose).await?;
    sqlx::query(
        "with old as (delete from core.mail where mail_id in \
         (select mail_id from core.mail where expires_at <= $7 order by expires_at limit 10 for update skip locked)) \
         insert into core.mail (mail_id, user_id, kind, recipient, subject, body, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(mail.id)
    .bind(mail.user.uuid())
    .bind(mail.purpose.as_str())
    .bind(&mail.recipient)
    .bind(mail.subject)
    .bind(&mail.body)
    .bind(mail.created_at)
    .bind(mail.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Drops the letter whose code was used or replaced.
pub(crate) async fn drop_of(conn: &mut PgConnection, user: UserId, purpose: Purpose) -> Result<()> {
    sqlx::query("delete from core.mail where user_id = $1 and kind = $2")
        .bind(user.uuid())
        .bind(purpose.as_str())
        .execute(conn)
        .await?;
    Ok(())
}
