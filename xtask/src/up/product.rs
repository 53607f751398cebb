//! The running product in either shape; for `up`, the tests and the benchmarks alike.

use super::seed::{self, Demo};
use super::services::Services;
use crate::process::{Output, Process};
use crate::{console, provision, secret, workspace};
use anyhow::{Context as _, Result, bail};
use platform_cluster::RunningCluster;
use std::fmt;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Modules with a process of their own in the service shape, as the server names them.
const MODULES: [&str; 4] = ["core", "billing", "cv-analysis", "interview"];
const READY_LIMIT: Duration = Duration::from_secs(60);

/// How the product is cut into processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One process, embedded defaults.
    Embedded,
    /// A process per module and the router, RabbitMQ, Redis.
    Services,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded => "one process",
            Self::Services => "one process per module",
        })
    }
}

/// What to start.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) shape: Shape,
    pub(crate) listen: SocketAddr,
    pub(crate) state_dir: PathBuf,
    /// The built server.
    pub(crate) binary: PathBuf,
    /// Output goes to files below the state folder, and no steps are told.
    pub(crate) quiet: bool,
    /// A configuration file for all of its processes.
    pub(crate) config: Option<PathBuf>,
}

/// Everything that runs. Dropping it stops it without waiting; [`Product::stop`] waits.
pub(crate) struct Product {
    url: String,
    shape: Shape,
    ready_in: Duration,
    demo: Demo,
    /// In the order of their start: those that others depend on come first.
    servers: Vec<Process>,
    services: Option<Services>,
    /// Last: a dropped cluster waits for its end, and everything else must be gone by then.
    cluster: Option<RunningCluster>,
}

/// Where a shape keeps its state: the shapes don't share a database, because events wait in the one's outbox or in the
/// other's queues.
pub(crate) fn default_state_dir(shape: Shape) -> Result<PathBuf> {
    let dir = workspace::state_dir()?;
    Ok(match shape {
        Shape::Embedded => dir,
        Shape::Services => dir.join("services"),
    })
}

/// Fails with one sentence when somebody listens there already.
pub(crate) fn check_address(listen: SocketAddr) -> Result<()> {
    match TcpListener::bind(listen) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!(
                "{listen} is taken by another program: stop that one, or choose another address with --listen"
            )
        }
        Err(error) => bail!("{listen} can't be used: {error}"),
    }
}

/// Distinct ports that nobody listens on now.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N]> {
    // held together, so that none is given twice
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

impl Product {
    /// Starts all parts and waits until the product says that it is ready.
    pub(crate) async fn start(options: Options) -> Result<Self> {
        let begun = Instant::now();
        let state = &options.state_dir;
        fs::create_dir_all(state.join("logs"))
            .with_context(|| format!("making {}", state.display()))?;
        let tell = |text: &str| {
            if !options.quiet {
                console::step(text);
            }
        };
        let services = match options.shape {
            Shape::Embedded => None,
            Shape::Services => {
                tell("starting RabbitMQ and Redis");
                Some(Services::launch(state)?)
            }
        };
        let (cluster, database_url) = database(state, options.shape, &tell)?;

        let mut base = Environment {
            binary: options.binary.clone(),
            variables: vec![
                ("DATABASE_URL", database_url),
                ("TESSERA_SECRET", secret::remembered(&state.join("secret"))?),
                // upload tickets point at the router, whichever process issues them
                ("TESSERA_PUBLIC_URL", format!("http://{}", options.listen)),
                ("TESSERA_DATA_DIR", path_text(&state.join("files"))?),
            ],
        };
        if let Some(config) = &options.config {
            base.variables.push(("TESSERA_CONFIG", path_text(config)?));
        }
        tell("migrating");
        base.run(&["migrate"])?;
        let demo = seed::ensure(&state.join("postgres"), cluster.as_ref(), || {
            tell("making the demo tenant");
            base.run(&["seed-demo"])
        })?;

        if let Some(services) = &services {
            tell("waiting for RabbitMQ and Redis");
            services.ready().await?;
            base.variables
                .push(("AMQP_URL", services.amqp_url().to_owned()));
            base.variables
                .push(("REDIS_URL", services.redis_url().to_owned()));
        }
        if let Ok(assets) = provision::graphiql::ensure() {
            base.variables
                .push(("TESSERA_GRAPHIQL_ASSETS", path_text(&assets)?));
        }

        tell("starting tessera");
        let url = format!("http://{}", options.listen);
        let mut product = Self {
            url: url.clone(),
            shape: options.shape,
            ready_in: Duration::ZERO,
            demo,
            servers: Vec::new(),
            services,
            cluster,
        };
        match options.shape {
            Shape::Embedded => {
                let command = base.command(&["serve"], options.listen, &[]);
                product.launch("tessera", command, &options)?;
            }
            Shape::Services => {
                let ports: [u16; MODULES.len()] = free_ports()?;
                let mut subgraphs = Vec::new();
                for (module, port) in MODULES.into_iter().zip(ports) {
                    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
                    let command = base.command(&["serve", "--modules", module], listen, &[]);
                    product.launch(module, command, &options)?;
                    subgraphs.push((module, format!("http://{listen}")));
                }
                // the router starts with a supergraph of all of them
                for (_, url) in &subgraphs {
                    product.until_ready(url).await?;
                }
                let list = subgraphs
                    .iter()
                    .map(|(name, url)| format!("{name}={url}"))
                    .collect::<Vec<_>>()
                    .join(",");
                let command =
                    base.command(&["router"], options.listen, &[("TESSERA_SUBGRAPHS", list)]);
                product.launch("router", command, &options)?;
            }
        }
        product.until_ready(&url).await?;
        product.ready_in = begun.elapsed();
        Ok(product)
    }

