//! Queries of our own product, in one process and in one process per module behind the router.

use super::Arguments;
use crate::bench::router::{Script, cpu_us, sharing_nothing, wrk_run};
use crate::demo::{self, Played};
use crate::up::{self, Options, Product, Shape};
use crate::{console, provision, workspace};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

/// Load before anything is counted, in seconds.
const WARM_UP_S: u16 = 1;

/// What one query costs, in microseconds of CPU per request; PostgreSQL, Redis, RabbitMQ and the client left out.
#[derive(Debug)]
pub(super) struct Cost {
    pub(super) name: &'static str,
    pub(super) one_process_us: f64,
    pub(super) router_us: f64,
    /// All modules together.
    pub(super) subgraphs_us: f64,
}

impl Cost {
    pub(super) fn services_us(&self) -> f64 {
        self.router_us + self.subgraphs_us
    }
}

/// Queries over one, two and four subgraphs, with the body of each.
fn queries(played: &Played) -> [(&'static str, Value); 3] {
    [
        (
            "viewer",
            json!({ "query": "query Viewer { me { displayName email } }" }),
        ),
        (
            "analysis",
            json!({
                "query": demo::READ_ANALYSIS,
                "variables": { "analysis": played.analysis },
            }),
        ),
        (
            "everything",
            json!({
                "query": demo::EVERYTHING,
                "variables": { "interview": played.interview },
            }),
        ),
    ]
}

/// Asks every query in both shapes.
pub(super) async fn measure(arguments: &Arguments) -> Result<Vec<Cost>> {
    let wrk = provision::find_program("wrk")
        .context("wrk is missing: on Debian `apt-get install wrk` installs it")?;
    let binary = match &arguments.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => up::server_binary(true)?,
    };
    let folder = workspace::target_dir()?.join("tmp/bench-engine");
    std::fs::create_dir_all(&folder)?;
    let config = folder.join("tessera.toml");
    std::fs::write(&config, sharing_nothing())?;
    let mut costs: Vec<Cost> = Vec::new();
    for shape in [Shape::Embedded, Shape::Services] {
        let [port] = up::free_ports()?;
        let name = match shape {
            Shape::Embedded => "bench-engine",
            Shape::Services => "bench-engine-services",
        };
        let product = Product::start(Options {
            shape,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            state_dir: workspace::state_dir()?.join(name),
            binary: binary.clone(),
            quiet: true,
            config: Some(config.clone()),
        })
        .await?;
        let measured = ask_all(&wrk, &folder, &product, arguments).await;
        product.stop().await?;
        for (name, cpu) in measured? {
            // the router was started last
            let (last, others) = cpu.split_last().context("no process")?;
            match (shape, costs.iter_mut().find(|cost| cost.name == name)) {
                (Shape::Services, Some(cost)) => {
                    cost.router_us = *last;
                    cost.subgraphs_us = others.iter().sum();
                }
                _ => costs.push(Cost {
                    name,
                    one_process_us: *last,
                    router_us: 0.0,
                    subgraphs_us: 0.0,
                }),
            }
        }
    }
    Ok(costs)
}

/// Plays the journey, then asks every query for what came of it; gives the CPU of each process per request.
async fn ask_all(
    wrk: &Path,
    folder: &Path,
    product: &Product,
    arguments: &Arguments,
) -> Result<Vec<(&'static str, Vec<f64>)>> {
    let played = demo::play(product.url(), demo::demo_material(), true)
        .await?
        .played;
    let url = format!("{}/graphql", product.url());
    let mut costs = Vec::new();
    for (name, body) in queries(&played) {
        if !arguments.json {
            console::step(&format!("{}: {name}", product.shape()));
        }
        check(&url, &body, &played.token).await?;
        let script = Script {
            name,
            bodies: &[body],
            token: Some(&played.token),
        }
        .write(folder)?;
        wrk_run(wrk, &script, &url, WARM_UP_S, arguments.connections).await?;
        let cpu = || -> Result<Vec<u64>> { product.pids().into_iter().map(cpu_us).collect() };
        let before = cpu()?;
        let summary = wrk_run(wrk, &script, &url, arguments.seconds, arguments.connections).await?;
        let after = cpu()?;
        ensure!(
            summary.requests > 0 && summary.errors == 0,
            "{name}: {} of {} requests failed",
            summary.errors,
            summary.requests
        );
        let per_request = before
            .iter()
            .zip(&after)
            .map(|(before, after)| (after - before) as f64 / summary.requests as f64)
            .collect();
        costs.push((name, per_request));
    }
    Ok(costs)
}

/// A fast refusal is worth nothing.
async fn check(url: &str, body: &Value, token: &str) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let response = client
        .post(url)
        .bearer_auth(token)
        .json(body)
        .send()
        .await?;
    let text = response.text().await?;
    let answer: Value = serde_json::from_str(&text).context("the answer is not JSON")?;
    ensure!(answer.get("errors").is_none(), "not answered: {text}");
    Ok(())
}
