use chrono::{DateTime, Utc};
use platform_types::{TenantId, UserId};
use sqlx::postgres::PgConnection;

use super::TenantTx;
use super::lease::Lease;
use crate::{Ctx, Error, Result};

/// A transaction outside of any tenant, for tables that belong to people or to the installation
/// (accounts, refresh tokens, catalogues). Tenant tables show no row in it: the tenant is empty.
///
/// Only modules whose manifest says `"accounts": true` may open one.
pub struct AccountTx {
    tx: Lease,
    ctx: Ctx,
}

impl AccountTx {
    pub(crate) async fn begin(ctx: &Ctx) -> Result<Self> {
        allowed(ctx)?;
        let actor = ctx.user().ok().map_or_else(String::new, |u| u.to_string());
        // one message; nothing in it but an id of our own and a number
        let statement = format!(
            "begin;select set_config('app.tenant_id','',true),set_config('app.actor_id','{actor}',true),\
             set_config('statement_timeout','{}',true)",
            ctx.statement_timeout_ms()?,
        );
        let tx = ctx.runtime().database.begin(&statement).await?;
        Ok(Self {
            tx,
            ctx: ctx.clone(),
        })
    }

    /// The context that opened the transaction.
    pub fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    /// The moment that everything in this use case is stamped with.
    pub fn now(&self) -> DateTime<Utc> {
        self.ctx.now()
    }

    /// The connection, for `store` functions.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.tx.conn()
    }

    /// Makes everything visible and durable.
    ///
    /// # Errors
    /// A deferred constraint or a lost connection.
    pub async fn commit(mut self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }

    /// Goes on as `user`, who proved a moment ago who they are (by a password, a refresh token, …).
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn act_as(&mut self, user: UserId) -> Result<()> {
        sqlx::query("select set_config('app.actor_id', $1, true)")
            .bind(user.to_string())
            .execute(self.tx.conn())
            .await?;
        Ok(())
    }

    /// Goes on inside of a tenant that the identity is not signed in to: one that is being made, or
    /// that an invitation leads to. No licence is checked.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn enter(mut self, tenant: TenantId, actor: Option<UserId>) -> Result<TenantTx> {
        sqlx::query("select platform.enter($1, $2, $3, null, $4)")
            .bind(tenant.uuid())
            .bind(actor.map(UserId::uuid))
            .bind(self.ctx.statement_timeout_ms()?)
            .bind(self.ctx.now())
            .execute(self.tx.conn())
            .await?;
        Ok(TenantTx::from_account(self.tx, self.ctx, tenant))
    }

    pub(super) fn from_tenant(tx: Lease, ctx: Ctx) -> Self {
        Self { tx, ctx }
    }
}

/// Refuses modules that have no business outside of a tenant.
pub(super) fn allowed(ctx: &Ctx) -> Result<()> {
    let manifest = &ctx.runtime().manifest;
    if manifest.accounts {
        return Ok(());
    }
    Err(Error::internal(format!(
        "module {} may not open account transactions",
        manifest.id
    )))
}
