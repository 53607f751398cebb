use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use platform_sdk::graphql::{authenticated, public};
use platform_sdk::{Ctx, Error, Result, UserError};

use super::invitation::Invitation;
use super::membership::{Membership, Person};
use super::parse_id;
use super::session::AuthSession;
use super::tenant::Tenant;
use super::user::User;
use crate::domain;
use crate::domain::password::Hasher;
use crate::domain::role::Role;

/// What to sign up with.
#[derive(InputObject)]
struct SignUpInput {
    /// E-mail address.
    email: String,
    /// Ten characters or more; no rule about which.
    password: String,
    /// How to be called: 1 to 120 characters.
    display_name: String,
}

/// The account that was made, signed in.
#[derive(SimpleObject)]
struct SignUpPayload {
    /// The new account.
    user: Option<User>,
    /// Its first session, without an organisation.
    session: Option<AuthSession>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// What to sign in with.
#[derive(InputObject)]
struct SignInInput {
    /// E-mail address, in any spelling.
    email: String,
    /// The password.
    password: String,
    /// The organisation to act for; without it the one that was used last.
    tenant_id: Option<ID>,
}

/// The account and its new session.
#[derive(SimpleObject)]
struct SignInPayload {
    /// Who signed in.
    user: Option<User>,
    /// The new session.
    session: Option<AuthSession>,
    /// What to mend. An unknown address and a wrong password are told apart by nothing.
    user_errors: Vec<UserError>,
}

/// What to exchange.
#[derive(InputObject)]
struct RefreshSessionInput {
    /// The session's latest refresh token.
    refresh_token: String,
}

/// A session with new tokens.
#[derive(SimpleObject)]
struct RefreshSessionPayload {
    /// The same session with new tokens.
    session: Option<AuthSession>,
    /// What to mend: sign in again.
    user_errors: Vec<UserError>,
}

/// Which sessions to end.
#[derive(InputObject)]
struct SignOutInput {
    /// True ends every session of the person, on all devices.
    #[graphql(default)]
    everywhere: bool,
}

/// What was ended.
#[derive(SimpleObject)]
struct SignOutPayload {
    /// Number of sessions that were ended; their access tokens run out within 15 minutes.
    ended_sessions: i32,
    /// Empty.
    user_errors: Vec<UserError>,
}

/// Signing up, in and out.
#[derive(Default)]
pub(crate) struct SignIn;

#[Object]
impl SignIn {
    /// Makes an account and signs it in.
    #[graphql(directive = public::apply())]
    async fn sign_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to sign up with")] input: SignUpInput,
    ) -> Result<SignUpPayload> {
        let hasher = hasher(ctx)?;
        let input = domain::user::SignUp {
            email: input.email,
            password: input.password,
            display_name: input.display_name,
        };
        Ok(
            match domain::user::sign_up(Ctx::of(ctx)?, hasher, input).await? {
                Ok((user, granted)) => SignUpPayload {
                    user: Some(User(user)),
                    session: Some(granted.into()),
                    user_errors: Vec::new(),
                },
                Err(user_errors) => SignUpPayload {
                    user: None,
                    session: None,
                    user_errors,
                },
            },
        )
    }

