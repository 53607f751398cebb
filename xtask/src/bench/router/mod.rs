//! What one request costs the router: requests per second, latency, CPU and memory, beside `hive-router` when it is on
//! the PATH, on one machine with canned subgraphs and with `wrk` as the client.

mod load;
mod operations;
mod program;

use super::print_json;
use crate::process::{Output, Process};
use crate::{console, provision, up, workspace};
use anyhow::{Context as _, Result, ensure};
use load::Figures;
pub(super) use load::{cpu_us, listening, wrk_run};
pub(super) use operations::{Load, Script};
pub(super) use program::sharing_nothing;
use program::{Mode, Program};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// CPU of hive-router 0.3.10 per request on an idle machine of two cores, in microseconds. Half of it is the aim.
const PEER_CPU_US: [(Mode, u64); 3] = [
    (Mode::Plain, 550),
    (Mode::SharedFetches, 270),
    (Mode::SharedQueries, 45),
];

/// What the user chose.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// How long each load lasts, in seconds
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    seconds: u16,
    /// How often each program is measured, in alternation; each figure is the median
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// Connections of the client
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// Measure this built program instead of building one
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Leave out hive-router, even if it is there
    #[arg(long)]
    alone: bool,
}

/// Every measured value of one program under one load in one mode.
type Table = BTreeMap<(&'static str, &'static str, &'static str), Vec<Figures>>;

/// Measures every mode, and in the plain one other loads too.
pub(crate) async fn run(arguments: Arguments) -> Result<()> {
    let wrk = provision::find_program("wrk")
        .context("wrk is missing: on Debian `apt-get install wrk` installs it")?;
    let root = workspace::root()?;
    let (tessera, canned) = build(&root, arguments.binary.as_deref())?;
    let mut programs = vec![Program::Tessera(tessera)];
    if !arguments.alone
        // `cargo install hive-router` calls it by the second name
        && let Some(hive) = ["hive-router", "hive_router"]
            .into_iter()
            .find_map(provision::find_program)
    {
        programs.push(Program::Hive(hive));
    }

    let folder = workspace::target_dir()?.join("tmp/bench-router");
    std::fs::create_dir_all(&folder)?;
    let data = root.join("router/engine/benches/gateway");
    let [canned_port, port] = up::free_ports()?;
    let supergraph = folder.join("supergraph.graphql");
    let sdl = std::fs::read_to_string(data.join("supergraph.graphql"))?;
    std::fs::write(&supergraph, addressed(&sdl, canned_port)?)?;
    let mut command = Command::new(canned);
    command.arg(&data).arg(canned_port.to_string());
    let subgraphs = Process::start("canned", command, Output::File(&folder.join("canned.log")))?;
    load::listening(canned_port, &subgraphs).await?;

    let mut table = Table::new();
    for round in 0..arguments.rounds {
        for mode in Mode::ALL {
            for program in &programs {
                let loads: &[Load] = match mode {
                    Mode::Plain => &[Load::Deep, Load::Variables, Load::Operations],
                    Mode::SharedFetches | Mode::SharedQueries => &[Load::Deep],
                };
                for load in loads {
                    if !arguments.json {
                        console::step(&format!(
                            "round {}: {}, {}, {}",
                            round + 1,
                            program.name(),
                            mode.name(),
                            load.name()
                        ));
                    }
                    let started = program.start(*mode, &supergraph, port, &folder).await?;
                    let script = load.script(&folder)?;
                    let figures = load::measure(&wrk, &script, &started, port, &arguments).await;
                    started.stop().await?;
                    table
                        .entry((program.name(), mode.name(), load.name()))
                        .or_default()
                        .push(figures?);
                }
            }
        }
    }
    subgraphs.stop().await?;
    report(&arguments, &table)
}

/// The optimised program and the subgraphs; cargo's own progress shows on stderr.
fn build(root: &Path, binary: Option<&Path>) -> Result<(PathBuf, PathBuf)> {
    let cargo = |arguments: &[&str]| -> Result<()> {
        let status = workspace::cargo()
            .args(["build", "--release", "--quiet"])
            .args(arguments)
            .current_dir(root)
            .status()?;
        ensure!(status.success(), "the build failed, see above");
        Ok(())
    };
    cargo(&["-p", "router-engine", "--example", "canned"])?;
    let release = workspace::target_dir()?.join("release");
    let tessera = match binary {
        Some(binary) => std::path::absolute(binary)?,
        None => {
            cargo(&["--bin", "tessera"])?;
            release.join("tessera")
        }
    };
    Ok((tessera, release.join("examples/canned")))
}

/// The supergraph with its subgraphs at the canned ones' addresses.
fn addressed(sdl: &str, port: u16) -> Result<String> {
    let mut addressed = sdl.to_owned();
    for name in ["accounts", "inventory", "products", "reviews"] {
        let from = format!("http://{name}.invalid/graphql");
        ensure!(sdl.contains(&from), "the supergraph has no subgraph {name}");
        addressed = addressed.replace(&from, &format!("http://127.0.0.1:{port}/{name}"));
    }
    Ok(addressed)
}

fn report(arguments: &Arguments, table: &Table) -> Result<()> {
    let (mut figures, mut peers) = (Map::new(), Map::new());
    for ((program, mode, load), measured) in table {
        let object = if *program == "tessera" {
            &mut figures
        } else {
            let peer = peers.entry(*program).or_insert_with(|| json!({}));
            peer.as_object_mut().context("a peer is an object")?
        };
        object.insert(format!("{mode}/{load}"), Figures::middle(measured)?.json());
    }
    let mut ratios = Map::new();
    for (mode, reference_us) in PEER_CPU_US {
        let key = format!("{}/{}", mode.name(), Load::Deep.name());
        let cpu = |object: &Map<String, Value>| object.get(&key)?["cpu_us_per_request"].as_f64();
        let Some(ours) = cpu(&figures) else { continue };
        let measured = peers
            .get("hive-router")
            .and_then(Value::as_object)
            .and_then(cpu);
        ratios.insert(
            key,
            json!({
                "cpu_share_of_hive_router_here": measured.map(|theirs| rounded(ours / theirs)),
                "cpu_share_of_hive_router_on_an_idle_machine": rounded(ours / reference_us as f64),
                "aim": 0.5,
            }),
        );
    }
    let object = json!({
        "bench": "router",
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "connections": arguments.connections,
        "figures": figures,
        "peers": peers,
        "ratios": ratios,
    });
    if arguments.json {
        print_json(&object);
        return Ok(());
    }
    for ((program, mode, load), measured) in table {
        let middle = Figures::middle(measured)?;
        console::plain(&format!("{program:<12} {mode:<15} {load:<11} {middle}"));
    }
    for (key, ratio) in &ratios {
        console::plain(&format!("{key}: {ratio}"));
    }
    Ok(())
}

/// Two digits are enough for people.
fn rounded(ratio: f64) -> f64 {
    (ratio * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn every_subgraph_gets_its_canned_address() {
        let root = workspace::root().unwrap();
        let sdl =
            std::fs::read_to_string(root.join("router/engine/benches/gateway/supergraph.graphql"))
                .unwrap();
        let addressed = addressed(&sdl, 4711).unwrap();
        assert_eq!(addressed.matches("http://127.0.0.1:4711/").count(), 4);
        assert!(!addressed.contains(".invalid"));
        assert!(super::addressed("type Query { a: Int }", 1).is_err());
    }
}
