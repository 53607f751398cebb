use std::sync::Arc;

use chrono::{DateTime, Utc};
use platform_identity::{Claims, Scopes, Subject, TokenSigner};
use platform_types::{TenantId, UserId};
use uuid::Uuid;

use crate::{Error, Result};

/// Issues tokens under the module's own key. Verifiers accept only scopes of the module's namespace
/// from it (all scopes from core), so a module cannot make anybody more than it is itself.
#[derive(Clone)]
pub struct TokenIssuer(Arc<TokenSigner>);

/// What a token says.
#[derive(Debug, Clone)]
pub struct TokenGrant {
    /// Whom it is for.
    pub holder: Holder,
    /// The tenant it acts for.
    pub tenant: Option<TenantId>,
    /// Permissions.
    pub scopes: Vec<String>,
    /// The session (of sign-in, or of a candidate) that it belongs to.
    pub session: Option<Uuid>,
    /// When it was made.
    pub issued_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Whom a token is for.
#[derive(Debug, Clone, Copy)]
pub enum Holder {
    /// A person with an account.
    User(UserId),
    /// A person without one, who was sent a link.
    Candidate(Uuid),
    /// A program of a tenant, by one of its keys.
    ApiKey(Uuid),
}

impl TokenIssuer {
    /// An issuer over the module's key.
    pub fn new(signer: TokenSigner) -> Self {
        Self(Arc::new(signer))
    }

    /// Signs a token.
    ///
    /// # Errors
    /// `INTERNAL` when a scope is not the module's to give or the lifetime is above the limit of its
    /// kind: both are mistakes of the module's author.
    pub fn issue(&self, grant: &TokenGrant) -> Result<String> {
        let claims = Claims {
            subject: match grant.holder {
                Holder::User(id) => Subject::User(id),
                Holder::Candidate(id) => Subject::Candidate(id),
                Holder::ApiKey(id) => Subject::ApiKey(id),
            },
            tenant: grant.tenant,
            scopes: Scopes::parse(&grant.scopes.join(" ")).map_err(Error::internal)?,
            session: grant.session,
            issued_at: grant.issued_at,
            expires_at: grant.expires_at,
        };
        self.0.sign(&claims).map_err(Error::internal)
    }
}
