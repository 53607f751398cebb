use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use platform_sdk::graphql::authenticated;
use platform_sdk::{Ctx, Result, UserError};

use super::super::parse_id;
use super::super::session::AuthSession;
use super::super::tenant::Tenant;
use crate::domain;

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
