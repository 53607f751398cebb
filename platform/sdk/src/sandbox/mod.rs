//! Untrusted bytes are looked at only in a process that can be killed.
//!
//! [`Sandbox::run`] starts the worker with an empty environment, writes the bytes to its standard input, reads a bounded answer
//! and kills it at the time limit. The worker's first act is [`confine`].
//!
//! [`Sandbox::run_forked`] saves the worker its start: a template process has made everything that a run needs and splits off a
//! child per input. The child's memory is a copy of one that never saw any input, and it ends with its answer.

mod confine;
#[cfg(target_os = "linux")]
mod fork;
#[cfg(target_os = "linux")]
mod template;
mod worker;

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub use confine::confine;
pub use worker::worker_main;

/// Limits of one run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Address space of the worker, in bytes.
    pub memory_bytes: u64,
    /// CPU time of the worker, in seconds.
    pub cpu_s: u64,
    /// Time on the wall after which it is killed.
    pub wall: Duration,
    /// Longest answer that is read, in bytes.
    pub output_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 512 * 1024 * 1024,
            cpu_s: 10,
            wall: Duration::from_secs(15),
            output_bytes: 16 * 1024 * 1024,
        }
    }
}

/// The program that hosts the workers, and the arguments that lead to one. Clones share their templates and their bound on runs
/// at the same time: two per core.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Executable.
    pub program: PathBuf,
    /// Arguments before the worker's name.
    pub args: Vec<String>,
    permits: Arc<Semaphore>,
    #[cfg(target_os = "linux")]
    templates: Arc<template::Templates>,
}

/// How a run ended other than well.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// It did not finish in time.
    #[error("the worker did not finish in time")]
    TimedOut,
    /// It was killed or gave up: out of memory, out of CPU time, or a crash.
    #[error("the worker ended abnormally ({0})")]
    Died(String),
    /// Its answer was longer than the limit.
    #[error("the worker's answer was too long")]
    TooLong,
    /// It could not be started or talked to.
    #[error("the worker could not be run")]
    Io(#[from] std::io::Error),
}

impl Sandbox {
    /// Workers of `program`, which finds them by `args` and a name.
    pub fn new(program: impl Into<PathBuf>, args: &[&str]) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            program: program.into(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            permits: Arc::new(Semaphore::new(2 * cores)),
            #[cfg(target_os = "linux")]
            templates: Arc::default(),
        }
    }

    /// Runs the worker `name` in a process of its own from its start, on `input`, and gives its standard output.
    ///
    /// # Errors
    /// [`SandboxError`]; whatever happens, the process is gone when this returns.
    pub async fn run(
        &self,
        name: &[&str],
        input: Bytes,
        limits: Limits,
    ) -> Result<Vec<u8>, SandboxError> {
        let _permit = self.permit().await?;
        self.start(name, input, limits, Instant::now() + limits.wall)
            .await
    }

    /// As [`Sandbox::run`], in a child of the worker's template. The template is started by the first run and ends when it was not
    /// used for a while. Where there can be none, this is `run`.
    ///
    /// # Errors
    /// [`SandboxError`]; whatever happens, the process is gone when this returns.
    pub async fn run_forked(
        &self,
        name: &[&str],
        input: Bytes,
        limits: Limits,
    ) -> Result<Vec<u8>, SandboxError> {
        let _permit = self.permit().await?;
        let deadline = Instant::now() + limits.wall;
        #[cfg(target_os = "linux")]
        {
            let forked = self.templates.run(self, name, &input, limits, deadline);
            match forked.await {
                Ok(outcome) => return outcome,
                Err(template::Unable(reason)) => {
                    tracing::debug!(worker = ?name, reason, "a worker starts without its template");
                }
            }
        }
        self.start(name, input, limits, deadline).await
    }

    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, SandboxError> {
        let permit = self.permits.acquire().await;
        permit.map_err(|closed| std::io::Error::other(closed).into())
    }

    /// The worker's program with nothing of this process but what a worker needs.
    fn command(&self, name: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .args(name)
            .env_clear()
            // The product's allocator reserves a gigabyte of addresses at its start by default: above
            // the worker's limit, so that not even its stack could grow any more.
            .env("MIMALLOC_ARENA_RESERVE", "32MiB")
            .stderr(Stdio::null());
        command
    }

    async fn start(
        &self,
        name: &[&str],
        input: Bytes,
        limits: Limits,
        deadline: Instant,
    ) -> Result<Vec<u8>, SandboxError> {
        let mut child = self
            .command(name)
            .env(confine::MEMORY, limits.memory_bytes.to_string())
            .env(confine::CPU, limits.cpu_s.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take());
        let (Some(stdin), Some(stdout)) = pipes else {
            return Err(std::io::Error::other("the worker has no pipes").into());
        };
        let talk = async {
            let output = exchange(stdin, stdout, &input, limits.output_bytes).await?;
            let status = child.wait().await?;
            if status.success() {
                Ok(output)
            } else {
                Err(SandboxError::Died(status.to_string()))
            }
        };
        let outcome = tokio::time::timeout_at(deadline, talk).await;
        match outcome {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(error)) => {
                child.kill().await?;
                Err(error)
            }
            Err(_) => {
                child.kill().await?;
                Err(SandboxError::TimedOut)
            }
        }
    }
}

