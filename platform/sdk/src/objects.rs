use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use platform_types::TenantId;

use crate::{Error, Result};

/// Files of tenants: a local folder or S3. Every key begins with the tenant, and no function takes a
/// key without one.
#[derive(Clone)]
pub struct Objects(Arc<dyn ObjectStore>);

impl Objects {
    /// Files in `store`.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self(store)
    }

    /// Where a tenant's object lies in the store. `key` is made by the platform or a module, never by
    /// a client.
    pub fn path(tenant: TenantId, key: &str) -> Path {
        Path::from_iter(std::iter::once(tenant.to_string().as_str()).chain(key.split('/')))
    }

    /// Reads a whole object of at most `max_bytes`.
    ///
    /// # Errors
    /// `NOT_FOUND` for a missing object, `BAD_USER_INPUT` for one above the limit, `UNAVAILABLE` when
    /// the store does not answer.
    pub async fn get(&self, tenant: TenantId, key: &str, max_bytes: u64) -> Result<Bytes> {
        let found = self.0.get(&Self::path(tenant, key)).await.map_err(failed)?;
        if found.meta.size > max_bytes {
            return Err(Error::bad_input(format!(
                "the file has {} bytes, the limit is {max_bytes}",
                found.meta.size
            )));
        }
        found.bytes().await.map_err(failed)
    }

    /// Writes an object, whole or not at all.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the store does not answer.
    pub async fn put(&self, tenant: TenantId, key: &str, bytes: Bytes) -> Result<()> {
        self.0
            .put(&Self::path(tenant, key), bytes.into())
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Removes an object; a missing one is fine.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the store does not answer.
    pub async fn delete(&self, tenant: TenantId, key: &str) -> Result<()> {
        match self.0.delete(&Self::path(tenant, key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// The store itself, for the host's streaming receiver.
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.0
    }
}

fn failed(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Error::not_found("file"),
        error => Error::unavailable(error),
    }
}