    fn launch(&mut self, name: &str, command: Command, options: &Options) -> Result<()> {
        let log = options.state_dir.join(format!("logs/{name}.log"));
        let output = if options.quiet {
            Output::File(&log)
        } else {
            Output::Prefixed
        };
        self.servers.push(Process::start(name, command, output)?);
        Ok(())
    }

    async fn until_ready(&self, url: &str) -> Result<()> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(2))
            .build()?;
        let deadline = Instant::now() + READY_LIMIT;
        let mut last = "no answer".to_owned();
        while Instant::now() < deadline {
            if self.servers.iter().any(|server| server.ended().is_some()) {
                bail!(
                    "{}, see its output above or in the logs",
                    self.failure().await
                );
            }
            match client.get(format!("{url}/ready")).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) => last = answer.status().to_string(),
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!(
            "{url} is not ready after {} s ({last})",
            READY_LIMIT.as_secs()
        )
    }

    /// Ends when any part ends by itself, with a sentence about it.
    pub(crate) async fn failure(&self) -> String {
        let servers = futures::future::select_all(
            self.servers
                .iter()
                .map(|server| Box::pin(server.unexpected_end())),
        );
        let services = async {
            match &self.services {
                Some(services) => services.failure().await,
                None => std::future::pending().await,
            }
        };
        let cluster = async {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if let Some(cluster) = &self.cluster
                    && !cluster.is_running()
                {
                    return "PostgreSQL ended by itself".to_owned();
                }
            }
        };
        tokio::select! {
            (end, _, _) = servers => end,
            end = services => end,
            end = cluster => end,
        }
    }

    /// Kills the product's own processes where they stand, then stops what they were connected to.
    pub(crate) async fn crash(mut self) -> Result<()> {
        for server in self.servers.drain(..) {
            server.kill().await?;
        }
        self.stop().await
    }

    /// Stops the outermost first, the database last.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let mut failures = Vec::new();
        // the router finishes what it has begun while the modules are still there; they don't need each other
        if let Some(outermost) = self.servers.pop() {
            failures.extend(outermost.stop().await.err());
        }
        let modules = self.servers.drain(..).map(Process::stop);
        failures.extend(
            futures::future::join_all(modules)
                .await
                .into_iter()
                .filter_map(Result::err),
        );
        if let Some(services) = self.services.take() {
            failures.extend(services.stop().await.err());
        }
        if let Some(cluster) = self.cluster.take() {
            failures.extend(cluster.stop().err().map(anyhow::Error::from));
        }
        match failures.into_iter().next() {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// From the first step to ready, without the build.
    pub(crate) fn ready_in(&self) -> Duration {
        self.ready_in
    }

    pub(crate) fn demo(&self) -> &Demo {
        &self.demo
    }

    /// Process ids of the product's own processes.
    pub(crate) fn pids(&self) -> Vec<i32> {
        self.servers.iter().map(Process::pid).collect()
    }
}

/// The user's server, or the private cluster.
fn database(
    state: &Path,
    shape: Shape,
    tell: &dyn Fn(&str),
) -> Result<(Option<RunningCluster>, String)> {
    if let Ok(url) = std::env::var("DATABASE_URL") {
        tell("using the database at DATABASE_URL");
        return Ok((None, url));
    }
    provision::postgres::ensure()?;
    let dir = state.join("postgres");
    let mut options = platform_cluster::Options::application();
    if shape == Shape::Services {
        // a pool per process
        options.max_connections = 300;
    }
    tell("starting PostgreSQL");
    let cluster = platform_cluster::ensure(&dir, &options)?;
    if cluster.created() {
        tell(&format!(
            "made a new PostgreSQL cluster in {}",
            cluster.home().display()
        ));
    }
    if !cluster.home().starts_with(&dir) {
        tell(&format!(
            "the database is in {}, because PostgreSQL's user can't enter {}",
            cluster.home().display(),
            dir.display()
        ));
    }
    let url = cluster.admin_url().to_owned();
    Ok((Some(cluster), url))
}

fn path_text(path: &Path) -> Result<String> {
    Ok(path
        .to_str()
        .with_context(|| format!("{} is not UTF-8", path.display()))?
        .to_owned())
}

/// The server's program and the environment that all its processes share.
struct Environment {
    binary: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl Environment {
    fn command(&self, arguments: &[&str], listen: SocketAddr, extra: &[(&str, String)]) -> Command {
        let mut command = self.bare(arguments);
        command
            .env("TESSERA_LISTEN", listen.to_string())
            .envs(extra.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Runs a subcommand to its end and gives its output.
    fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self
            .bare(arguments)
            .stdin(Stdio::null())
            .output()
            .context("starting tessera")?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("`tessera {}` failed: {}", arguments.join(" "), words.trim())
    }

    fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .envs(self.variables.iter().map(|(key, value)| (key, value)));
        command
    }
}
