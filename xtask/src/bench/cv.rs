//! What reading, analysing and finding CVs costs: runs the bench of the cv-analysis package and words its figures.

use super::print_json;
use crate::{console, workspace};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::process::Stdio;

/// CVs that search is measured over; the larger number by `--million` only, since filling it takes many minutes.
const SEARCH: u64 = 10_000;
const MANY: u64 = 1_000_000;

/// What the user chose.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Measure the optimised build
    #[arg(long)]
    release: bool,
    /// Measure search over 1,000,000 CVs of 1,000 tenants as well
    #[arg(long)]
    million: bool,
    /// Seconds that reading is measured for
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
}

/// Measures.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let profile = if arguments.release { "bench" } else { "dev" };
    let search = if arguments.million {
        format!("{SEARCH},{MANY}")
    } else {
        SEARCH.to_string()
    };
    let output = workspace::cargo()
        .current_dir(workspace::root()?)
        .args([
            "bench",
            "--package",
            "subgraph-cv-analysis",
            "--bench",
            "cv",
        ])
        .args(["--profile", profile, "--"])
        .args(["--search", &search])
        .args(["--seconds", &arguments.seconds.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "the bench failed");
    let printed = String::from_utf8(output.stdout)?;
    let object: Value = printed
        .lines()
        .rev()
        .find(|line| line.starts_with('{'))
        .context("the bench printed no figures")
        .and_then(|line| Ok(serde_json::from_str(line)?))?;
    let reading = &object["reading"];
    let pages = |how: &str| reading[how]["pages_per_second_of_processor"].as_f64();
    let one_by_one = |how: &str| reading[how]["pages_per_second_one_after_the_other"].as_f64();
    let (ours, theirs) = (pages("forked"), pages("pdftotext"));
    let p99 = |at: usize| object["search"][at]["p99_us"].as_f64();
    let growth = p99(0).zip(p99(1)).map(|(few, many)| rounded(many / few));
    if theirs.is_none() {
        console::error(
            "pdftotext is not installed: apt-get install poppler-utils gives the peer's figure",
        );
    }
    if arguments.json {
        print_json(&json!({
            "bench": "cv",
            "profile": profile,
            "figures": {
                "pages_per_second_per_core": ours.map(rounded),
                "pages_per_second_one_after_the_other": one_by_one("forked").map(rounded),
                "pages_per_second_per_core_process_per_file": pages("process_per_file").map(rounded),
                "pages_per_second_per_core_without_process": pages("without_process").map(rounded),
                "analyses_per_second_per_core": object["analyses_per_second_per_core"].as_f64().map(rounded),
                "worker_peak_rss_kib": reading["worker_peak_rss_kib"],
                "template_rss_kib": reading["template_rss_kib"],
                "template_own_memory_kib": reading["template_own_memory_kib"],
                "search": object["search"],
            },
            "peers": { "pdftotext": {
                "pages_per_second_per_core": theirs.map(rounded),
                "pages_per_second_one_after_the_other": one_by_one("pdftotext").map(rounded),
            } },
            "ratios": {
                "pages_per_second_per_core": ours.zip(theirs).map(|(ours, theirs)| rounded(ours / theirs)),
                "search_p99_growth": growth,
            },
        }));
        return Ok(());
    }
    console::plain(&format!("{profile} build"));
    let mebibytes = |name: &str| reading[name].as_f64().map(|kib| kib / 1024.0);
    let line = |what: &str, value: Option<f64>, unit: &str| {
        let value = value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"));
        console::plain(&format!("  {what:<44} {value:>10} {unit}"));
    };
    let unit = "per second of a core";
    line("pages read, a child of a template per file", ours, unit);
    line("the same by pdftotext, a process per file", theirs, unit);
    line(
        "pages read, a process per file",
        pages("process_per_file"),
        unit,
    );
    line(
        "pages read without a process",
        pages("without_process"),
        unit,
    );
    line(
        "whole analyses",
        object["analyses_per_second_per_core"].as_f64(),
        "per second and core",
    );
    line(
        "most memory of a worker",
        mebibytes("worker_peak_rss_kib"),
        "MiB",
    );
    line(
        "memory of the waiting template",
        mebibytes("template_rss_kib"),
        "MiB",
    );
    for search in object["search"].as_array().into_iter().flatten() {
        let what = format!(
            "search over {} CVs of {} tenants, p99",
            search["cvs"], search["tenants"]
        );
        line(&what, search["p99_us"].as_f64().map(|us| us / 1000.0), "ms");
    }
    Ok(())
}

/// Two digits are enough for people.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
