use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use platform_sdk::graphql::authenticated;
use platform_sdk::{Ctx, Error, Result, UserError};

use super::super::invitation::Invitation;
use super::super::loader::TenantById;
use super::super::membership::{Membership, Person};
use super::super::parse_id;
use super::super::session::AuthSession;
use super::super::tenant::Tenant;
use super::split;
use crate::domain;
use crate::domain::role::Role;

/// Whom to invite.
#[derive(InputObject)]
struct InviteMemberInput {
    /// The person's address; only its owner can accept.
    email: String,
    /// The role that comes with it, at most one's own.
    role: Role,
}

/// The invitation that was made.
#[derive(SimpleObject)]
struct InviteMemberPayload {
    /// The new invitation; an earlier one of the same address is taken back.
    invitation: Option<Invitation>,
    /// What the invited person accepts it with. Shown once; hand it over.
    token: Option<String>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// An invitation to take back.
#[derive(InputObject)]
struct RevokeInvitationInput {
    /// Its id.
    invitation_id: ID,
}

/// The invitation that was taken back.
#[derive(SimpleObject)]
struct RevokeInvitationPayload {
    /// It cannot be taken up any more.
    invitation: Option<Invitation>,
    /// Empty.
    user_errors: Vec<UserError>,
}

/// An invitation to take up.
#[derive(InputObject)]
struct AcceptInvitationInput {
    /// The token that was handed over.
    token: String,
}

/// The organisation that was joined.
#[derive(SimpleObject)]
struct AcceptInvitationPayload {
    /// The organisation.
    tenant: Option<Tenant>,
    /// The session, moved to it. The refresh token held until now is worth nothing.
    session: Option<AuthSession>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A role to give.
#[derive(InputObject)]
struct ChangeMemberRoleInput {
    /// Id of the membership.
    membership_id: ID,
    /// The new role, at most one's own.
    role: Role,
}

/// The membership with its new role.
#[derive(SimpleObject)]
struct ChangeMemberRolePayload {
    /// The membership.
    membership: Option<Membership>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A membership to end.
#[derive(InputObject)]
struct RemoveMemberInput {
    /// Id of the membership; one's own to leave.
    membership_id: ID,
}

/// The membership that was ended.
#[derive(SimpleObject)]
struct RemoveMemberPayload {
    /// Id of the membership that is gone.
    removed_membership_id: Option<ID>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// People of an organisation.
#[derive(Default)]
pub(crate) struct Members;

#[Object]
impl Members {
    /// Invites a person by their address.
    #[graphql(requires_scopes = "core:member.invite")]
    async fn invite_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to invite")] input: InviteMemberInput,
    ) -> Result<InviteMemberPayload> {
        let done = domain::invitation::invite(Ctx::of(ctx)?, &input.email, input.role).await?;
        Ok(match done {
            Ok((invitation, token)) => InviteMemberPayload {
                invitation: Some(Invitation(invitation)),
                token: Some(token.text()),
                user_errors: Vec::new(),
            },
            Err(error) => InviteMemberPayload {
                invitation: None,
                token: None,
                user_errors: vec![error],
            },
        })
    }

    /// Takes an open invitation back.
    #[graphql(requires_scopes = "core:member.invite")]
    async fn revoke_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invitation to take back")] input: RevokeInvitationInput,
    ) -> Result<RevokeInvitationPayload> {
        let id = parse_id(&input.invitation_id, "invitation")?;
        let invitation = domain::invitation::revoke(Ctx::of(ctx)?, id).await?;
        Ok(RevokeInvitationPayload {
            invitation: Some(Invitation(invitation)),
            user_errors: Vec::new(),
        })
    }

    /// Joins the organisation that an invitation to one's own address leads to.
    #[graphql(directive = authenticated::apply())]
    async fn accept_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invitation to take up")] input: AcceptInvitationInput,
    ) -> Result<AcceptInvitationPayload> {
        Ok(
            match domain::invitation::accept(Ctx::of(ctx)?, &input.token).await? {
                Ok((tenant, granted)) => AcceptInvitationPayload {
                    tenant: Some(Tenant(tenant)),
                    session: Some(granted.into()),
                    user_errors: Vec::new(),
                },
                Err(error) => AcceptInvitationPayload {
                    tenant: None,
                    session: None,
                    user_errors: vec![error],
                },
            },
        )
    }

    /// Gives a member another role. Nobody reaches above their own rank, and an owner remains.
    #[graphql(requires_scopes = "core:member.invite")]
    async fn change_member_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role to give")] input: ChangeMemberRoleInput,
    ) -> Result<ChangeMemberRolePayload> {
        let ctx = Ctx::of(ctx)?;
        let id = parse_id(&input.membership_id, "member")?;
        let (membership, user_errors) =
            split(domain::membership::change_role(ctx, id, input.role).await?);
        let membership = match membership {
            Some(membership) => Some(Membership {
                membership,
                tenant: current_tenant(ctx).await?,
                person: Person::Unread,
            }),
            None => None,
        };
        Ok(ChangeMemberRolePayload {
            membership,
            user_errors,
        })
    }

    /// Ends a membership: somebody else's by rank, one's own freely. An owner remains.
    #[graphql(requires_scopes = "core:tenant.read")]
    async fn remove_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The membership to end")] input: RemoveMemberInput,
    ) -> Result<RemoveMemberPayload> {
        let id = parse_id(&input.membership_id, "member")?;
        let done = domain::membership::remove(Ctx::of(ctx)?, id).await?;
        let (removed_membership_id, user_errors) = split(done.map(|m| ID::from(m.id.uuid())));
        Ok(RemoveMemberPayload {
            removed_membership_id,
            user_errors,
        })
    }
}

async fn current_tenant(ctx: &Ctx) -> Result<domain::tenant::Tenant> {
    ctx.load_one::<TenantById>(ctx.tenant()?)
        .await?
        .ok_or_else(|| Error::not_found("tenant"))
}