    /// Checks a password and begins a session.
    #[graphql(directive = public::apply())]
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to sign in with")] input: SignInInput,
    ) -> Result<SignInPayload> {
        let hasher = hasher(ctx)?;
        let tenant = match &input.tenant_id {
            None => None,
            Some(id) => match parse_id(id, "tenant") {
                Ok(id) => Some(id),
                // The id of nothing: answered like the id of something else.
                Err(_) => Some(uuid::Uuid::nil().into()),
            },
        };
        let input = domain::user::SignIn {
            email: input.email,
            password: input.password,
            tenant,
        };
        Ok(
            match domain::user::sign_in(Ctx::of(ctx)?, hasher, input).await? {
                Ok((user, granted)) => SignInPayload {
                    user: Some(User(user)),
                    session: Some(granted.into()),
                    user_errors: Vec::new(),
                },
                Err(error) => SignInPayload {
                    user: None,
                    session: None,
                    user_errors: vec![error],
                },
            },
        )
    }

    /// Exchanges a refresh token for new tokens. A token that was exchanged before ends its session:
    /// two parties hold it, and one of them should not.
    #[graphql(directive = public::apply())]
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to exchange")] input: RefreshSessionInput,
    ) -> Result<RefreshSessionPayload> {
        let done = domain::session::refresh(Ctx::of(ctx)?, &input.refresh_token).await?;
        let (session, user_errors) = split(done);
        Ok(RefreshSessionPayload {
            session,
            user_errors,
        })
    }

    /// Ends the session of the access token, or all sessions of its owner.
    #[graphql(directive = authenticated::apply())]
    async fn sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which sessions to end")] input: SignOutInput,
    ) -> Result<SignOutPayload> {
        let ended = domain::session::sign_out(Ctx::of(ctx)?, input.everywhere).await?;
        Ok(SignOutPayload {
            ended_sessions: i32::try_from(ended).unwrap_or(i32::MAX),
            user_errors: Vec::new(),
        })
    }
}

/// An organisation to make.
#[derive(InputObject)]
struct CreateTenantInput {
    /// Its name: 1 to 120 characters.
    name: String,
    /// Its short name in addresses; made of the name when absent.
    slug: Option<String>,
}

/// The organisation that was made.
#[derive(SimpleObject)]
struct CreateTenantPayload {
    /// The new organisation; the person who asked owns it.
    tenant: Option<Tenant>,
    /// The session, moved to the new organisation. The refresh token held until now is worth nothing.
    session: Option<AuthSession>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// An organisation to move to.
#[derive(InputObject)]
struct SwitchTenantInput {
    /// Its id.
    tenant_id: ID,
}

/// The session after the move.
#[derive(SimpleObject)]
struct SwitchTenantPayload {
    /// The session, moved. The refresh token held until now is worth nothing.
    session: Option<AuthSession>,
    /// Empty.
    user_errors: Vec<UserError>,
}

/// Organisations.
#[derive(Default)]
pub(crate) struct Tenants;

#[Object]
impl Tenants {
    /// Makes an organisation and moves the session to it.
    #[graphql(directive = authenticated::apply())]
    async fn create_tenant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation to make")] input: CreateTenantInput,
    ) -> Result<CreateTenantPayload> {
        let done =
            domain::tenant::create(Ctx::of(ctx)?, &input.name, input.slug.as_deref()).await?;
        Ok(match done {
            Ok((tenant, granted)) => CreateTenantPayload {
                tenant: Some(Tenant(tenant)),
                session: Some(granted.into()),
                user_errors: Vec::new(),
            },
            Err(user_errors) => CreateTenantPayload {
                tenant: None,
                session: None,
                user_errors,
            },
        })
    }

    /// Moves the session to another organisation of the person who asks.
    #[graphql(directive = authenticated::apply())]
    async fn switch_tenant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation to move to")] input: SwitchTenantInput,
    ) -> Result<SwitchTenantPayload> {
        let tenant = parse_id(&input.tenant_id, "tenant")?;
        let granted = domain::session::switch(Ctx::of(ctx)?, tenant).await?;
        Ok(SwitchTenantPayload {
            session: Some(granted.into()),
            user_errors: Vec::new(),
        })
    }
}

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
    ctx.load_one::<super::loader::TenantById>(ctx.tenant()?)
        .await?
        .ok_or_else(|| Error::not_found("tenant"))
}

fn hasher<'a>(ctx: &Context<'a>) -> Result<&'a Hasher> {
    ctx.data::<Hasher>()
        .map_err(|e| Error::internal(e.message.clone()))
}

/// The two halves of a payload.
fn split<D, T: From<D>>(done: Result<D, UserError>) -> (Option<T>, Vec<UserError>) {
    match done {
        Ok(done) => (Some(done.into()), Vec::new()),
        Err(error) => (None, vec![error]),
    }
}
