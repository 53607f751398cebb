//! The edge as a whole: what every transport shares.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::HeaderName;
use platform_guard::Limits;
use platform_identity::{AssertionSigner, Jwks};
use router_engine::{Engine, EngineError, Transport};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::authentication::Authenticator;
use crate::authorization::Authorization;
use crate::clock::Clock;
use crate::config::EdgeConfig;
use crate::connection::forwardable;
use crate::observe::Names;
use crate::persisted::Persisted;
use crate::quota::Quotas;
use crate::rate::Rates;

/// Why an edge cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    /// A setting has no meaning or is not safe.
    #[error("configuration of the edge: {0}")]
    Config(String),
    /// The address of Redis is none.
    #[error("address of redis: {0}")]
    Redis(#[from] redis::RedisError),
    /// The supergraph's declarations of who may see what cannot be read.
    #[error("authorisation of the supergraph: {0}")]
    Authorization(String),
    /// The engine cannot serve the supergraph.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What stands between clients and the engine. Cheap to clone.
#[derive(Clone)]
pub struct Edge {
    pub(crate) shared: Arc<Shared>,
}

/// What every transport shares.
pub(crate) struct Shared {
    pub(crate) config: EdgeConfig,
    pub(crate) limits: Limits,
    pub(crate) forward: Vec<HeaderName>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) authorization: Authorization,
    pub(crate) signer: Option<Arc<AssertionSigner>>,
    pub(crate) jwks: Jwks,
    pub(crate) clock: Clock,
    pub(crate) rates: Rates,
    pub(crate) quotas: Arc<Quotas>,
    pub(crate) persisted: Persisted,
    pub(crate) names: Names,
    pub(crate) slots: Arc<Semaphore>,
    /// Set when the process is about to end: streams end, nothing new begins on open sockets.
    pub(crate) draining: CancellationToken,
    /// Streams and sockets that have to end before the process does.
    pub(crate) streams: TaskTracker,
}

impl Edge {
    /// An edge in front of `engine`, whose supergraph is `supergraph_sdl`.
    pub fn new(
        config: EdgeConfig,
        engine: Arc<Engine>,
        supergraph_sdl: &str,
        authenticator: Arc<dyn Authenticator>,
        clock: Clock,
    ) -> Result<Self, EdgeError> {
        if !config.path.starts_with('/') || config.path.contains(['{', '}', '*']) {
            return Err(EdgeError::Config(format!(
                "path {:?} is not a plain path",
                config.path
            )));
        }
        let shared = Shared {
            limits: Limits::from(&config.document),
            forward: forwardable(&config.forward_headers).map_err(EdgeError::Config)?,
            authorization: Authorization::new(supergraph_sdl).map_err(EdgeError::Authorization)?,
            rates: Rates::new(config.rate.clone())?,
            quotas: Quotas::new(config.streams.clone()),
            persisted: Persisted::new(&config.persisted).map_err(EdgeError::Config)?,
            names: Names::default(),
            slots: Arc::new(Semaphore::new(config.concurrent_operations)),
            engine,
            authenticator,
            signer: None,
            jwks: Jwks { keys: Vec::new() },
            clock,
            draining: CancellationToken::new(),
            streams: TaskTracker::new(),
            config,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// The same edge, which proves identities to remote subgraphs with `signer`. To be called before [`Self::router`].
    #[must_use]
    pub fn with_signer(self, signer: AssertionSigner) -> Self {
        self.changed(|shared| shared.signer = Some(Arc::new(signer)))
    }

    /// The same edge, which publishes these keys at `/.well-known/jwks.json`. To be called before [`Self::router`].
    #[must_use]
    pub fn with_jwks(self, jwks: Jwks) -> Self {
        self.changed(|shared| shared.jwks = jwks)
    }

    fn changed(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        match Arc::get_mut(&mut self.shared) {
            Some(shared) => change(shared),
            None => tracing::error!("an edge that is already in use was to be changed"),
        }
        self
    }

    /// Changes to another supergraph while serving: operations under way end on the old one.
    ///
    /// In between the declarations of both hold together, so that at no moment a field is served by the one and
    /// protected by the other only. A supergraph that is refused leaves everything as it was.
    pub fn replace(
        &self,
        supergraph_sdl: &str,
        transports: HashMap<String, Transport>,
    ) -> Result<(), EdgeError> {
        let next = self
            .shared
            .authorization
            .prepare(supergraph_sdl)
            .map_err(EdgeError::Authorization)?;
        self.shared.authorization.hold_both(&next);
        let replaced = self.shared.engine.replace(supergraph_sdl, transports);
        match replaced {
            Ok(()) => self.shared.authorization.settle(next),
            Err(_) => self.shared.authorization.go_back(),
        }
        Ok(replaced?)
    }

    /// The routes of the edge. Serve them with `into_make_service_with_connect_info::<SocketAddr>()`, or every client
    /// counts as one address.
    pub fn router(&self) -> Router {
        crate::web::router(Arc::clone(&self.shared))
    }

    /// Whether [`Self::drain`] was called; the readiness of the process should say so.
    pub fn is_draining(&self) -> bool {
        self.shared.draining.is_cancelled()
    }

    /// Ends subscriptions and closes WebSockets with 1001 after the operations under way on them, at most `patience`
    /// later. Requests over plain HTTP are the listener's to finish.
    pub async fn drain(&self, patience: Duration) {
        self.shared.draining.cancel();
        self.shared.streams.close();
        if tokio::time::timeout(patience, self.shared.streams.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                left = self.shared.streams.len(),
                "streams did not end in time"
            );
        }
    }
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edge")
            .field("path", &self.shared.config.path)
            .finish_non_exhaustive()
    }
}
