use platform_sdk::{Ctx, Result, Subject, TenantTx};

use super::api_key::ApiKeyId;
use super::session::SessionId;
use crate::store;

/// What a proof of identity is still good for, which may be less than it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    /// Whether it is good at all: the session has not ended, the key was not revoked, the person is
    /// still a member.
    pub(crate) active: bool,
    /// Which of its permissions still stand.
    pub(crate) scopes: Vec<String>,
    /// Modules that the tenant may use, of those that need a licence.
    pub(crate) licensed: Vec<String>,
}

/// How the identity that asks stands at this moment.
///
/// # Errors
/// Only what is beyond the one who asks.
pub(crate) async fn current(ctx: &Ctx) -> Result<Access> {
    if ctx.tenant().is_err() {
        let active = match ctx.identity().session() {
            None => true,
            Some(session) => {
                let mut tx = ctx.begin_account().await?;
                store::session::is_live(tx.conn(), SessionId(session)).await?
            }
        };
        return Ok(Access {
            active,
            scopes: own_scopes(ctx),
            licensed: Vec::new(),
        });
    }
    let mut tx = ctx.begin().await?;
    let licensed = tx.licensed_modules().await?;
    let scopes = standing(ctx, &mut tx).await?;
    Ok(Access {
        active: scopes.is_some(),
        scopes: scopes.unwrap_or_default(),
        licensed,
    })
}

/// The permissions that still stand; nothing when the proof is not good any more.
async fn standing(ctx: &Ctx, tx: &mut TenantTx) -> Result<Option<Vec<String>>> {
    let (tenant, now) = (tx.tenant(), tx.now());
    if let Some(session) = ctx.identity().session()
        && !store::session::is_live(tx.conn(), SessionId(session)).await?
    {
        return Ok(None);
    }
    match ctx.identity().subject() {
        Subject::User(user) => {
            let Some(role) = store::membership::own_role(tx.conn(), tenant, *user).await? else {
                return Ok(None);
            };
            let allowed = role.permissions();
            let mut scopes = own_scopes(ctx);
            scopes.retain(|scope| allowed.contains(&scope.as_str()));
            Ok(Some(scopes))
        }
        Subject::ApiKey(id) => {
            let live = store::api_key::is_live(tx.conn(), ApiKeyId(*id), now).await?;
            Ok(live.then(|| own_scopes(ctx)))
        }
        // Tokens of other modules are theirs to withdraw.
        Subject::Candidate(_) | Subject::Service(_) | Subject::Anonymous => {
            Ok(Some(own_scopes(ctx)))
        }
    }
}

fn own_scopes(ctx: &Ctx) -> Vec<String> {
    ctx.identity().scopes().iter().map(str::to_owned).collect()
}
