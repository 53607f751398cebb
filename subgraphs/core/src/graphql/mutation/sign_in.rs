use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use platform_sdk::graphql::{authenticated, public};
use platform_sdk::{Ctx, Result, UserError};

use super::super::parse_id;
use super::super::session::AuthSession;
use super::super::user::User;
use super::{hasher, split};
use crate::domain;

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
    /// The code of the authenticator app, or a recovery code. Needed when `signIn` answers with
    /// `SECOND_FACTOR_REQUIRED`.
    second_factor: Option<String>,
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
            second_factor: input.second_factor,
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
