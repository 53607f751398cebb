use chrono::{DateTime, Utc};
use platform_types::{Event, EventId, TenantId};
use sqlx::postgres::PgConnection;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::account::{AccountTx, allowed};
use crate::{Ctx, Error, Result};

/// A transaction of one tenant. Row level security shows it that tenant's rows and no others.
///
/// Dropped without [`TenantTx::commit`], it is rolled back.
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    ctx: Ctx,
    tenant: TenantId,
}

impl TenantTx {
    /// Opens a transaction for the tenant of the context.
    pub(crate) async fn begin(ctx: &Ctx) -> Result<Self> {
        Ok(Self {
            tx: enter(ctx, "begin").await?,
            ctx: ctx.clone(),
            tenant: ctx.tenant()?,
        })
    }

    /// The transaction of [`AccountTx::enter`], which has set the tenant.
    pub(super) fn from_account(
        tx: Transaction<'static, Postgres>,
        ctx: Ctx,
        tenant: TenantId,
    ) -> Self {
        Self { tx, ctx, tenant }
    }

    /// Goes on outside of any tenant, with the same actor, in the same transaction.
    ///
    /// # Errors
    /// `INTERNAL` for a module that may not.
    pub async fn leave(mut self) -> Result<AccountTx> {
        allowed(&self.ctx)?;
        sqlx::query("select set_config('app.tenant_id', '', true)")
            .execute(&mut *self.tx)
            .await?;
        Ok(AccountTx::from_tenant(self.tx, self.ctx))
    }

    /// The tenant whose rows are visible.
    pub fn tenant(&self) -> TenantId {
        self.tenant
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

    /// Writes an event into the outbox: it is published if and only if this transaction commits.
    ///
    /// # Errors
    /// `INTERNAL` when the event has no JSON form, or the database refuses.
    pub async fn publish<E: Event>(&mut self, event: &E) -> Result<EventId> {
        let id = EventId(self.ctx.new_uuid());
        let payload = serde_json::to_value(event)?;
        sqlx::query(
            "insert into platform.outbox \
             (tenant_id, event_id, module, event_type, aggregate_id, payload, trace_parent, occurred_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(self.tenant.uuid())
        .bind(id.uuid())
        .bind(&self.ctx.runtime().manifest.id)
        .bind(E::TYPE)
        .bind(event.aggregate())
        .bind(payload)
        .bind(self.ctx.trace_parent())
        .bind(self.now())
        .execute(&mut *self.tx)
        .await?;
        sqlx::query("select pg_notify('tessera_outbox', '')")
            .execute(&mut *self.tx)
            .await?;
        Ok(id)
    }

    /// Wakes whoever waits on `topic` of this tenant, in any process, when the transaction commits.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn signal(&mut self, topic: Uuid) -> Result<()> {
        sqlx::query("select pg_notify('tessera_signal', $1)")
            .bind(format!("{}/{topic}", self.tenant))
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Makes everything visible, durable and, for events and jobs, due.
    ///
    /// # Errors
    /// A deferred constraint or a lost connection.
    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }

    /// Gives everything up.
    ///
    /// # Errors
    /// A lost connection; the server rolls back by itself then.
    pub async fn rollback(self) -> Result<()> {
        Ok(self.tx.rollback().await?)
    }
}

/// Opens a transaction and sets its tenant, actor and time limit; refuses it without a licence.
pub(super) async fn enter(
    ctx: &Ctx,
    statement: &'static str,
) -> Result<Transaction<'static, Postgres>> {
    let tenant = ctx.tenant()?;
    let mut tx = ctx.runtime().database.begin(statement).await?;
    let licensed: bool = sqlx::query_scalar("select platform.enter($1, $2, $3, $4, $5)")
        .bind(tenant.uuid())
        .bind(ctx.user().ok().map(|user| user.uuid()))
        .bind(ctx.statement_timeout_ms()?)
        .bind(ctx.license_to_check())
        .bind(ctx.now())
        .fetch_one(&mut *tx)
        .await?;
    if licensed {
        Ok(tx)
    } else {
        Err(Error::license_required(&ctx.runtime().manifest.id))
    }
}
