//! What the edge holds: ten thousand subscribers, slow clients, overload, changes of the schema under load.
//!
//! One `tessera router` over one subgraph that lives in this process, so that the memory measured is the edge's alone and
//! the time between an event and its arrival is told by one clock.

mod client;
mod loris;
mod overload;
mod router;
mod slow;
mod subgraph;
mod subscribers;
mod swaps;

use super::print_json;
use crate::{console, up};
use anyhow::{Context as _, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Descriptors that the largest scenario needs, in this process and in the router's.
const DESCRIPTORS: u64 = 65_536;

/// What the user chose.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Measure the optimised build
    #[arg(long)]
    release: bool,
    /// Measure this built program instead of building one
    #[arg(long, conflicts_with = "release")]
    binary: Option<PathBuf>,
    /// Only these: subscribers, slow, loris, overload, swaps
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Subscribers at once
    #[arg(long, default_value_t = 10_000)]
    subscribers: usize,
    /// Connections that send a byte now and then
    #[arg(long, default_value_t = 2_000)]
    loris: usize,
    /// Seconds of overload
    #[arg(long, default_value_t = 60)]
    overload_s: u64,
    /// Changes of the schema
    #[arg(long, default_value_t = 50)]
    swaps: usize,
}

/// A figure beside its aim, both in the same unit.
struct Line {
    what: &'static str,
    value: f64,
    aim: f64,
    /// Whether more is better.
    at_least: bool,
    unit: &'static str,
}

impl Line {
    fn at_most(what: &'static str, value: f64, aim: f64, unit: &'static str) -> Self {
        let at_least = false;
        Self {
            what,
            value,
            aim,
            at_least,
            unit,
        }
    }

    fn at_least(what: &'static str, value: f64, aim: f64, unit: &'static str) -> Self {
        let at_least = true;
        Self {
            what,
            value,
            aim,
            at_least,
            unit,
        }
    }

    fn holds(&self) -> bool {
        if self.at_least {
            self.value >= self.aim
        } else {
            self.value <= self.aim
        }
    }
}

/// Measures what was asked for, each in a process of its own.
pub(crate) async fn run(arguments: Arguments) -> Result<()> {
    raise_descriptors()?;
    let profile = match (&arguments.binary, arguments.release) {
        (Some(_), _) => "given",
        (None, true) => "release",
        (None, false) => "dev",
    };
    let binary = match &arguments.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => up::server_binary(arguments.release)?,
    };
    let wanted =
        |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|one| one == name);
    let mut lines = Vec::new();
    if wanted("subscribers") {
        lines.extend(subscribers::measure(&binary, arguments.subscribers).await?);
    }
    if wanted("slow") {
        lines.extend(slow::measure(&binary).await?);
    }
    if wanted("loris") {
        lines.extend(loris::measure(&binary, arguments.loris).await?);
    }
    if wanted("overload") {
        lines.extend(overload::measure(&binary, arguments.overload_s).await?);
    }
    if wanted("swaps") {
        lines.extend(swaps::measure(&binary, arguments.swaps).await?);
    }
    if arguments.json {
        let object = |value: fn(&Line) -> f64| -> Map<String, Value> {
            let pairs = lines
                .iter()
                .map(|line| (line.what.to_owned(), json!(value(line))));
            pairs.collect()
        };
        print_json(&json!({
            "bench": "edge",
            "profile": profile,
            "figures": object(|line| line.value),
            "peers": {},
            "aims": object(|line| line.aim),
            "ratios": object(|line| if line.aim == 0.0 { line.value } else { line.value / line.aim }),
        }));
        return Ok(());
    }
    console::plain(&format!("{profile} build"));
    for line in &lines {
        let verdict = if line.holds() { "holds" } else { "misses" };
        let word = if line.at_least { "at least" } else { "at most" };
        console::plain(&format!(
            "  {:<32} {:>10.2} {:<6} {verdict} the aim of {word} {}",
            line.what, line.value, line.unit, line.aim
        ));
    }
    Ok(())
}

/// Lets this process and its children open as many files as the scenarios need.
fn raise_descriptors() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < DESCRIPTORS) {
        let most = limit
            .maximum
            .map_or(DESCRIPTORS, |most| most.min(DESCRIPTORS));
        let raised = Rlimit {
            current: Some(most),
            maximum: limit.maximum,
        };
        setrlimit(Resource::Nofile, raised).context("raising the limit of open files")?;
    }
    Ok(())
}

/// The value below which ninety-nine of a hundred are.
fn p99(values: &mut [u64]) -> u64 {
    values.sort_unstable();
    let at = (values.len() * 99).div_ceil(100).saturating_sub(1);
    values.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::p99;

    #[test]
    fn the_percentile_is_a_measured_value() {
        let mut hundred: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(p99(&mut hundred), 99);
        assert_eq!(p99(&mut [7]), 7);
        assert_eq!(p99(&mut []), 0);
    }
}
