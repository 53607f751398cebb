use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{BootError, Platform, Process};
use crate::database::{self, PLATFORM_ROLE};
use crate::installed::Installed;
use crate::jobs;
use crate::relay::{self, Broker, Publisher};
use crate::sweeper::Sweeper;

/// How long loops may take to end after the listener did.
const LOOPS_END: Duration = Duration::from_secs(5);

impl Process {
    /// Starts everything that runs beside requests.
    pub(super) fn start_loops(
        &self,
        platform: &Platform,
        local: &[Installed],
        broker: Arc<dyn Broker>,
    ) -> Result<JoinSet<()>, BootError> {
        let mut loops = JoinSet::new();
        let stopping = &self.shutdown.stopping;
        let connect =
            database::connect_as(&platform.database_url, PLATFORM_ROLE, &platform.secret)?;
        loops.spawn(
            platform
                .signals
                .clone()
                .run(connect.clone(), self.shutdown.stopped.clone()),
        );
        loops.spawn(
            platform
                .wakes
                .clone()
                .run(connect.clone(), stopping.clone()),
        );
        let publisher = Publisher::new(
            connect,
            broker.clone(),
            platform.ambient.clock.clone(),
            platform.wakes.clone(),
            relay::Options::default(),
        );
        let cancel = stopping.clone();
        loops.spawn(async move { publisher.run(cancel).await });
        let cancel = stopping.clone();
        loops.spawn(async move { broker.run(cancel).await });
        let runner = jobs::Runner::new(
            platform.pool.clone(),
            local.to_vec(),
            platform.ambient.clone(),
            platform.wakes.clone(),
            jobs::Options {
                concurrency: self.config.jobs.concurrency,
                timeout: Duration::from_millis(self.config.jobs.timeout_ms),
                ..jobs::Options::default()
            },
        );
        let cancel = stopping.clone();
        loops.spawn(async move { runner.run(cancel).await });
        let sweeper = Sweeper::new(
            platform.pool.clone(),
            platform.objects.clone(),
            platform.ambient.clock.clone(),
        );
        let cancel = stopping.clone();
        loops.spawn(async move { sweeper.run(cancel).await });
        Ok(loops)
    }
}

/// Waits for loops that were told to end; what does not is dropped, which every loop survives.
pub(super) async fn end(mut loops: JoinSet<()>) {
    let all = async {
        while let Some(ended) = loops.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a loop failed");
            }
        }
    };
    if tokio::time::timeout(LOOPS_END, all).await.is_err() {
        tracing::warn!(left = loops.len(), "loops did not end in time");
        loops.abort_all();
    }
}
