//! Two thousand connections that send a byte now and then, and what the others notice of them.

use super::router::Router;
use super::subgraph::Subgraph;
use super::{Line, p99};
use anyhow::{Result, ensure};
use futures::StreamExt as _;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// Operations of healthy clients in one measurement, and how many are under way at once.
const OPERATIONS: usize = 2_000;
const HEALTHY: usize = 8;
const AIM_RATIO: f64 = 2.0;

pub(super) async fn measure(binary: &Path, count: usize) -> Result<Vec<Line>> {
    let subgraph = Subgraph::serve().await?;
    let router = Router::start(binary, &subgraph, "").await?;
    healthy(&router.url()).await?;
    let before = healthy(&router.url()).await?;
    let mut slow = Vec::with_capacity(count);
    for number in 0..count {
        let mut stream = TcpStream::connect(router.address).await?;
        // Half of them never finish their headers, the others never their body.
        let head: &[u8] = if number % 2 == 0 {
            b"POST /graphql HTTP/1.1\r\nhost: a\r\nx-"
        } else {
            b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 4000\r\n\r\n"
        };
        stream.write_all(head).await?;
        slow.push(stream);
    }
    let drip = tokio::spawn(async move {
        loop {
            for stream in &mut slow {
                // who was thrown out has got what it asked for
                let _ = stream.write_all(b"x").await;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let during = healthy(&router.url()).await?;
    drip.abort();
    router.stop().await?;
    let ratio = during as f64 / before.max(1) as f64;
    Ok(vec![
        Line::at_least("loris_connections", count as f64, count as f64, ""),
        Line::at_most("loris_healthy_p99_ratio", ratio, AIM_RATIO, "times"),
    ])
}

/// The p99 of healthy operations, in microseconds.
async fn healthy(url: &str) -> Result<u64> {
    let client = reqwest::Client::new();
    let mut took: Vec<u64> = futures::stream::iter(0..OPERATIONS)
        .map(|_| {
            let call = client
                .post(url)
                .json(&serde_json::json!({"query": "{ hello }"}));
            async move {
                let begun = Instant::now();
                let answer = call.send().await?;
                ensure!(answer.status().is_success(), "a healthy client was refused");
                answer.bytes().await?;
                Ok(u64::try_from(begun.elapsed().as_micros())?)
            }
        })
        .buffer_unordered(HEALTHY)
        .collect::<Vec<Result<u64>>>()
        .await
        .into_iter()
        .collect::<Result<_>>()?;
    Ok(p99(&mut took))
}
