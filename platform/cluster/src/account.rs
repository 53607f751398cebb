//! The system user that the server runs as: PostgreSQL refuses to be root.

use crate::ClusterError;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Who runs the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user's name, for messages.
    pub name: String,
    /// User and group to become; `None` stays who we are.
    pub ids: Option<(u32, u32)>,
}

/// The user that is made when the machine has none for PostgreSQL.
const OWN_USER: &str = "tessera";

impl Account {
    /// The current user, unless that is root: then `postgres`, `tessera`, or a new system user `tessera`.
    ///
    /// # Errors
    /// [`ClusterError::Account`] when no user can be had.
    pub fn for_server() -> Result<Self, ClusterError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self {
                name: std::env::var("USER").unwrap_or_else(|_| "current user".to_owned()),
                ids: None,
            });
        }
        if let Some(account) = ["postgres", OWN_USER].into_iter().find_map(Self::lookup) {
            return Ok(account);
        }
        let made = Command::new("useradd")
            .args([
                "--system",
                "--user-group",
                "--no-create-home",
                "--home-dir",
                "/nonexistent",
            ])
            .args(["--shell", "/usr/sbin/nologin", OWN_USER])
            .stdin(Stdio::null())
            .output();
        let detail = match made {
            Ok(output) if output.status.success() => match Self::lookup(OWN_USER) {
                Some(account) => return Ok(account),
                None => format!("`useradd {OWN_USER}` made no such user"),
            },
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => format!("`useradd --system {OWN_USER}`: {error}"),
        };
        Err(ClusterError::Account { detail })
    }

    fn lookup(name: &str) -> Option<Self> {
        let id = |flag: &str| -> Option<u32> {
            let output = Command::new("id")
                .args([flag, name])
                .stdin(Stdio::null())
                .output()
                .ok()?;
            output
                .status
                .success()
                .then(|| String::from_utf8_lossy(&output.stdout).trim().parse().ok())?
        };
        match (id("-u"), id("-g")) {
            // root under another name is still root
            (Some(user), Some(group)) if user != 0 => Some(Self {
                name: name.to_owned(),
                ids: Some((user, group)),
            }),
            _ => None,
        }
    }

    /// Makes the command run as this account.
    pub fn apply(&self, command: &mut Command) {
        if let Some((user, group)) = self.ids {
            // std drops root's supplementary groups together with the user id
            command.uid(user).gid(group);
        }
    }

    /// Gives a file or folder to this account.
    ///
    /// # Errors
    /// [`ClusterError::Io`] when the system refuses.
    pub fn own(&self, path: &Path) -> Result<(), ClusterError> {
        let Some((user, group)) = self.ids else {
            return Ok(());
        };
        std::os::unix::fs::chown(path, Some(user), Some(group)).map_err(ClusterError::io(format!(
            "giving {} to {}",
            path.display(),
            self.name
        )))
    }

    /// Whether this account can enter the folder and write to it, found out by trying it.
    pub fn can_use(&self, dir: &Path) -> bool {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", r#"cd "$1" && test -w ."#, "sh"])
            .arg(dir)
            .current_dir("/");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.apply(&mut command);
        command.status().is_ok_and(|status| status.success())
    }

    /// Whether this account can run the program.
    pub(crate) fn can_run(&self, program: &Path) -> bool {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", r#"test -x "$1""#, "sh"])
            .arg(program)
            .current_dir("/");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.apply(&mut command);
        command.status().is_ok_and(|status| status.success())
    }
}