/// Writes the whole input and its end, and reads an answer of at most `longest` bytes.
async fn exchange(
    mut to: impl AsyncWrite + Unpin,
    from: impl AsyncRead + Unpin,
    input: &[u8],
    longest: u64,
) -> Result<Vec<u8>, SandboxError> {
    let write = async {
        // A worker that stops reading early has its reason; its answer tells.
        let written = match to.write_all(input).await {
            Ok(()) => to.shutdown().await,
            failed => failed,
        };
        drop(to);
        match written {
            Err(error) if !is_gone(&error) => Err(error),
            _ => Ok(()),
        }
    };
    let mut output = Vec::new();
    let mut bounded = from.take(longest + 1);
    let (written, read) = tokio::join!(write, bounded.read_to_end(&mut output));
    written?;
    match read {
        Err(error) if !is_gone(&error) => return Err(error.into()),
        _ => {}
    }
    if output.len() as u64 > longest {
        return Err(SandboxError::TooLong);
    }
    Ok(output)
}

/// Whether the other side went away: how it ended tells why.
fn is_gone(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionReset | NotConnected)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn shell(script: &str) -> Sandbox {
        Sandbox::new("/bin/sh", &["-c", script])
    }

    #[tokio::test]
    async fn the_answer_comes_back_and_nothing_is_inherited() {
        let answer = shell("cat; echo ${HOME:-none}")
            .run(&[], Bytes::from_static(b"hello "), Limits::default())
            .await
            .unwrap();
        assert_eq!(answer, b"hello none\n");
    }

    /// Not a test by itself: what the worker of the next one does.
    #[test]
    #[ignore = "runs as the worker of another test"]
    fn a_confined_worker_tries_everything() {
        confine().unwrap();
        let denied = |failure: Option<std::io::Error>| {
            failure.is_some_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
        };
        let network = std::net::TcpListener::bind("127.0.0.1:0").err();
        let program = std::process::Command::new("/bin/true").status().err();
        let file = std::fs::File::open("/etc/passwd").err();
        println!(
            "network {} program {} file {}",
            denied(network),
            denied(program),
            denied(file)
        );
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_worker_has_no_network_no_programs_and_no_files() {
        let this = Sandbox::new(
            std::env::current_exe().unwrap(),
            &["--ignored", "--nocapture", "--exact"],
        );
        let worker = ["sandbox::tests::a_confined_worker_tries_everything"];
        let output = this
            .run(&worker, Bytes::new(), Limits::default())
            .await
            .unwrap();
        let output = String::from_utf8_lossy(&output);
        assert!(output.contains("network true program true"), "{output}");
        let landlock = std::fs::read_to_string("/sys/kernel/security/lsm")
            .is_ok_and(|modules| modules.contains("landlock"));
        assert!(!landlock || output.contains("file true"), "{output}");
    }

    #[tokio::test]
    async fn slow_long_and_dying_workers_are_typed_failures() {
        let limits = Limits {
            wall: Duration::from_millis(300),
            output_bytes: 10,
            ..Limits::default()
        };
        let input = Bytes::from_static(b"x");
        let slow = shell("sleep 30").run(&[], input.clone(), limits).await;
        assert!(matches!(slow, Err(SandboxError::TimedOut)), "{slow:?}");
        let long = shell("yes").run(&[], input.clone(), limits).await;
        assert!(matches!(long, Err(SandboxError::TooLong)), "{long:?}");
        let dead = shell("kill -9 $$").run(&[], input, limits).await;
        assert!(matches!(dead, Err(SandboxError::Died(_))), "{dead:?}");
    }
}
