//! How fast subgraphs compose, beside the two public composers in the same run.

use super::picture::{Picture, Series};
use super::print_json;
use crate::{console, workspace};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The aims: nobody notices a composition, and it leaves the others far behind.
const AIM_US: u64 = 100_000;
const AIM_TIMES_FASTER: f64 = 20.0;
const SIZES: [usize; 3] = [5, 20, 60];
/// Where `docs/benchmarks.md` shows the picture from.
const PICTURE: &str = "docs/benchmarks/compose.svg";
/// A slow oracle composes once, and again only within so many seconds.
const ORACLE_SECONDS: &str = "20";

/// What the user chose.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Leave out the oracles, which need node and npm
    #[arg(long)]
    alone: bool,
    /// Draw how time grows with the number of subgraphs into this SVG file
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = PICTURE)]
    picture: Option<PathBuf>,
}

/// Measures each size; the program that composes is built optimised.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let root = workspace::root()?;
    let status = Command::new("cargo")
        .args([
            "build",
            "--quiet",
            "--release",
            "-p",
            "router-composition",
            "--example",
            "measure",
        ])
        .current_dir(&root)
        .status()?;
    ensure!(status.success(), "the example that measures does not build");
    let program = workspace::target_dir()?.join("release/examples/measure");
    let mut figures = Vec::new();
    let mut peers = Vec::new();
    let mut fastest_peer_us = None;
    for size in SIZES {
        figures.push(serde_json::from_str::<Value>(&output(
            &program,
            &[&size.to_string()],
        )?)?);
        if !arguments.alone {
            let input = output(&program, &[&size.to_string(), "--emit"])?;
            let answer = ask_oracles(&root, &input)?;
            let micros =
                |oracle: &str| (answer[oracle]["ms"].as_f64().unwrap_or(f64::NAN) * 1000.0).round();
            let (apollo, guild) = (micros("apollo"), micros("guild"));
            fastest_peer_us = Some(apollo.min(guild));
            peers.push(json!({
                "subgraphs": size,
                "apollo_composition_us": apollo,
                "apollo_composition_errors": answer["apollo"]["codes"],
                "theguild_federation_composition_us": guild,
                "theguild_federation_composition_errors": answer["guild"]["codes"],
            }));
        }
    }
    let largest = figures.last().context("no size was measured")?;
    let ours_us = largest["compose_us"]
        .as_u64()
        .context("no time was measured")?;
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    let ratio = |theirs: f64| theirs / ours_us as f64;
    if let Some(file) = &arguments.picture {
        std::fs::write(root.join(file), picture(&figures, &peers).svg())
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let object = json!({
        "bench": "compose",
        "figures": figures,
        "peers": peers,
        "ratios": {
            "times_faster_than_the_faster_oracle": fastest_peer_us.map(ratio),
            "aim_times_faster": AIM_TIMES_FASTER,
            "share_of_aimed_time": ours_us as f64 / AIM_US as f64,
        },
    });
    if arguments.json {
        print_json(&object);
    } else {
        console::plain(&serde_json::to_string_pretty(&object)?);
    }
    Ok(())
}

/// Time by number of subgraphs, ours and theirs where they were asked.
fn picture(figures: &[Value], peers: &[Value]) -> Picture {
    let line = |name: &str, rows: &[Value], figure: &str| {
        let point =
            |row: &Value| Some((row["subgraphs"].as_f64()?, row[figure].as_f64()? / 1000.0));
        Series::new(name, rows.iter().filter_map(point))
    };
    let mut series = vec![
        line("composed from nothing", figures, "compose_us"),
        line("one exchanged", figures, "incremental_us"),
    ];
    if !peers.is_empty() {
        series.push(line(
            "@theguild/federation-composition",
            peers,
            "theguild_federation_composition_us",
        ));
        series.push(line("@apollo/composition", peers, "apollo_composition_us"));
    }
    Picture {
        title: "Composition by number of subgraphs".to_owned(),
        x: "subgraphs of about 11 kB".to_owned(),
        y: "milliseconds".to_owned(),
        series,
    }
}

fn output(program: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// Installs the oracles into the target folder once and lets them compose up to three times each.
fn ask_oracles(root: &Path, input: &str) -> Result<Value> {
    let source = root.join("router/composition/tests/oracle");
    let folder = workspace::target_dir()?.join("tmp/composition-oracle");
    std::fs::create_dir_all(&folder)?;
    for file in ["package.json", "oracle.mjs"] {
        std::fs::copy(source.join(file), folder.join(file))?;
    }
    if !folder
        .join("node_modules/@apollo/composition/package.json")
        .exists()
    {
        let status = Command::new("npm")
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--no-package-lock",
                "--ignore-scripts",
            ])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .status()
            .context("npm is needed to install the oracles; `--alone` measures without them")?;
        ensure!(
            status.success(),
            "npm could not install the oracles; `--alone` measures without them"
        );
    }
    let file = folder.join("bench.json");
    std::fs::write(&file, input)?;
    let output = Command::new("node")
        .args(["oracle.mjs", "3", ORACLE_SECONDS])
        .current_dir(&folder)
        .stdin(std::fs::File::open(&file)?)
        .output()
        .context("node is needed to ask the oracles; `--alone` measures without them")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}
