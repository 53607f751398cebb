//! The edge follows its configuration file: at SIGHUP, and when the file or one that it names has changed.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use router_edge::{Edge, EdgeConfig, GraphiqlConfig};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// Time between two looks at the files.
const PERIOD: Duration = Duration::from_secs(2);

/// Follows the configuration until `stopping`. The page for people stays as it was at the start: the program adds to it.
pub(super) async fn follow(edge: Edge, page: GraphiqlConfig, stopping: CancellationToken) {
    let mut hangup = match signal(SignalKind::hangup()) {
        Ok(hangup) => hangup,
        Err(error) => {
            tracing::error!(%error, "the configuration is not followed");
            return;
        }
    };
    let mut persisted = Config::load()
        .ok()
        .and_then(|config| config.edge.persisted.registered);
    let mut seen = changed_at(persisted.as_ref()).await;
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = hangup.recv() => {}
            () = tokio::time::sleep(PERIOD) => {
                let now = changed_at(persisted.as_ref()).await;
                if now == seen {
                    continue;
                }
                seen = now;
            }
        }
        if let Some(config) = reload(&edge, &page) {
            persisted = config.persisted.registered;
            seen = changed_at(persisted.as_ref()).await;
        }
    }
}

/// Reads the configuration again; one that is refused leaves everything as it was.
fn reload(edge: &Edge, page: &GraphiqlConfig) -> Option<EdgeConfig> {
    let config = match Config::load() {
        Ok(config) => EdgeConfig {
            graphiql: page.clone(),
            ..config.edge_section()
        },
        Err(error) => {
            let error = platform_sdk::format_chain(&error);
            tracing::error!(%error, "the configuration is refused, the old one stays");
            return None;
        }
    };
    match edge.reload(config.clone()) {
        Ok(fixed) if fixed.is_empty() => tracing::info!("configuration reloaded"),
        Ok(fixed) => {
            let settings = fixed.join(", ");
            tracing::warn!(%settings, "configuration reloaded; these settings need a restart");
        }
        Err(error) => {
            let error = platform_sdk::format_chain(&error);
            tracing::error!(%error, "the configuration is refused, the old one stays");
            return None;
        }
    }
    Some(config)
}

/// When the configuration file and the persisted documents were changed last.
async fn changed_at(persisted: Option<&PathBuf>) -> [Option<SystemTime>; 2] {
    let own = std::env::var_os("TESSERA_CONFIG").map(PathBuf::from);
    let mut times = [None, None];
    for (time, path) in times.iter_mut().zip([own.as_ref(), persisted]) {
        if let Some(path) = path {
            // a file that is being replaced is not there for a moment
            *time = match tokio::fs::metadata(path).await {
                Ok(file) => file.modified().ok(),
                Err(_) => None,
            };
        }
    }
    times
}
