use async_graphql::{Context, Object, SimpleObject};
use platform_sdk::graphql::authenticated;
use platform_sdk::{Ctx, Error, Result};

use super::loader::TenantById;
use super::tenant::Tenant;
use super::user::User;
use crate::domain;

/// How a person's second factor stands.
#[derive(SimpleObject)]
struct SecondFactorStatus {
    /// Whether `signIn` asks for a code.
    enabled: bool,
    /// Recovery codes that are left.
    recovery_codes_left: i32,
}

/// What the access token of the caller is good for at this moment.
#[derive(SimpleObject)]
struct Access {
    /// Whether it is good at all: not after signing out, revoking the key or leaving the organisation.
    active: bool,
    /// Which of its permissions still stand.
    scopes: Vec<String>,
    /// Modules that the organisation has a licence for.
    licensed_modules: Vec<String>,
}

/// Reading.
#[derive(Default)]
pub(crate) struct Root;

#[Object]
impl Root {
    /// The person who asks.
    #[graphql(directive = authenticated::apply())]
    async fn me(&self, ctx: &Context<'_>) -> Result<User> {
        Ok(User(domain::user::me(Ctx::of(ctx)?).await?))
    }

    /// What the access token of the caller is good for at this moment, which may be less than it says.
    #[graphql(directive = authenticated::apply())]
    async fn access(&self, ctx: &Context<'_>) -> Result<Access> {
        let access = domain::access::current(Ctx::of(ctx)?).await?;
        Ok(Access {
            active: access.active,
            scopes: access.scopes,
            licensed_modules: access.licensed,
        })
    }

    /// How the second factor of the person who asks stands.
    #[graphql(directive = authenticated::apply())]
    async fn second_factor(&self, ctx: &Context<'_>) -> Result<SecondFactorStatus> {
        let standing = domain::totp::standing(Ctx::of(ctx)?).await?;
        Ok(SecondFactorStatus {
            enabled: standing.enabled,
            recovery_codes_left: i32::try_from(standing.recovery_codes).unwrap_or(i32::MAX),
        })
    }

    /// The organisation that the access token is for.
    #[graphql(requires_scopes = "core:tenant.read")]
    async fn tenant(&self, ctx: &Context<'_>) -> Result<Tenant> {
        let ctx = Ctx::of(ctx)?;
        let tenant = ctx.load_one::<TenantById>(ctx.tenant()?).await?;
        tenant.map(Tenant).ok_or_else(|| Error::not_found("tenant"))
    }
}
