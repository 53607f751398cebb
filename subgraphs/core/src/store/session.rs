use chrono::{DateTime, Utc};
use platform_sdk::{Result, TenantId, UserId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::secret::SecretHash;
use crate::domain::session::{EndReason, RefreshToken, Session, SessionId};

#[derive(FromRow)]
struct Row {
    session_id: Uuid,
    user_id: Uuid,
    active_tenant_id: Option<Uuid>,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl From<Row> for Session {
    fn from(row: Row) -> Self {
        Self {
            id: SessionId(row.session_id),
            user: UserId(row.user_id),
            tenant: row.active_tenant_id.map(TenantId),
            created_at: row.created_at,
            ended_at: row.ended_at,
        }
    }
}

/// Keeps a new session.
pub(crate) async fn insert(conn: &mut PgConnection, session: &Session) -> Result<()> {
    sqlx::query(
        "insert into core.session (session_id, user_id, active_tenant_id, created_at, used_at) \
         values ($1, $2, $3, $4, $4)",
    )
    .bind(session.id.uuid())
    .bind(session.user.uuid())
    .bind(session.tenant.map(TenantId::uuid))
    .bind(session.created_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// A session, locked until the transaction ends.
pub(crate) async fn lock(conn: &mut PgConnection, id: SessionId) -> Result<Option<Session>> {
    let row: Option<Row> = sqlx::query_as(
        "select session_id, user_id, active_tenant_id, created_at, ended_at \
         from core.session where session_id = $1 for update",
    )
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Session::from))
}

/// Whether a session exists and has not ended.
pub(crate) async fn is_live(conn: &mut PgConnection, id: SessionId) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select from core.session where session_id = $1 and ended_at is null)",
    )
    .bind(id.uuid())
    .fetch_one(conn)
    .await?)
}

/// Changes the tenant of a session.
pub(crate) async fn set_tenant(
    conn: &mut PgConnection,
    id: SessionId,
    tenant: TenantId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "update core.session set active_tenant_id = $2, used_at = $3 where session_id = $1",
    )
    .bind(id.uuid())
    .bind(tenant.uuid())
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a session; 0 when it is over already.
pub(crate) async fn end(
    conn: &mut PgConnection,
    id: SessionId,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<u64> {
    let done = sqlx::query(
        "update core.session set ended_at = $2, end_reason = $3 where session_id = $1 and ended_at is null",
    )
    .bind(id.uuid())
    .bind(now)
    .bind(reason.as_str())
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Ends all sessions of a user and tells how many they were.
pub(crate) async fn end_all(
    conn: &mut PgConnection,
    user: UserId,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<u64> {
    let done = sqlx::query(
        "update core.session set ended_at = $2, end_reason = $3 where user_id = $1 and ended_at is null",
    )
    .bind(user.uuid())
    .bind(now)
    .bind(reason.as_str())
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Ends all sessions of a user but one.
pub(crate) async fn end_others(
    conn: &mut PgConnection,
    user: UserId,
    kept: SessionId,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "update core.session set ended_at = $3, end_reason = $4 \
         where user_id = $1 and session_id <> $2 and ended_at is null",
    )
    .bind(user.uuid())
    .bind(kept.uuid())
    .bind(now)
    .bind(reason.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Drops the sessions of a user, with their tokens, that were made before `then`: all of them are over.
pub(crate) async fn forget(
    conn: &mut PgConnection,
    user: UserId,
    then: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "delete from core.refresh_token where session_id in \
         (select session_id from core.session where user_id = $1 and created_at < $2)",
    )
    .bind(user.uuid())
    .bind(then)
    .execute(&mut *conn)
    .await?;
    sqlx::query("delete from core.session where user_id = $1 and created_at < $2")
        .bind(user.uuid())
        .bind(then)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps the hash of a new refresh token.
pub(crate) async fn insert_token(
    conn: &mut PgConnection,
    hash: &SecretHash,
    session: SessionId,
    issued_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into core.refresh_token (token_hash, session_id, issued_at, expires_at) values ($1, $2, $3, $4)",
    )
    .bind(hash.as_slice())
    .bind(session.uuid())
    .bind(issued_at)
    .bind(expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// A refresh token and its session, both locked: of two exchanges at the same moment one sees the
/// other's.
pub(crate) async fn lock_token(
    conn: &mut PgConnection,
    hash: &SecretHash,
) -> Result<Option<(RefreshToken, Session)>> {
    #[derive(FromRow)]
    struct WithToken {
        #[sqlx(flatten)]
        session: Row,
        expires_at: DateTime<Utc>,
        spent_at: Option<DateTime<Utc>>,
        retired_at: Option<DateTime<Utc>>,
    }
    let row: Option<WithToken> = sqlx::query_as(
        "select s.session_id, s.user_id, s.active_tenant_id, s.created_at, s.ended_at, \
         t.expires_at, t.spent_at, t.retired_at \
         from core.refresh_token t join core.session s using (session_id) \
         where t.token_hash = $1 for update",
    )
    .bind(hash.as_slice())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let token = RefreshToken {
            expires_at: row.expires_at,
            spent_at: row.spent_at,
            retired_at: row.retired_at,
        };
        (token, row.session.into())
    }))
}

/// Marks a refresh token as exchanged and drops those of its session that expired anyway.
pub(crate) async fn spend_token(
    conn: &mut PgConnection,
    hash: &SecretHash,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "with used as (update core.session set used_at = $3 where session_id = $2), \
         old as (delete from core.refresh_token where session_id = $2 and expires_at <= $3) \
         update core.refresh_token set spent_at = $3 where token_hash = $1",
    )
    .bind(hash.as_slice())
    .bind(session.uuid())
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Withdraws the refresh tokens of a session that are still good.
pub(crate) async fn retire_tokens(
    conn: &mut PgConnection,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "update core.refresh_token set retired_at = $2 \
         where session_id = $1 and spent_at is null and retired_at is null",
    )
    .bind(session.uuid())
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}
