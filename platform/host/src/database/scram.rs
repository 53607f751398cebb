use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

/// PostgreSQL's default; the passwords are random keys, so more rounds would add nothing.
const ITERATIONS: u32 = 4_096;

/// The form in which PostgreSQL keeps a password (RFC 5802 §3, RFC 7677). The server is given this
/// instead of the password, so that no statement log ever holds one.
///
/// `password` must be ASCII: no other text is left as it is by SASLprep.
pub(super) fn verifier(password: &str, salt: &[u8]) -> String {
    let salted = salted_password(password.as_bytes(), salt);
    let stored_key = Sha256::digest(hmac(&salted, b"Client Key"));
    let server_key = hmac(&salted, b"Server Key");
    format!(
        "SCRAM-SHA-256${ITERATIONS}:{}${}:{}",
        STANDARD.encode(salt),
        STANDARD.encode(stored_key),
        STANDARD.encode(server_key),
    )
}

/// PBKDF2-HMAC-SHA-256 with one block of output (RFC 8018 §5.2).
fn salted_password(password: &[u8], salt: &[u8]) -> [u8; 32] {
    let mut block = hmac(password, &[salt, &1_u32.to_be_bytes()].concat());
    let mut result = block;
    for _ in 1..ITERATIONS {
        block = hmac(password, &block);
        for (sum, byte) in result.iter_mut().zip(block) {
            *sum ^= byte;
        }
    }
    result
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        // invariant: HMAC takes keys of every length (RFC 2104 §3)
        .unwrap_or_else(|_| unreachable!("every key length is valid for HMAC"));
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn the_verifier_is_the_one_of_the_published_example() {
        // Salt, password and round count of RFC 7677 §3.
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let text = verifier("pencil", &salt);
        assert_eq!(
            text,
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
        );
    }
}
