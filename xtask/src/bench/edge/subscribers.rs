//! Ten thousand subscribers on one process: what each costs, and how long an event takes to reach the last.

use super::client::{number, subscribe};
use super::router::Router;
use super::subgraph::Subgraph;
use super::{Line, p99};
use anyhow::{Result, ensure};
use futures::StreamExt as _;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::task::JoinSet;

const QUERY: &str = "subscription { tick { n at } }";
/// Connections that are opened at the same moment.
const AT_ONCE: usize = 200;
/// How long events are read, once all are there.
const READ: Duration = Duration::from_secs(10);

/// The aims.
const AIM_KIB: f64 = 20.0;
const AIM_FAN_OUT_MS: f64 = 1_000.0;

pub(super) async fn measure(binary: &Path, count: usize) -> Result<Vec<Line>> {
    let subgraph = Subgraph::serve().await?;
    let router = Router::start(binary, &subgraph, "").await?;
    // What the process needs for itself is there after the first few.
    let warm: Vec<_> = futures::stream::iter(0..20)
        .map(|_| subscribe(router.address, QUERY, None))
        .buffer_unordered(20)
        .collect()
        .await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = router.resident_kib()?;
    let opened: Vec<_> = futures::stream::iter(0..count)
        .map(|_| subscribe(router.address, QUERY, None))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut readers = JoinSet::new();
    let mut streams = Vec::with_capacity(count);
    for stream in opened {
        streams.push(stream?);
    }
    ensure!(streams.len() == count, "not every subscriber came in");
    let all_there = subgraph.now_us();
    for mut stream in streams {
        let subgraph = subgraph.clone();
        readers.spawn(async move {
            let mut late = Vec::new();
            let mut buffer = [0; 1024];
            let mut text = String::new();
            let _ = tokio::time::timeout(READ, async {
                while let Ok(read) = stream.read(&mut buffer).await {
                    if read == 0 {
                        break;
                    }
                    let now = subgraph.now_us();
                    text.push_str(&String::from_utf8_lossy(&buffer[..read]));
                    while let Some(end) = text.find("\n\n") {
                        let event: String = text.drain(..end + 2).collect();
                        if let Some(at) = number(&event, "\"at\"").filter(|at| *at > all_there) {
                            late.push(now.saturating_sub(at));
                        }
                    }
                }
            })
            .await;
            late
        });
    }
    tokio::time::sleep(READ / 2).await;
    let after = router.resident_kib()?;
    let mut late = Vec::new();
    let mut silent = 0_u32;
    while let Some(one) = readers.join_next().await {
        let one = one?;
        silent += u32::from(one.is_empty());
        late.extend(one);
    }
    drop(warm);
    let each = after.saturating_sub(before) as f64 / count as f64;
    let upstreams = subgraph.streams.load(Ordering::Relaxed);
    router.stop().await?;
    Ok(vec![
        Line::at_least("subscribers", count as f64, count as f64, ""),
        Line::at_most("subscribers_without_event", f64::from(silent), 0.0, ""),
        Line::at_most("subscriber_kib", each, AIM_KIB, "KiB"),
        Line::at_most(
            "fan_out_p99_ms",
            p99(&mut late) as f64 / 1000.0,
            AIM_FAN_OUT_MS,
            "ms",
        ),
        // one while its first events are remembered, then another
        Line::at_most("upstreams", upstreams as f64, 10.0, ""),
    ])
}
