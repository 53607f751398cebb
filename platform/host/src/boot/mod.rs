//! The one boot path: everything in one process, some modules behind a router, or the router alone.

mod error;
mod foreign;
mod loops;
mod readiness;
mod reload;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use platform_identity::{AssertionSigner, Secret, TokenVerifier};
use platform_sdk::{Ambient, Module, Objects, PoolOptions, Sandbox, Signals};
use router_edge::{Clock as EdgeClock, Edge, TokenAuthenticator};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

pub use error::BootError;
pub use foreign::serve_foreign;

use crate::backoff::Backoff;
use crate::config::Config;
use crate::database::{self, DatabaseError, PLATFORM_ROLE};
use crate::endpoint;
use crate::files;
use crate::health;
use crate::in_process::InProcess;
use crate::installed::{Installed, Known, Migrations, Surroundings, in_boot_order, remote_routes};
use crate::lanes::Lanes;
use crate::listener::{self, App};
use crate::relay::{self, Broker, Deliveries, Embedded, Route, Routes};
use crate::rights::LiveRights;
use crate::shutdown::Shutdown;
use crate::supergraph::{self, Supergraph, SupergraphError};
use crate::telemetry;
use crate::trace::traced;
use crate::uploads::Receiver;
use crate::wake::Wakes;

/// What a process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// All modules and the edge in one process.
    Embedded,
    /// These modules, for a router in another process.
    Service(Vec<String>),
    /// The edge over modules in other processes.
    Router,
}

/// A process before it serves.
pub struct Process {
    config: Config,
    modules: Vec<Known>,
    metrics: Option<PrometheusHandle>,
    shutdown: Shutdown,
}

/// What modules, relay and uploads share.
struct Platform {
    pool: PgPool,
    objects: Objects,
    ambient: Ambient,
    signals: Signals,
    wakes: Wakes,
    secret: Arc<Secret>,
    database_url: String,
}

impl Process {
    /// A process with every module that the program knows, whichever of them it will run.
    ///
    /// # Errors
    /// [`BootError::Install`] when a manifest breaks a rule or the requirements do not add up.
    pub fn new(
        config: Config,
        modules: Vec<Arc<dyn Module>>,
        metrics: Option<PrometheusHandle>,
        shutdown: Shutdown,
    ) -> Result<Self, BootError> {
        Ok(Self {
            config,
            modules: in_boot_order(modules)?,
            metrics,
            shutdown,
        })
    }

    /// Serves until the shutdown. Returns when nothing of the process runs any more.
    ///
    /// # Errors
    /// [`BootError`] when it cannot begin, or the listener breaks.
    pub async fn serve(self, shape: &Shape) -> Result<(), BootError> {
        match shape {
            Shape::Embedded => self.serve_modules(None).await,
            Shape::Service(ids) => self.serve_modules(Some(ids)).await,
            Shape::Router => self.serve_router().await,
        }
    }

    /// Makes roles, runs the migrations of all modules and writes down which modules there are.
    ///
    /// # Errors
    /// [`BootError::Config`] or [`BootError::Database`].
    pub async fn migrate(&self) -> Result<(), BootError> {
        let url = self.config.require_database_url()?;
        let secret = self.config.require_secret()?;
        let migrations: Vec<_> = self
            .modules
            .iter()
            .map(|(manifest, module)| Migrations::of(manifest, &**module))
            .collect();
        let schemas: Vec<_> = migrations.iter().map(Migrations::schema).collect();
        database::migrate(url, &secret, &schemas).await?;
        let manifests = self.modules.iter().map(|(manifest, _)| &**manifest);
        database::register(url, manifests, Ambient::default().clock.now()).await?;
        Ok(())
    }

    /// The whole product inside of this process, without listening: for commands that use the public API.
    ///
    /// # Errors
    /// As [`Process::serve`].
    pub fn in_process(&self) -> Result<InProcess, BootError> {
        let platform = self.platform()?;
        let (local, _) = self.install(&platform, None)?;
        let supergraph =
            supergraph::local(&local, &self.shutdown.stopped, self.config.engine.options())?;
        Ok(InProcess::new(
            supergraph,
            self.verifier(&platform.secret),
            platform.ambient,
        ))
    }

    /// A connection under the host's own role.
    ///
    /// # Errors
    /// [`BootError::Config`] or [`BootError::Database`].
    pub async fn connect(&self) -> Result<sqlx::PgConnection, BootError> {
        use sqlx::ConnectOptions as _;
        let secret = self.config.require_secret()?;
        let url = self.config.require_database_url()?;
        database::connect_as(url, PLATFORM_ROLE, &secret)?
            .connect()
            .await
            .map_err(|source| DatabaseError::Connect(source).into())
    }

