//! The router that is measured: a child process with a configuration of its own.

use super::subgraph::Subgraph;
use crate::process::{Output, Process};
use crate::{up, workspace};
use anyhow::{Context as _, Result, bail};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a start may take.
const READY: Duration = Duration::from_secs(20);

/// A router that serves one supergraph.
pub(super) struct Router {
    process: Process,
    pub(super) address: SocketAddr,
    supergraph: PathBuf,
    _dir: TempDir,
}

impl Router {
    /// Starts one; `settings` are lines of TOML for the section of the edge.
    pub(super) async fn start(binary: &Path, subgraph: &Subgraph, settings: &str) -> Result<Self> {
        let dir = tempfile::tempdir_in(workspace::target_dir()?)?;
        let supergraph = dir.path().join("supergraph.graphql");
        std::fs::write(&supergraph, subgraph.supergraph(0))?;
        let config = dir.path().join("tessera.toml");
        // Quotas are not what is measured: all clients of a bench have one address.
        let unlimited =
            "[edge.rate]\naddress_per_minute = 0\n[edge.streams]\nper_address = 100000\n";
        std::fs::write(&config, format!("[edge]\n{settings}\n{unlimited}"))?;
        let [port] = up::free_ports()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut command = std::process::Command::new(binary);
        command
            .args(["router", "--supergraph"])
            .arg(&supergraph)
            .env("TESSERA_CONFIG", &config)
            .env("TESSERA_LISTEN", address.to_string())
            .env("RUST_LOG", "warn");
        let log = dir.path().join("router.log");
        let process = Process::start("router", command, Output::File(&log))?;
        let router = Self {
            process,
            address,
            supergraph,
            _dir: dir,
        };
        let client = reqwest::Client::new();
        let until = Instant::now() + READY;
        while Instant::now() < until {
            let asked = client.get(format!("http://{address}/ready")).send().await;
            if asked.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(router);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        bail!("the router did not get ready: {said}");
    }

    /// Where operations go.
    pub(super) fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    /// Puts another supergraph in the place of the one that is served; whole, as a deployment would.
    pub(super) fn swap(&self, sdl: &str) -> Result<()> {
        let next = self.supergraph.with_extension("next");
        std::fs::write(&next, sdl)?;
        std::fs::rename(next, &self.supergraph)?;
        Ok(())
    }

    /// Resident memory, in KiB.
    pub(super) fn resident_kib(&self) -> Result<u64> {
        let pid = self.process.pid();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
            .context("this system tells no memory use")?;
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .context("no VmRSS in the process's status")
    }

    /// Ends it.
    pub(super) async fn stop(self) -> Result<()> {
        self.process.stop().await?;
        Ok(())
    }
}
