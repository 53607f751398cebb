use async_graphql::{Context, InputObject, Object, SimpleObject};
use platform_sdk::graphql::authenticated;
use platform_sdk::{Ctx, Result, UserError};

use super::split;
use crate::domain;

/// A secret for an authenticator app.
#[derive(SimpleObject)]
struct EnrollTotpPayload {
    /// The secret in base 32, to be typed.
    secret: Option<String>,
    /// The same as an address, to be shown as a QR code.
    uri: Option<String>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A code of the app.
#[derive(InputObject)]
struct ConfirmTotpInput {
    /// Six digits.
    code: String,
}

/// The second factor is enabled.
#[derive(SimpleObject)]
struct ConfirmTotpPayload {
    /// Codes for the day on which the device is lost, each good once. Shown once.
    recovery_codes: Option<Vec<String>>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A last code.
#[derive(InputObject)]
struct DisableTotpInput {
    /// Six digits of the app, or a recovery code.
    code: String,
}

/// The second factor is disabled.
#[derive(SimpleObject)]
struct DisableTotpPayload {
    /// Whether it is.
    done: bool,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// The second factor of the person who asks.
#[derive(Default)]
pub(crate) struct SecondFactor;

#[Object]
impl SecondFactor {
    /// Makes a secret for an authenticator app; `confirmTotp` enables it.
    #[graphql(directive = authenticated::apply())]
    async fn enroll_totp(&self, ctx: &Context<'_>) -> Result<EnrollTotpPayload> {
        Ok(match domain::totp::enroll(Ctx::of(ctx)?).await? {
            Ok((secret, user)) => EnrollTotpPayload {
                secret: Some(secret.base32()),
                uri: Some(secret.uri(&user.to_string())),
                user_errors: Vec::new(),
            },
            Err(error) => EnrollTotpPayload {
                secret: None,
                uri: None,
                user_errors: vec![error],
            },
        })
    }

    /// Enables the second factor: from now on `signIn` asks for a code, too.
    #[graphql(directive = authenticated::apply())]
    async fn confirm_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A code of the app")] input: ConfirmTotpInput,
    ) -> Result<ConfirmTotpPayload> {
        let done = domain::totp::confirm(Ctx::of(ctx)?, &input.code).await?;
        let (recovery_codes, user_errors) = split(done);
        Ok(ConfirmTotpPayload {
            recovery_codes,
            user_errors,
        })
    }

    /// Disables the second factor.
    #[graphql(directive = authenticated::apply())]
    async fn disable_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A last code")] input: DisableTotpInput,
    ) -> Result<DisableTotpPayload> {
        let done = domain::totp::disable(Ctx::of(ctx)?, &input.code).await?;
        Ok(match done {
            Ok(()) => DisableTotpPayload {
                done: true,
                user_errors: Vec::new(),
            },
            Err(error) => DisableTotpPayload {
                done: false,
                user_errors: vec![error],
            },
        })
    }
}
