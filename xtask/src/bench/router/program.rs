//! The routers that are measured, and how each is told what to share.

use super::load;
use crate::process::{Output, Process};
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a router does once for several requests at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing.
    Plain,
    /// The same request to the same subgraph.
    SharedFetches,
    /// The same query.
    SharedQueries,
}

impl Mode {
    pub(super) const ALL: &[Self] = &[Self::Plain, Self::SharedFetches, Self::SharedQueries];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::SharedFetches => "shared-fetches",
            Self::SharedQueries => "shared-queries",
        }
    }
}

/// A router.
#[derive(Debug)]
pub(super) enum Program {
    Tessera(PathBuf),
    Hive(PathBuf),
}

impl Program {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Tessera(_) => "tessera",
            Self::Hive(_) => "hive-router",
        }
    }

    /// Starts it and waits until it answers.
    pub(super) async fn start(
        &self,
        mode: Mode,
        supergraph: &Path,
        port: u16,
        folder: &Path,
    ) -> Result<Process> {
        let command = match self {
            Self::Tessera(program) => {
                let config = folder.join("tessera.toml");
                std::fs::write(&config, tessera_config(mode))?;
                let mut command = Command::new(program);
                command
                    .arg("router")
                    .arg("--supergraph")
                    .arg(supergraph)
                    .args(["--port", &port.to_string()])
                    .env("TESSERA_CONFIG", config);
                command
            }
            Self::Hive(program) => {
                let config = folder.join("hive-router.yaml");
                std::fs::write(&config, hive_config(mode, supergraph))?;
                let mut command = Command::new(program);
                command
                    .env("HOST", "127.0.0.1")
                    .env("PORT", port.to_string())
                    .env("ROUTER_CONFIG_FILE_PATH", config);
                command
            }
        };
        let log = folder.join(format!("{}.log", self.name()));
        let process = Process::start(self.name(), command, Output::File(&log))?;
        load::listening(port, &process)
            .await
            .with_context(|| format!("see {}", log.display()))?;
        Ok(process)
    }
}

/// The configuration under which no request has anything in common with another one.
pub(in crate::bench) fn sharing_nothing() -> String {
    tessera_config(Mode::Plain)
}

/// Rates are for strangers: the client of a measurement is one address that sends what it can.
fn tessera_config(mode: Mode) -> String {
    format!(
        "[engine]\nshare_fetches = {}\nshare_queries = {}\n\
         [edge.rate]\ntenant_per_minute = {most}\ncaller_per_minute = {most}\naddress_per_minute = {most}\n",
        mode != Mode::Plain,
        mode == Mode::SharedQueries,
        most = u32::MAX,
    )
}

fn hive_config(mode: Mode, supergraph: &Path) -> String {
    format!(
        "supergraph:\n  source: file\n  path: {}\nlog:\n  level: error\n\
         traffic_shaping:\n  all:\n    dedupe_enabled: {}\n  router:\n    dedupe:\n      enabled: {}\n",
        supergraph.display(),
        mode != Mode::Plain,
        mode == Mode::SharedQueries,
    )
}
