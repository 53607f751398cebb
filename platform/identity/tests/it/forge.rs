//! A forger's workbench: any header, any claims, any key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ed25519_dalek::{Signer as _, SigningKey};
use hkdf::Hkdf;
use platform_identity::Secret;
use serde_json::Value;
use sha2::Sha256;

pub(crate) const NOW_S: i64 = 1_800_000_000;
pub(crate) const SECRET: &[u8] = b"a secret that only tests may know, 1";

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW_S, 0).unwrap()
}

pub(crate) fn at(offset_s: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOW_S + offset_s, 0).unwrap()
}

pub(crate) fn secret() -> Secret {
    Secret::new(SECRET).unwrap()
}

/// The derivation written a second time, so that a forged token can be signed by the right key.
pub(crate) fn key(kind: &str, name: &str) -> SigningKey {
    let mut bytes = [0; 32];
    let label = format!(
        "{}{kind}/{name}",
        char::from(u8::try_from(kind.len()).unwrap())
    );
    Hkdf::<Sha256>::new(Some(b"tessera/v1"), SECRET)
        .expand(label.as_bytes(), &mut bytes)
        .unwrap();
    SigningKey::from_bytes(&bytes)
}

pub(crate) fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

pub(crate) fn raw(header: &str, claims: &str, key: &SigningKey) -> String {
    let signed = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).to_bytes());
    format!("{signed}.{signature}")
}

pub(crate) fn signed(header: &Value, claims: &Value, key: &SigningKey) -> String {
    raw(&part(header), &part(claims), key)
}
