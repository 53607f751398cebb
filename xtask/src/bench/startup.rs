//! How long a start takes, what the idle process costs, how long the journey takes.

use super::{median, milliseconds, print_json};
use crate::up::{self, Options, Product, Shape};
use crate::{console, demo, workspace};
use anyhow::{Context as _, Result};
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The aims: a start that nobody waits for, a process that fits the smallest machine.
const AIM_READY_MS: u64 = 2_000;
const AIM_IDLE_KIB: u64 = 64 * 1024;
const AIM_JOURNEY_MS: u64 = 3_000;
/// After this long nothing of the start is still going on.
const SETTLE: Duration = Duration::from_secs(3);

/// What the user chose.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// How many starts; each figure is the median
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    runs: u8,
    /// Measure the optimised build
    #[arg(long)]
    release: bool,
    /// Measure this built program instead of building one
    #[arg(long, conflicts_with = "release")]
    binary: Option<PathBuf>,
}

/// Measures; the cluster is made in a start that doesn't count.
pub(crate) async fn run(arguments: Arguments) -> Result<()> {
    let profile = match (&arguments.binary, arguments.release) {
        (Some(_), _) => "given",
        (None, true) => "release",
        (None, false) => "dev",
    };
    let binary = match arguments.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => up::server_binary(arguments.release)?,
    };
    let state_dir = workspace::state_dir()?.join("bench-startup");
    let [port] = up::free_ports()?;
    let start = || {
        Product::start(Options {
            shape: Shape::Embedded,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            state_dir: state_dir.clone(),
            binary: binary.clone(),
            quiet: true,
            config: None,
        })
    };
    start().await?.stop().await?;

    let (mut ready, mut idle, mut journey) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..arguments.runs {
        let product = start().await?;
        tokio::time::sleep(SETTLE).await;
        let memory = product
            .pids()
            .first()
            .copied()
            .context("no process")
            .and_then(resident_kib);
        let played = demo::play(product.url(), demo::demo_material(), true).await;
        ready.push(milliseconds(product.ready_in()));
        product.stop().await?;
        idle.push(memory?);
        journey.push(milliseconds(played?.took));
    }
    let (ready, idle, journey) = median(&ready)
        .zip(median(&idle))
        .zip(median(&journey))
        .map(|((ready, idle), journey)| (ready, idle, journey))
        .context("no run")?;
    if arguments.json {
        print_json(&json!({
            "bench": "startup",
            "profile": profile,
            "runs": arguments.runs,
            "figures": { "ready_ms": ready, "idle_rss_kib": idle, "journey_ms": journey },
            "peers": {},
            "aims": { "ready_ms": AIM_READY_MS, "idle_rss_kib": AIM_IDLE_KIB, "journey_ms": AIM_JOURNEY_MS },
            "ratios": {
                "ready_ms": per_cent(ready, AIM_READY_MS),
                "idle_rss_kib": per_cent(idle, AIM_IDLE_KIB),
                "journey_ms": per_cent(journey, AIM_JOURNEY_MS),
            },
        }));
        return Ok(());
    }
    console::plain(&format!(
        "median of {} runs, {profile} build",
        arguments.runs
    ));
    for (what, value, aim, unit) in [
        ("to ready", ready, AIM_READY_MS, "ms"),
        ("idle memory (RSS)", idle, AIM_IDLE_KIB, "KiB"),
        ("the journey", journey, AIM_JOURNEY_MS, "ms"),
    ] {
        let verdict = if value <= aim { "within" } else { "above" };
        console::plain(&format!(
            "  {what:<18} {value:>7} {unit:<3}  {verdict} the aim of {aim} {unit}"
        ));
    }
    Ok(())
}

/// Ours in hundredths of the aim, as a fraction: 0.5 is half of what is allowed.
fn per_cent(value: u64, aim: u64) -> f64 {
    // for people to read: two digits are enough, and the inputs are far below 2^52
    (value * 100 / aim) as f64 / 100.0
}

/// Resident memory of a process.
fn resident_kib(pid: i32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
        .context("this system tells no memory use")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .context("no VmRSS in the process's status")?;
    line.split_whitespace()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .context("VmRSS is no number")
}
