//! One load on one router, and what `/proc` says about the router meanwhile.

use super::Arguments;
use super::operations::Load;
use crate::bench::median;
use crate::process::Process;
use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long a program may take until it listens.
const PATIENCE: Duration = Duration::from_secs(20);

/// Load before anything is counted, in seconds: connections are open and caches filled then.
const WARM_UP_S: u16 = 2;

/// What one load on one program cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figures {
    requests_per_s: u64,
    p50_us: u64,
    p99_us: u64,
    cpu_us_per_request: u64,
    idle_kib: u64,
    peak_kib: u64,
}

/// The line that the script prints.
#[derive(Debug, Deserialize)]
pub(in crate::bench) struct Summary {
    pub(in crate::bench) requests: u64,
    duration_us: u64,
    p50_us: u64,
    p99_us: u64,
    pub(in crate::bench) errors: u64,
}

impl Figures {
    /// The middle of every figure for itself.
    pub(super) fn middle(all: &[Self]) -> Result<Self> {
        let middle = |of: fn(&Self) -> u64| {
            median(&all.iter().map(of).collect::<Vec<_>>()).context("nothing was measured")
        };
        Ok(Self {
            requests_per_s: middle(|figures| figures.requests_per_s)?,
            p50_us: middle(|figures| figures.p50_us)?,
            p99_us: middle(|figures| figures.p99_us)?,
            cpu_us_per_request: middle(|figures| figures.cpu_us_per_request)?,
            idle_kib: middle(|figures| figures.idle_kib)?,
            peak_kib: middle(|figures| figures.peak_kib)?,
        })
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "requests_per_s": self.requests_per_s,
            "p50_us": self.p50_us,
            "p99_us": self.p99_us,
            "cpu_us_per_request": self.cpu_us_per_request,
            "idle_rss_kib": self.idle_kib,
            "peak_rss_kib": self.peak_kib,
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>7} requests/s  p50 {:>6} us  p99 {:>6} us  {:>5} us CPU per request  {:>6} KiB idle  {:>6} KiB at peak",
            self.requests_per_s,
            self.p50_us,
            self.p99_us,
            self.cpu_us_per_request,
            self.idle_kib,
            self.peak_kib
        )
    }
}

/// Waits until something listens on a port.
pub(in crate::bench) async fn listening(port: u16, process: &Process) -> Result<()> {
    let begun = std::time::Instant::now();
    while begun.elapsed() < PATIENCE {
        if process.ended().is_some() {
            bail!(process.unexpected_end().await);
        }
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("nothing listens on port {port}")
}

/// Looks at one answer, warms up, then measures.
pub(super) async fn measure(
    wrk: &Path,
    script: &Path,
    process: &Process,
    port: u16,
    arguments: &Arguments,
) -> Result<Figures> {
    let url = format!("http://127.0.0.1:{port}/graphql");
    let idle_kib = memory_kib(process.pid(), "VmRSS:")?;
    check_answer(&url).await?;
    wrk_run(wrk, script, &url, WARM_UP_S, arguments.connections).await?;
    let before = cpu_us(process.pid())?;
    let summary = wrk_run(wrk, script, &url, arguments.seconds, arguments.connections).await?;
    let used = cpu_us(process.pid())? - before;
    ensure!(
        summary.requests > 0,
        "no request was answered within the time: give it more `--seconds` or fewer `--connections`"
    );
    ensure!(
        summary.errors == 0,
        "{} of {} requests failed",
        summary.errors,
        summary.requests
    );
    Ok(Figures {
        requests_per_s: summary.requests * 1_000_000 / summary.duration_us.max(1),
        p50_us: summary.p50_us,
        p99_us: summary.p99_us,
        cpu_us_per_request: used / summary.requests,
        idle_kib,
        peak_kib: memory_kib(process.pid(), "VmHWM:")?,
    })
}

/// A fast wrong answer is worth nothing: the deep one has all its levels and no error.
async fn check_answer(url: &str) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let response = client
        .post(url)
        .header("content-type", "application/json")
        .body(Load::Deep.first().to_string())
        .send()
        .await?;
    let text = response.text().await?;
    let answer: Value = serde_json::from_str(&text).context("the answer is not JSON")?;
    ensure!(
        answer.get("errors").is_none() && text.len() > 80_000,
        "the answer to the deep query is not whole: {}",
        text.chars().take(300).collect::<String>()
    );
    Ok(())
}

/// Lets the client ask for some seconds.
pub(in crate::bench) async fn wrk_run(
    wrk: &Path,
    script: &Path,
    url: &str,
    seconds: u16,
    connections: u16,
) -> Result<Summary> {
    let output = tokio::process::Command::new(wrk)
        .args(["-t1", "-c", &connections.to_string(), "-d"])
        .arg(format!("{seconds}s"))
        .arg("-s")
        .args([script.as_os_str(), url.as_ref()])
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text
        .lines()
        .find(|line| line.starts_with('{'))
        .with_context(|| {
            format!(
                "wrk printed no summary: {text}{}",
                String::from_utf8_lossy(&output.stderr)
            )
        })?;
    serde_json::from_str(line).context("wrk's summary is unreadable")
}

/// CPU that a process has used so far, in user and system mode. The clock ticks a hundred times a second on every Linux.
pub(in crate::bench) fn cpu_us(pid: i32) -> Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .context("this system tells no CPU use")?;
    ticks(&stat)
        .map(|ticks| ticks * 10_000)
        .context("the process's status is unreadable")
}

/// Fields 14 and 15; the second, the program's name, may hold spaces and parentheses.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// A line of `/proc/PID/status`, in KiB.
fn memory_kib(pid: i32, name: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
        .context("this system tells no memory use")?;
    status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .with_context(|| format!("no {name} in the process's status"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn cpu_is_found_behind_any_name_of_a_program() {
        let stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 300 45 0 0 20 0 4 0 99";
        assert_eq!(ticks(stat), Some(345));
        assert_eq!(ticks("7 (a"), None);
    }

    #[test]
    fn this_process_uses_memory_and_cpu() {
        let pid = i32::try_from(std::process::id()).unwrap();
        assert!(memory_kib(pid, "VmHWM:").unwrap() >= memory_kib(pid, "VmRSS:").unwrap() / 2);
        assert!(cpu_us(pid).is_ok());
        assert!(memory_kib(pid, "VmNone:").is_err());
    }

    #[test]
    fn the_middle_is_taken_of_every_figure_for_itself() {
        let figures = |n: u64| Figures {
            requests_per_s: n,
            p50_us: 10 - n,
            p99_us: 1,
            cpu_us_per_request: n * n,
            idle_kib: 0,
            peak_kib: n,
        };
        let middle = Figures::middle(&[figures(3), figures(1), figures(2)]).unwrap();
        assert_eq!((middle.requests_per_s, middle.p50_us), (2, 8));
        assert!(Figures::middle(&[]).is_err());
    }
}
