//! One file per subcommand.

mod compose;
mod diff;
mod events;
mod migrate;
mod module;
mod router;
mod schema;
mod seed;
mod serve;
mod variables;
pub(crate) mod worker;

use anyhow::{Context as _, Result};
use platform_host::config::Config;
use platform_host::{Process, Shutdown, Telemetry};

use crate::arguments::{Command, SchemaAction};
use crate::modules;

pub(crate) async fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve { modules } => serve::run(modules).await,
        Command::Router { supergraph, port } => router::run(supergraph, port).await,
        Command::Migrate => migrate::run().await,
        Command::SeedDemo => seed::run().await,
        Command::Schema { action: None, out } => schema::run(out.as_deref()),
        Command::Schema {
            action:
                Some(SchemaAction::Diff {
                    old,
                    new,
                    operations,
                    format,
                }),
            ..
        } => diff::run(&old, &new, operations.as_deref(), format),
        Command::Compose {
            subgraphs,
            out,
            format,
        } => compose::run(&subgraphs, out.as_deref(), format),
        Command::Module { id } => module::run(id.as_deref()),
        Command::Events { action } => events::run(action).await,
        Command::Variables => variables::run(),
        // handled before anything else was started
        Command::Worker { module, name } => {
            anyhow::bail!("the worker {name} of {module} was not started by itself")
        }
    }
}

/// A process for a command that does not serve: without telemetry of its own, it fails with a sentence.
fn process(config: Config) -> Result<Process> {
    Ok(Process::new(
        config,
        modules::all(),
        None,
        Shutdown::default(),
    )?)
}

fn config() -> Result<Config> {
    Config::load().context("configuration")
}

/// `1 error`, `2 errors`.
fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Telemetry and signals of a process that serves.
fn start(service: &'static str) -> Result<(Telemetry, Shutdown)> {
    let telemetry = Telemetry::start(service)?;
    let shutdown = Shutdown::default();
    shutdown.on_signals().context("signal handlers")?;
    Ok((telemetry, shutdown))
}
