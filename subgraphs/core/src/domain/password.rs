use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use platform_sdk::{Ctx, Error, Result};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use super::email::Email;

/// Shortest password, in code points (NIST SP 800-63B asks for 8 at least).
pub(crate) const MIN_CHARS: usize = 10;
/// Longest password, in bytes; more says nothing and costs time.
pub(crate) const MAX_BYTES: usize = 512;

/// Passwords of ten characters and more that every list of leaked ones begins with.
const COMMON: &[&str] = &[
    "0123456789",
    "0987654321",
    "1111111111",
    "1122334455",
    "1234512345",
    "1234554321",
    "123456123456",
    "123456789a",
    "1234567890",
    "12345678910",
    "123456789012",
    "1234567891",
    "123qweasdzxc",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "9876543210",
    "abc1234567",
    "abcdefghij",
    "administrator",
    "asdfghjkl1",
    "asdfghjkl;",
    "basketball",
    "changeme123",
    "computer123",
    "correcthorsebatterystaple",
    "football123",
    "iloveyou123",
    "iloveyou12",
    "jessica123",
    "letmein123",
    "liverpool1",
    "manchester",
    "michael123",
    "mypassword",
    "november2026",
    "password01",
    "password10",
    "password11",
    "password12",
    "password123",
    "password1234",
    "password!",
    "passw0rd123",
    "p@ssw0rd123",
    "p@ssword123",
    "princess123",
    "q1w2e3r4t5",
    "q1w2e3r4t5y6",
    "qazwsxedcrfv",
    "qwerty12345",
    "qwerty123456",
    "qwertyqwerty",
    "qwertyuiop",
    "qwertzuiop",
    "qwe123qwe123",
    "secret1234",
    "starwars123",
    "sunshine123",
    "superman123",
    "trustno1trustno1",
    "welcome123",
    "welcome1234",
    "whatever123",
    "zaq12wsxcde3",
    "zxcvbnm123",
];

/// A password that may be set. Holds the text only until it is hashed, and never shows it.
pub(crate) struct Password(String);

/// Why a password may not be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PasswordError {
    /// Too few characters.
    #[error("a password has at least {MIN_CHARS} characters")]
    TooShort,
    /// Too many bytes.
    #[error("a password has at most {MAX_BYTES} bytes")]
    TooLong,
    /// Known from leaks, or one character again and again.
    #[error("this password is among the first that are guessed")]
    Common,
    /// Made of the address it belongs to.
    #[error("a password must not be made of the e-mail address")]
    Personal,
}

impl PasswordError {
    /// Stable code for programs.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::TooShort => "TOO_SHORT",
            Self::TooLong => "TOO_LONG",
            Self::Common => "TOO_COMMON",
            Self::Personal => "PERSONAL",
        }
    }
}

impl Password {
    /// Checks a password for the account of `email`. Length and guessability count, not which kinds
    /// of characters it is made of (NIST SP 800-63B §5.1.1.2).
    ///
    /// # Errors
    /// [`PasswordError`] says which rule is broken.
    pub(crate) fn parse(text: &str, email: &Email) -> Result<Self, PasswordError> {
        if text.len() > MAX_BYTES {
            return Err(PasswordError::TooLong);
        }
        let normal: String = text.nfkc().collect();
        if normal.chars().count() < MIN_CHARS {
            return Err(PasswordError::TooShort);
        }
        let lower = normal.to_lowercase();
        let mut chars = lower.chars();
        let first = chars.next();
        if COMMON.contains(&lower.as_str()) || chars.all(|c| Some(c) == first) {
            return Err(PasswordError::Common);
        }
        let rest = lower.replace(email.normal(), "");
        let rest = match email.local() {
            local if local.chars().count() >= 4 => rest.replace(local, ""),
            _ => rest,
        };
        if rest.chars().count() < MIN_CHARS / 2 {
            return Err(PasswordError::Personal);
        }
        Ok(Self(normal))
    }

    /// A password as somebody types it to sign in: no rule but the length, since rules change.
    pub(crate) fn presented(text: &str) -> Option<Self> {
        (text.len() <= MAX_BYTES).then(|| Self(text.nfkc().collect()))
    }

