use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use platform_identity::TokenVerifier;
use router_edge::{Clock as EdgeClock, Edge, TokenAuthenticator};

use super::{BootError, Process};
use crate::config::Config;
use crate::shutdown::Shutdown;
use crate::supergraph::Supergraph;
use crate::{health, listener};

/// Serves any supergraph whose subgraphs are at the addresses that it names: no identity, no database.
///
/// # Errors
/// [`BootError`].
pub async fn serve_foreign(
    config: Config,
    sdl: String,
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
    let supergraph = Supergraph::foreign(sdl, process.config.engine.options())?;
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
    tracing::info!(address = %process.config.listen, "routing");
    let served = process.listen(listener, app, Some(edge)).await;
    tracing::info!("stopped");
    served
}
