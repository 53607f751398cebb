//! The steps that make and start a server.

use crate::cluster::{ADMIN, DATABASE, read_trimmed, write_private};
use crate::postmaster::{self, Postmaster};
use crate::{Account, Binaries, ClusterError, Lifetime, Options};
use std::fs::{self, File};
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Recovery after a crash of the machine can take a while; a hung server shall not take for ever.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Everything that the steps of one start share.
pub(crate) struct Site<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) home: &'a Path,
    pub(crate) data: &'a Path,
    pub(crate) account: &'a Account,
    pub(crate) binaries: &'a Binaries,
}

impl Site<'_> {
    /// Makes the data folder under another name and renames it: an interrupted start leaves nothing half done.
    pub(crate) fn initialise(&self, password: &str) -> Result<(), ClusterError> {
        let failed = |detail: String| ClusterError::Initialise {
            data: self.data.to_owned(),
            detail,
        };
        if fs::read_dir(self.data).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(failed(
                "the folder holds files but no cluster, move it away".to_owned(),
            ));
        }
        let fresh = self.home.join("data.new");
        if fresh.exists() {
            fs::remove_dir_all(&fresh)
                .map_err(ClusterError::io(format!("removing {}", fresh.display())))?;
        }
        let password_file = self.home.join("initial-password");
        write_private(&password_file, password)?;
        self.account.own(&password_file)?;
        let made = self.run(
            self.command("initdb")
                .arg("--pgdata")
                .arg(&fresh)
                .args([
                    "--username",
                    ADMIN,
                    "--encoding",
                    "UTF8",
                    "--locale",
                    "C.UTF-8",
                    "--no-instructions",
                ])
                .args([
                    "--auth-local",
                    "scram-sha-256",
                    "--auth-host",
                    "scram-sha-256",
                    "--no-sync",
                ])
                .arg(format!("--pwfile={}", password_file.display())),
            "",
        );
        fs::remove_file(&password_file).map_err(ClusterError::io(format!(
            "removing {}",
            password_file.display()
        )))?;
        let made = made?;
        if !made.status.success() {
            return Err(failed(complaint(&String::from_utf8_lossy(&made.stderr))));
        }
        // single-user mode: no server, no port, no waiting
        let created = self.run(
            self.command("postgres")
                .args(["--single", "-D"])
                .arg(&fresh)
                .arg("postgres"),
            &format!("CREATE DATABASE {DATABASE}\n"),
        )?;
        let words = String::from_utf8_lossy(&created.stderr).into_owned();
        if !created.status.success() || words.contains("ERROR:") {
            return Err(failed(complaint(&words)));
        }
        fs::rename(&fresh, self.data)
            .map_err(ClusterError::io(format!("renaming {}", fresh.display())))
    }

    /// Starts the server on the remembered port, or on a free one when that is taken.
    pub(crate) fn start(&self, options: &Options) -> Result<(Child, u16), ClusterError> {
        let remembered = self.dir.join("port");
        let mut wanted = read_trimmed(&remembered).and_then(|text| text.parse::<u16>().ok());
        for _ in 0..3 {
            let port = free_port(wanted.take()).map_err(ClusterError::io("finding a free port"))?;
            let mut child = self.spawn(options, port)?;
            match self.wait_until_ready(&mut || {
                child
                    .try_wait()
                    .ok()
                    .flatten()
                    .map(|status| status.to_string())
            }) {
                Ok(_) => {
                    fs::write(&remembered, format!("{port}\n")).map_err(ClusterError::io(
                        format!("writing {}", remembered.display()),
                    ))?;
                    return Ok((child, port));
                }
                Err(error) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    // somebody took the port between our look and the server's
                    if !self.log().contains("Address already in use") {
                        return Err(error);
                    }
                }
            }
        }
        Err(self.start_error("no free port on 127.0.0.1".to_owned()))
    }

    fn spawn(&self, options: &Options, port: u16) -> Result<Child, ClusterError> {
        let log = self.log_path();
        let out =
            File::create(&log).map_err(ClusterError::io(format!("writing {}", log.display())))?;
        let err = out
            .try_clone()
            .map_err(ClusterError::io(format!("writing {}", log.display())))?;
        let program = self.binaries.program("postgres");
        let mut command = match (options.lifetime, setpriv()) {
            // the kernel stops the server (fast shutdown) when we die, however we die
            (Lifetime::Owned, Some(setpriv)) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", "INT", "--"]).arg(program);
                command
            }
            _ => Command::new(program),
        };
        command.arg("-D").arg(self.data);
        for setting in options.settings(port) {
            command.args(["-c", &setting]);
        }
        self.account.apply(&mut command);
        // a group of its own: Ctrl-C in the terminal is for us, and we end the server last
        command.current_dir(self.home).process_group(0);
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        command
            .spawn()
            .map_err(ClusterError::io("starting PostgreSQL"))
    }

    /// Waits for the lock file to say `ready`; gives process id and port.
    pub(crate) fn wait_until_ready(
        &self,
        ended: &mut dyn FnMut() -> Option<String>,
    ) -> Result<(i32, u16), ClusterError> {
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = ended() {
                let words = complaint(&self.log());
                return Err(self.start_error(if words.is_empty() { status } else { words }));
            }
            // an older file may still be there until the new server replaces it
            if let Some(Postmaster {
                pid,
                port: Some(port),
                ready: true,
            }) = postmaster::read(self.data)
                && postmaster::is_server(pid, self.data)
            {
                return Ok((pid, port));
            }
            std::thread::sleep(Duration::from_millis(15));
        }
        Err(self.start_error(format!("not ready after {} s", START_LIMIT.as_secs())))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.program(program));
        command.current_dir(self.home);
        self.account.apply(&mut command);
        command
    }

    fn run(&self, command: &mut Command, input: &str) -> Result<Output, ClusterError> {
        let name = format!("running {}", command.get_program().display());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(ClusterError::io(name.clone()))?;
        if let Some(mut stdin) = child.stdin.take()
            && let Err(error) = stdin.write_all(input.as_bytes())
            && error.kind() != std::io::ErrorKind::BrokenPipe
        {
            return Err(ClusterError::Io {
                action: name,
                source: error,
            });
        }
        child.wait_with_output().map_err(ClusterError::io(name))
    }

    fn log_path(&self) -> PathBuf {
        self.home.join("server.log")
    }

    fn log(&self) -> String {
        fs::read(self.log_path())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    fn start_error(&self, detail: String) -> ClusterError {
        ClusterError::Start {
            data: self.data.to_owned(),
            detail,
            log: self.log_path(),
        }
    }
}

/// The last thing that a program complained about, or its last line.
fn complaint(log: &str) -> String {
    let grave = |line: &&str| {
        ["FATAL:", "PANIC:", "ERROR:", "error:"]
            .iter()
            .any(|word| line.contains(word))
    };
    let line = log
        .lines()
        .rev()
        .find(grave)
        .or_else(|| log.lines().rev().find(|line| !line.trim().is_empty()));
    line.unwrap_or_default().trim().to_owned()
}

/// `wanted` when nobody listens there, else a port that the system picks.
fn free_port(wanted: Option<u16>) -> std::io::Result<u16> {
    if let Some(port) = wanted
        && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
    {
        return Ok(port);
    }
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// util-linux's `setpriv`, part of every Debian; where it's missing, a killed owner leaves its server to the next start.
fn setpriv() -> Option<PathBuf> {
    ["/usr/bin/setpriv", "/bin/setpriv"]
        .iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
}
