//! `cargo xtask bench NAME`: measurements that anybody can repeat, one file each.
//!
//! With `--json` a bench prints one object: `figures` are ours, `peers` those of other programs in the same run,
//! `ratios` ours against theirs (or against the aim, where there is no peer).

mod compose;
mod cv;
mod edge;
mod engine;
mod picture;
mod router;
mod startup;

use crate::console;
use anyhow::Result;
use serde_json::Value;
use std::time::Duration;

/// The benches.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bench {
    /// From a built program and an existing cluster to ready, idle memory, time of the journey
    Startup(startup::Arguments),
    /// The edge: ten thousand subscribers, slow clients, overload, schema swaps under load
    Edge(edge::Arguments),
    /// Composition of 5, 20 and 60 subgraphs beside the two public composers
    Compose(compose::Arguments),
    /// Pages of CVs read beside pdftotext, analyses, memory of a worker, search
    Cv(cv::Arguments),
    /// What one request costs the router, beside hive-router when it is installed
    Router(router::Arguments),
    /// What the engine costs in one process and over HTTP, and how its cost grows
    Engine(engine::Arguments),
}

/// Runs one bench.
pub(crate) async fn run(bench: Bench) -> Result<()> {
    match bench {
        Bench::Startup(arguments) => startup::run(arguments).await,
        Bench::Edge(arguments) => edge::run(arguments).await,
        Bench::Compose(arguments) => compose::run(&arguments),
        Bench::Cv(arguments) => cv::run(&arguments),
        Bench::Router(arguments) => router::run(arguments).await,
        Bench::Engine(arguments) => engine::run(arguments).await,
    }
}

/// Prints a bench's object.
fn print_json(object: &Value) {
    console::plain(&object.to_string());
}

/// The middle value; of an even number the lower of the two.
fn median<T: Ord + Copy>(values: &[T]) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_a_measured_value() {
        assert_eq!(median(&[3, 1, 2]), Some(2));
        assert_eq!(median(&[4, 1, 2, 3]), Some(2));
        assert_eq!(median::<u64>(&[]), None);
    }
}
