use chrono::{DateTime, TimeDelta, Utc};
use platform_sdk::{Ctx, Error, PageArgs, Result, TenantId, UserError, UserId, id_newtype};
use serde_json::json;
use uuid::Uuid;

use super::audit::{self, Action};
use super::email::Email;
use super::membership::Membership;
use super::role::Role;
use super::secret::Secret;
use super::session::{self, Granted};
use super::tenant::{Tenant, joined};
use crate::store;

id_newtype! {
    /// An invitation into a tenant.
    InvitationId
}

/// How long an invitation stands.
const LIFE: TimeDelta = TimeDelta::days(7);

/// An offer to one address to join a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    /// Which.
    pub(crate) id: InvitationId,
    /// To whom; forgotten when it is settled.
    pub(crate) email_normal: Option<String>,
    /// As what.
    pub(crate) role: Role,
    /// By whom.
    pub(crate) invited_by: UserId,
    /// Since when.
    pub(crate) created_at: DateTime<Utc>,
    /// Until when.
    pub(crate) expires_at: DateTime<Utc>,
    /// It was taken up.
    pub(crate) accepted_at: Option<DateTime<Utc>>,
    /// It was taken back.
    pub(crate) revoked_at: Option<DateTime<Utc>>,
}

impl Invitation {
    /// Whether it can be taken up at `now`.
    pub(crate) fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.accepted_at.is_none() && self.revoked_at.is_none() && self.expires_at > now
    }
}

/// What travels to the invited person: the tenant, which says where to look, and the secret.
pub(crate) struct InvitationToken {
    tenant: TenantId,
    secret: Secret,
}

impl InvitationToken {
    /// The form that travels.
    pub(crate) fn text(&self) -> String {
        format!("{}.{}", self.tenant.uuid().simple(), self.secret.text())
    }

    fn parse(text: &str) -> Option<Self> {
        let (tenant, secret) = text.split_once('.')?;
        Some(Self {
            tenant: TenantId(Uuid::try_parse(tenant).ok()?),
            secret: Secret::parse(secret)?,
        })
    }
}

/// Invites an address. A second invitation of the same address takes the place of the first.
///
/// # Errors
/// `FORBIDDEN` when the role is above the rank of the one who asks.
pub(crate) async fn invite(
    ctx: &Ctx,
    email: &str,
    role: Role,
) -> Result<Result<(Invitation, InvitationToken), UserError>> {
    let email = match Email::parse(email) {
        Ok(email) => email,
        Err(error) => return Ok(Err(UserError::on("email", "INVALID", error.to_string()))),
    };
    let inviter = ctx.user()?;
    let mut tx = ctx.begin().await?;
    let (tenant, now) = (tx.tenant(), tx.now());
    let acting = store::membership::own_role(tx.conn(), tenant, inviter)
        .await?
        .ok_or_else(Error::forbidden)?;
    if !acting.governs(role) {
        return Err(Error::forbidden());
    }
    if store::membership::has_email(tx.conn(), email.normal()).await? {
        return Ok(Err(UserError::on(
            "email",
            "ALREADY_MEMBER",
            "this person is a member already",
        )));
    }
    let secret = Secret::generate(ctx);
    let invitation = Invitation {
        id: ctx.new_id(),
        email_normal: Some(email.normal().to_owned()),
        role,
        invited_by: inviter,
        created_at: now,
        expires_at: now + LIFE,
        accepted_at: None,
        revoked_at: None,
    };
    // Two at the same moment: one waits here for the other and then takes its place.
    store::tenant::lock(tx.conn()).await?;
    store::invitation::revoke_open(tx.conn(), email.normal(), now).await?;
    store::invitation::insert(tx.conn(), tenant, &invitation, &secret.hash()).await?;
    // Not the address: it is personal data.
    let made = json!({ "role": role });
    audit::append(
        &mut tx,
        Action::InvitationCreated,
        invitation.id.uuid(),
        None,
        Some(made),
    )
    .await?;
    tx.commit().await?;
    Ok(Ok((invitation, InvitationToken { tenant, secret })))
}