    fn verifier(&self, secret: &Secret) -> TokenVerifier {
        TokenVerifier::new(
            secret,
            self.modules.iter().map(|(manifest, _)| &manifest.id),
        )
    }

    async fn serve_modules(self, only: Option<&[String]>) -> Result<(), BootError> {
        // First of all, so that a taken port is one clear sentence and not the end of a long start.
        let listener = listener::bind(self.config.listen).await?;
        let platform = self.platform()?;
        let (local, mut routes) = self.install(&platform, only)?;
        routes.extend(
            local
                .iter()
                .flat_map(|module| module.routes(relay::Options::default().timeout)),
        );
        let broker = self.broker(&platform, Routes::new(routes))?;
        let mut app = Router::new().merge(
            Receiver::new(
                platform.pool.clone(),
                platform.objects.clone(),
                platform.ambient.clone(),
                self.config.uploads,
            )
            .routes(),
        );
        let mut edge = None;
        match only {
            None => {
                let supergraph = supergraph::local(
                    &local,
                    &self.shutdown.stopped,
                    self.config.engine.options(),
                )?;
                let built = self.edge(
                    &supergraph,
                    &platform.secret,
                    platform.ambient.clone(),
                    None,
                )?;
                app = app.merge(built.router());
                edge = Some(built);
            }
            Some(_) => {
                for module in &local {
                    let path = match local.as_slice() {
                        [_] => "/graphql".to_owned(),
                        _ => format!("/{}/graphql", module.id()),
                    };
                    app = app.merge(endpoint::routes(
                        module.clone(),
                        &platform.secret,
                        &path,
                        self.shutdown.clone(),
                    ));
                }
            }
        }
        let checks = self.checks(&platform, broker.clone());
        app = app.merge(health::routes(
            checks,
            self.metrics.clone(),
            self.shutdown.stopping.clone(),
        ));

        let loops = self.start_loops(&platform, &local, broker)?;
        let names: Vec<_> = local.iter().map(Installed::id).collect();
        tracing::info!(address = %self.config.listen, modules = names.join(","), "serving");
        // Modules take their time: whoever is free takes their work.
        let shared = Lanes::default();
        let served = self.listen(listener, app, edge, &shared).await;
        self.shutdown.stopped.cancel();
        loops::end(loops).await;
        for module in &local {
            module.runtime.database.close().await;
        }
        platform.pool.close().await;
        tracing::info!("stopped");
        served
    }

    async fn serve_router(self) -> Result<(), BootError> {
        if self.config.subgraphs.is_empty() {
            return Err(BootError::NoSubgraphs);
        }
        let listener = listener::bind(self.config.listen).await?;
        let secret = self.config.require_secret()?;
        let modules = self
            .modules
            .iter()
            .map(|(_, module)| module.clone())
            .collect();
        let supergraph = supergraph::remote(
            modules,
            &self.config.subgraphs,
            self.config.engine.remote(),
            self.config.engine.options(),
        )?;
        let signer = AssertionSigner::new(&secret);
        let edge = self.edge(&supergraph, &secret, Ambient::default(), Some(signer))?;
        let mut app = edge.router();
        // Clients send files to the address of the edge: with a database it receives them itself.
        let mut pool = None;
        if self.config.database_url.is_some() {
            let platform = self.platform()?;
            app = app.merge(
                Receiver::new(
                    platform.pool.clone(),
                    platform.objects,
                    platform.ambient,
                    self.config.uploads,
                )
                .routes(),
            );
            pool = Some(platform.pool);
        }
        let checks = vec![supergraph::check(self.config.subgraphs.clone())?];
        app = app.merge(health::routes(
            checks,
            self.metrics.clone(),
            self.shutdown.stopping.clone(),
        ));
        tracing::info!(address = %self.config.listen, subgraphs = self.config.subgraphs.len(), "routing");
        let lanes = lanes()?;
        let served = self.listen(listener, app, Some(edge), &lanes).await;
        if let Some(pool) = pool {
            pool.close().await;
        }
        tracing::info!("stopped");
        served
    }

    async fn listen(
        &self,
        listener: tokio::net::TcpListener,
        app: Router,
        edge: Option<Edge>,
        lanes: &Lanes,
    ) -> Result<(), BootError> {
        let drain = Duration::from_millis(self.config.drain_ms);
        let stopping = self.shutdown.stopping.clone();
        if let Some(edge) = &edge {
            let page = self.config.edge.graphiql.clone();
            tokio::spawn(reload::follow(edge.clone(), page, stopping.clone()));
        }
        // Spans of requests are made by a layer around the routes.
        let short = edge.clone().filter(|_| !telemetry::exports());
        let app = App::new(traced(app), short);
        let end_streams = async move {
            stopping.cancelled().await;
            if let Some(edge) = edge {
                edge.drain(drain).await;
            }
        };
        let ((), ()) = tokio::join!(
            listener::serve(listener, app, &self.shutdown, drain, lanes),
            async {
                // The listener can also end by breaking, and then nobody drains anything.
                tokio::select! {
                    () = end_streams => {}
                    () = self.shutdown.stopped.cancelled() => {}
                }
            }
        );
        Ok(())
    }

