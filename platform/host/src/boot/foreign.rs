use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use metrics_exporter_prometheus::PrometheusHandle;
use platform_identity::TokenVerifier;
use router_edge::{Clock as EdgeClock, Edge, TokenAuthenticator};
use router_engine::RemoteClient;
use tokio_util::sync::CancellationToken;

use super::{BootError, Process};
use crate::config::Config;
use crate::shutdown::Shutdown;
use crate::supergraph::{Supergraph, SupergraphError};
use crate::{health, listener};

/// Serves any supergraph whose subgraphs are at the addresses that it names: no identity, no database. Of a supergraph
/// in a file, what the file holds later takes its place while serving.
///
/// # Errors
/// [`BootError`].
pub async fn serve_foreign(
    config: Config,
    sdl: String,
    file: Option<PathBuf>,
    metrics: Option<PrometheusHandle>,
    shutdown: Shutdown,
) -> Result<(), BootError> {
    let process = Process {
        config,
        modules: Vec::new(),
        metrics,
        shutdown,
    };
    let listener = listener::bind(process.config.listen).await?;
    let client =
        RemoteClient::new(process.config.engine.remote()).map_err(SupergraphError::from)?;
    let supergraph = Supergraph::foreign(sdl, &client, process.config.engine.options())?;
    let known = supergraph.engine.subgraphs();
    for name in process.config.engine.subscriptions.keys() {
        if !known.iter().any(|subgraph| **subgraph == **name) {
            tracing::warn!(subgraph = %name, "engine.subscriptions names a subgraph that the supergraph does not have");
        }
    }
    let clock = EdgeClock::system();
    // Without a key no token is valid, so everybody is anonymous.
    let secret = process.config.require_secret().ok();
    let verifier = match &secret {
        Some(secret) => TokenVerifier::new(secret, [platform_identity::CORE]),
        None => TokenVerifier::from_jwks(&platform_identity::Jwks { keys: Vec::new() })
            .unwrap_or_else(|_| unreachable!("an empty set of keys is valid")),
    };
    let edge = Edge::new(
        process.config.edge.clone(),
        supergraph.engine.clone(),
        &supergraph.sdl,
        Arc::new(TokenAuthenticator::new(verifier, clock.clone())),
        clock,
    )?;
    let app = edge.router().merge(health::routes(
        Vec::new(),
        process.metrics.clone(),
        process.shutdown.stopping.clone(),
    ));
    if let Some(file) = file {
        let stopping = process.shutdown.stopping.clone();
        tokio::spawn(follow(edge.clone(), file, client, stopping));
    }
    tracing::info!(address = %process.config.listen, "routing");
    let lanes = super::lanes()?;
    let served = process.listen(listener, app, Some(edge), &lanes).await;
    tracing::info!("stopped");
    served
}

/// Time between two looks at the supergraph's file.
const PERIOD: Duration = Duration::from_millis(500);
/// Largest supergraph that is read, in bytes.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Changes to what the file holds. A supergraph that is refused leaves everything as it was.
async fn follow(edge: Edge, file: PathBuf, client: RemoteClient, stopping: CancellationToken) {
    let mut seen = stamp(&file).await;
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
        let now = stamp(&file).await;
        // A file that is being replaced is not there for a moment.
        let Some((_, bytes)) = now else { continue };
        if now == seen {
            continue;
        }
        seen = now;
        if bytes > MAX_BYTES {
            tracing::error!(
                bytes,
                limit = MAX_BYTES,
                "the supergraph is too large, the old one stays"
            );
            continue;
        }
        match tokio::fs::read_to_string(&file).await {
            Ok(sdl) => replace(&edge, sdl, &client).await,
            Err(error) => {
                tracing::error!(%error, "the supergraph cannot be read, the old one stays")
            }
        }
    }
}

async fn replace(edge: &Edge, sdl: String, client: &RemoteClient) {
    let (edge, client) = (edge.clone(), client.clone());
    // Reading a supergraph takes milliseconds of a worker that serves others.
    let replaced = tokio::task::spawn_blocking(move || edge.replace_remote(&sdl, &client)).await;
    match replaced {
        Ok(Ok(())) => tracing::info!("supergraph replaced"),
        Ok(Err(error)) => {
            let error = platform_sdk::format_chain(&error);
            tracing::error!(%error, "the supergraph is refused, the old one stays");
        }
        Err(error) => tracing::error!(%error, "replacing the supergraph failed"),
    }
}

/// When the file was changed, and its size.
async fn stamp(file: &Path) -> Option<(SystemTime, u64)> {
    let file = tokio::fs::metadata(file).await.ok()?;
    Some((file.modified().ok()?, file.len()))
}
