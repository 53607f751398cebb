use chrono::{DateTime, TimeDelta, Utc};
use platform_sdk::{
    AccountTx, Ctx, Error, Result, TenantId, UserError, UserId, id_newtype, stored_names,
};
use platform_sdk::{Holder, TokenGrant};

use super::secret::Secret;
use crate::store;

id_newtype! {
    /// A device that is signed in.
    SessionId
}

/// Life of an access token.
const ACCESS_LIFE: TimeDelta = TimeDelta::minutes(15);
/// Life of a refresh token, and so the longest absence after which one is still signed in.
const REFRESH_LIFE: TimeDelta = TimeDelta::days(7);
/// A session ends after this long however often it is used.
const SESSION_LIFE: TimeDelta = TimeDelta::days(90);

/// A device that is signed in: the family of the refresh tokens that were given to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// Which.
    pub(crate) id: SessionId,
    /// Whose.
    pub(crate) user: UserId,
    /// The tenant that its access tokens are for.
    pub(crate) tenant: Option<TenantId>,
    /// Since when.
    pub(crate) created_at: DateTime<Utc>,
    /// It is over.
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// Its owner said so.
    SignedOut,
    /// A spent refresh token was seen again: one of the two who hold it is a thief.
    TokenReused,
    /// The password was changed.
    PasswordChanged,
}

stored_names! {
    pub(crate) EndReason {
        SignedOut = "SIGNED_OUT",
        TokenReused = "TOKEN_REUSED",
        PasswordChanged = "PASSWORD_CHANGED",
    }
}

/// A refresh token as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    /// When it is worth nothing any more.
    pub(crate) expires_at: DateTime<Utc>,
    /// It was exchanged for its successor.
    pub(crate) spent_at: Option<DateTime<Utc>>,
    /// The server withdrew it.
    pub(crate) retired_at: Option<DateTime<Utc>>,
}

/// What to do with a refresh token that somebody presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Spend it and give its successor.
    Exchange,
    /// It is spent already: end the whole family (RFC 9700 §4.14.2).
    EndFamily,
    /// Refuse it.
    Refuse,
}

impl RefreshToken {
    /// The rule of rotation with reuse detection.
    pub(crate) fn judge(&self, session: &Session, now: DateTime<Utc>) -> Verdict {
        if session.ended_at.is_some() {
            Verdict::Refuse
        } else if self.spent_at.is_some() {
            Verdict::EndFamily
        } else if self.retired_at.is_some() || self.expires_at <= now {
            Verdict::Refuse
        } else {
            Verdict::Exchange
        }
    }
}

/// What a client signs its requests with.
pub(crate) struct Granted {
    /// Signed, for 15 minutes.
    pub(crate) access_token: String,
    /// Its end.
    pub(crate) access_token_expires_at: DateTime<Utc>,
    /// Secret, for one exchange within 7 days.
    pub(crate) refresh_token: Secret,
    /// Its end.
    pub(crate) refresh_token_expires_at: DateTime<Utc>,
    /// The tenant that the access token is for.
    pub(crate) tenant: Option<TenantId>,
    /// What it allows.
    pub(crate) scopes: Vec<String>,
}

/// Begins a session of `user`, whose identity was proven a moment ago.
pub(crate) async fn begin(
    tx: &mut AccountTx,
    user: UserId,
    tenant: Option<TenantId>,
) -> Result<Granted> {
    let now = tx.now();
    let session = Session {
        id: tx.ctx().new_id(),
        user,
        tenant,
        created_at: now,
        ended_at: None,
    };
    store::session::insert(tx.conn(), &session).await?;
    let forgotten = now - SESSION_LIFE;
    store::session::forget(tx.conn(), user, forgotten).await?;
    grant(tx, &session).await
}

/// Makes the pair of tokens for a session. Membership is looked up now, so a role that was taken
/// away is gone with the next access token.
async fn grant(tx: &mut AccountTx, session: &Session) -> Result<Granted> {
    let now = tx.now();
    let role = match session.tenant {
        Some(tenant) => store::membership::own_role(tx.conn(), tenant, session.user).await?,
        None => None,
    };
    // No member any more: the session goes on without a tenant.
    let tenant = session.tenant.filter(|_| role.is_some());
    let scopes: Vec<String> = role
        .map(|role| role.permissions())
        .unwrap_or_default()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let access_token_expires_at = now + ACCESS_LIFE;
    let access_token = tx.ctx().runtime().tokens.issue(&TokenGrant {
        holder: Holder::User(session.user),
        tenant,
        scopes: scopes.clone(),
        session: Some(session.id.uuid()),
        issued_at: now,
        expires_at: access_token_expires_at,
    })?;
    let refresh_token = Secret::generate(tx.ctx());
    let refresh_token_expires_at = (now + REFRESH_LIFE).min(session.created_at + SESSION_LIFE);
    store::session::insert_token(
        tx.conn(),
        &refresh_token.hash(),
        session.id,
        now,
        refresh_token_expires_at,
    )
    .await?;
    Ok(Granted {
        access_token,
        access_token_expires_at,
        refresh_token,
        refresh_token_expires_at,
        tenant,
        scopes,
    })
}

