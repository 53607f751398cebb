use platform_sdk::{Ctx, Error, Result, UserError};

use super::email::Email;
use super::one_time_code::{self, Code, Purpose};
use super::password::{Hasher, Password};
use super::session::{self, EndReason};
use super::throttle;
use super::user::User;
use crate::store;

fn wrong_code() -> UserError {
    UserError::on("code", "INVALID_CODE", "this code is wrong or has expired")
}

/// Sends the person who asks a code to confirm their address with.
///
/// # Errors
/// `UNAUTHENTICATED` without a person.
pub(crate) async fn request_verification(ctx: &Ctx) -> Result<Result<(), UserError>> {
    let user = ctx.user()?;
    let mut tx = ctx.begin_account().await?;
    let person = store::user::by_id(tx.conn(), user)
        .await?
        .ok_or_else(Error::unauthenticated)?;
    if person.email_verified {
        return Ok(Err(UserError::whole(
            "ALREADY_VERIFIED",
            "the address is confirmed already",
        )));
    }
    let email = Email::parse(&person.email).map_err(Error::internal)?;
    let sent = one_time_code::send(
        &mut tx,
        user,
        email.written(),
        email.normal(),
        Purpose::VerifyEmail,
    )
    .await?;
    if !sent {
        return Ok(Err(UserError::whole(
            "TOO_SOON",
            "a code was sent a moment ago",
        )));
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Confirms the address of the person who asks.
///
/// # Errors
/// `RATE_LIMITED` after too many wrong codes.
pub(crate) async fn verify_email(ctx: &Ctx, code: &str) -> Result<Result<User, UserError>> {
    let user = ctx.user()?;
    let subject = throttle::key("verify-email", &user.to_string());
    throttle::charge(ctx, &subject).await?;
    let Some(code) = Code::parse(code) else {
        return Ok(Err(wrong_code()));
    };
    let mut tx = ctx.begin_account().await?;
    let now = tx.now();
    let email = store::user::email_normal(tx.conn(), user)
        .await?
        .ok_or_else(Error::unauthenticated)?;
    if !one_time_code::spend(&mut tx, user, &email, Purpose::VerifyEmail, &code).await? {
        return Ok(Err(wrong_code()));
    }
    store::user::set_verified(tx.conn(), user, now).await?;
    store::throttle::clear(tx.conn(), &subject).await?;
    let person = store::user::by_id(tx.conn(), user)
        .await?
        .ok_or_else(Error::unauthenticated)?;
    tx.commit().await?;
    Ok(Ok(person))
}

/// Sends a code to set a new password with, when the address is somebody's. The answer is the same
/// when it is nobody's.
///
/// # Errors
/// Only what is beyond the user.
pub(crate) async fn request_reset(ctx: &Ctx, email: &str) -> Result<()> {
    let Ok(email) = Email::parse(email) else {
        return Ok(());
    };
    let mut tx = ctx.begin_account().await?;
    if let Some(found) = store::user::credential(tx.conn(), email.normal()).await? {
        // A code that was sent a moment ago stays good; saying so would say that the address is known.
        one_time_code::send(
            &mut tx,
            found.user.id,
            &found.user.email,
            email.normal(),
            Purpose::ResetPassword,
        )
        .await?;
    }
    tx.commit().await
}

/// A new password by code.
pub(crate) struct Reset {
    /// The address that the code was sent to.
    pub(crate) email: String,
    /// The code.
    pub(crate) code: String,
    /// The new password.
    pub(crate) new_password: String,
}

/// Sets a new password by code and ends every session of the account. The address counts as
/// confirmed: the code was read there.
///
/// # Errors
/// `RATE_LIMITED` after too many wrong codes.
pub(crate) async fn reset_password(
    ctx: &Ctx,
    hasher: &Hasher,
    input: &Reset,
) -> Result<Result<(), UserError>> {
    let Ok(email) = Email::parse(&input.email) else {
        return Ok(Err(wrong_code()));
    };
    let password = match Password::parse(&input.new_password, &email) {
        Ok(password) => password,
        Err(e) => return Ok(Err(UserError::on("newPassword", e.code(), e.to_string()))),
    };
    let subject = throttle::key("reset-password", email.normal());
    throttle::charge(ctx, &subject).await?;
    // Hashed for a wrong code, too: a known address takes as long as an unknown one.
    let hash = hasher.hash(ctx, &password).await?;
    let Some(code) = Code::parse(&input.code) else {
        return Ok(Err(wrong_code()));
    };
    let mut tx = ctx.begin_account().await?;
    let now = tx.now();
    let Some(found) = store::user::credential(tx.conn(), email.normal()).await? else {
        return Ok(Err(wrong_code()));
    };
    let user = found.user.id;
    if !one_time_code::spend(&mut tx, user, email.normal(), Purpose::ResetPassword, &code).await? {
        return Ok(Err(wrong_code()));
    }
    store::user::set_password(tx.conn(), user, &hash, now).await?;
    store::user::set_verified(tx.conn(), user, now).await?;
    store::session::end_all(tx.conn(), user, EndReason::PasswordChanged, now).await?;
    for subject in [subject, throttle::key("sign-in", email.normal())] {
        store::throttle::clear(tx.conn(), &subject).await?;
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Sets a new password by the current one and ends every other session of the account.
///
/// # Errors
/// `RATE_LIMITED` after too many wrong passwords.
pub(crate) async fn change_password(
    ctx: &Ctx,
    hasher: &Hasher,
    current: &str,
    new: &str,
) -> Result<Result<(), UserError>> {
    let user = ctx.user()?;
    let kept = session::current(ctx)?;
    let mut tx = ctx.begin_account().await?;
    let email = store::user::email_normal(tx.conn(), user)
        .await?
        .ok_or_else(Error::unauthenticated)?;
    let found = store::user::credential(tx.conn(), &email).await?;
    drop(tx);
    let email = Email::parse(&email).map_err(Error::internal)?;
    let password = match Password::parse(new, &email) {
        Ok(password) => password,
        Err(e) => return Ok(Err(UserError::on("newPassword", e.code(), e.to_string()))),
    };
    let subject = throttle::key("sign-in", email.normal());
    throttle::charge(ctx, &subject).await?;
    let hash = found.as_ref().map(|c| c.password_hash.as_str());
    let right = match Password::presented(current) {
        Some(current) => hasher.verify(ctx, &current, hash).await?,
        None => false,
    };
    if !right {
        return Ok(Err(UserError::on(
            "currentPassword",
            "INVALID_CREDENTIALS",
            "this is not the current password",
        )));
    }
    let hash = hasher.hash(ctx, &password).await?;
    let mut tx = ctx.begin_account().await?;
    let now = tx.now();
    store::user::set_password(tx.conn(), user, &hash, now).await?;
    store::session::end_others(tx.conn(), user, kept, EndReason::PasswordChanged, now).await?;
    store::throttle::clear(tx.conn(), &subject).await?;
    tx.commit().await?;
    Ok(Ok(()))
}