    /// What bcrypt sees. It reads 72 bytes and stops at a NUL, so it gets a digest in base64.
    fn digest(&self) -> String {
        STANDARD_NO_PAD.encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Hashes and checks passwords off the async threads, a bounded number at once.
#[derive(Clone)]
pub(crate) struct Hasher {
    cost: u32,
    slots: Arc<Semaphore>,
    /// Hash of nobody's password, at this cost: unknown accounts cost the same time as known ones.
    decoy: Arc<str>,
}

impl Hasher {
    /// A hasher of bcrypt cost `cost` (4 to 31) that works on at most `parallel` passwords at once.
    ///
    /// # Errors
    /// A sentence for the developer when the cost is out of range.
    pub(crate) fn new(cost: u32, parallel: usize) -> Result<Self, String> {
        let decoy = bcrypt::hash("no account has this", cost).map_err(|e| e.to_string())?;
        Ok(Self {
            cost,
            slots: Arc::new(Semaphore::new(parallel.max(1))),
            decoy: decoy.into(),
        })
    }

    /// The hash to keep.
    ///
    /// # Errors
    /// `UNAVAILABLE` when so many are waiting that the deadline passes.
    pub(crate) async fn hash(&self, ctx: &Ctx, password: &Password) -> Result<String> {
        let (digest, cost) = (password.digest(), self.cost);
        self.run(ctx, move || bcrypt::hash(digest, cost))
            .await?
            .map_err(Error::internal)
    }

    /// Whether `password` is the one that `hash` was made of. Without a hash it takes the same time
    /// and is wrong.
    ///
    /// # Errors
    /// `UNAVAILABLE` when so many are waiting that the deadline passes, `INTERNAL` for a broken hash.
    pub(crate) async fn verify(
        &self,
        ctx: &Ctx,
        password: &Password,
        hash: Option<&str>,
    ) -> Result<bool> {
        let digest = password.digest();
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        let same = self
            .run(ctx, move || bcrypt::verify(digest, &hash))
            .await?
            .map_err(Error::internal)?;
        Ok(same && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        ctx: &Ctx,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let left = ctx.deadline().saturating_duration_since(Instant::now());
        let slot = tokio::time::timeout(left, self.slots.clone().acquire_owned())
            .await
            .map_err(Error::unavailable)?
            .map_err(Error::unavailable)?;
        tokio::task::spawn_blocking(move || {
            // Given back when the work is done, also when nobody waits for it any more.
            let _slot = slot;
            work()
        })
        .await
        .map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn email() -> Email {
        Email::parse("margaret@example.com").unwrap()
    }

    #[test]
    fn length_and_guessability_count_and_character_classes_do_not() {
        for good in [
            "correct horse battery",
            "zwölf boxkämpfer",
            "aaaaaaaaab",
            "馬電池ホッチキス正しい名前",
        ] {
            assert!(Password::parse(good, &email()).is_ok(), "{good}");
        }
        for (bad, error) in [
            ("short", PasswordError::TooShort),
            ("ﬁﬁﬁ", PasswordError::TooShort),
            ("Password123", PasswordError::Common),
            ("1234567890", PasswordError::Common),
            ("zzzzzzzzzzzz", PasswordError::Common),
            ("Margaret12", PasswordError::Personal),
            ("margaret@example.com", PasswordError::Personal),
        ] {
            assert_eq!(
                Password::parse(bad, &email()).map(|_| ()),
                Err(error),
                "{bad}"
            );
        }
        let long = "x y".repeat(200);
        assert_eq!(
            Password::parse(&long, &email()).map(|_| ()),
            Err(PasswordError::TooLong)
        );
    }

    #[test]
    fn characters_beyond_what_bcrypt_reads_still_count() {
        let stem = "a b".repeat(40);
        let one = Password::parse(&format!("{stem}1"), &email()).unwrap();
        let two = Password::parse(&format!("{stem}2"), &email()).unwrap();
        assert_ne!(one.digest(), two.digest());
        assert!(one.digest().len() < 72);
    }

    #[test]
    fn compatible_spellings_are_one_password() {
        let typed = Password::presented("ｐassword of mine").unwrap();
        let set = Password::parse("password of mine", &email()).unwrap();
        assert_eq!(typed.digest(), set.digest());
    }
}
