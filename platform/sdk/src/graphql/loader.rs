use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::dataloader::{DataLoader, Loader};
use sqlx::PgConnection;

use crate::ctx::WeakCtx;
use crate::{Ctx, Error, Result, TenantId};

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

/// The dataloaders of one request, made when first used.
#[derive(Default)]
pub(crate) struct Loaders(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

/// Runs a [`Batch`] on the request's snapshot. It holds the context weakly: the context owns it.
struct OnSnapshot<B>(WeakCtx, PhantomData<fn() -> B>);

impl<B: Batch> Loader<B::Key> for OnSnapshot<B> {
    type Value = B::Value;
    type Error = Error;

    async fn load(&self, keys: &[B::Key]) -> Result<HashMap<B::Key, B::Value>> {
        let ctx = self
            .0
            .upgrade()
            .ok_or_else(|| Error::unavailable("the request is gone"))?;
        let mut snapshot = ctx.read().await?;
        B::load(snapshot.conn()?, keys).await
    }
}

impl Loaders {
    fn get<B: Batch>(&self, ctx: &Ctx) -> Arc<DataLoader<OnSnapshot<B>>> {
        let mut loaders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = loaders.entry(TypeId::of::<B>()).or_insert_with(|| {
            Arc::new(DataLoader::new(
                OnSnapshot::<B>(ctx.downgrade(), PhantomData),
                tokio::spawn,
            ))
        });
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
        let loader = self.loaders().get::<B>(self);
        loader.load_one(key).await
    }

    /// Values by their keys, batched with every other key asked for at the same moment.
    ///
    /// # Errors
    /// Whatever the batch fails with.
    pub async fn load_many<B: Batch>(
        &self,
        keys: impl IntoIterator<Item = B::Key>,
    ) -> Result<HashMap<B::Key, B::Value>> {
        let loader = self.loaders().get::<B>(self);
        loader.load_many(keys).await
    }

    /// One value of the tenant that the request is for, batched with every other key asked for at the same moment.
    ///
    /// # Errors
    /// As [`Ctx::tenant`], and whatever the batch fails with.
    pub async fn load_own<B: TenantBatch>(&self, key: B::Key) -> Result<Option<B::Value>> {
        self.load_one::<Own<B>>((self.tenant()?, key)).await
    }
}
