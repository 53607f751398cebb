use chrono::{DateTime, TimeDelta, Utc};
use platform_sdk::{
    Ctx, Error, Holder, PageArgs, Result, TenantId, TokenGrant, UserError, UserId, id_newtype,
};
use serde_json::json;
use uuid::Uuid;

use super::audit::{self, Action};
use super::secret::Secret;
use super::user::plain_name;
use crate::store;

id_newtype! {
    /// A key by which a program acts for a tenant.
    ApiKeyId
}

/// What every key begins with, so that scanners find one that was published by mistake.
const MARK: &str = "tsk_";
/// Life of the access token that a key is exchanged for.
const ACCESS_LIFE: TimeDelta = TimeDelta::minutes(15);
/// Longest life of a key, in days.
const MAX_DAYS: i32 = 365;
/// Keys of one tenant that are good at the same time.
const MAX_LIVE: i64 = 50;
/// Permissions that no program is given: with them it could make itself lasting.
const NEVER: [&str; 2] = ["core:tenant.manage", "core:member.invite"];

/// A key by which a program acts for a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiKey {
    /// Which.
    pub(crate) id: ApiKeyId,
    /// What people call it.
    pub(crate) name: String,
    /// First characters of the secret.
    pub(crate) hint: String,
    /// What it allows.
    pub(crate) scopes: Vec<String>,
    /// Who made it.
    pub(crate) created_by: UserId,
    /// When.
    pub(crate) created_at: DateTime<Utc>,
    /// When it is good no more.
    pub(crate) expires_at: DateTime<Utc>,
    /// When it was exchanged last, to the minute.
    pub(crate) used_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub(crate) revoked_at: Option<DateTime<Utc>>,
}

impl ApiKey {
    /// Whether it is good at `now`.
    pub(crate) fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}

/// What the program keeps: the tenant, which says where to look, and the secret.
pub(crate) struct KeyText {
    tenant: TenantId,
    secret: Secret,
}

impl KeyText {
    /// The form that travels.
    pub(crate) fn text(&self) -> String {
        format!(
            "{MARK}{}_{}",
            self.tenant.uuid().simple(),
            self.secret.text()
        )
    }

    fn parse(text: &str) -> Option<Self> {
        // Neither a UUID without dashes nor what stands before it holds an underscore.
        let (tenant, secret) = text.strip_prefix(MARK)?.split_once('_')?;
        Some(Self {
            tenant: TenantId(Uuid::try_parse(tenant).ok()?),
            secret: Secret::parse(secret)?,
        })
    }
}

/// A key to make.
pub(crate) struct NewKey {
    /// What people call it.
    pub(crate) name: String,
    /// What it allows: some of the maker's own permissions.
    pub(crate) scopes: Vec<String>,
    /// How long it is good, in days.
    pub(crate) days: i32,
}

/// Makes a key.
///
/// # Errors
/// `FORBIDDEN` for nobody's member; what the user can mend comes as [`UserError`].
pub(crate) async fn create(ctx: &Ctx, new: NewKey) -> Result<Result<(ApiKey, KeyText), UserError>> {
    let user = ctx.user()?;
    let Some(name) = plain_name(&new.name) else {
        return Ok(Err(UserError::on(
            "name",
            "INVALID",
            "a name has 1 to 120 characters on one line",
        )));
    };
    if !(1..=MAX_DAYS).contains(&new.days) {
        return Ok(Err(UserError::on(
            "expiresInDays",
            "OUT_OF_RANGE",
            format!("a key is good for 1 to {MAX_DAYS} days"),
        )));
    }
    let mut tx = ctx.begin().await?;
    let (tenant, now) = (tx.tenant(), tx.now());
    let own = store::membership::own_role(tx.conn(), tenant, user)
        .await?
        .ok_or_else(Error::forbidden)?
        .permissions();
    let mut scopes = new.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    let allowed = |s: &String| own.contains(&s.as_str()) && !NEVER.contains(&s.as_str());
    if scopes.is_empty() || !scopes.iter().all(allowed) {
        return Ok(Err(UserError::on(
            "scopes",
            "NOT_ALLOWED",
            "a key has some of its maker's permissions, and never those to manage people or the organisation",
        )));
    }
    // Two at the same moment: the second one counts the first.
    store::tenant::lock(tx.conn()).await?;
    if store::api_key::live(tx.conn(), now).await? >= MAX_LIVE {
        return Ok(Err(UserError::whole(
            "TOO_MANY",
            format!("an organisation has at most {MAX_LIVE} keys; revoke one first"),
        )));
    }
    let secret = Secret::generate(ctx);
    let key = ApiKey {
        id: ctx.new_id(),
        name,
        hint: secret.text().chars().take(6).collect(),
        scopes,
        created_by: user,
        created_at: now,
        expires_at: now + TimeDelta::days(new.days.into()),
        used_at: None,
        revoked_at: None,
    };
    store::api_key::insert(tx.conn(), tenant, &key, &secret.hash()).await?;
    let made = json!({ "scopes": key.scopes, "expiresAt": key.expires_at });
    audit::append(
        &mut tx,
        Action::ApiKeyCreated,
        key.id.uuid(),
        None,
        Some(made),
    )
    .await?;
    tx.commit().await?;
    Ok(Ok((key, KeyText { tenant, secret })))
}

