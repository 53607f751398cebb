use chrono::{DateTime, TimeDelta, Utc};
use platform_sdk::{AccountTx, Ctx, Result, UserId, stored_names};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::secret::SecretHash;
use crate::store;

/// How long a code is good.
const LIFE: TimeDelta = TimeDelta::minutes(30);
/// Shortest time between two codes of one purpose.
const INTERVAL: TimeDelta = TimeDelta::minutes(1);
/// Crockford's base 32: no letter that is mistaken for a digit or another letter.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 50 random bits: enough against guessing within the life of a code, short enough to be typed.
const SYMBOLS: usize = 10;

/// What a code proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// That the address is read by the person.
    VerifyEmail,
    /// That whoever forgot the password reads the address.
    ResetPassword,
}

stored_names! {
    pub(crate) Purpose {
        VerifyEmail = "VERIFY_EMAIL",
        ResetPassword = "RESET_PASSWORD",
    }
}

/// A code as it is typed. Never logged.
pub(crate) struct Code(String);

impl Code {
    /// A fresh one.
    pub(crate) fn generate(ctx: &Ctx) -> Self {
        let bytes: [u8; SYMBOLS] = ctx.random_bytes();
        // 256 is a multiple of 32: every symbol is as likely as any other.
        Self(
            bytes
                .iter()
                .map(|b| char::from(ALPHABET[usize::from(b % 32)]))
                .collect(),
        )
    }

    /// Reads a code as people type it: in either case, with spaces and dashes, O for 0, I and L for 1.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let code: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            })
            .collect();
        let ok = code.len() == SYMBOLS && code.bytes().all(|b| ALPHABET.contains(&b));
        ok.then_some(Self(code))
    }

    /// As it is shown: in two halves.
    pub(crate) fn text(&self) -> String {
        let (a, b) = self.0.split_at(SYMBOLS / 2);
        format!("{a}-{b}")
    }

    /// What is kept. Person and purpose go in, so that equal codes of two people do not look equal.
    pub(crate) fn hash(&self, user: UserId, purpose: Purpose) -> SecretHash {
        Sha256::new()
            .chain_update(user.uuid().as_bytes())
            .chain_update(purpose.as_str())
            .chain_update([0])
            .chain_update(&self.0)
            .finalize()
            .into()
    }
}

/// A letter to a person.
pub(crate) struct Mail {
    /// Which.
    pub(crate) id: Uuid,
    /// To whom.
    pub(crate) user: UserId,
    /// What for.
    pub(crate) purpose: Purpose,
    /// Where to.
    pub(crate) recipient: String,
    /// What about.
    pub(crate) subject: &'static str,
    /// What it says.
    pub(crate) body: String,
    /// Since when it lies there.
    pub(crate) created_at: DateTime<Utc>,
    /// When it is worth nothing any more.
    pub(crate) expires_at: DateTime<Utc>,
}

/// Makes a code for an address and puts the letter into the outbox; an older code is good no more.
/// Gives false, and does nothing, when the last one is a moment old.
pub(crate) async fn send(
    tx: &mut AccountTx,
    user: UserId,
    email: &str,
    email_normal: &str,
    purpose: Purpose,
) -> Result<bool> {
    let now = tx.now();
    let code = Code::generate(tx.ctx());
    let expires_at = now + LIFE;
    let hash = code.hash(user, purpose);
    let oldest = now - INTERVAL;
    if !store::one_time_code::put(
        tx.conn(),
        user,
        purpose,
        &hash,
        email_normal,
        now,
        expires_at,
        oldest,
    )
    .await?
    {
        return Ok(false);
    }
    let (subject, intro) = match purpose {
        Purpose::VerifyEmail => (
            "Confirm your address",
            "Confirm your address with this code",
        ),
        Purpose::ResetPassword => ("Reset your password", "Set a new password with this code"),
    };
    let mail = Mail {
        id: tx.ctx().new_uuid(),
        user,
        purpose,
        recipient: email.to_owned(),
        subject,
        body: format!(
            "{intro}, within {} minutes:\n\n{}\n\nIf you did not ask for it, nothing has to be done.\n",
            LIFE.num_minutes(),
            code.text()
        ),
        created_at: now,
        expires_at,
    };
    store::mail::insert(tx.conn(), &mail).await?;
    // Neither the address nor the code: the letter is read in the outbox.
    tracing::info!(mail = %mail.id, kind = purpose.as_str(), "letter put into the outbox core.mail");
    Ok(true)
}

/// Spends a code: true when it is the live one for this address.
pub(crate) async fn spend(
    tx: &mut AccountTx,
    user: UserId,
    email_normal: &str,
    purpose: Purpose,
    code: &Code,
) -> Result<bool> {
    let now = tx.now();
    let hash = code.hash(user, purpose);
    let right =
        store::one_time_code::take(tx.conn(), user, purpose, &hash, email_normal, now).await?;
    if right {
        store::mail::drop_of(tx.conn(), user, purpose).await?;
    }
    Ok(right)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = Code("01ABCDEFGH".to_owned());
        assert_eq!(code.text(), "01ABC-DEFGH");
        for typed in [
            "01ABC-DEFGH",
            "01abcdefgh",
            " olabc defgh ",
            "0Iabc—defgh".replace('—', "-").as_str(),
        ] {
            assert_eq!(Code::parse(typed).unwrap().0, code.0, "{typed}");
        }
        for wrong in [
            "",
            "01ABC",
            "01ABC-DEFGU",
            "01ABC-DEFGHJ",
            "０１ABCDEFGH",
            &"A".repeat(65),
        ] {
            assert!(Code::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_is_kept_tells_people_and_purposes_apart() {
        let code = Code("01ABCDEFGH".to_owned());
        let (ann, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let hash = code.hash(ann, Purpose::VerifyEmail);
        assert_ne!(hash, code.hash(bob, Purpose::VerifyEmail));
        assert_ne!(hash, code.hash(ann, Purpose::ResetPassword));
    }
}
