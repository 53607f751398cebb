//! Public keys as others fetch them (RFC 7517, RFC 8037).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

use crate::error::TokenError;

/// One Ed25519 public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Always `OKP`.
    pub kty: String,
    /// Always `Ed25519`.
    pub crv: String,
    /// Always `EdDSA`.
    pub alg: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// The module that signs with it.
    pub kid: String,
    /// The key, base64url.
    pub x: String,
}

/// A set of public keys, as served at `/.well-known/jwks.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// The keys, ordered by `kid`.
    pub keys: Vec<Jwk>,
}

impl Jwk {
    pub(crate) fn new(kid: &str, key: &VerifyingKey) -> Self {
        Self {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            alg: "EdDSA".into(),
            usage: "sig".into(),
            kid: kid.into(),
            x: URL_SAFE_NO_PAD.encode(key.as_bytes()),
        }
    }

    pub(crate) fn key(&self) -> Result<VerifyingKey, TokenError> {
        if self.kty != "OKP" || self.crv != "Ed25519" || self.alg != "EdDSA" || self.usage != "sig"
        {
            return Err(TokenError::Malformed("key is not an Ed25519 signature key"));
        }
        let bytes = URL_SAFE_NO_PAD
            .decode(&self.x)
            .map_err(|_| TokenError::Malformed("key is not base64url"))?;
        let bytes = <[u8; 32]>::try_from(bytes)
            .map_err(|_| TokenError::Malformed("key is not 32 bytes"))?;
        let key = VerifyingKey::from_bytes(&bytes)
            .map_err(|_| TokenError::Malformed("key is no curve point"))?;
        if key.is_weak() {
            return Err(TokenError::Malformed("key is of small order"));
        }
        Ok(key)
    }
}
