use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::{Result, UserId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::user::User;

#[derive(FromRow)]
struct Row {
    user_id: Uuid,
    email: String,
    display_name: String,
    email_verified: bool,
    created_at: DateTime<Utc>,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: UserId(row.user_id),
            email: row.email,
            display_name: row.display_name,
            email_verified: row.email_verified,
            created_at: row.created_at,
        }
    }
}

/// What sign-in needs of an account.
pub(crate) struct Credential {
    /// The account.
    pub(crate) user: User,
    /// bcrypt hash.
    pub(crate) password_hash: String,
}

/// Makes an account.
pub(crate) async fn insert(conn: &mut PgConnection, id: UserId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query("insert into core.user (user_id, created_at) values ($1, $2)")
        .bind(id.uuid())
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps the person of an account; false when the address is another account's.
pub(crate) async fn insert_person(
    conn: &mut PgConnection,
    user: &User,
    email_normal: &str,
) -> Result<bool> {
    let done = sqlx::query(
        "insert into core.person (user_id, email, email_normal, display_name, updated_at) \
         values ($1, $2, $3, $4, $5) on conflict on constraint person_email_normal_key do nothing",
    )
    .bind(user.id.uuid())
    .bind(&user.email)
    .bind(email_normal)
    .bind(&user.display_name)
    .bind(user.created_at)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sets the password hash of an account.
pub(crate) async fn set_password(
    conn: &mut PgConnection,
    id: UserId,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into core.credential (user_id, password_hash, changed_at) values ($1, $2, $3) \
         on conflict (user_id) do update set password_hash = excluded.password_hash, changed_at = excluded.changed_at",
    )
    .bind(id.uuid())
    .bind(hash)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that the person reads the address.
pub(crate) async fn set_verified(
    conn: &mut PgConnection,
    id: UserId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "update core.person set email_verified_at = coalesce(email_verified_at, $2) where user_id = $1",
    )
    .bind(id.uuid())
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// The enabled account of an address and its password hash.
pub(crate) async fn credential(
    conn: &mut PgConnection,
    email_normal: &str,
) -> Result<Option<Credential>> {
    #[derive(FromRow)]
    struct WithHash {
        #[sqlx(flatten)]
        user: Row,
        password_hash: String,
    }
    let row: Option<WithHash> = sqlx::query_as(
        "select u.user_id, p.email, p.display_name, p.email_verified_at is not null as email_verified, u.created_at, c.password_hash \
         from core.person p join core.user u using (user_id) join core.credential c using (user_id) \
         where p.email_normal = $1 and u.disabled_at is null",
    )
    .bind(email_normal)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Credential {
        user: row.user.into(),
        password_hash: row.password_hash,
    }))
}

/// Whether the account exists and is not disabled.
pub(crate) async fn is_enabled(conn: &mut PgConnection, id: UserId) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select from core.user where user_id = $1 and disabled_at is null)",
    )
    .bind(id.uuid())
    .fetch_one(conn)
    .await?)
}

/// One account with its person.
pub(crate) async fn by_id(conn: &mut PgConnection, id: UserId) -> Result<Option<User>> {
    let row: Option<Row> = sqlx::query_as(
        "select u.user_id, p.email, p.display_name, p.email_verified_at is not null as email_verified, u.created_at \
         from core.user u join core.person p using (user_id) where u.user_id = $1",
    )
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(User::from))
}

/// The normalised address of an account.
pub(crate) async fn email_normal(conn: &mut PgConnection, id: UserId) -> Result<Option<String>> {
    Ok(
        sqlx::query_scalar("select email_normal from core.person where user_id = $1")
            .bind(id.uuid())
            .fetch_optional(conn)
            .await?,
    )
}

/// Those of the accounts that the reader may see: members of the transaction's tenant (row level
/// security hides all other memberships) and the actor.
pub(crate) async fn visible(
    conn: &mut PgConnection,
    ids: &[UserId],
) -> Result<HashMap<UserId, User>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select u.user_id, p.email, p.display_name, p.email_verified_at is not null as email_verified, u.created_at \
         from core.user u join core.person p using (user_id) where u.user_id = any($1) \
         and (u.user_id = platform.current_actor() or exists (select from core.membership m where m.user_id = u.user_id))",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (UserId(row.user_id), row.into()))
        .collect())
}
