//! Child processes that are told apart in the output, stopped in order, and never outlive us.

use crate::console;
use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// Requests in flight are finished on a polite stop; a hung process shall not keep the terminal.
const STOP_LIMIT: Duration = Duration::from_secs(40);

/// One running child.
pub(crate) struct Process {
    name: String,
    pid: i32,
    exited: watch::Receiver<Option<ExitStatus>>,
}

/// Where a child's output goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output<'a> {
    /// To our own, each line behind the child's name.
    Prefixed,
    /// To a file, for what only a failure makes interesting.
    File(&'a Path),
}

impl Process {
    /// Starts the program in a process group of its own, so that Ctrl-C in the terminal reaches only us. When we die,
    /// the kernel ends it (Linux with util-linux's `setpriv`).
    ///
    /// Must be called on the main thread: the kernel's promise is about the thread that starts the child.
    pub(crate) fn start(
        name: &str,
        command: std::process::Command,
        output: Output<'_>,
    ) -> Result<Self> {
        let mut command = Command::from(tied_to_us(command));
        command.process_group(0).stdin(Stdio::null());
        match output {
            Output::Prefixed => {
                command.stdout(Stdio::piped()).stderr(Stdio::piped());
            }
            Output::File(path) => {
                let file = std::fs::File::create(path)
                    .with_context(|| format!("writing {}", path.display()))?;
                command.stdout(file.try_clone()?).stderr(file);
            }
        }
        let mut child = command
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let pid = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .context("a child without a process id")?;
        relay(name, child.stdout.take());
        relay(name, child.stderr.take());
        Ok(Self {
            name: name.to_owned(),
            pid,
            exited: watch_exit(child),
        })
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// The status when it has ended.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        *self.exited.borrow()
    }

    /// Waits for its end, and tells it as one sentence.
    pub(crate) async fn unexpected_end(&self) -> String {
        let status = wait(self.exited.clone()).await;
        format!("{} ended by itself ({status})", self.name)
    }

    /// Ends it at once and without a chance to tidy up, as a power cut would.
    pub(crate) async fn kill(self) -> Result<()> {
        let pid = Pid::from_raw(self.pid).context("a child without a process id")?;
        kill_process(pid, Signal::KILL).with_context(|| format!("killing {}", self.name))?;
        wait(self.exited.clone()).await;
        Ok(())
    }

    /// Asks it to end, waits, then ends it by force.
    pub(crate) async fn stop(self) -> Result<()> {
        for (signal, limit) in [
            (Signal::TERM, STOP_LIMIT),
            (Signal::KILL, Duration::from_secs(5)),
        ] {
            if self.ended().is_some() {
                return Ok(());
            }
            if signal == Signal::KILL {
                console::error(&format!("{} does not stop, ending it by force", self.name));
            }
            let pid = Pid::from_raw(self.pid).context("a child without a process id")?;
            // an error means that it has just gone
            let _ = kill_process(pid, signal);
            if tokio::time::timeout(limit, wait(self.exited.clone()))
                .await
                .is_ok()
            {
                return Ok(());
            }
        }
        bail!("{} (process {}) can't be stopped", self.name, self.pid)
    }
}

/// Ends without a word, for instance when another part of the same start failed.
impl Drop for Process {
    fn drop(&mut self) {
        if self.ended().is_none()
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

async fn wait(mut exited: watch::Receiver<Option<ExitStatus>>) -> String {
    match exited.wait_for(Option::is_some).await {
        Ok(status) => status.map_or_else(String::new, |status| status.to_string()),
        // the watcher never drops its sender without a status, except when the runtime ends
        Err(_) => "unknown status".to_owned(),
    }
}

fn watch_exit(mut child: Child) -> watch::Receiver<Option<ExitStatus>> {
    let (sender, receiver) = watch::channel(None);
    tokio::spawn(async move {
        if let Ok(status) = child.wait().await {
            sender.send_replace(Some(status));
        }
    });
    receiver
}

/// Copies lines behind the name; a line that isn't UTF-8 is shown as far as it goes.
fn relay(name: &str, stream: Option<impl AsyncRead + Unpin + Send + 'static>) {
    let Some(stream) = stream else { return };
    let name = name.to_owned();
    tokio::spawn(async move {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            line.clear();
            match reader.read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) => console::plain(&format!(
                    "{name:>11} │ {}",
                    String::from_utf8_lossy(&line).trim_end()
                )),
            }
        }
    });
}

/// The same command behind `setpriv --pdeathsig TERM`, where that exists.
fn tied_to_us(command: std::process::Command) -> std::process::Command {
    let Some(setpriv) = crate::provision::find_program("setpriv") else {
        return command;
    };
    let mut tied = std::process::Command::new(setpriv);
    tied.args(["--pdeathsig", "TERM", "--"])
        .arg(command.get_program())
        .args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => tied.env(key, value),
            None => tied.env_remove(key),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        tied.current_dir(dir);
    }
    tied
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn shell(script: &str) -> std::process::Command {
        let mut command = std::process::Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn a_child_that_ends_by_itself_is_told_with_its_status() {
        let process = Process::start("short", shell("exit 3"), Output::Prefixed).unwrap();
        assert!(process.unexpected_end().await.contains("exit status: 3"));
    }

    #[tokio::test]
    async fn stop_waits_for_the_polite_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let script = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done";
        let process = Process::start("long", shell(script), Output::File(file.path())).unwrap();
        while !std::fs::read_to_string(file.path()).unwrap().contains("up") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        process.stop().await.unwrap();
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), "up\nbye\n");
    }

    #[tokio::test]
    async fn a_missing_program_is_an_error_and_no_panic() {
        let command = std::process::Command::new("/nonexistent/program");
        // with setpriv in front the failure is that one's exit status
        match Process::start("none", command, Output::Prefixed) {
            Ok(process) => assert!(process.unexpected_end().await.contains("127")),
            Err(error) => assert!(error.to_string().contains("none")),
        }
    }
}