/// Takes a key back; tokens that it was exchanged for run out within 15 minutes.
///
/// # Errors
/// `NOT_FOUND` for no key of this tenant.
pub(crate) async fn revoke(ctx: &Ctx, id: ApiKeyId) -> Result<ApiKey> {
    let mut tx = ctx.begin().await?;
    let now = tx.now();
    let key = store::api_key::lock(tx.conn(), id)
        .await?
        .ok_or_else(|| Error::not_found("API key"))?;
    if key.revoked_at.is_some() {
        return Ok(key);
    }
    store::api_key::revoke(tx.conn(), id, now).await?;
    audit::append(&mut tx, Action::ApiKeyRevoked, id.uuid(), None, None).await?;
    tx.commit().await?;
    Ok(ApiKey {
        revoked_at: Some(now),
        ..key
    })
}

/// A page of the tenant's keys, revoked and expired ones included, oldest first.
///
/// # Errors
/// `BAD_USER_INPUT` for a forged cursor.
pub(crate) async fn page(ctx: &Ctx, page: &PageArgs) -> Result<Vec<ApiKey>> {
    let after = page.after::<ApiKeyId>()?;
    let mut snapshot = ctx.read().await?;
    store::api_key::page(snapshot.conn()?, after, page.limit()).await
}

/// An access token for a program.
pub(crate) struct Access {
    /// Signed.
    pub(crate) token: String,
    /// Its end.
    pub(crate) expires_at: DateTime<Utc>,
    /// The tenant that it is for.
    pub(crate) tenant: TenantId,
    /// What it allows.
    pub(crate) scopes: Vec<String>,
}

/// Exchanges a key for an access token.
///
/// # Errors
/// Only what is beyond the program; a refused key is a [`UserError`], the same for an unknown, an
/// expired and a revoked one.
pub(crate) async fn exchange(ctx: &Ctx, text: &str) -> Result<Result<Access, UserError>> {
    let refused = || UserError::on("apiKey", "INVALID_API_KEY", "this key is not good");
    let Some(text) = KeyText::parse(text) else {
        return Ok(Err(refused()));
    };
    let tx = ctx.begin_account().await?;
    let mut tx = tx.enter(text.tenant, None).await?;
    let now = tx.now();
    let found = store::api_key::by_secret(tx.conn(), &text.secret.hash()).await?;
    let Some(key) = found.filter(|key| key.is_live(now)) else {
        return Ok(Err(refused()));
    };
    store::api_key::touch(tx.conn(), key.id, now).await?;
    let expires_at = key.expires_at.min(now + ACCESS_LIFE);
    let token = ctx.runtime().tokens.issue(&TokenGrant {
        holder: Holder::ApiKey(key.id.uuid()),
        tenant: Some(text.tenant),
        scopes: key.scopes.clone(),
        session: None,
        issued_at: now,
        expires_at,
    })?;
    tx.commit().await?;
    Ok(Ok(Access {
        token,
        expires_at,
        tenant: text.tenant,
        scopes: key.scopes,
    }))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_key_survives_the_journey_and_forged_ones_do_not() {
        // The secret's own alphabet has the separator in it.
        let secret = "_".repeat(42) + "w";
        let text = format!("{MARK}{}_{secret}", Uuid::nil().simple());
        assert_eq!(KeyText::parse(&text).unwrap().text(), text);
        for forged in [
            "",
            "tsk_",
            "tsk__",
            &text[1..],
            &text[..79],
            &format!("{text}A"),
        ] {
            assert!(KeyText::parse(forged).is_none(), "{forged}");
        }
    }
}
