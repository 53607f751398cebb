//! What `postmaster.pid` says about a running server.

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The server of a data folder, as its lock file describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Postmaster {
    pub(crate) pid: i32,
    pub(crate) port: Option<u16>,
    pub(crate) ready: bool,
}

pub(crate) fn lock_file(data: &Path) -> PathBuf {
    data.join("postmaster.pid")
}

/// Reads the lock file; `None` when there is none, or only the beginning of one.
pub(crate) fn read(data: &Path) -> Option<Postmaster> {
    parse(&fs::read_to_string(lock_file(data)).ok()?)
}

/// Lines: process id, data folder, start time, port, socket folder, address, shared memory, status.
fn parse(text: &str) -> Option<Postmaster> {
    let lines: Vec<&str> = text.lines().collect();
    // a standalone backend writes its id negated
    let pid: i32 = lines.first()?.trim().parse::<i32>().ok()?.checked_abs()?;
    Some(Postmaster {
        pid,
        port: lines.get(3).and_then(|line| line.trim().parse().ok()),
        ready: lines.get(7).is_some_and(|line| line.trim() == "ready"),
    })
}

/// Whether this process id lives and is the server of this folder: ids are used again.
pub(crate) fn is_server(pid: i32, data: &Path) -> bool {
    if !is_alive(pid) {
        return false;
    }
    let process = PathBuf::from(format!("/proc/{pid}"));
    if !process.exists() {
        // no /proc on this system: take the lock file's word
        return true;
    }
    let named =
        fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "postgres");
    // the server works in its data folder; an unreadable link belongs to another user's process
    let here = match (fs::read_link(process.join("cwd")), data.canonicalize()) {
        (Ok(cwd), Ok(data)) => cwd == data,
        _ => false,
    };
    named && here
}

pub(crate) fn is_alive(pid: i32) -> bool {
    match Pid::from_raw(pid) {
        Some(pid) => !matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH)),
        None => false,
    }
}

/// Fast shutdown: sessions are ended, data is written. Then, after `patience`, the immediate one (recovers at the next
/// start). True when the process is gone; `reap` collects it when it is our child.
pub(crate) fn stop(pid: i32, patience: Duration, mut reap: impl FnMut() -> bool) -> bool {
    let Some(process) = Pid::from_raw(pid) else {
        return true;
    };
    for (signal, limit) in [
        (Signal::INT, patience),
        (Signal::QUIT, Duration::from_secs(5)),
    ] {
        if kill_process(process, signal).is_err() {
            return reap() || !is_alive(pid);
        }
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if reap() || !is_alive(pid) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn lock_file_gives_process_port_and_readiness() {
        let text = "4711\n/x/data\n1700000000\n5433\n\n127.0.0.1\n  123 4\nready   \n";
        assert_eq!(
            parse(text).unwrap(),
            Postmaster {
                pid: 4711,
                port: Some(5433),
                ready: true
            }
        );
        assert!(
            !parse("4711\n/x\n1\n5433\n\n127.0.0.1\n1 2\nstarting\n")
                .unwrap()
                .ready
        );
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_reused_process_id_is_no_server() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(is_alive(own));
        assert!(!is_server(own, Path::new("/")));
    }
}
