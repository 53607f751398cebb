//! What the service shape needs besides PostgreSQL, as one value.

use super::broker::Broker;
use super::cache::Cache;
use crate::provision;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// RabbitMQ and Redis.
pub(crate) struct Services {
    broker: Broker,
    cache: Cache,
    dir: PathBuf,
}

impl Services {
    /// Installs what is missing and starts both; they aren't ready yet.
    pub(crate) fn launch(dir: &Path) -> Result<Self> {
        let programs = provision::services::ensure()?;
        let broker = Broker::start(&programs, &dir.join("rabbitmq"))?;
        let cache = Cache::start(&programs, &dir.join("redis"))?;
        Ok(Self {
            broker,
            cache,
            dir: dir.to_owned(),
        })
    }

    /// Starts both and waits for them.
    pub(crate) async fn start(dir: &Path) -> Result<Self> {
        let services = Self::launch(dir)?;
        services.ready().await?;
        Ok(services)
    }

    pub(crate) async fn ready(&self) -> Result<()> {
        self.broker.ready(&self.dir.join("rabbitmq")).await?;
        self.cache.ready(&self.dir.join("redis")).await
    }

    pub(crate) fn amqp_url(&self) -> &str {
        &self.broker.url
    }

    pub(crate) fn redis_url(&self) -> &str {
        &self.cache.url
    }

    /// Ends when one of them ends by itself, with a sentence about it.
    pub(crate) async fn failure(&self) -> String {
        tokio::select! {
            end = self.broker.failure() => end,
            end = self.cache.failure() => end,
        }
    }

    pub(crate) async fn stop(self) -> Result<()> {
        let broker = self.broker.stop().await;
        self.cache.stop().await?;
        broker
    }
}
