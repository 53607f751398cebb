//! Readers that stand still: they are told how much they missed, to the last event.

use super::Line;
use super::client::{number, subscribe};
use super::router::Router;
use super::subgraph::Subgraph;
use anyhow::Result;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const QUERY: &str = "subscription { flood { n at text } }";
const READERS: usize = 50;
/// Receive buffer of a reader, in bytes.
const WINDOW: u32 = 8 * 1024;
/// How long they stand still, and how long they read afterwards.
const STILL: Duration = Duration::from_secs(8);
const READ: Duration = Duration::from_secs(6);

pub(super) async fn measure(binary: &Path) -> Result<Vec<Line>> {
    let subgraph = Subgraph::serve().await?;
    let router = Router::start(binary, &subgraph, "").await?;
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let mut stream = subscribe(router.address, QUERY, Some(WINDOW)).await?;
        readers.spawn(async move {
            tokio::time::sleep(STILL).await;
            read(&mut stream).await
        });
    }
    let (mut told, mut silently) = (0_u32, 0_u64);
    while let Some(one) = readers.join_next().await {
        let (gaps, lost) = one?;
        told += u32::from(gaps > 0);
        silently += lost;
    }
    router.stop().await?;
    Ok(vec![
        Line::at_least("slow_readers_told", f64::from(told), READERS as f64, ""),
        Line::at_most("events_dropped_silently", silently as f64, 0.0, ""),
    ])
}

/// Reads for a while; gives the gaps that were told, and the events that are missing without a word.
async fn read(stream: &mut TcpStream) -> (u32, u64) {
    let mut text = String::new();
    let mut buffer = vec![0; 64 * 1024];
    let (mut gaps, mut lost) = (0, 0_u64);
    let mut next: Option<u64> = None;
    let until = Instant::now() + READ;
    while Instant::now() < until {
        let Ok(Ok(read)) = tokio::time::timeout(READ, stream.read(&mut buffer)).await else {
            break;
        };
        if read == 0 {
            break;
        }
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        while let Some(end) = text.find("\n\n") {
            let event: String = text.drain(..end + 2).collect();
            let Some(n) = number(&event, "\"n\"") else {
                continue;
            };
            let missed = number(&event, "\"missed\"").unwrap_or_default();
            gaps += u32::from(missed > 0);
            if let Some(next) = next {
                lost += n.saturating_sub(next + missed);
            }
            next = Some(n + 1);
        }
    }
    (gaps, lost)
}