/// Moves the session of the request to `tenant`, of which its user was found to be a member. The
/// refresh token that the client holds is withdrawn, without a claim that it was stolen.
pub(crate) async fn move_to(tx: &mut AccountTx, tenant: TenantId) -> Result<Granted> {
    let now = tx.now();
    let id = current(tx.ctx())?;
    let session = store::session::lock(tx.conn(), id)
        .await?
        .filter(|s| s.ended_at.is_none())
        .ok_or_else(Error::unauthenticated)?;
    store::session::set_tenant(tx.conn(), id, tenant, now).await?;
    store::session::retire_tokens(tx.conn(), id, now).await?;
    let session = Session {
        tenant: Some(tenant),
        ..session
    };
    grant(tx, &session).await
}

/// Exchanges a refresh token for a new pair.
///
/// # Errors
/// Only what is beyond the user; a refused token is a [`UserError`].
pub(crate) async fn refresh(ctx: &Ctx, token: &str) -> Result<Result<Granted, UserError>> {
    let refused = || UserError::on("refreshToken", "INVALID_REFRESH_TOKEN", "sign in again");
    let Some(secret) = Secret::parse(token) else {
        return Ok(Err(refused()));
    };
    let mut tx = ctx.begin_account().await?;
    let now = tx.now();
    let Some((token, session)) = store::session::lock_token(tx.conn(), &secret.hash()).await?
    else {
        return Ok(Err(refused()));
    };
    match token.judge(&session, now) {
        Verdict::Refuse => Ok(Err(refused())),
        Verdict::EndFamily => {
            store::session::end(tx.conn(), session.id, EndReason::TokenReused, now).await?;
            tx.commit().await?;
            tracing::warn!(session = %session.id, "a spent refresh token was presented, the session is ended");
            Ok(Err(refused()))
        }
        Verdict::Exchange => {
            if !store::user::is_enabled(tx.conn(), session.user).await? {
                return Ok(Err(refused()));
            }
            tx.act_as(session.user).await?;
            store::session::spend_token(tx.conn(), &secret.hash(), session.id, now).await?;
            let granted = grant(&mut tx, &session).await?;
            tx.commit().await?;
            Ok(Ok(granted))
        }
    }
}

/// Scopes the session of the request to another tenant of its user.
///
/// # Errors
/// `NOT_FOUND` for a tenant that is not theirs or does not exist, `UNAUTHENTICATED` when the session
/// is over.
pub(crate) async fn switch(ctx: &Ctx, tenant: TenantId) -> Result<Granted> {
    let user = ctx.user()?;
    let mut tx = ctx.begin_account().await?;
    if store::membership::own_role(tx.conn(), tenant, user)
        .await?
        .is_none()
    {
        return Err(Error::not_found("tenant"));
    }
    let granted = move_to(&mut tx, tenant).await?;
    tx.commit().await?;
    Ok(granted)
}

/// Ends the session of the request, or all of its user's sessions.
///
/// # Errors
/// `UNAUTHENTICATED` without a session.
pub(crate) async fn sign_out(ctx: &Ctx, everywhere: bool) -> Result<u64> {
    let user = ctx.user()?;
    let id = current(ctx)?;
    let mut tx = ctx.begin_account().await?;
    let now = tx.now();
    let ended = if everywhere {
        store::session::end_all(tx.conn(), user, EndReason::SignedOut, now).await?
    } else {
        store::session::end(tx.conn(), id, EndReason::SignedOut, now).await?
    };
    tx.commit().await?;
    Ok(ended)
}

/// The session of the request.
///
/// # Errors
/// `UNAUTHENTICATED` for an identity without one.
pub(crate) fn current(ctx: &Ctx) -> Result<SessionId> {
    ctx.identity()
        .session()
        .map(SessionId)
        .ok_or_else(Error::unauthenticated)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn at(days: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::days(days)
    }

    #[test]
    fn a_spent_token_ends_the_family_and_a_withdrawn_one_only_fails() {
        let session = Session {
            id: SessionId(uuid::Uuid::nil()),
            user: UserId(uuid::Uuid::nil()),
            tenant: None,
            created_at: at(0),
            ended_at: None,
        };
        let ended = Session {
            ended_at: Some(at(1)),
            ..session.clone()
        };
        let fresh = RefreshToken {
            expires_at: at(7),
            spent_at: None,
            retired_at: None,
        };
        let spent = RefreshToken {
            spent_at: Some(at(1)),
            ..fresh.clone()
        };
        let retired = RefreshToken {
            retired_at: Some(at(1)),
            ..fresh.clone()
        };
        for (token, session, now, verdict) in [
            (&fresh, &session, at(2), Verdict::Exchange),
            (&fresh, &session, at(7), Verdict::Refuse),
            (&fresh, &ended, at(2), Verdict::Refuse),
            (&spent, &session, at(2), Verdict::EndFamily),
            (&spent, &session, at(30), Verdict::EndFamily),
            (&spent, &ended, at(2), Verdict::Refuse),
            (&retired, &session, at(2), Verdict::Refuse),
        ] {
            assert_eq!(
                token.judge(session, now),
                verdict,
                "{token:?} {session:?} {now}"
            );
        }
    }
}
