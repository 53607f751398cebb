use chrono::{DateTime, Utc};
use platform_sdk::{Error, Result, TenantId, UserId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::tenant;
use crate::domain::membership::{Membership, MembershipId};
use crate::domain::role::Role;
use crate::domain::tenant::Tenant;
use crate::domain::user::User;

#[derive(FromRow)]
struct Row {
    membership_id: Uuid,
    user_id: Uuid,
    role: String,
    joined_at: DateTime<Utc>,
}

impl TryFrom<Row> for Membership {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: MembershipId(row.membership_id),
            user: UserId(row.user_id),
            role: row.role.parse()?,
            joined_at: row.joined_at,
        })
    }
}

/// Keeps a new membership; false when the user is a member already.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    membership: &Membership,
) -> Result<bool> {
    let done = sqlx::query(
        "insert into core.membership (tenant_id, membership_id, user_id, role, joined_at) \
         values ($1, $2, $3, $4, $5) on conflict on constraint membership_user_key do nothing",
    )
    .bind(tenant.uuid())
    .bind(membership.id.uuid())
    .bind(membership.user.uuid())
    .bind(membership.role.as_str())
    .bind(membership.joined_at)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The role of the transaction's actor in a tenant. Works inside of that tenant, and outside of any.
pub(crate) async fn own_role(
    conn: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<Role>> {
    let role: Option<String> = sqlx::query_scalar(
        "select role from core.membership where tenant_id = $1 and user_id = $2",
    )
    .bind(tenant.uuid())
    .bind(user.uuid())
    .fetch_optional(conn)
    .await?;
    Ok(role.map(|role| role.parse()).transpose()?)
}

/// The tenant that the transaction's actor was in last, or the one that they joined first. Outside of any tenant.
pub(crate) async fn own_latest(conn: &mut PgConnection, user: UserId) -> Result<Option<TenantId>> {
    let tenant: Option<Uuid> = sqlx::query_scalar(
        "select m.tenant_id from core.membership m \
         left join lateral (select max(s.used_at) as used_at from core.session s \
             where s.user_id = m.user_id and s.active_tenant_id = m.tenant_id) last on true \
         where m.user_id = $1 order by last.used_at desc nulls last, m.membership_id limit 1",
    )
    .bind(user.uuid())
    .fetch_optional(conn)
    .await?;
    Ok(tenant.map(TenantId))
}

/// A page of the actor's memberships with their tenants. Outside of any tenant.
pub(crate) async fn own_page(
    conn: &mut PgConnection,
    user: UserId,
    after: Option<MembershipId>,
    limit: i64,
) -> Result<Vec<(Membership, Tenant)>> {
    #[derive(FromRow)]
    struct WithTenant {
        #[sqlx(flatten)]
        membership: Row,
        #[sqlx(flatten)]
        tenant: tenant::Row,
    }
    let rows: Vec<WithTenant> = sqlx::query_as(
        "select m.membership_id, m.user_id, m.role, m.joined_at, t.tenant_id, t.name, t.slug, t.created_at \
         from core.membership m join core.tenant t using (tenant_id) \
         where m.user_id = $1 and ($2::uuid is null or m.membership_id > $2) \
         order by m.membership_id limit $3",
    )
    .bind(user.uuid())
    .bind(after.map(MembershipId::uuid))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| Ok((row.membership.try_into()?, row.tenant.into())))
        .collect()
}

/// A page of the members of the transaction's tenant, each with its person unless they were erased.
pub(crate) async fn page(
    conn: &mut PgConnection,
    after: Option<MembershipId>,
    limit: i64,
) -> Result<Vec<(Membership, Option<User>)>> {
    #[derive(FromRow)]
    struct WithPerson {
        #[sqlx(flatten)]
        membership: Row,
        email: Option<String>,
        display_name: Option<String>,
        email_verified: bool,
        user_created_at: DateTime<Utc>,
    }
    let rows: Vec<WithPerson> = sqlx::query_as(
        "select m.membership_id, m.user_id, m.role, m.joined_at, p.email, p.display_name, \
         p.email_verified_at is not null as email_verified, u.created_at as user_created_at \
         from core.membership m join core.user u using (user_id) left join core.person p using (user_id) \
         where $1::uuid is null or m.membership_id > $1 order by m.membership_id limit $2",
    )
    .bind(after.map(MembershipId::uuid))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let membership = Membership::try_from(row.membership)?;
            let user = row
                .email
                .zip(row.display_name)
                .map(|(email, display_name)| User {
                    id: membership.user,
                    email,
                    display_name,
                    email_verified: row.email_verified,
                    created_at: row.user_created_at,
                });
            Ok((membership, user))
        })
        .collect()
}

/// One membership of the transaction's tenant.
pub(crate) async fn by_id(conn: &mut PgConnection, id: MembershipId) -> Result<Option<Membership>> {
    let row: Option<Row> = sqlx::query_as(
        "select membership_id, user_id, role, joined_at from core.membership where membership_id = $1",
    )
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?;
    row.map(Membership::try_from).transpose()
}

/// How many owners the transaction's tenant has.
pub(crate) async fn owners(conn: &mut PgConnection) -> Result<i64> {
    Ok(
        sqlx::query_scalar("select count(*) from core.membership where role = 'OWNER'")
            .fetch_one(conn)
            .await?,
    )
}

/// Whether an address belongs to a member of the transaction's tenant.
pub(crate) async fn has_email(conn: &mut PgConnection, email_normal: &str) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select from core.person p join core.membership m using (user_id) where p.email_normal = $1)",
    )
    .bind(email_normal)
    .fetch_one(conn)
    .await?)
}

/// Changes a role.
pub(crate) async fn set_role(conn: &mut PgConnection, id: MembershipId, role: Role) -> Result<()> {
    sqlx::query("update core.membership set role = $2 where membership_id = $1")
        .bind(id.uuid())
        .bind(role.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a membership.
pub(crate) async fn delete(conn: &mut PgConnection, id: MembershipId) -> Result<()> {
    sqlx::query("delete from core.membership where membership_id = $1")
        .bind(id.uuid())
        .execute(conn)
        .await?;
    Ok(())
}
