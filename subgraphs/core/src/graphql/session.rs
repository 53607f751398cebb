use async_graphql::{ID, SimpleObject};
use chrono::{DateTime, Utc};

use crate::domain::session::Granted;

/// What a client signs its requests with. Both tokens are secrets.
#[derive(SimpleObject)]
pub(crate) struct AuthSession {
    /// Goes into the header `authorization: Bearer …`; good for 15 minutes.
    access_token: String,
    /// End of the access token.
    access_token_expires_at: DateTime<Utc>,
    /// Good for one `refreshSession` within 7 days. Using it twice ends the session.
    refresh_token: String,
    /// End of the refresh token.
    refresh_token_expires_at: DateTime<Utc>,
    /// The organisation that the session is for; null when there is none yet.
    tenant_id: Option<ID>,
    /// What the access token allows.
    scopes: Vec<String>,
}

impl From<Granted> for AuthSession {
    fn from(granted: Granted) -> Self {
        Self {
            access_token: granted.access_token,
            access_token_expires_at: granted.access_token_expires_at,
            refresh_token: granted.refresh_token.text(),
            refresh_token_expires_at: granted.refresh_token_expires_at,
            tenant_id: granted.tenant.map(|id| id.uuid().into()),
            scopes: granted.scopes,
        }
    }
}
