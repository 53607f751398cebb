use async_graphql::{Context, InputObject, Object, SimpleObject};
use platform_sdk::graphql::{authenticated, public};
use platform_sdk::{Ctx, Result, UserError};

use super::super::user::User;
use super::{hasher, split};
use crate::domain;

/// Asks for nothing but the person who asks.
#[derive(SimpleObject)]
struct RequestEmailVerificationPayload {
    /// Whether a code is on its way to the person's address.
    sent: bool,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// The code from the letter.
#[derive(InputObject)]
struct VerifyEmailInput {
    /// As it stands there; case, spaces and the dash do not matter.
    code: String,
}

/// The person with the confirmed address.
#[derive(SimpleObject)]
struct VerifyEmailPayload {
    /// The person.
    user: Option<User>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Whose password was forgotten.
#[derive(InputObject)]
struct RequestPasswordResetInput {
    /// The address of the account.
    email: String,
}

/// The same for a known and an unknown address.
#[derive(SimpleObject)]
struct RequestPasswordResetPayload {
    /// True: if the address is an account's, a code is on its way to it.
    accepted: bool,
    /// Empty.
    user_errors: Vec<UserError>,
}

/// A new password by the code from the letter.
#[derive(InputObject)]
struct ResetPasswordInput {
    /// The address that the code was sent to.
    email: String,
    /// As it stands in the letter; case, spaces and the dash do not matter.
    code: String,
    /// Ten characters or more; no rule about which.
    new_password: String,
}

/// Sign in with the new password next.
#[derive(SimpleObject)]
struct ResetPasswordPayload {
    /// Whether the new password is set. All sessions are ended then.
    done: bool,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A new password by the current one.
#[derive(InputObject)]
struct ChangePasswordInput {
    /// The password until now.
    current_password: String,
    /// Ten characters or more; no rule about which.
    new_password: String,
}

/// The session of the request goes on.
#[derive(SimpleObject)]
struct ChangePasswordPayload {
    /// Whether the new password is set. All other sessions are ended then.
    done: bool,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Addresses and passwords.
#[derive(Default)]
pub(crate) struct Recovery;

#[Object]
impl Recovery {
    /// Sends a code to the address of the person who asks.
    #[graphql(directive = authenticated::apply())]
    async fn request_email_verification(
        &self,
        ctx: &Context<'_>,
    ) -> Result<RequestEmailVerificationPayload> {
        let done = domain::recovery::request_verification(Ctx::of(ctx)?).await?;
        let (sent, user_errors) = told(done);
        Ok(RequestEmailVerificationPayload { sent, user_errors })
    }

    /// Confirms the address of the person who asks.
    #[graphql(directive = authenticated::apply())]
    async fn verify_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code from the letter")] input: VerifyEmailInput,
    ) -> Result<VerifyEmailPayload> {
        let done = domain::recovery::verify_email(Ctx::of(ctx)?, &input.code).await?;
        let (user, user_errors) = split(done.map(User));
        Ok(VerifyEmailPayload { user, user_errors })
    }

    /// Sends a code to set a new password with, if the address is an account's; the answer does not
    /// tell.
    #[graphql(directive = public::apply())]
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose password was forgotten")] input: RequestPasswordResetInput,
    ) -> Result<RequestPasswordResetPayload> {
        domain::recovery::request_reset(Ctx::of(ctx)?, &input.email).await?;
        Ok(RequestPasswordResetPayload {
            accepted: true,
            user_errors: Vec::new(),
        })
    }

    /// Sets a new password by code and ends all sessions.
    #[graphql(directive = public::apply())]
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code and the new password")] input: ResetPasswordInput,
    ) -> Result<ResetPasswordPayload> {
        let hasher = hasher(ctx)?;
        let input = domain::recovery::Reset {
            email: input.email,
            code: input.code,
            new_password: input.new_password,
        };
        let done = domain::recovery::reset_password(Ctx::of(ctx)?, hasher, &input).await?;
        let (done, user_errors) = told(done);
        Ok(ResetPasswordPayload { done, user_errors })
    }

    /// Sets a new password by the current one and ends all other sessions.
    #[graphql(directive = authenticated::apply())]
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The current and the new password")] input: ChangePasswordInput,
    ) -> Result<ChangePasswordPayload> {
        let done = domain::recovery::change_password(
            Ctx::of(ctx)?,
            hasher(ctx)?,
            &input.current_password,
            &input.new_password,
        )
        .await?;
        let (done, user_errors) = told(done);
        Ok(ChangePasswordPayload { done, user_errors })
    }
}

/// Whether it was done, and what to mend if not.
fn told(done: Result<(), UserError>) -> (bool, Vec<UserError>) {
    match done {
        Ok(()) => (true, Vec::new()),
        Err(error) => (false, vec![error]),
    }
}
