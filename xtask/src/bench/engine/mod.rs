//! What the engine costs by the way to its subgraphs, as functions in its own process or over HTTP, and how its cost
//! grows with subgraphs, entities and fields.

mod product;

use super::picture::{Picture, Series};
use super::print_json;
use super::router::Load;
use crate::process::{Output, Process};
use crate::{console, up, workspace};
use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// In one process a request shall cost at most this share of what it costs over HTTP.
const AIM_SHARE: f64 = 0.33;

/// Where `docs/benchmarks.md` shows the picture from.
const PICTURE: &str = "docs/benchmarks/engine.svg";

/// What the user chose.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Only these parts
    #[arg(long, value_delimiter = ',', default_value = "gateway,growth,product")]
    only: Vec<Part>,
    /// How long each query of the product is asked, in seconds
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    seconds: u16,
    /// Connections of the product's client
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// Measure this built program instead of building one
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Use the examples of this folder instead of building them
    #[arg(long)]
    examples: Option<PathBuf>,
    /// Draw how the cost grows into this SVG file
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = PICTURE)]
    picture: Option<PathBuf>,
}

/// A part of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The benchmark of the router: canned subgraphs as functions and over HTTP
    Gateway,
    /// The engine's cost by the number of subgraphs, entities and fields
    Growth,
    /// Our own modules, in one process and in one process each
    Product,
}

/// One way to the canned subgraphs.
#[derive(Debug, Deserialize)]
struct Way {
    way: String,
    us: f64,
}

/// One point of a line of growth.
#[derive(Debug, Deserialize)]
struct Point {
    of: String,
    by: String,
    size: u32,
    us: f64,
}

/// Measures the chosen parts.
pub(crate) async fn run(arguments: Arguments) -> Result<()> {
    let has = |part| arguments.only.contains(&part);
    let (mut figures, mut ratios) = (json!({}), json!({}));
    if has(Part::Gateway) {
        let ways = gateway(arguments.examples.as_deref()).await?;
        let us = |name: &str| {
            let way = ways.iter().find(|way| way.way == name);
            way.map(|way| way.us)
                .with_context(|| format!("{name} was not measured"))
        };
        ratios["gateway"] = ratio(us("in-process")?, us("http")?);
        figures["gateway_cpu_us"] = json!({ "in_process": us("in-process")?, "http": us("http")? });
    }
    if has(Part::Growth) {
        let points = growth(arguments.examples.as_deref())?;
        if let Some(path) = &arguments.picture {
            std::fs::write(workspace::root()?.join(path), picture(&points).svg())
                .with_context(|| format!("writing {}", path.display()))?;
        }
        for line in lines(&points) {
            let key = format!("{}_by_{}", line.of, line.by);
            figures["growth_cpu_us"][&key] = json!(line.points);
            ratios["growth"][&key] = json!({ "exponent": rounded(line.exponent), "aim": 1.0 });
        }
    }
    if has(Part::Product) {
        for query in product::measure(&arguments).await? {
            ratios["product"][query.name] = ratio(query.one_process_us, query.services_us());
            figures["product_cpu_us"][query.name] = json!({
                "one_process": query.one_process_us,
                "router": query.router_us,
                "subgraphs": query.subgraphs_us,
            });
        }
    }
    let object = json!({ "bench": "engine", "figures": figures, "peers": {}, "ratios": ratios });
    if arguments.json {
        print_json(&object);
    } else {
        for (name, part) in figures.as_object().into_iter().flatten() {
            console::plain(&format!("{name}: {part:#}"));
        }
        console::plain(&format!("ratios: {ratios:#}"));
    }
    Ok(())
}

/// What one way costs beside the other one.
fn ratio(in_process: f64, http: f64) -> Value {
    json!({ "share_of_http": rounded(in_process / http), "aim": AIM_SHARE })
}

/// Two digits are enough for people.
fn rounded(ratio: f64) -> f64 {
    (ratio * 100.0).round() / 100.0
}

