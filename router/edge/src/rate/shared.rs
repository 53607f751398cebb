//! Counting in Redis, for several edges together: the same algorithm as one script, so that no two edges race.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use redis::Script;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use super::Left;
use crate::quota::Holder;

/// Longer than this no request waits for its count.
const PATIENCE: Duration = Duration::from_millis(50);

/// KEYS: the holder. ARGV: microseconds that one operation adds, operations. The server's clock counts.
/// Gives whether it was exceeded, and the level afterwards in microseconds.
const SCRIPT: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local empty_at = tonumber(redis.call('GET', KEYS[1]) or '0')
local level = math.max(empty_at - now, 0)
local filled = level + ARGV[1] * ARGV[2]
if filled > 60000000 then
  return {1, level, filled - 60000000}
end
redis.call('SET', KEYS[1], string.format('%.0f', now + filled), 'PX', math.ceil(filled / 1000) + 1)
return {0, filled, filled}
";

/// How long no request asks a Redis that did not answer.
const REST: Duration = Duration::from_secs(1);

/// A Redis that counts.
pub(crate) struct Shared {
    client: redis::Client,
    connection: Arc<OnceLock<ConnectionManager>>,
    connecting: Arc<AtomicBool>,
    resting_until: Mutex<Option<Instant>>,
    script: Script,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    /// Connects at the first use.
    pub(crate) fn new(url: &str) -> Result<Self, redis::RedisError> {
        Ok(Self {
            client: redis::Client::open(url)?,
            connection: Arc::default(),
            connecting: Arc::default(),
            resting_until: Mutex::new(None),
            script: Script::new(SCRIPT),
        })
    }

    /// Counts, or gives nothing if Redis does not answer at once.
    pub(crate) async fn take(
        &self,
        holder: &Holder,
        per_minute: u32,
        operations: u32,
    ) -> Option<Left> {
        if self
            .resting_until
            .lock()
            .is_some_and(|until| Instant::now() < until)
        {
            return None;
        }
        let Some(connection) = self.connection.get().cloned() else {
            self.connect();
            return None;
        };
        let counted = tokio::time::timeout(
            PATIENCE,
            self.count(connection, holder, per_minute, operations),
        )
        .await;
        match counted {
            Ok(Ok(left)) => return Some(left),
            Ok(Err(error)) => {
                tracing::warn!(%error, "redis does not count, this edge counts on its own")
            }
            Err(_) => tracing::warn!("redis is too slow to count, this edge counts on its own"),
        }
        *self.resting_until.lock() = Some(Instant::now() + REST);
        None
    }

    /// Connects in the background: no request waits for it, and none that is given up gives it up.
    fn connect(&self) {
        if self.connecting.swap(true, Ordering::AcqRel) {
            return;
        }
        let (client, connection, connecting) = (
            self.client.clone(),
            Arc::clone(&self.connection),
            Arc::clone(&self.connecting),
        );
        tokio::spawn(async move {
            let config = ConnectionManagerConfig::new().set_number_of_retries(1);
            match client.get_connection_manager_with_config(config).await {
                // it reconnects by itself from now on, and is set once
                Ok(manager) => drop(connection.set(manager)),
                Err(error) => {
                    tracing::warn!(%error, "redis cannot be reached, this edge counts on its own");
                    tokio::time::sleep(REST).await;
                }
            }
            connecting.store(false, Ordering::Release);
        });
    }

    async fn count(
        &self,
        mut connection: ConnectionManager,
        holder: &Holder,
        per_minute: u32,
        operations: u32,
    ) -> Result<Left, redis::RedisError> {
        let each_us = 60_000_000 / u64::from(per_minute.max(1));
        let (exceeded, level_us, reset_us): (u8, u64, u64) = self
            .script
            .key(key(holder))
            .arg(each_us)
            .arg(operations)
            .invoke_async(&mut connection)
            .await?;
        Ok(Left {
            holder: holder.name(),
            per_minute,
            remaining: u32::try_from(60_000_000_u64.saturating_sub(level_us) / each_us.max(1))
                .unwrap_or(u32::MAX),
            reset: Duration::from_micros(reset_us),
            exceeded: exceeded == 1,
        })
    }
}

fn key(holder: &Holder) -> String {
    match holder {
        Holder::Tenant(tenant) => format!("tessera:rate:tenant:{tenant}"),
        Holder::Caller(caller) => format!("tessera:rate:caller:{caller}"),
        Holder::Address(address) => format!("tessera:rate:address:{address}"),
        Holder::RefusedKeys(address) => format!("tessera:rate:refused-keys:{address}"),
    }
}
