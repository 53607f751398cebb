//! Changes of the supergraph while clients ask: none of them notices.

use super::Line;
use super::router::Router;
use super::subgraph::Subgraph;
use anyhow::{Result, ensure};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const CLIENTS: usize = 16;
/// How long one change may take to be seen.
const SEEN: Duration = Duration::from_secs(20);

pub(super) async fn measure(binary: &Path, count: usize) -> Result<Vec<Line>> {
    let subgraph = Subgraph::serve().await?;
    let router = Router::start(binary, &subgraph, "").await?;
    let client = reqwest::Client::new();
    let done = Arc::new(AtomicBool::new(false));
    let asked = Arc::new(AtomicU64::new(0));
    let mut load = JoinSet::new();
    for _ in 0..CLIENTS {
        let (client, url) = (client.clone(), router.url());
        let (done, asked) = (Arc::clone(&done), Arc::clone(&asked));
        load.spawn(async move {
            let mut failed = 0_u64;
            while !done.load(Ordering::Relaxed) {
                asked.fetch_add(1, Ordering::Relaxed);
                let whole = ask(&client, &url, "{ hello }").await;
                failed += u64::from(whole.as_deref() != Some(r#"{"data":{"hello":"world"}}"#));
            }
            failed
        });
    }
    for version in 1..=count {
        router.swap(&subgraph.supergraph(version))?;
        let query = format!("{{ __type(name: \"Query\") {{ fields {{ name }} }} }} # {version}");
        let wanted = format!("\"version{version}\"");
        let until = Instant::now() + SEEN;
        while !ask(&client, &router.url(), &query)
            .await
            .is_some_and(|text| text.contains(&wanted))
        {
            ensure!(Instant::now() < until, "supergraph {version} is not served");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    done.store(true, Ordering::Relaxed);
    let mut failed = 0;
    while let Some(one) = load.join_next().await {
        failed += one?;
    }
    router.stop().await?;
    Ok(vec![
        Line::at_least("swaps", count as f64, count as f64, ""),
        Line::at_least(
            "swap_requests",
            asked.load(Ordering::Relaxed) as f64,
            1.0,
            "",
        ),
        Line::at_most("swap_failed_requests", failed as f64, 0.0, ""),
    ])
}

/// The body of an answer with status 200.
async fn ask(client: &reqwest::Client, url: &str, query: &str) -> Option<String> {
    let body = serde_json::json!({ "query": query });
    let answer = client.post(url).json(&body).send().await.ok()?;
    if !answer.status().is_success() {
        return None;
    }
    answer.text().await.ok()
}
