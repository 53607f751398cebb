//! Four times as many operations as fit: what is still answered, how fast the rest is turned away, and how soon all is
//! well afterwards.

use super::router::Router;
use super::subgraph::Subgraph;
use super::{Line, p99};
use anyhow::{Result, ensure};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// How long the subgraph takes: what fits is then known, and does not depend on the machine.
pub(super) const SERVICE_TIME: Duration = Duration::from_millis(200);
/// Operations that the router runs at once.
const SLOTS: usize = 32;
/// How long the peak is measured.
const PEAK: Duration = Duration::from_secs(10);

const AIM_GOODPUT: f64 = 0.9;
const AIM_REFUSAL_MS: f64 = 10.0;
const AIM_RECOVERY_S: f64 = 5.0;

pub(super) async fn measure(binary: &Path, seconds: u64) -> Result<Vec<Line>> {
    let subgraph = Subgraph::serve().await?;
    let settings = format!("concurrent_operations = {SLOTS}");
    let router = Router::start(binary, &subgraph, &settings).await?;
    let url: Arc<str> = router.url().into();
    // As many clients as slots, each with the next operation at hand: the peak.
    drive(&url, SLOTS, Duration::from_secs(2), None).await?;
    let peak = drive(&url, SLOTS, PEAK, None).await?;
    let peak_rate = peak.good as f64 / PEAK.as_secs_f64();
    ensure!(peak_rate > 0.0, "nothing was answered");
    // Four times that, at a fixed pace that no refusal slows down.
    let clients = SLOTS * 8;
    let pace = Duration::from_secs_f64(clients as f64 / (peak_rate * 4.0));
    let time = Duration::from_secs(seconds);
    let mut over = drive(&url, clients, time, Some(pace)).await?;
    let over_rate = over.good as f64 / time.as_secs_f64();
    let ended = Instant::now();
    // Well again: an hour of nothing refused would prove no more than ten in a row from every client.
    let recovered = loop {
        let after = drive(&url, SLOTS / 2, Duration::from_millis(500), None).await?;
        if after.refused.is_empty() && after.broken == 0 && after.good > 0 {
            break ended.elapsed().saturating_sub(Duration::from_millis(500));
        }
        ensure!(
            ended.elapsed() < Duration::from_secs(60),
            "the router does not recover"
        );
    };
    router.stop().await?;
    let refusal_ms = p99(&mut over.refused) as f64 / 1000.0;
    Ok(vec![
        Line::at_least(
            "overload_goodput",
            over_rate / peak_rate,
            AIM_GOODPUT,
            "of peak",
        ),
        Line::at_least("overload_refusals", over.refused.len() as f64, 1.0, ""),
        Line::at_most("overload_broken", over.broken as f64, 0.0, ""),
        Line::at_most("refusal_p99_ms", refusal_ms, AIM_REFUSAL_MS, "ms"),
        Line::at_most("recovery_s", recovered.as_secs_f64(), AIM_RECOVERY_S, "s"),
    ])
}

#[derive(Default)]
struct Outcome {
    good: u64,
    /// Microseconds of every refusal.
    refused: Vec<u64>,
    /// What was neither.
    broken: u64,
}

/// Sends operations from so many clients for so long, each at a pace or as soon as the last is answered.
async fn drive(
    url: &Arc<str>,
    clients: usize,
    time: Duration,
    pace: Option<Duration>,
) -> Result<Outcome> {
    let client = reqwest::Client::new();
    let until = Instant::now() + time;
    let mut tasks = JoinSet::new();
    for number in 0..clients {
        let (client, url) = (client.clone(), Arc::clone(url));
        tasks.spawn(async move {
            let mut outcome = Outcome::default();
            let mut ticks = pace.map(|pace| {
                let mut ticks = interval(pace);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                ticks
            });
            if let Some(pace) = pace {
                // spread over the first round
                tokio::time::sleep(pace.mul_f64(number as f64 / clients as f64)).await;
            }
            while Instant::now() < until {
                if let Some(ticks) = &mut ticks {
                    ticks.tick().await;
                }
                let body = serde_json::json!({"query": "{ slow }"});
                let begun = Instant::now();
                match client.post(&*url).json(&body).send().await {
                    Ok(answer) if answer.status() == 503 => {
                        let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                        if answer.headers().contains_key("retry-after") {
                            outcome.refused.push(took);
                        } else {
                            outcome.broken += 1;
                        }
                    }
                    Ok(answer) if answer.status().is_success() => {
                        let whole = answer.bytes().await;
                        let right =
                            whole.is_ok_and(|body| &body[..] == br#"{"data":{"slow":true}}"#);
                        outcome.good += u64::from(right);
                        outcome.broken += u64::from(!right);
                    }
                    Ok(_) | Err(_) => outcome.broken += 1,
                }
            }
            outcome
        });
    }
    let mut all = Outcome::default();
    while let Some(one) = tasks.join_next().await {
        let one = one?;
        all.good += one.good;
        all.broken += one.broken;
        all.refused.extend(one.refused);
    }
    Ok(all)
}
