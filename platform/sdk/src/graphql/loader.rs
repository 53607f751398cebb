use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::dataloader::{DataLoader, Loader};
use async_trait::async_trait;
use sqlx::PgConnection;

use crate::ctx::WeakCtx;
use crate::{Ctx, Error, Result};

/// A read by many keys at once: what keeps SQL per request constant while lists grow.
///
/// ```ignore
/// pub struct LicenseById;
/// #[async_trait]
/// impl Batch for LicenseById {
///     type Key = LicenseId;
///     type Value = License;
///     async fn load(conn: &mut PgConnection, keys: &[LicenseId]) -> Result<HashMap<LicenseId, License>> {
///         store::license::by_ids(conn, keys).await
///     }
/// }
/// let license = ctx.load_one::<LicenseById>(id).await?;
/// ```
#[async_trait]
pub trait Batch: Send + Sync + 'static {
    /// What is asked for.
    type Key: Send + Sync + Hash + Eq + Clone + 'static;
    /// What is found for one key.
    type Value: Send + Sync + Clone + 'static;

    /// Reads all keys in a constant number of statements; missing keys are left out.
    async fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>>;
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
}
