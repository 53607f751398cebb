use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::{Error, Result, TenantTx};

/// What an idempotency key says about the request at hand.
#[derive(Debug, PartialEq, Eq)]
pub enum Idempotent<T> {
    /// Not seen before: do the work, then [`TenantTx::remember`].
    Fresh,
    /// Done before: this was the result.
    Replay(T),
}

const MAX_KEY_BYTES: usize = 255;

impl TenantTx {
    /// Claims `key` for `operation`. A second request with the same key waits for the first one's
    /// transaction and then gets its result.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for an empty or overlong key, `CONFLICT` when the key was used for another
    /// request.
    pub async fn idempotent<T: DeserializeOwned>(
        &mut self,
        operation: &str,
        key: &str,
        request: &impl Serialize,
    ) -> Result<Idempotent<T>> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Err(Error::bad_input(format!(
                "an idempotency key has 1 to {MAX_KEY_BYTES} bytes"
            )));
        }
        let hash = Sha256::digest(serde_json::to_vec(request)?).to_vec();
        let module = self.ctx().runtime().manifest.id.clone();
        let claimed = sqlx::query(
            "insert into platform.idempotency (tenant_id, module, operation, key, request_hash, created_at) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(self.tenant().uuid())
        .bind(&module)
        .bind(operation)
        .bind(key)
        .bind(&hash)
        .bind(self.now())
        .execute(self.conn())
        .await?
        .rows_affected();
        if claimed == 1 {
            return Ok(Idempotent::Fresh);
        }
        let (seen, result): (Vec<u8>, Option<serde_json::Value>) = sqlx::query_as(
            "select request_hash, result from platform.idempotency \
             where tenant_id = $1 and module = $2 and operation = $3 and key = $4",
        )
        .bind(self.tenant().uuid())
        .bind(&module)
        .bind(operation)
        .bind(key)
        .fetch_one(self.conn())
        .await?;
        match result {
            _ if seen != hash => Err(Error::conflict(
                "the idempotency key was used for another request",
            )),
            // Committed without a result: the first request ended in user errors and may be mended.
            None => Ok(Idempotent::Fresh),
            Some(result) => Ok(Idempotent::Replay(serde_json::from_value(result)?)),
        }
    }

    /// Keeps the result of the work under `key`.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn remember(
        &mut self,
        operation: &str,
        key: &str,
        result: &impl Serialize,
    ) -> Result<()> {
        let module = self.ctx().runtime().manifest.id.clone();
        sqlx::query(
            "update platform.idempotency set result = $5 \
             where tenant_id = $1 and module = $2 and operation = $3 and key = $4",
        )
        .bind(self.tenant().uuid())
        .bind(module)
        .bind(operation)
        .bind(key)
        .bind(serde_json::to_value(result)?)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
