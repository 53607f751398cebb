//! Access tokens: every module signs with a key of its own, everybody verifies with the public halves.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use ed25519_dalek::{SigningKey, VerifyingKey};

use crate::claims::{Claims, WireClaims};
use crate::error::TokenError;
use crate::identity::Identity;
use crate::jwk::{Jwk, Jwks};
use crate::jws;
use crate::secret::Secret;
use crate::subject::module_name;

/// The `iss` of every access token.
pub const ISSUER: &str = "tessera";
/// The `aud` of every access token.
pub const AUDIENCE: &str = "tessera";
/// The module that speaks for users and may grant every scope.
pub const CORE: &str = "core";

const TYPE: &str = "JWT";

/// Signs access tokens in the name of one module.
pub struct TokenSigner {
    module: String,
    key: SigningKey,
}

impl TokenSigner {
    /// The signer of `module`; the host hands it to that module and to no other.
    pub fn for_module(secret: &Secret, module: &str) -> Self {
        Self {
            module: module.into(),
            key: secret.token_key(module),
        }
    }

    /// Signs `claims`, refusing what every verifier would refuse: foreign scopes and subjects, impossible periods.
    pub fn sign(&self, claims: &Claims) -> Result<String, TokenError> {
        let wire = claims.to_wire(ISSUER, AUDIENCE);
        Claims::from_wire(&wire, ISSUER, AUDIENCE, claims.issued_at)?.check_signer(&self.module)?;
        let token = jws::sign(TYPE, &self.module, &self.key, &wire);
        if token.len() > jws::MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong {
                bytes: token.len(),
                limit: jws::MAX_TOKEN_BYTES,
            });
        }
        Ok(token)
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner")
            .field("module", &self.module)
            .finish_non_exhaustive()
    }
}

/// Verifies access tokens of a known set of modules.
#[derive(Debug, Clone)]
pub struct TokenVerifier {
    keys: BTreeMap<String, VerifyingKey>,
}

impl TokenVerifier {
    /// Knows the keys of exactly these modules, derived from the installation's secret.
    pub fn new<S: AsRef<str>>(secret: &Secret, modules: impl IntoIterator<Item = S>) -> Self {
        let keys = modules
            .into_iter()
            .map(|module| {
                (
                    module.as_ref().to_owned(),
                    secret.token_key(module.as_ref()).verifying_key(),
                )
            })
            .collect();
        Self { keys }
    }

    /// Knows the keys of a published set; for processes that do not hold the secret.
    pub fn from_jwks(jwks: &Jwks) -> Result<Self, TokenError> {
        let mut keys = BTreeMap::new();
        for jwk in &jwks.keys {
            if !module_name(&jwk.kid) {
                return Err(TokenError::Malformed("key id is not the name of a module"));
            }
            if keys.insert(jwk.kid.clone(), jwk.key()?).is_some() {
                return Err(TokenError::Malformed("two keys of one id"));
            }
        }
        Ok(Self { keys })
    }

    /// The public keys, for `/.well-known/jwks.json`.
    pub fn jwks(&self) -> Jwks {
        Jwks {
            keys: self
                .keys
                .iter()
                .map(|(kid, key)| Jwk::new(kid, key))
                .collect(),
        }
    }

    /// Verifies a token and gives what it says; `now` is the caller's clock.
    pub fn claims(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError> {
        let (header, wire) = jws::verify::<WireClaims>(TYPE, token, |kid| self.keys.get(kid))?;
        let claims = Claims::from_wire(&wire, ISSUER, AUDIENCE, now)?;
        claims.check_signer(&header.kid)?;
        Ok(claims)
    }

    /// Verifies a token and gives who it belongs to; `now` is the caller's clock.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Identity, TokenError> {
        self.claims(token, now).map(Identity::from_claims)
    }
}
