use chrono::{DateTime, Utc};
use core_events::{MemberRemoved, MemberRoleChanged};
use platform_sdk::{Ctx, Error, PageArgs, Result, TenantTx, UserError, UserId, id_newtype};
use serde_json::{Value, json};

use super::audit::{self, Action};
use super::role::Role;
use super::tenant::Tenant;
use super::user::User;
use crate::store;

id_newtype! {
    /// Somebody's place in a tenant.
    MembershipId
}

/// Somebody's place in a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    /// Which.
    pub(crate) id: MembershipId,
    /// Who.
    pub(crate) user: UserId,
    /// As what.
    pub(crate) role: Role,
    /// Since when.
    pub(crate) joined_at: DateTime<Utc>,
}

impl Membership {
    /// What the audit log keeps of it.
    pub(crate) fn record(&self) -> Value {
        json!({ "userId": self.user, "role": self.role })
    }
}

/// What [`change_role`] and [`remove`] say when the last owner would be gone.
fn last_owner() -> UserError {
    UserError::on(
        "membershipId",
        "LAST_OWNER",
        "an organisation keeps at least one owner; make somebody else an owner first",
    )
}

/// A page of the members of the tenant of the request with their persons, in the order in which they
/// joined.
///
/// # Errors
/// `BAD_USER_INPUT` for a forged cursor.
pub(crate) async fn of_tenant(
    ctx: &Ctx,
    page: &PageArgs,
) -> Result<Vec<(Membership, Option<User>)>> {
    let after = page.after::<MembershipId>()?;
    let mut snapshot = ctx.read().await?;
    store::membership::page(snapshot.conn()?, after, page.limit()).await
}

/// A page of what the user who asks belongs to, in the order in which they joined.
///
/// # Errors
/// `BAD_USER_INPUT` for a forged cursor.
pub(crate) async fn of_self(ctx: &Ctx, page: &PageArgs) -> Result<Vec<(Membership, Tenant)>> {
    let user = ctx.user()?;
    let after = page.after::<MembershipId>()?;
    let mut tx = ctx.begin_account().await?;
    store::membership::own_page(tx.conn(), user, after, page.limit()).await
}

/// Gives a member another role.
///
/// # Errors
/// `NOT_FOUND` for no member of this tenant, `FORBIDDEN` when the one who asks does not outrank both
/// the member and the new role.
pub(crate) async fn change_role(
    ctx: &Ctx,
    id: MembershipId,
    role: Role,
) -> Result<Result<Membership, UserError>> {
    let mut tx = ctx.begin().await?;
    let (acting, target) = acting_and_target(&mut tx, id).await?;
    if !acting.governs(target.role) || !acting.governs(role) {
        return Err(Error::forbidden());
    }
    if target.role == role {
        return Ok(Ok(target));
    }
    if target.role == Role::Owner && store::membership::owners(tx.conn()).await? < 2 {
        return Ok(Err(last_owner()));
    }
    store::membership::set_role(tx.conn(), id, role).await?;
    let changed = Membership {
        role,
        ..target.clone()
    };
    audit::append(
        &mut tx,
        Action::MemberRoleChanged,
        id.uuid(),
        Some(target.record()),
        Some(changed.record()),
    )
    .await?;
    tx.publish(&MemberRoleChanged {
        tenant_id: tx.tenant(),
        user_id: target.user,
        role: role.as_str().to_owned(),
    })
    .await?;
    tx.commit().await?;
    Ok(Ok(changed))
}

/// Removes a member, or lets somebody leave.
///
/// # Errors
/// As [`change_role`]; leaving needs no rank.
pub(crate) async fn remove(ctx: &Ctx, id: MembershipId) -> Result<Result<Membership, UserError>> {
    let mut tx = ctx.begin().await?;
    let (acting, target) = acting_and_target(&mut tx, id).await?;
    if target.user != ctx.user()? && !acting.governs(target.role) {
        return Err(Error::forbidden());
    }
    if target.role == Role::Owner && store::membership::owners(tx.conn()).await? < 2 {
        return Ok(Err(last_owner()));
    }
    store::membership::delete(tx.conn(), id).await?;
    audit::append(
        &mut tx,
        Action::MemberRemoved,
        id.uuid(),
        Some(target.record()),
        None,
    )
    .await?;
    tx.publish(&MemberRemoved {
        tenant_id: tx.tenant(),
        user_id: target.user,
    })
    .await?;
    tx.commit().await?;
    Ok(Ok(target))
}

/// The role of the one who asks and the membership in question, as they are now and not as the
/// access token has it. Changes of one tenant's members wait for each other, so that two owners who
/// demote each other at the same moment do not both succeed.
async fn acting_and_target(tx: &mut TenantTx, id: MembershipId) -> Result<(Role, Membership)> {
    let user = tx.ctx().user()?;
    let tenant = tx.tenant();
    store::tenant::lock(tx.conn()).await?;
    let acting = store::membership::own_role(tx.conn(), tenant, user)
        .await?
        .ok_or_else(Error::forbidden)?;
    let target = store::membership::by_id(tx.conn(), id)
        .await?
        .ok_or_else(|| Error::not_found("member"))?;
    Ok((acting, target))
}
