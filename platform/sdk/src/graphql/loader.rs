use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::PgConnection;

use super::gather::{Gathering, Lead, Part};
use crate::{Ctx, Result, TenantId};

/// What a batch gives: a value for each key for which there is one.
pub type Found<B> = Result<HashMap<<B as Batch>::Key, <B as Batch>::Value>>;

/// A read by many keys at once: what keeps SQL per request constant while lists grow.
///
/// ```ignore
/// pub struct LicenseById;
/// impl Batch for LicenseById {
///     type Key = LicenseId;
///     type Value = License;
///     async fn load(conn: &mut PgConnection, keys: &[LicenseId]) -> Found<Self> {
///         store::license::by_ids(conn, keys).await
///     }
/// }
/// let license = ctx.load_one::<LicenseById>(id).await?;
/// ```
pub trait Batch: Sized + Send + Sync + 'static {
    /// What is asked for.
    type Key: Send + Sync + Hash + Eq + Clone + 'static;
    /// What is found for one key.
    type Value: Send + Sync + Clone + 'static;

    /// Reads all keys in a constant number of statements; missing keys are left out.
    fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> impl Future<Output = Found<Self>> + Send;
}

/// What a batch of the tenant's own gives.
pub type FoundOwn<B> = Result<HashMap<<B as TenantBatch>::Key, <B as TenantBatch>::Value>>;

/// A [`Batch`] whose statements name the tenant: they are given that of the request, and keys are without it.
///
/// ```ignore
/// let document = ctx.load_own::<DocumentById>(id).await?;
/// ```
pub trait TenantBatch: Sized + Send + Sync + 'static {
    /// What is asked for.
    type Key: Send + Sync + Hash + Eq + Clone + 'static;
    /// What is found for one key.
    type Value: Send + Sync + Clone + 'static;

    /// Reads all keys of a tenant in a constant number of statements; missing keys are left out.
    fn load(
        conn: &mut PgConnection,
        tenant: TenantId,
        keys: &[Self::Key],
    ) -> impl Future<Output = FoundOwn<Self>> + Send;
}

/// A tenant's batch as any other: a request has one tenant, so all keys carry the same.
struct Own<B>(PhantomData<fn() -> B>);

impl<B: TenantBatch> Batch for Own<B> {
    type Key = (TenantId, B::Key);
    type Value = B::Value;

    async fn load(conn: &mut PgConnection, keys: &[Self::Key]) -> Found<Self> {
        let Some((tenant, _)) = keys.first() else {
            return Ok(HashMap::new());
        };
        let ids: Vec<B::Key> = keys.iter().map(|(_, id)| id.clone()).collect();
        let found = B::load(conn, *tenant, &ids).await?;
        let keyed = |(id, value)| ((*tenant, id), value);
        Ok(found.into_iter().map(keyed).collect())
    }
}

/// What gathers in one request, by the batch that will read it.
#[derive(Default)]
pub(crate) struct Loaders(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Loaders {
    fn get<B: Batch>(&self) -> Arc<Gathering<B::Key, B::Value>> {
        let mut loaders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = loaders
            .entry(TypeId::of::<B>())
            .or_insert_with(|| Arc::new(Gathering::<B::Key, B::Value>::default()));
        entry
            .clone()
            .downcast()
            // The key of the map is the type of the value.
            .unwrap_or_else(|_| unreachable!("loader of another type under this type's id"))
    }
}

impl Ctx {
    /// One value by its key, batched with every other key asked for at the same moment.
    ///
    /// # Errors
    /// Whatever the batch fails with.
    pub async fn load_one<B: Batch>(&self, key: B::Key) -> Result<Option<B::Value>> {
        let mut found = self.load_many::<B>([key.clone()]).await?;
        Ok(found.remove(&key))
    }

    /// Values by their keys, batched with every other key asked for at the same moment.
    ///
    /// # Errors
    /// Whatever the batch fails with.
    pub async fn load_many<B: Batch>(
        &self,
        keys: impl IntoIterator<Item = B::Key>,
    ) -> Result<HashMap<B::Key, B::Value>> {
        let keys: Vec<B::Key> = keys.into_iter().collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let gathering = self.loaders().get::<B>();
        loop {
            match gathering.join(&keys) {
                // apart, because its future is large and most who ask follow
                Part::Lead(lead) => return Box::pin(self.lead::<B>(lead)).await,
                Part::Follow(answer) => {
                    if let Ok(found) = answer.await {
                        return found;
                    }
                    // the leader went away
                }
            }
        }
    }

    /// One value of the tenant that the request is for, batched with every other key asked for at the same moment.
    ///
    /// # Errors
    /// As [`Ctx::tenant`], and whatever the batch fails with.
    pub async fn load_own<B: TenantBatch>(&self, key: B::Key) -> Result<Option<B::Value>> {
        self.load_one::<Own<B>>((self.tenant()?, key)).await
    }

    /// Reads for everybody who gathered.
    async fn lead<B: Batch>(
        &self,
        lead: Lead<'_, B::Key, B::Value>,
    ) -> Result<HashMap<B::Key, B::Value>> {
        let mut snapshot = match self.read().await {
            Ok(snapshot) => snapshot,
            Err(error) => return lead.take().share(Err(error)),
        };
        quiet(&lead).await;
        let together = lead.take();
        let mut found = Ok(HashMap::new());
        for portion in together.portions() {
            let read = B::load(snapshot.conn()?, &portion).await;
            match (&mut found, read) {
                (Ok(found), Ok(read)) => found.extend(read),
                (_, Err(error)) => found = Err(error),
                (Err(_), Ok(_)) => {}
            }
        }
        drop(snapshot);
        together.share(found)
    }
}

/// How often nobody may have joined before nobody is expected to: who was woken a moment ago may need a turn to hear what
/// it waited for and another one to ask.
const QUIET_TURNS: u32 = 2;

/// Waits until everything in the request that can go on has done so: whoever is late for one read would be late for every one
/// after it. It ends, since nothing else reads meanwhile.
async fn quiet<K: Eq + Hash + Clone, V: Clone>(lead: &Lead<'_, K, V>) {
    let (mut gathered, mut turns) = (lead.others(), 0);
    while turns < QUIET_TURNS {
        tokio::task::yield_now().await;
        let now = lead.others();
        turns = if now == gathered { turns + 1 } else { 0 };
        gathered = now;
    }
}