    fn platform(&self) -> Result<Platform, BootError> {
        let secret = Arc::new(self.config.require_secret()?);
        let database_url = self.config.require_database_url()?.to_owned();
        let limits = self.config.database;
        let pool = PgPoolOptions::new()
            .max_connections(limits.connections_of_platform)
            .acquire_timeout(Duration::from_millis(limits.acquire_timeout_ms))
            .idle_timeout(Duration::from_secs(60))
            .connect_lazy_with(database::connect_as(&database_url, PLATFORM_ROLE, &secret)?);
        Ok(Platform {
            pool,
            objects: Objects::new(files::open(&self.config)?),
            ambient: Ambient::default(),
            signals: Signals::default(),
            wakes: Wakes::default(),
            secret,
            database_url,
        })
    }

    /// Installs the modules of this process, and gives the consumers of all others.
    fn install(
        &self,
        platform: &Platform,
        only: Option<&[String]>,
    ) -> Result<(Vec<Installed>, Vec<Route>), BootError> {
        if let Some(ids) = only
            && let Some(unknown) = ids
                .iter()
                .find(|id| !self.modules.iter().any(|(m, _)| m.id == **id))
        {
            return Err(SupergraphError::UnknownModule(unknown.clone()).into());
        }
        let limits = self.config.database;
        let around = Surroundings {
            database_url: platform.database_url.clone(),
            pool: PoolOptions {
                max_connections: limits.connections_per_module,
                acquire_timeout: Duration::from_millis(limits.acquire_timeout_ms),
            },
            secret: platform.secret.clone(),
            ambient: platform.ambient.clone(),
            signals: platform.signals.clone(),
            objects: platform.objects.clone(),
            sandbox: Sandbox::new(
                std::env::current_exe()
                    .map_err(|source| BootError::System("this program has no path", source))?,
                &["worker"],
            ),
            public_url: self.config.public_url(),
            sections: self.config.modules.clone(),
            cancel: self.shutdown.stopped.clone(),
        };
        let (mut local, mut elsewhere) = (Vec::new(), Vec::new());
        for (manifest, module) in &self.modules {
            if only.is_none_or(|ids| ids.contains(&manifest.id)) {
                local.push(Installed::new(manifest.clone(), module.clone(), &around)?);
            } else {
                elsewhere.extend(remote_routes(manifest, &**module));
            }
        }
        Ok((local, elsewhere))
    }

    fn broker(&self, platform: &Platform, routes: Routes) -> Result<Arc<dyn Broker>, BootError> {
        let options = relay::Options::default();
        let clock = platform.ambient.clock.clone();
        let deliveries = Deliveries::new(
            platform.pool.clone(),
            routes.clone(),
            clock.clone(),
            platform.wakes.clone(),
            options,
        );
        Ok(match &self.config.amqp_url {
            None => Arc::new(Embedded::new(routes, deliveries)),
            Some(url) => Arc::new(relay::Amqp::new(
                url.reveal(),
                "tessera",
                routes,
                deliveries,
                platform.pool.clone(),
                clock,
                options,
            )?),
        })
    }

    fn edge(
        &self,
        supergraph: &Supergraph,
        secret: &Secret,
        ambient: Ambient,
        signer: Option<AssertionSigner>,
    ) -> Result<Edge, BootError> {
        let clock = EdgeClock::new(move || ambient.clock.now());
        let verifier = self.verifier(secret);
        let jwks = verifier.jwks();
        let licensed = self
            .modules
            .iter()
            .filter(|(manifest, _)| manifest.licensed)
            .map(|(manifest, _)| manifest.id.clone())
            .collect();
        let rights = LiveRights::new(
            TokenAuthenticator::new(verifier, clock.clone()),
            supergraph.engine.clone(),
            signer.clone().map(Arc::new),
            clock.clone(),
            licensed,
        );
        let edge = Edge::new(
            self.config.edge_section(),
            supergraph.engine.clone(),
            &supergraph.sdl,
            Arc::new(rights),
            clock,
        )?
        .with_jwks(jwks);
        Ok(match signer {
            Some(signer) => edge.with_signer(signer),
            None => edge,
        })
    }
}

/// Pauses of things that come back by themselves.
pub(crate) const RECONNECT: Backoff = Backoff {
    first: Duration::from_millis(200),
    most: Duration::from_secs(10),
};

/// Threads for the connections of a router.
fn lanes() -> Result<Lanes, BootError> {
    Lanes::start().map_err(|error| BootError::System("threads for connections", error))
}
