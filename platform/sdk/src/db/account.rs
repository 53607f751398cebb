use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;
use sqlx::{Postgres, Transaction};

use crate::{Ctx, Error, Result};

/// A transaction outside of any tenant, for tables that belong to people or to the installation
/// (accounts, refresh tokens, catalogues). Tenant tables show no row in it: the tenant is empty.
///
/// Only modules whose manifest says `"accounts": true` may open one.
pub struct AccountTx {
    tx: Transaction<'static, Postgres>,
    ctx: Ctx,
}

impl AccountTx {
    pub(crate) async fn begin(ctx: &Ctx) -> Result<Self> {
        if !ctx.runtime().manifest.accounts {
            return Err(Error::internal(format!(
                "module {} may not open account transactions",
                ctx.runtime().manifest.id
            )));
        }
        let mut tx = ctx.runtime().database.begin("begin").await?;
        sqlx::query(
            "select set_config('app.tenant_id', '', true), set_config('app.actor_id', $1, true), \
             set_config('statement_timeout', $2, true)",
        )
        .bind(ctx.user().ok().map_or_else(String::new, |u| u.to_string()))
        .bind(ctx.statement_timeout_ms()?.to_string())
        .execute(&mut *tx)
        .await?;
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
        &mut self.tx
    }

    /// Makes everything visible and durable.
    ///
    /// # Errors
    /// A deferred constraint or a lost connection.
    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}
