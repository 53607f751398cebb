use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac as _};
use platform_sdk::{AccountTx, Ctx, Error, Result, UserError, UserId};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::one_time_code::Code;
use super::secret::SecretHash;
use super::throttle;
use crate::store;

/// Length of a step in seconds (RFC 6238 §4.1).
const STEP: i64 = 30;
/// Steps before and after the present one whose codes are taken: clocks differ, people type slowly.
const DRIFT: i64 = 1;
/// Codes for the day on which the device is lost.
const RECOVERY_CODES: usize = 8;

/// What the person's device and we both know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TotpSecret(pub(crate) [u8; 20]);

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl TotpSecret {
    /// The six digits of a step (RFC 4226 §5.3). Authenticator apps take nothing but SHA-1 for granted,
    /// and HMAC does not depend on what is broken in it.
    fn code(&self, step: i64) -> Result<u32> {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).map_err(Error::internal)?;
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest[19] & 0x0f);
        let word = [0, 1, 2, 3].map(|i| digest[offset + i]);
        Ok((u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
    }

    /// The step that a code was made for, when it is near `now` and later than `used_step`.
    fn accepts(&self, code: &str, now: DateTime<Utc>, used_step: i64) -> Result<Option<i64>> {
        let typed: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        if typed.len() != 6 || !typed.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(None);
        }
        let present = now.timestamp().div_euclid(STEP);
        for step in (present - DRIFT..=present + DRIFT).filter(|step| *step > used_step) {
            if format!("{:06}", self.code(step)?) == typed {
                return Ok(Some(step));
            }
        }
        Ok(None)
    }

    /// As authenticator apps take it (RFC 4648 §6, without padding).
    pub(crate) fn base32(&self) -> String {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        // 20 bytes are 32 groups of five bits.
        (0..32)
            .map(|group| {
                let bit = group * 5;
                let (byte, shift) = (bit / 8, bit % 8);
                let next = self.0.get(byte + 1).copied().unwrap_or_default();
                let pair = u16::from_be_bytes([self.0[byte], next]);
                char::from(ALPHABET[usize::from(pair >> (11 - shift) & 31)])
            })
            .collect()
    }

    /// The address that a device reads as a QR code. The account is named by its id: the address of a
    /// person is not ours to spread.
    pub(crate) fn uri(&self, label: &str) -> String {
        format!(
            "otpauth://totp/Tessera:{label}?secret={}&issuer=Tessera&algorithm=SHA1&digits=6&period={STEP}",
            self.base32()
        )
    }
}

/// A person's second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Totp {
    /// The secret.
    pub(crate) secret: TotpSecret,
    /// It is asked for at sign-in.
    pub(crate) confirmed: bool,
    /// The last step that a code was taken for.
    pub(crate) used_step: i64,
}

/// How a person's second factor stands.
pub(crate) struct Standing {
    /// It is asked for at sign-in.
    pub(crate) enabled: bool,
    /// Recovery codes that are left.
    pub(crate) recovery_codes: i64,
}

fn wrong_code(field: &str) -> UserError {
    UserError::on(
        field,
        "INVALID_CODE",
        "this code is wrong or was used already",
    )
}

fn recovery_hash(user: UserId, code: &Code) -> SecretHash {
    Sha256::new()
        .chain_update(user.uuid().as_bytes())
        .chain_update("RECOVERY")
        .chain_update(code.text())
        .finalize()
        .into()
}

/// How the second factor of the person who asks stands.
///
/// # Errors
/// `UNAUTHENTICATED` without a person.
pub(crate) async fn standing(ctx: &Ctx) -> Result<Standing> {
    let user = ctx.user()?;
    let mut tx = ctx.begin_account().await?;
    let totp = store::totp::lock(tx.conn(), user).await?;
    Ok(Standing {
        enabled: totp.is_some_and(|t| t.confirmed),
        recovery_codes: store::totp::recovery_codes(tx.conn(), user).await?,
    })
}

/// Makes a secret for the person's device. It is asked for only after [`confirm`].
///
/// # Errors
/// `UNAUTHENTICATED` without a person.
pub(crate) async fn enroll(ctx: &Ctx) -> Result<Result<(TotpSecret, UserId), UserError>> {
    let user = ctx.user()?;
    let mut tx = ctx.begin_account().await?;
    let now = tx.now();
    if store::totp::lock(tx.conn(), user)
        .await?
        .is_some_and(|t| t.confirmed)
    {
        return Ok(Err(UserError::whole(
            "ALREADY_ENABLED",
            "a second factor is enabled; disable it first",
        )));
    }
    let secret = TotpSecret(ctx.random_bytes());
    store::totp::put(tx.conn(), user, secret, now).await?;
    tx.commit().await?;
    Ok(Ok((secret, user)))
}

