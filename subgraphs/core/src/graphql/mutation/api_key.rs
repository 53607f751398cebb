use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use platform_sdk::graphql::public;
use platform_sdk::{Ctx, Result, UserError};

use super::super::api_key::ApiKey;
use super::super::parse_id;
use crate::domain;

/// A key to make.
#[derive(InputObject)]
struct CreateApiKeyInput {
    /// What people call it: 1 to 120 characters.
    name: String,
    /// What it allows: some of one's own permissions.
    scopes: Vec<String>,
    /// How long it is good: 1 to 365 days.
    #[graphql(default = 90)]
    expires_in_days: i32,
}

/// The key that was made.
#[derive(SimpleObject)]
struct CreateApiKeyPayload {
    /// The key without its secret.
    api_key: Option<ApiKey>,
    /// The key itself. Shown once; a program keeps it and calls `exchangeApiKey` with it.
    secret: Option<String>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A key to take back.
#[derive(InputObject)]
struct RevokeApiKeyInput {
    /// Its id.
    api_key_id: ID,
}

/// The key that was taken back.
#[derive(SimpleObject)]
struct RevokeApiKeyPayload {
    /// The key. Tokens that it was exchanged for run out within 15 minutes.
    api_key: Option<ApiKey>,
    /// Empty.
    user_errors: Vec<UserError>,
}

/// A key to exchange.
#[derive(InputObject)]
struct ExchangeApiKeyInput {
    /// The key itself.
    api_key: String,
}

/// What a program signs its requests with.
#[derive(SimpleObject)]
struct ExchangeApiKeyPayload {
    /// Goes into the header `authorization: Bearer …`; good for 15 minutes.
    access_token: Option<String>,
    /// End of the access token.
    access_token_expires_at: Option<DateTime<Utc>>,
    /// The organisation that it is for.
    tenant_id: Option<ID>,
    /// What it allows.
    scopes: Vec<String>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Keys for programs.
#[derive(Default)]
pub(crate) struct ApiKeys;

#[Object]
impl ApiKeys {
    /// Makes a key for a program.
    #[graphql(requires_scopes = "core:tenant.manage")]
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key to make")] input: CreateApiKeyInput,
    ) -> Result<CreateApiKeyPayload> {
        let new = domain::api_key::NewKey {
            name: input.name,
            scopes: input.scopes,
            days: input.expires_in_days,
        };
        Ok(match domain::api_key::create(Ctx::of(ctx)?, new).await? {
            Ok((key, text)) => CreateApiKeyPayload {
                api_key: Some(ApiKey(key)),
                secret: Some(text.text()),
                user_errors: Vec::new(),
            },
            Err(error) => CreateApiKeyPayload {
                api_key: None,
                secret: None,
                user_errors: vec![error],
            },
        })
    }

    /// Takes a key back.
    #[graphql(requires_scopes = "core:tenant.manage")]
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key to take back")] input: RevokeApiKeyInput,
    ) -> Result<RevokeApiKeyPayload> {
        let id = parse_id(&input.api_key_id, "API key")?;
        let key = domain::api_key::revoke(Ctx::of(ctx)?, id).await?;
        Ok(RevokeApiKeyPayload {
            api_key: Some(ApiKey(key)),
            user_errors: Vec::new(),
        })
    }

    /// Exchanges a key for an access token.
    #[graphql(directive = public::apply())]
    async fn exchange_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key to exchange")] input: ExchangeApiKeyInput,
    ) -> Result<ExchangeApiKeyPayload> {
        let done = domain::api_key::exchange(Ctx::of(ctx)?, &input.api_key).await?;
        Ok(match done {
            Ok(access) => ExchangeApiKeyPayload {
                access_token: Some(access.token),
                access_token_expires_at: Some(access.expires_at),
                tenant_id: Some(access.tenant.uuid().into()),
                scopes: access.scopes,
                user_errors: Vec::new(),
            },
            Err(error) => ExchangeApiKeyPayload {
                access_token: None,
                access_token_expires_at: None,
                tenant_id: None,
                scopes: Vec::new(),
                user_errors: vec![error],
            },
        })
    }
}