/// Takes an invitation back.
///
/// # Errors
/// `NOT_FOUND` for no open invitation of this tenant.
pub(crate) async fn revoke(ctx: &Ctx, id: InvitationId) -> Result<Invitation> {
    let mut tx = ctx.begin().await?;
    let now = tx.now();
    let invitation = store::invitation::lock(tx.conn(), id)
        .await?
        .filter(|i| i.accepted_at.is_none() && i.revoked_at.is_none())
        .ok_or_else(|| Error::not_found("invitation"))?;
    store::invitation::revoke(tx.conn(), id, now).await?;
    audit::append(&mut tx, Action::InvitationRevoked, id.uuid(), None, None).await?;
    tx.commit().await?;
    Ok(Invitation {
        email_normal: None,
        revoked_at: Some(now),
        ..invitation
    })
}

/// A page of the open invitations of the tenant, oldest first.
///
/// # Errors
/// `BAD_USER_INPUT` for a forged cursor.
pub(crate) async fn open(ctx: &Ctx, page: &PageArgs) -> Result<Vec<Invitation>> {
    let after = page.after::<InvitationId>()?;
    let now = ctx.now();
    let mut snapshot = ctx.read().await?;
    store::invitation::page_open(snapshot.conn()?, now, after, page.limit()).await
}

/// Makes the user who asks a member, and moves their session to the tenant. The invitation must be
/// to their own address: a forwarded one is worth nothing.
///
/// # Errors
/// Only what is beyond the user; a refused invitation is a [`UserError`], the same for an unknown, a
/// settled, an expired and somebody else's one.
pub(crate) async fn accept(ctx: &Ctx, token: &str) -> Result<Result<(Tenant, Granted), UserError>> {
    let user = ctx.user()?;
    let refused = || {
        UserError::on(
            "token",
            "INVALID_INVITATION",
            "this invitation does not stand, or is for another address",
        )
    };
    let Some(token) = InvitationToken::parse(token) else {
        return Ok(Err(refused()));
    };
    let tx = ctx.begin_account().await?;
    let mut tx = tx.enter(token.tenant, Some(user)).await?;
    let now = tx.now();
    let Some(invitation) =
        store::invitation::lock_by_secret(tx.conn(), &token.secret.hash()).await?
    else {
        return Ok(Err(refused()));
    };
    let own = store::user::email_normal(tx.conn(), user).await?;
    if !invitation.is_open(now) || own.is_none() || invitation.email_normal != own {
        return Ok(Err(refused()));
    }
    let tenant = store::tenant::current(tx.conn())
        .await?
        .ok_or_else(|| Error::internal("an invitation without its tenant"))?;
    store::invitation::accept(tx.conn(), invitation.id, user, now).await?;
    let membership = Membership {
        id: ctx.new_id(),
        user,
        role: invitation.role,
        joined_at: now,
    };
    if store::membership::insert(tx.conn(), tenant.id, &membership).await? {
        tx.publish(&joined(tenant.id, user, invitation.role))
            .await?;
        let object = membership.id.uuid();
        audit::append(
            &mut tx,
            Action::MemberJoined,
            object,
            None,
            Some(membership.record()),
        )
        .await?;
    }
    let mut tx = tx.leave().await?;
    let granted = session::move_to(&mut tx, tenant.id).await?;
    tx.commit().await?;
    Ok(Ok((tenant, granted)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn an_invitation_is_open_until_it_is_settled_or_expires() {
        let at = |days| DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::days(days);
        let invitation = Invitation {
            id: InvitationId(Uuid::nil()),
            email_normal: None,
            role: Role::Member,
            invited_by: UserId(Uuid::nil()),
            created_at: at(0),
            expires_at: at(7),
            accepted_at: None,
            revoked_at: None,
        };
        assert!(invitation.is_open(at(6)));
        assert!(!invitation.is_open(at(7)));
        assert!(
            !Invitation {
                accepted_at: Some(at(1)),
                ..invitation.clone()
            }
            .is_open(at(2))
        );
        assert!(
            !Invitation {
                revoked_at: Some(at(1)),
                ..invitation
            }
            .is_open(at(2))
        );
    }

    #[test]
    fn forged_tokens_are_no_tokens() {
        for text in [
            "",
            ".",
            "x.y",
            &format!("{}.", Uuid::nil()),
            &".".repeat(100_000),
        ] {
            assert!(InvitationToken::parse(text).is_none(), "{}", text.len());
        }
    }
}
