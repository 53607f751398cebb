//! The compact serialisation of a signed JSON text (RFC 7515), narrowed to Ed25519 and a closed header.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::TokenError;

/// Longest token or assertion that is looked at.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The whole header. Anything else in it (`crit`, `jwk`, `jku`, `x5u`, …) is refused rather than ignored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) typ: String,
    pub(crate) alg: String,
    pub(crate) kid: String,
}

/// Signs `claims` as a token of type `typ`.
pub(crate) fn sign(typ: &str, kid: &str, key: &SigningKey, claims: &impl Serialize) -> String {
    let header = Header {
        typ: typ.into(),
        alg: "EdDSA".into(),
        kid: kid.into(),
    };
    let mut token = encode(&header);
    token.push('.');
    token.push_str(&encode(claims));
    let signature = key.sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature.to_bytes(), &mut token);
    token
}

/// Verifies a token of type `typ` and reads its claims; nothing of the claims is read before the signature fits.
///
/// `key_of` gives the key for a `kid`.
pub(crate) fn verify<'k, C: DeserializeOwned>(
    typ: &str,
    token: &str,
    key_of: impl FnOnce(&str) -> Option<&'k VerifyingKey>,
) -> Result<(Header, C), TokenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(TokenError::TooLong {
            bytes: token.len(),
            limit: MAX_TOKEN_BYTES,
        });
    }
    let (signed, signature) = token
        .rsplit_once('.')
        .ok_or(TokenError::Malformed("not three parts"))?;
    let (header, claims) = signed
        .split_once('.')
        .ok_or(TokenError::Malformed("not three parts"))?;
    let header: Header = decode(header, "header")?;
    if header.alg != "EdDSA" {
        return Err(TokenError::Algorithm);
    }
    if header.typ != typ {
        return Err(TokenError::Type);
    }
    let key = key_of(&header.kid).ok_or(TokenError::UnknownKey)?;
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .ok()
        .and_then(|bytes| Signature::from_slice(&bytes).ok())
        .ok_or(TokenError::Signature)?;
    key.verify_strict(signed.as_bytes(), &signature)
        .map_err(|_| TokenError::Signature)?;
    Ok((header, decode(claims, "claims")?))
}

fn encode(value: &impl Serialize) -> String {
    // invariant: headers and claims are structs of strings and integers, which always serialise
    let json =
        serde_json::to_vec(value).unwrap_or_else(|_| unreachable!("plain structs serialise"));
    URL_SAFE_NO_PAD.encode(json)
}

fn decode<T: DeserializeOwned>(part: &str, what: &'static str) -> Result<T, TokenError> {
    let json = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenError::Malformed(what))?;
    serde_json::from_slice(&json).map_err(|_| TokenError::Malformed(what))
}
