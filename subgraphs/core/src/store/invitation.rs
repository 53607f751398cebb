use chrono::{DateTime, Utc};
use platform_sdk::{Error, Result, TenantId, UserId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::invitation::{Invitation, InvitationId};
use crate::domain::secret::SecretHash;

#[derive(FromRow)]
struct Row {
    invitation_id: Uuid,
    email_normal: Option<String>,
    role: String,
    invited_by: Uuid,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    accepted_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Invitation {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: InvitationId(row.invitation_id),
            email_normal: row.email_normal,
            role: row.role.parse()?,
            invited_by: UserId(row.invited_by),
            created_at: row.created_at,
            expires_at: row.expires_at,
            accepted_at: row.accepted_at,
            revoked_at: row.revoked_at,
        })
    }
}

/// Keeps a new invitation.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    invitation: &Invitation,
    secret: &SecretHash,
) -> Result<()> {
    sqlx::query(
        "insert into core.invitation \
         (tenant_id, invitation_id, email_normal, role, secret_hash, invited_by, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant.uuid())
    .bind(invitation.id.uuid())
    .bind(&invitation.email_normal)
    .bind(invitation.role.as_str())
    .bind(secret.as_slice())
    .bind(invitation.invited_by.uuid())
    .bind(invitation.created_at)
    .bind(invitation.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes back whatever invitation of an address stands, expired or not.
pub(crate) async fn revoke_open(
    conn: &mut PgConnection,
    email_normal: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "update core.invitation set revoked_at = $2, email_normal = null \
         where email_normal = $1 and accepted_at is null and revoked_at is null",
    )
    .bind(email_normal)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes an invitation back and forgets its address.
pub(crate) async fn revoke(
    conn: &mut PgConnection,
    id: InvitationId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "update core.invitation set revoked_at = $2, email_normal = null where invitation_id = $1",
    )
    .bind(id.uuid())
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Settles an invitation and forgets its address.
pub(crate) async fn accept(
    conn: &mut PgConnection,
    id: InvitationId,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "update core.invitation set accepted_at = $3, accepted_by = $2, email_normal = null where invitation_id = $1",
    )
    .bind(id.uuid())
    .bind(user.uuid())
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// An invitation of the transaction's tenant, locked.
pub(crate) async fn lock(conn: &mut PgConnection, id: InvitationId) -> Result<Option<Invitation>> {
    let row: Option<Row> = sqlx::query_as(
        "select invitation_id, email_normal, role, invited_by, created_at, expires_at, accepted_at, revoked_at \
         from core.invitation where invitation_id = $1 for update",
    )
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?;
    row.map(Invitation::try_from).transpose()
}

/// The invitation that a secret belongs to, locked.
pub(crate) async fn lock_by_secret(
    conn: &mut PgConnection,
    secret: &SecretHash,
) -> Result<Option<Invitation>> {
    let row: Option<Row> = sqlx::query_as(
        "select invitation_id, email_normal, role, invited_by, created_at, expires_at, accepted_at, revoked_at \
         from core.invitation where secret_hash = $1 for update",
    )
    .bind(secret.as_slice())
    .fetch_optional(conn)
    .await?;
    row.map(Invitation::try_from).transpose()
}

/// A page of the invitations that can be taken up at `now`.
pub(crate) async fn page_open(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    after: Option<InvitationId>,
    limit: i64,
) -> Result<Vec<Invitation>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select invitation_id, email_normal, role, invited_by, created_at, expires_at, accepted_at, revoked_at \
         from core.invitation where accepted_at is null and revoked_at is null and expires_at > $1 \
         and ($2::uuid is null or invitation_id > $2) order by invitation_id limit $3",
    )
    .bind(now)
    .bind(after.map(InvitationId::uuid))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Invitation::try_from).collect()
}
