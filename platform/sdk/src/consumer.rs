use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use platform_types::{Envelope, Event};

use crate::{Ctx, Error, Result, TenantTx};

/// What a module does when another one tells a fact.
///
/// Runs in one transaction with its inbox row: delivered twice, it has one effect.
#[async_trait]
pub trait Consumer<E: Event>: Send + Sync + 'static {
    /// Applies the fact. Everything it writes goes through `tx`; the SDK commits.
    async fn consume(&self, tx: &mut TenantTx, event: E, envelope: &Envelope) -> Result<()>;
}

/// The consumers of a module, in a list that one can read.
#[derive(Default, Clone)]
pub struct Consumers {
    entries: Vec<ConsumerEntry>,
}

/// One consumer, without the type of its event.
#[derive(Clone)]
pub struct ConsumerEntry {
    name: String,
    event_type: &'static str,
    handler: Arc<dyn Erased>,
}

impl Consumers {
    /// Adds a consumer. `name` is unique within the module and never changes: the broker's queue
    /// and the inbox are kept under it.
    #[must_use]
    pub fn on<E: Event>(mut self, name: &str, consumer: impl Consumer<E>) -> Self {
        self.entries.push(ConsumerEntry {
            name: name.to_owned(),
            event_type: E::TYPE,
            handler: Arc::new(Typed(consumer, PhantomData::<fn() -> E>)),
        });
        self
    }

    /// The entries.
    pub fn entries(&self) -> &[ConsumerEntry] {
        &self.entries
    }
}

impl ConsumerEntry {
    /// Name within the module.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Type of the events it wants.
    pub fn event_type(&self) -> &'static str {
        self.event_type
    }

    /// Delivers one event under `ctx` (a service identity of the envelope's tenant). `consumer` is
    /// the full name, `<module>.<name>`.
    ///
    /// # Errors
    /// Whatever the consumer fails with; nothing of its effect remains then.
    pub async fn deliver(&self, ctx: &Ctx, consumer: &str, envelope: &Envelope) -> Result<()> {
        let mut tx = ctx.begin().await?;
        let fresh = sqlx::query(
            "insert into platform.inbox (tenant_id, consumer, event_id, consumed_at) \
             values ($1, $2, $3, $4) on conflict do nothing",
        )
        .bind(tx.tenant().uuid())
        .bind(consumer)
        .bind(envelope.event_id.uuid())
        .bind(tx.now())
        .execute(tx.conn())
        .await?
        .rows_affected();
        if fresh == 1 {
            self.handler.run(&mut tx, envelope).await?;
        }
        tx.commit().await
    }
}

#[async_trait]
trait Erased: Send + Sync {
    async fn run(&self, tx: &mut TenantTx, envelope: &Envelope) -> Result<()>;
}

struct Typed<C, E>(C, PhantomData<fn() -> E>);

#[async_trait]
impl<E: Event, C: Consumer<E>> Erased for Typed<C, E> {
    async fn run(&self, tx: &mut TenantTx, envelope: &Envelope) -> Result<()> {
        let event = serde_json::from_value(envelope.payload.clone()).map_err(Error::internal)?;
        self.0.consume(tx, event, envelope).await
    }
}
