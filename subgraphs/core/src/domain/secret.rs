use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use platform_sdk::Ctx;
use sha2::{Digest, Sha256};

/// A random secret that a client keeps and the database knows by its SHA-256 only. 256 random bits
/// need no slow hash.
pub(crate) struct Secret([u8; 32]);

/// SHA-256 of a secret: what the database keeps.
pub(crate) type SecretHash = [u8; 32];

impl Secret {
    /// A fresh one.
    pub(crate) fn generate(ctx: &Ctx) -> Self {
        Self(ctx.random_bytes())
    }

    /// Reads what [`Secret::text`] wrote; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // 43 characters are 32 bytes in base64 without padding.
        if text.len() != 43 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The form that travels.
    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What to store or to look up.
    pub(crate) fn hash(&self) -> SecretHash {
        Sha256::digest(self.0).into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_secret_survives_the_journey_and_shows_itself_nowhere_else() {
        let secret = Secret([7; 32]);
        let back = Secret::parse(&secret.text()).unwrap();
        assert_eq!(back.hash(), secret.hash());
        assert!(!format!("{secret:?}").contains('7'));
        for forged in ["", "x", &"=".repeat(43), &"A".repeat(44), &"é".repeat(22)] {
            assert!(Secret::parse(forged).is_none(), "{forged}");
        }
    }
}
