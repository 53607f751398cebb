//! The router's word to a remote subgraph about who is asking.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ed25519_dalek::{SigningKey, VerifyingKey};
use platform_types::TenantId;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::claims::MAX_SKEW_S;
use crate::error::TokenError;
use crate::identity::Identity;
use crate::jwk::{Jwk, Jwks};
use crate::jws;
use crate::scope::Scopes;
use crate::secret::Secret;

/// The header that carries an assertion.
pub const ASSERTION_HEADER: &str = "tessera-assertion";

/// For how many seconds an assertion is good.
pub const ASSERTION_LIFETIME_S: i64 = 30;

/// Another type and issuer than those of access tokens, besides another key: neither passes for the other.
const TYPE: &str = "tessera-assertion+jwt";
const ISSUER: &str = "tessera-router";
const KEY_ID: &str = "router";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    iss: String,
    /// The subgraph that may accept it.
    aud: String,
    iat: i64,
    exp: i64,
    /// SHA-256 of the request's body.
    bh: String,
    sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tid: Option<Uuid>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    scope: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    /// When the proof behind the identity expires, which bounds a subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iex: Option<i64>,
}

/// Signs assertions; held by the router only.
#[derive(Clone)]
pub struct AssertionSigner {
    key: SigningKey,
}

impl AssertionSigner {
    /// The router's signer.
    pub fn new(secret: &Secret) -> Self {
        Self {
            key: secret.assertion_key(),
        }
    }

    /// Says to `subgraph` who sends the request with this body. Good for [`ASSERTION_LIFETIME_S`] from `now`.
    pub fn sign(
        &self,
        identity: &Identity,
        subgraph: &str,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> String {
        let iat = now.timestamp();
        let wire = Wire {
            iss: ISSUER.into(),
            aud: subgraph.into(),
            iat,
            exp: iat + ASSERTION_LIFETIME_S,
            bh: body_hash(body),
            sub: identity.subject().to_string(),
            tid: identity.tenant().map(TenantId::uuid),
            scope: identity.scopes().to_string(),
            sid: identity.session(),
            iex: identity.expires_at().map(|at| at.timestamp()),
        };
        jws::sign(TYPE, KEY_ID, &self.key, &wire)
    }

    /// The public half, for subgraphs that do not hold the secret.
    pub fn jwks(&self) -> Jwks {
        Jwks {
            keys: vec![Jwk::new(KEY_ID, &self.key.verifying_key())],
        }
    }
}

impl fmt::Debug for AssertionSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssertionSigner(…)")
    }
}

/// Verifies assertions in one subgraph.
#[derive(Debug, Clone)]
pub struct AssertionVerifier {
    subgraph: String,
    key: VerifyingKey,
}

impl AssertionVerifier {
    /// The verifier of `subgraph`, which accepts only what was said to it.
    pub fn new(secret: &Secret, subgraph: &str) -> Self {
        Self {
            subgraph: subgraph.into(),
            key: secret.assertion_key().verifying_key(),
        }
    }

    /// The same from the router's published key.
    pub fn from_jwks(jwks: &Jwks, subgraph: &str) -> Result<Self, TokenError> {
        let jwk = jwks
            .keys
            .iter()
            .find(|jwk| jwk.kid == KEY_ID)
            .ok_or(TokenError::UnknownKey)?;
        Ok(Self {
            subgraph: subgraph.into(),
            key: jwk.key()?,
        })
    }

    /// Verifies that the router made `assertion` for this subgraph and this very body, no longer ago than its lifetime.
    pub fn verify(
        &self,
        assertion: &str,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Identity, TokenError> {
        let (_, wire) =
            jws::verify::<Wire>(TYPE, assertion, |kid| (kid == KEY_ID).then_some(&self.key))?;
        if wire.iss != ISSUER {
            return Err(TokenError::Issuer);
        }
        if wire.aud != self.subgraph {
            return Err(TokenError::Audience);
        }
        let now_s = now.timestamp();
        if wire.exp <= now_s {
            return Err(TokenError::Expired);
        }
        if wire.exp.checked_sub(wire.iat) != Some(ASSERTION_LIFETIME_S)
            || wire.iat > now_s.saturating_add(MAX_SKEW_S)
        {
            return Err(TokenError::Period);
        }
        if !bool::from(wire.bh.as_bytes().ct_eq(body_hash(body).as_bytes())) {
            return Err(TokenError::Body);
        }
        let expires_at = match wire.iex {
            Some(seconds) => Some(DateTime::from_timestamp(seconds, 0).ok_or(TokenError::Period)?),
            None => None,
        };
        if expires_at.is_some_and(|at| at <= now) {
            return Err(TokenError::Expired);
        }
        let scopes = Scopes::parse(&wire.scope)?;
        Ok(Identity::assemble(
            wire.sub.parse()?,
            wire.tid.map(TenantId),
            scopes,
            wire.sid,
            expires_at,
        ))
    }
}

fn body_hash(body: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(body))
}
