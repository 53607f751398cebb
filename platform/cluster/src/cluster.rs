//! Making, starting, finding and stopping a cluster.

use crate::postmaster::{self, Postmaster};
use crate::{Account, Binaries, ClusterError, Lifetime, Options, reachable_home};
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The cluster's superuser: for migrations and tests, never for the application's own queries.
const ADMIN: &str = "tessera_admin";
/// The database that exists from the start.
const DATABASE: &str = "tessera";
/// Recovery after a crash of the machine can take a while; a hung server shall not take for ever.
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A server that accepts connections.
#[derive(Debug)]
pub struct RunningCluster {
    admin_url: String,
    port: u16,
    pid: i32,
    home: PathBuf,
    created: bool,
    owned: Option<Owned>,
}

#[derive(Debug)]
struct Owned {
    child: Child,
    /// Held for as long as the server runs: a second owner is told so.
    _lock: File,
}

/// Makes the cluster in `dir` if there is none, starts its server if it isn't running, and waits until it accepts
/// connections. Safe to call from many processes at a time.
///
/// # Errors
/// One sentence for each obstacle, see [`ClusterError`].
pub fn ensure(dir: &Path, options: &Options) -> Result<RunningCluster, ClusterError> {
    fs::create_dir_all(dir).map_err(ClusterError::io(format!("making {}", dir.display())))?;
    let dir = &dir
        .canonicalize()
        .map_err(ClusterError::io(format!("finding {}", dir.display())))?;
    let lock = lock(dir, options.lifetime)?;
    let account = Account::for_server()?;
    let home = reachable_home(&dir.join("server"), &account)?;
    let data = home.join("data");
    let existing = read_trimmed(&data.join("PG_VERSION"));
    let binaries = Binaries::find(&account, &options.search, &data, existing.as_deref())?;
    let password = password(dir)?;
    let site = Site {
        dir,
        home: &home,
        data: &data,
        account: &account,
        binaries: &binaries,
    };
    if existing.is_none() {
        site.initialise(&password)?;
    }
    let url = |port: u16| format!("postgres://{ADMIN}:{password}@127.0.0.1:{port}/{DATABASE}");

    if let Some(found) = postmaster::read(&data) {
        if postmaster::is_server(found.pid, &data) {
            match options.lifetime {
                Lifetime::Shared => {
                    let (pid, port) = site.wait_until_ready(&mut || None)?;
                    return Ok(RunningCluster {
                        admin_url: url(port),
                        port,
                        pid,
                        home,
                        created: false,
                        owned: None,
                    });
                }
                // the lock is ours, so the owner is dead and its server an orphan
                Lifetime::Owned => {
                    if !postmaster::stop(found.pid, STOP_LIMIT, || false) {
                        return Err(ClusterError::Stop { pid: found.pid });
                    }
                }
            }
        } else if postmaster::is_alive(found.pid) {
            // the id went to some other program, and PostgreSQL would take that for a running server
            let file = postmaster::lock_file(&data);
            fs::remove_file(&file).map_err(ClusterError::io(format!(
                "removing the stale {}",
                file.display()
            )))?;
        }
    }

    let (mut child, port) = site.start(options)?;
    let pid = i32::try_from(child.id()).unwrap_or(i32::MAX);
    let owned = match options.lifetime {
        Lifetime::Owned => Some(Owned { child, _lock: lock }),
        Lifetime::Shared => {
            // it outlives us; a caller that lives on must not keep it as a zombie when somebody stops it
            std::thread::spawn(move || child.wait());
            None
        }
    };
    Ok(RunningCluster {
        admin_url: url(port),
        port,
        pid,
        home,
        created: existing.is_none(),
        owned,
    })
}

/// Stops the shared cluster in `dir`; false when none runs there.
///
/// # Errors
/// [`ClusterError::Stop`] when it doesn't go.
pub fn stop(dir: &Path) -> Result<bool, ClusterError> {
    let account = Account::for_server()?;
    let Ok(dir) = dir.canonicalize() else {
        return Ok(false);
    };
    let data = reachable_home(&dir.join("server"), &account)?.join("data");
    match postmaster::read(&data) {
        Some(Postmaster { pid, .. }) if postmaster::is_server(pid, &data) => {
            if postmaster::stop(pid, STOP_LIMIT, || false) {
                Ok(true)
            } else {
                Err(ClusterError::Stop { pid })
            }
        }
        _ => Ok(false),
    }
}

impl RunningCluster {
    /// The superuser's address of database `tessera`, with the password: for migrations and test databases.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// The server's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's process id.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// The folder with data and log, which isn't always inside the folder that was asked for.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Whether this call made the cluster.
    pub fn created(&self) -> bool {
        self.created
    }

    /// Whether the server's process still lives.
    pub fn is_running(&self) -> bool {
        postmaster::is_server(self.pid, &self.home.join("data"))
    }

    /// Stops an owned server and waits for it; a shared one stays.
    ///
    /// # Errors
    /// [`ClusterError::Stop`] when it doesn't go.
    pub fn stop(mut self) -> Result<(), ClusterError> {
        self.stop_owned()
    }

    fn stop_owned(&mut self) -> Result<(), ClusterError> {
        let Some(mut owned) = self.owned.take() else {
            return Ok(());
        };
        if postmaster::stop(self.pid, STOP_LIMIT, || {
            matches!(owned.child.try_wait(), Ok(Some(_)))
        }) {
            return Ok(());
        }
        Err(ClusterError::Stop { pid: self.pid })
    }
}

impl Drop for RunningCluster {
    fn drop(&mut self) {
        if let Err(error) = self.stop_owned() {
            eprintln!("{error}");
        }
    }
}

/// Everything that the steps of one start share.
struct Site<'a> {
    dir: &'a Path,
    home: &'a Path,
    data: &'a Path,
    account: &'a Account,
    binaries: &'a Binaries,
}

impl Site<'_> {
    /// Makes the data folder under another name and renames it: an interrupted start leaves nothing half done.
    fn initialise(&self, password: &str) -> Result<(), ClusterError> {
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
    fn start(&self, options: &Options) -> Result<(Child, u16), ClusterError> {
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
    fn wait_until_ready(
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

fn lock(dir: &Path, lifetime: Lifetime) -> Result<File, ClusterError> {
    let path = dir.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(ClusterError::io(format!("opening {}", path.display())))?;
    match lifetime {
        Lifetime::Shared => file
            .lock()
            .map_err(ClusterError::io(format!("locking {}", path.display())))?,
        Lifetime::Owned => match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(ClusterError::InUse {
                    dir: dir.to_owned(),
                });
            }
            Err(fs::TryLockError::Error(error)) => {
                return Err(ClusterError::io(format!("locking {}", path.display()))(
                    error,
                ));
            }
        },
    }
    Ok(file)
}

/// The superuser's password: made once, 256 bits, readable by the owner of the checkout only.
fn password(dir: &Path) -> Result<String, ClusterError> {
    let path = dir.join("password");
    if let Some(password) = read_trimmed(&path) {
        return Ok(password);
    }
    let mut bytes = [0_u8; 32];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(ClusterError::io("reading /dev/urandom"))?;
    let password: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    write_private(&path, &password)?;
    Ok(password)
}

fn write_private(path: &Path, text: &str) -> Result<(), ClusterError> {
    let write = || {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(path)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())
    };
    write().map_err(ClusterError::io(format!("writing {}", path.display())))
}

fn read_trimmed(path: &Path) -> Option<String> {
    fs::read_to_string(path)
        .ok()
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
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
