//! Making, starting, finding and stopping a cluster.

use crate::postmaster::{self, Postmaster};
use crate::site::Site;
use crate::{Account, Binaries, ClusterError, Lifetime, Options, reachable_home};
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

/// The cluster's superuser: for migrations and tests, never for the application's own queries.
pub(crate) const ADMIN: &str = "tessera_admin";
/// The database that exists from the start.
pub(crate) const DATABASE: &str = "tessera";
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

pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), ClusterError> {
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

pub(crate) fn read_trimmed(path: &Path) -> Option<String> {
    fs::read_to_string(path)
        .ok()
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}
