//! The one boot path: everything in one process, some modules behind a router, or the router alone.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use platform_identity::{AssertionSigner, Secret, TokenVerifier};
use platform_sdk::{Ambient, Module, Objects, PoolOptions, Sandbox, Signals};
use router_edge::{Clock as EdgeClock, Edge, EdgeError, TokenAuthenticator};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinSet;

use crate::backoff::Backoff;
use crate::config::{Config, ConfigError};
use crate::database::{self, DatabaseError, PLATFORM_ROLE};
use crate::files::{self, FilesError};
use crate::health::{self, Check};
use crate::in_process::InProcess;
use crate::installed::{
    InstallError, Installed, Known, Migrations, Surroundings, in_boot_order, remote_routes,
};
use crate::listener::{self, ListenError};
use crate::relay::{self, AmqpError, Broker, Deliveries, Embedded, Publisher, Route, Routes};
use crate::shutdown::Shutdown;
use crate::supergraph::{self, Supergraph, SupergraphError};
use crate::sweeper::Sweeper;
use crate::trace::traced;
use crate::uploads::Receiver;
use crate::wake::Wakes;
use crate::{endpoint, jobs};

/// How long loops may take to end after the listener did.
const LOOPS_END: Duration = Duration::from_secs(5);

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

/// Why a process does not boot.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A module.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The supergraph.
    #[error(transparent)]
    Supergraph(#[from] SupergraphError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The place for files.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The message broker.
    #[error(transparent)]
    Amqp(#[from] AmqpError),
    /// The edge.
    #[error(transparent)]
    Edge(#[from] EdgeError),
    /// The listener.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A signal handler or the program's own path.
    #[error("{0}")]
    System(&'static str, #[source] std::io::Error),
    /// Nothing to route to.
    #[error(
        "a router needs subgraphs: set TESSERA_SUBGRAPHS, or name a supergraph with --supergraph"
    )]
    NoSubgraphs,
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
        let supergraph = supergraph::local(&local, &self.shutdown.stopped)?;
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
                let supergraph = supergraph::local(&local, &self.shutdown.stopped)?;
                let built = self.edge(&supergraph, &platform.secret, platform.ambient.clone())?;
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
        let served = self.listen(listener, app, edge).await;
        self.shutdown.stopped.cancel();
        end(loops).await;
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
        let supergraph = supergraph::remote(modules, &self.config.subgraphs)?;
        let edge = self
            .edge(&supergraph, &secret, Ambient::default())?
            .with_signer(AssertionSigner::new(&secret));
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
        let served = self.listen(listener, app, Some(edge)).await;
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
    ) -> Result<(), BootError> {
        let drain = Duration::from_millis(self.config.drain_ms);
        let stopping = self.shutdown.stopping.clone();
        let end_streams = async move {
            stopping.cancelled().await;
            if let Some(edge) = edge {
                edge.drain(drain).await;
            }
        };
        let (served, ()) = tokio::join!(
            listener::serve(listener, traced(app), &self.shutdown, drain),
            async {
                // The listener can also end by breaking, and then nobody drains anything.
                tokio::select! {
                    () = end_streams => {}
                    () = self.shutdown.stopped.cancelled() => {}
                }
            }
        );
        Ok(served?)
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
            sandbox: Sandbox {
                program: std::env::current_exe()
                    .map_err(|source| BootError::System("this program has no path", source))?,
                args: vec!["worker".to_owned()],
            },
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
    ) -> Result<Edge, BootError> {
        let mut config = self.config.edge.clone();
        if let Some(url) = &self.config.redis_url {
            config
                .rate
                .redis_url
                .get_or_insert_with(|| url.reveal().to_owned());
        }
        let clock = EdgeClock::new(move || ambient.clock.now());
        let verifier = self.verifier(secret);
        let jwks = verifier.jwks();
        let authenticator = Arc::new(TokenAuthenticator::new(verifier, clock.clone()));
        Ok(Edge::new(
            config,
            supergraph.engine.clone(),
            &supergraph.sdl,
            authenticator,
            clock,
        )?
        .with_jwks(jwks))
    }

    fn checks(&self, platform: &Platform, broker: Arc<dyn Broker>) -> Vec<Check> {
        let migrations: Arc<Vec<Migrations>> = Arc::new(
            self.modules
                .iter()
                .map(|(manifest, module)| Migrations::of(manifest, &**module))
                .collect(),
        );
        // What has run once does not run backwards: looked at until it is complete, not again.
        let complete = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let pool = platform.pool.clone();
        let database = Check {
            name: "database",
            look: Box::new(move || {
                let (pool, migrations, complete) =
                    (pool.clone(), migrations.clone(), complete.clone());
                Box::pin(async move { look_at_database(&pool, &migrations, &complete).await })
            }),
        };
        let events = Check {
            name: "events",
            look: Box::new(move || {
                let broker = broker.clone();
                Box::pin(async move {
                    if broker.is_ready().await {
                        Ok(())
                    } else {
                        Err("the message broker cannot be reached".to_owned())
                    }
                })
            }),
        };
        vec![database, events]
    }

    fn start_loops(
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

async fn look_at_database(
    pool: &PgPool,
    migrations: &[Migrations],
    complete: &std::sync::atomic::AtomicBool,
) -> Result<(), String> {
    use std::sync::atomic::Ordering;
    let failed = |error: &dyn std::fmt::Display| {
        tracing::debug!(%error, "readiness: database");
        "the database does not answer".to_owned()
    };
    let mut conn = pool.acquire().await.map_err(|e| failed(&e))?;
    if complete.load(Ordering::Relaxed) {
        sqlx::query("select 1")
            .execute(&mut *conn)
            .await
            .map_err(|e| failed(&e))?;
        return Ok(());
    }
    let schemas: Vec<_> = migrations.iter().map(Migrations::schema).collect();
    let missing = database::pending(&mut conn, &schemas)
        .await
        .map_err(|e| failed(&e))?;
    if missing.is_empty() {
        complete.store(true, Ordering::Relaxed);
        Ok(())
    } else {
        Err(format!("migrations have not run: {}", missing.join(", ")))
    }
}

/// Waits for loops that were told to end; what does not is dropped, which every loop survives.
async fn end(mut loops: JoinSet<()>) {
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
    let supergraph = Supergraph::foreign(sdl)?;
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

/// Pauses of things that come back by themselves.
pub(crate) const RECONNECT: Backoff = Backoff {
    first: Duration::from_millis(200),
    most: Duration::from_secs(10),
};
