use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Error, Result, TenantId, UserError, UserId};

use super::email::{Email, EmailError};
use super::one_time_code::{self, Purpose};
use super::password::{Hasher, Password};
use super::session::{self, Granted};
use super::throttle;
use super::totp;
use crate::store;

/// A person with an account, as other people of their organisations see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    /// Which.
    pub(crate) id: UserId,
    /// Address, as written.
    pub(crate) email: String,
    /// How they want to be called.
    pub(crate) display_name: String,
    /// Whether they have shown that they read the address.
    pub(crate) email_verified: bool,
    /// Since when they have the account.
    pub(crate) created_at: DateTime<Utc>,
}

/// What somebody signs up with.
pub(crate) struct SignUp {
    /// Their address.
    pub(crate) email: String,
    /// The password that they chose.
    pub(crate) password: String,
    /// How they want to be called.
    pub(crate) display_name: String,
}

/// Makes an account, signs it in and sends a code to confirm the address with.
///
/// # Errors
/// Only what is beyond the user; what they can mend comes as [`UserError`]s.
pub(crate) async fn sign_up(
    ctx: &Ctx,
    hasher: &Hasher,
    input: SignUp,
) -> Result<Result<(User, Granted), Vec<UserError>>> {
    let mut errors = Vec::new();
    let email = Email::parse(&input.email)
        .map_err(|e: EmailError| errors.push(UserError::on("email", "INVALID", e.to_string())));
    let password = email.as_ref().ok().and_then(|email| {
        Password::parse(&input.password, email)
            .map_err(|e| errors.push(UserError::on("password", e.code(), e.to_string())))
            .ok()
    });
    let display_name = display_name(&input.display_name).map_err(|e| errors.push(e));
    let (Ok(email), Some(password), Ok(display_name)) = (email, password, display_name) else {
        return Ok(Err(errors));
    };
    // Hashed before the address is looked up: a taken one takes as long as a free one.
    let hash = hasher.hash(ctx, &password).await?;
    let user = User {
        id: ctx.new_id(),
        email: email.written().to_owned(),
        display_name,
        email_verified: false,
        created_at: ctx.now(),
    };
    let mut tx = ctx.begin_account().await?;
    store::user::insert(tx.conn(), user.id, user.created_at).await?;
    if !store::user::insert_person(tx.conn(), &user, email.normal()).await? {
        return Ok(Err(vec![UserError::on(
            "email",
            "UNAVAILABLE",
            "this address cannot be used; sign in if it is yours",
        )]));
    }
    store::user::set_password(tx.conn(), user.id, &hash, user.created_at).await?;
    tx.act_as(user.id).await?;
    let purpose = Purpose::VerifyEmail;
    one_time_code::send(&mut tx, user.id, email.written(), email.normal(), purpose).await?;
    let granted = session::begin(&mut tx, user.id, None).await?;
    tx.commit().await?;
    Ok(Ok((user, granted)))
}

/// What somebody signs in with.
pub(crate) struct SignIn {
    /// Their address, in any spelling.
    pub(crate) email: String,
    /// Their password.
    pub(crate) password: String,
    /// A code of their device, or a recovery code, when they have a second factor.
    pub(crate) second_factor: Option<String>,
    /// The tenant to act for; without one, the tenant they were in last.
    pub(crate) tenant: Option<TenantId>,
}

/// Checks a password and begins a session. An unknown address, a wrong password and a disabled
/// account look the same and take the same time.
///
/// # Errors
/// `RATE_LIMITED` after too many failures; what the user can mend comes as [`UserError`].
pub(crate) async fn sign_in(
    ctx: &Ctx,
    hasher: &Hasher,
    input: SignIn,
) -> Result<Result<(User, Granted), UserError>> {
    let wrong = || UserError::whole("INVALID_CREDENTIALS", "address or password is wrong");
    let (Ok(email), Some(password)) = (
        Email::parse(&input.email),
        Password::presented(&input.password),
    ) else {
        return Ok(Err(wrong()));
    };
    let subject = throttle::key("sign-in", email.normal());
    throttle::charge(ctx, &subject).await?;

    // No connection is held while the password is hashed.
    let mut tx = ctx.begin_account().await?;
    let found = store::user::credential(tx.conn(), email.normal()).await?;
    drop(tx);
    let hash = found.as_ref().map(|c| c.password_hash.as_str());
    let right = hasher.verify(ctx, &password, hash).await?;
    let Some(credential) = found.filter(|_| right) else {
        return Ok(Err(wrong()));
    };

    let mut tx = ctx.begin_account().await?;
    let user = credential.user;
    // A missing code counts as a failure until the sign-in succeeds: else asking for one in between
    // would make guessing it free.
    let code = input.second_factor.as_deref();
    if let Err(error) = totp::check(&mut tx, user.id, code, "secondFactor").await? {
        return Ok(Err(error));
    }
    store::throttle::clear(tx.conn(), &subject).await?;
    tx.act_as(user.id).await?;
    let tenant = match input.tenant {
        Some(tenant) => {
            let role = store::membership::own_role(tx.conn(), tenant, user.id).await?;
            if role.is_none() {
                tx.commit().await?;
                return Ok(Err(UserError::on(
                    "tenantId",
                    "NOT_FOUND",
                    "tenant not found",
                )));
            }
            Some(tenant)
        }
        None => store::membership::own_latest(tx.conn(), user.id).await?,
    };
    let granted = session::begin(&mut tx, user.id, tenant).await?;
    tx.commit().await?;
    Ok(Ok((user, granted)))
}

/// The account of the identity.
///
/// # Errors
/// `UNAUTHENTICATED` when it is no person's, or the person was erased.
pub(crate) async fn me(ctx: &Ctx) -> Result<User> {
    let id = ctx.user()?;
    // accounts are of no tenant: whoever has one is read in the transaction that all reads of the request share
    let user = if ctx.tenant().is_ok() {
        store::user::by_id(ctx.read().await?.conn()?, id).await?
    } else {
        store::user::by_id(ctx.begin_account().await?.conn(), id).await?
    };
    user.ok_or_else(Error::unauthenticated)
}

/// Longest name, in code points.
const MAX_NAME_CHARS: usize = 120;

fn display_name(text: &str) -> Result<String, UserError> {
    plain_name(text).ok_or_else(|| {
        UserError::on(
            "displayName",
            "INVALID",
            format!("a name has 1 to {MAX_NAME_CHARS} characters on one line"),
        )
    })
}

/// A name on one line without control characters, trimmed; `None` when nothing is left or it is too long.
pub(crate) fn plain_name(text: &str) -> Option<String> {
    let name = text.trim();
    let ok = !name.is_empty()
        && name.len() <= 4 * MAX_NAME_CHARS
        && name.chars().count() <= MAX_NAME_CHARS
        && !name.chars().any(char::is_control);
    ok.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_line() {
        assert_eq!(plain_name("  Ann Lee "), Some("Ann Lee".to_owned()));
        for bad in ["", "   ", "a\nb", "a\0", &"x".repeat(121), &"é".repeat(500)] {
            assert_eq!(plain_name(bad), None, "{bad:?}");
        }
        assert!(plain_name(&"名".repeat(120)).is_some());
    }
}
