//! The one secret of an installation and the keys that derive from it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::SecretError;

/// Separates our derivations from those of any other program that is given the same secret.
const SALT: &[u8] = b"tessera/v1";

/// The installation's secret (`TESSERA_SECRET`): everything that is signed or encrypted hangs on it.
///
/// Keys derive by HKDF-SHA256 (RFC 5869) from a label that names their purpose. It is wiped when dropped and cannot be
/// printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Fewest bytes that are accepted.
    pub const MIN_BYTES: usize = 32;

    /// Takes the secret as it is configured: any bytes, at least [`Self::MIN_BYTES`] of them.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, SecretError> {
        let bytes = Zeroizing::new(bytes.into());
        if bytes.len() < Self::MIN_BYTES {
            return Err(SecretError::TooShort {
                bytes: bytes.len(),
                minimum: Self::MIN_BYTES,
            });
        }
        Ok(Self(bytes))
    }

    /// Password of a database role, 43 characters of base64url.
    pub fn database_password(&self, role: &str) -> Zeroizing<String> {
        let key = self.derive("database", role);
        Zeroizing::new(URL_SAFE_NO_PAD.encode(key.as_slice()))
    }

    /// Key for encrypting fields, one per purpose (for example `core/totp`): 256 bits.
    pub fn field_key(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        self.derive("field", purpose)
    }

    /// Key for authenticating values that leave and come back (upload tickets, cursors), one per purpose.
    pub fn mac_key(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        self.derive("mac", purpose)
    }

    /// The key with which `module` signs tokens.
    pub(crate) fn token_key(&self, module: &str) -> SigningKey {
        SigningKey::from_bytes(&self.derive("token", module))
    }

    /// The key with which the router signs assertions.
    pub(crate) fn assertion_key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.derive("assertion", ""))
    }

    /// The length of the kind is part of the label, so that no kind and name can spell another pair.
    fn derive(&self, kind: &str, name: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        let length = [u8::try_from(kind.len()).unwrap_or(u8::MAX)];
        let label = [length.as_slice(), kind.as_bytes(), b"/", name.as_bytes()];
        Hkdf::<Sha256>::new(Some(SALT), &self.0)
            .expand_multi_info(&label, key.as_mut_slice())
            // invariant: expansion fails only above 255 blocks, and this is one
            .unwrap_or_else(|_| unreachable!("32 bytes are one block of HKDF-SHA256"));
        key
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn secret(byte: u8) -> Secret {
        Secret::new(vec![byte; 32]).unwrap()
    }

    #[test]
    fn a_short_secret_is_refused() {
        let refused = Secret::new(vec![1; 31]).err();
        assert_eq!(
            refused,
            Some(SecretError::TooShort {
                bytes: 31,
                minimum: 32
            })
        );
    }

    #[test]
    fn keys_differ_by_secret_kind_and_name() {
        let mut keys = vec![
            *secret(1).field_key("a"),
            *secret(2).field_key("a"),
            *secret(1).field_key("b"),
            *secret(1).mac_key("a"),
            secret(1).token_key("a").to_bytes(),
            secret(1).assertion_key().to_bytes(),
        ];
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 6);
    }

    #[test]
    fn derivation_is_stable_across_releases() {
        // Changing a label locks every installation out of its own data: this value may never change.
        assert_eq!(
            *secret(7).database_password("billing"),
            "tyWKeK_Urd5wcYS5zVFgk25oPb-A0kP5grCNow8_izM"
        );
    }

    #[test]
    fn debug_output_holds_nothing_of_it() {
        let shown = format!(
            "{:?}",
            Secret::new(*b"correct horse battery staple 1234").unwrap()
        );
        assert_eq!(shown, "Secret(…)");
    }
}