/// The folder with the engine's optimised examples.
fn examples(given: Option<&Path>) -> Result<PathBuf> {
    if let Some(folder) = given {
        return Ok(std::path::absolute(folder)?);
    }
    let status = workspace::cargo()
        .args(["build", "--release", "--quiet"])
        .args(["-p", "router-engine", "--examples"])
        .current_dir(workspace::root()?)
        .status()?;
    ensure!(status.success(), "the build failed, see above");
    Ok(workspace::target_dir()?.join("release/examples"))
}

/// The lines of JSON that a program prints.
fn printed<T: serde::de::DeserializeOwned>(command: &mut Command) -> Result<Vec<T>> {
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "the measuring program failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("unreadable: {line}")))
        .collect()
}

async fn gateway(given: Option<&Path>) -> Result<Vec<Way>> {
    let programs = examples(given)?;
    let folder = workspace::target_dir()?.join("tmp/bench-engine");
    std::fs::create_dir_all(&folder)?;
    let data = workspace::root()?.join("router/engine/benches/gateway");
    let query = folder.join("deep.graphql");
    let body = Load::Deep.first();
    let text = body["query"].as_str().context("a load without a query")?;
    std::fs::write(&query, text)?;
    let [port] = up::free_ports()?;
    let mut command = Command::new(programs.join("canned"));
    command.arg(&data).arg(port.to_string());
    let log = folder.join("canned.log");
    let subgraphs = Process::start("canned", command, Output::File(&log))?;
    super::router::listening(port, &subgraphs).await?;
    let mut command = Command::new(programs.join("gateway"));
    command.arg(&data).arg(&query).arg(port.to_string());
    let ways = tokio::task::spawn_blocking(move || printed(&mut command)).await?;
    subgraphs.stop().await?;
    ways
}

fn growth(given: Option<&Path>) -> Result<Vec<Point>> {
    printed(&mut Command::new(examples(given)?.join("growth")))
}

/// Points of one kind, and how steep they are.
struct Line<'a> {
    of: &'a str,
    by: &'a str,
    points: Vec<(u32, f64)>,
    /// The power of the size by which the cost grows from the smallest to the largest: 1 is in proportion.
    exponent: f64,
}

fn lines(points: &[Point]) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for point in points {
        let known = lines
            .iter_mut()
            .find(|line| line.of == point.of && line.by == point.by);
        match known {
            Some(line) => line.points.push((point.size, point.us)),
            None => lines.push(Line {
                of: &point.of,
                by: &point.by,
                points: vec![(point.size, point.us)],
                exponent: 0.0,
            }),
        }
    }
    for line in &mut lines {
        if let [(size, us), .., (last_size, last_us)] = line.points.as_slice() {
            line.exponent = (last_us / us).ln() / f64::from(last_size / size).ln();
        }
    }
    lines
}

fn picture(points: &[Point]) -> Picture {
    Picture {
        title: "What the engine costs, by size".to_owned(),
        x: "subgraphs, entities or fields".to_owned(),
        y: "microseconds of CPU".to_owned(),
        series: lines(points)
            .into_iter()
            .map(|line| {
                let points = line.points.iter().map(|(size, us)| (f64::from(*size), *us));
                Series::new(format!("{} by {}", line.of, line.by), points)
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_in_proportion_has_the_exponent_one() {
        let point = |of: &str, size: u32, us: f64| Point {
            of: of.to_owned(),
            by: "fields".to_owned(),
            size,
            us,
        };
        let points = [
            point("execution", 10, 2.0),
            point("planning", 10, 1.0),
            point("execution", 50, 9.0),
            point("execution", 1000, 200.0),
            point("planning", 1000, 10_000.0),
        ];
        let lines = lines(&points);
        let exponents: Vec<f64> = lines.iter().map(|line| rounded(line.exponent)).collect();
        assert_eq!(exponents, [1.0, 2.0]);
        assert_eq!(lines[0].points.len(), 3);
        assert!(picture(&points).svg().contains("execution by fields"));
    }

    #[test]
    fn a_third_of_the_other_way_is_told_as_such() {
        assert_eq!(ratio(1.0, 3.0)["share_of_http"], 0.33);
    }
}