/// Enables the second factor by a code of the device, and gives the recovery codes, once.
///
/// # Errors
/// `RATE_LIMITED` after too many wrong codes.
pub(crate) async fn confirm(ctx: &Ctx, code: &str) -> Result<Result<Vec<String>, UserError>> {
    let user = ctx.user()?;
    let subject = throttle::key("second-factor", &user.to_string());
    throttle::charge(ctx, &subject).await?;
    let mut tx = ctx.begin_account().await?;
    let now = tx.now();
    let Some(totp) = store::totp::lock(tx.conn(), user)
        .await?
        .filter(|t| !t.confirmed)
    else {
        return Ok(Err(UserError::whole(
            "NOT_ENROLLED",
            "no second factor waits to be confirmed",
        )));
    };
    let Some(step) = totp.secret.accepts(code, now, totp.used_step)? else {
        return Ok(Err(wrong_code("code")));
    };
    store::totp::confirm(tx.conn(), user, step, now).await?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    let mut hashes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let code = Code::generate(ctx);
        hashes.push(recovery_hash(user, &code));
        codes.push(code.text());
    }
    store::totp::put_recovery_codes(tx.conn(), user, &hashes).await?;
    store::throttle::clear(tx.conn(), &subject).await?;
    tx.commit().await?;
    Ok(Ok(codes))
}

/// Disables the second factor by one of its codes.
///
/// # Errors
/// `RATE_LIMITED` after too many wrong codes.
pub(crate) async fn disable(ctx: &Ctx, code: &str) -> Result<Result<(), UserError>> {
    let user = ctx.user()?;
    let subject = throttle::key("second-factor", &user.to_string());
    throttle::charge(ctx, &subject).await?;
    let mut tx = ctx.begin_account().await?;
    if let Err(error) = check(&mut tx, user, Some(code), "code").await? {
        return Ok(Err(error));
    }
    store::totp::delete(tx.conn(), user).await?;
    store::throttle::clear(tx.conn(), &subject).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Checks the second factor of somebody whose password was right: a code of their device or a
/// recovery code, each good once. Without a second factor there is nothing to check.
pub(crate) async fn check(
    tx: &mut AccountTx,
    user: UserId,
    code: Option<&str>,
    field: &str,
) -> Result<Result<(), UserError>> {
    let now = tx.now();
    let Some(totp) = store::totp::lock(tx.conn(), user)
        .await?
        .filter(|t| t.confirmed)
    else {
        return Ok(Ok(()));
    };
    let Some(code) = code else {
        return Ok(Err(UserError::on(
            field,
            "SECOND_FACTOR_REQUIRED",
            "the code of your device is needed, too",
        )));
    };
    if let Some(step) = totp.secret.accepts(code, now, totp.used_step)? {
        store::totp::set_used(tx.conn(), user, step).await?;
        return Ok(Ok(()));
    }
    let spent = match Code::parse(code) {
        Some(code) => {
            let hash = recovery_hash(user, &code);
            store::totp::take_recovery_code(tx.conn(), user, &hash).await?
        }
        None => false,
    };
    Ok(if spent {
        Ok(())
    } else {
        Err(wrong_code(field))
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// The secret of RFC 6238, appendix B.
    fn secret() -> TotpSecret {
        TotpSecret(*b"12345678901234567890")
    }

    #[test]
    fn the_rfcs_examples_hold() {
        // The last six of the eight digits that the RFC lists.
        for (time, code) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000, 353_130),
        ] {
            assert_eq!(secret().code(time / STEP).unwrap(), code, "{time}");
        }
    }

    #[test]
    fn a_code_is_good_near_its_time_and_once() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let accepts = |code: &str, time, used| secret().accepts(code, at(time), used).unwrap();
        assert_eq!(accepts("287 082", 59, 0), Some(1));
        assert_eq!(accepts("287082", 89, 0), Some(1));
        assert_eq!(accepts("287082", 90, 0), None);
        assert_eq!(accepts("287082", 59, 1), None);
        for wrong in ["", "287083", "2870820", "28708", "２８７０８２", "-87082"] {
            assert_eq!(accepts(wrong, 59, 0), None, "{wrong}");
        }
    }

    #[test]
    fn the_secret_is_written_as_apps_read_it() {
        // RFC 4648's alphabet, checked against another implementation.
        assert_eq!(secret().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(!format!("{:?}", secret()).contains("12345"));
    }
}
