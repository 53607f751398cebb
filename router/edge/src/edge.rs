//! The edge as a whole: what every transport shares.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use platform_identity::{AssertionSigner, Jwks};
use router_engine::{Engine, EngineError, RemoteClient, Transport};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::authentication::Authenticator;
use crate::authorization::Authorization;
use crate::clock::Clock;
use crate::config::EdgeConfig;
use crate::connection::Connection;
use crate::cost::Costs;
use crate::observe::{Names, Statuses};
use crate::quota::Quotas;
use crate::reservation::Reservations;
use crate::settings::Settings;
use crate::stream::Hub;

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
    /// The supergraph's declarations of costs cannot be read.
    #[error("costs of the supergraph: {0}")]
    Cost(String),
    /// The engine cannot serve the supergraph.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What stands between clients and the engine. Cheap to clone.
#[derive(Clone)]
pub struct Edge {
    pub(crate) shared: Arc<Shared>,
    /// Of the endpoint; does not change while serving.
    path: Arc<str>,
}

/// What every transport shares.
pub(crate) struct Shared {
    settings: ArcSwap<Settings>,
    /// Raised with every supergraph.
    generation: AtomicU64,
    pub(crate) engine: Arc<Engine>,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) authorization: Authorization,
    pub(crate) costs: Costs,
    pub(crate) signer: Option<Arc<AssertionSigner>>,
    pub(crate) jwks: Jwks,
    pub(crate) clock: Clock,
    pub(crate) quotas: Arc<Quotas>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) reservations: Arc<Reservations>,
    pub(crate) names: Names,
    pub(crate) statuses: Statuses,
    pub(crate) slots: Arc<Semaphore>,
    /// For requests with files.
    pub(crate) upload_slots: Arc<Semaphore>,
    pub(crate) upload_quotas: Arc<Quotas>,
    /// Set when the process is about to end: streams end, nothing new begins on open sockets.
    pub(crate) draining: CancellationToken,
    /// Streams and sockets that have to end before the process does.
    pub(crate) streams: TaskTracker,
}

/// Settings that a request goes by. Taking part in those in force is a write to memory that all threads write to, which is
/// why a request does it once.
pub(crate) enum InForce<'a> {
    Kept(&'a Arc<Settings>),
    Now(Arc<Settings>),
}

impl Deref for InForce<'_> {
    type Target = Arc<Settings>;

    fn deref(&self) -> &Arc<Settings> {
        match self {
            Self::Kept(kept) => kept,
            Self::Now(now) => now,
        }
    }
}

impl Shared {
    /// What is in force now.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.settings.load_full()
    }

    /// What a request goes by.
    pub(crate) fn settings_for<'a>(&self, connection: &'a Connection) -> InForce<'a> {
        match &connection.settings {
            Some(kept) => InForce::Kept(kept),
            None => InForce::Now(self.settings()),
        }
    }

    /// The configuration in force now.
    pub(crate) fn config(&self) -> Arc<EdgeConfig> {
        Arc::clone(&self.settings.load().config)
    }

    /// Which supergraph it is, counted.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }
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
        let settings = Settings::new(config, None)?;
        let config = &settings.config;
        let path = config.path.as_str().into();
        let shared = Shared {
            authorization: Authorization::new(supergraph_sdl).map_err(EdgeError::Authorization)?,
            costs: Costs::new(supergraph_sdl).map_err(EdgeError::Cost)?,
            quotas: Quotas::new((&config.streams).into()),
            hub: Arc::default(),
            reservations: Arc::default(),
            generation: AtomicU64::new(0),
            names: Names::default(),
            statuses: Statuses::default(),
            upload_slots: Arc::new(Semaphore::new(config.uploads.concurrent)),
            upload_quotas: Quotas::new((&config.uploads).into()),
            slots: Arc::new(Semaphore::new(config.concurrent_operations)),
            engine,
            authenticator,
            signer: None,
            jwks: Jwks { keys: Vec::new() },
            clock,
            draining: CancellationToken::new(),
            streams: TaskTracker::new(),
            settings: ArcSwap::from_pointee(settings),
        };
        Ok(Self {
            path,
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
        self.swap(supergraph_sdl, |engine| {
            engine.replace(supergraph_sdl, transports)
        })
    }

    /// Like [`Self::replace`], with every subgraph at the address that the supergraph gives.
    pub fn replace_remote(
        &self,
        supergraph_sdl: &str,
        client: &RemoteClient,
    ) -> Result<(), EdgeError> {
        self.swap(supergraph_sdl, |engine| {
            engine.replace_remote(supergraph_sdl, client)
        })
    }

    fn swap(
        &self,
        supergraph_sdl: &str,
        replace: impl FnOnce(&Engine) -> Result<(), EngineError>,
    ) -> Result<(), EdgeError> {
        let next = self
            .shared
            .authorization
            .prepare(supergraph_sdl)
            .map_err(EdgeError::Authorization)?;
        let costs = self
            .shared
            .costs
            .read(supergraph_sdl)
            .map_err(EdgeError::Cost)?;
        self.shared.authorization.hold_both(&next);
        let replaced = replace(&self.shared.engine);
        match replaced {
            Ok(()) => {
                self.shared.authorization.settle(next);
                self.shared.costs.settle(costs);
                self.shared.generation.fetch_add(1, Ordering::Release);
            }
            Err(_) => self.shared.authorization.go_back(),
        }
        Ok(replaced?)
    }

    /// Changes limits, CORS, header lists, rates, persisted documents and everything else that can change while serving.
    /// Gives the names of settings that differ and need a restart. A configuration that is refused leaves everything as
    /// it was.
    pub fn reload(&self, config: EdgeConfig) -> Result<Vec<&'static str>, EdgeError> {
        let (settings, fixed) = self.shared.settings().reloaded(config)?;
        self.shared.quotas.change((&settings.config.streams).into());
        let uploads = (&settings.config.uploads).into();
        self.shared.upload_quotas.change(uploads);
        self.shared.settings.store(Arc::new(settings));
        Ok(fixed)
    }

    /// The routes of the edge. Serve them with `into_make_service_with_connect_info::<SocketAddr>()`, or every client
    /// counts as one address.
    pub fn router(&self) -> Router {
        crate::web::router(Arc::clone(&self.shared))
    }

    /// Whether [`Self::answer`] is for a request: the path is the endpoint's, no page of another origin sends it, and it
    /// stays plain HTTP.
    #[must_use]
    pub fn takes<B>(&self, request: &Request<B>) -> bool {
        request.uri().path() == &*self.path && crate::web::is_short(request)
    }

    /// Answers a request from `peer` that it [takes](Self::takes), as the routes would.
    pub async fn answer(&self, request: Request<Body>, peer: SocketAddr) -> Response<Body> {
        crate::web::short(&self.shared, request, Some(peer.ip())).await
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
            .field("path", &self.shared.config().path)
            .finish_non_exhaustive()
    }
}
