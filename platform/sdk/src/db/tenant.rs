use chrono::{DateTime, Utc};
use platform_types::{Event, EventId, TenantId};
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::account::{AccountTx, allowed};
use super::lease::Lease;
use crate::{Ctx, Error, Result};

/// A transaction of one tenant. Row level security shows it that tenant's rows and no others.
///
/// Dropped without [`TenantTx::commit`], it is rolled back.
pub struct TenantTx {
    tx: Lease,
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
    pub(super) fn from_account(tx: Lease, ctx: Ctx, tenant: TenantId) -> Self {
        Self { tx, ctx, tenant }
    }

    /// Goes on outside of any tenant, with the same actor, in the same transaction.
    ///
    /// # Errors
    /// `INTERNAL` for a module that may not.
    pub async fn leave(mut self) -> Result<AccountTx> {
        allowed(&self.ctx)?;
        sqlx::query("select set_config('app.tenant_id', '', true)")
            .execute(self.tx.conn())
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
        self.tx.conn()
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
        .execute(self.tx.conn())
        .await?;
        sqlx::query("select pg_notify('tessera_outbox', '')")
            .execute(self.tx.conn())
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
            .execute(self.tx.conn())
            .await?;
        Ok(())
    }

    /// Makes everything visible, durable and, for events and jobs, due.
    ///
    /// # Errors
    /// A deferred constraint or a lost connection.
    pub async fn commit(mut self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }

    /// Gives everything up.
    ///
    /// # Errors
    /// A lost connection; the server rolls back by itself then.
    pub async fn rollback(mut self) -> Result<()> {
        Ok(self.tx.rollback().await?)
    }
}

/// What the database says when there is no licence.
const UNLICENSED: &str = "TS402";

/// Opens a transaction and sets its tenant, actor and time limit; refuses it without a licence. One round trip.
pub(super) async fn enter(ctx: &Ctx, begin: &'static str) -> Result<Lease> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let or_null = |text: Option<String>| text.unwrap_or_else(|| "null".to_owned());
    let actor = ctx.user().ok().map(|user| quoted(&user.to_string()));
    let statement = format!(
        "{begin};select platform.enter_or_refuse('{}',{},{},{},'{}')",
        ctx.tenant()?,
        or_null(actor),
        ctx.statement_timeout_ms()?,
        or_null(ctx.license_to_check().map(quoted)),
        ctx.now().to_rfc3339(),
    );
    let begun = ctx.runtime().database.begin(&statement).await;
    begun.map_err(|error| match &error {
        sqlx::Error::Database(said) if said.code().as_deref() == Some(UNLICENSED) => {
            Error::license_required(&ctx.runtime().manifest.id)
        }
        _ => error.into(),
    })
}
