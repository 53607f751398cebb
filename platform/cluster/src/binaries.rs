//! Where PostgreSQL's server programs are.

use crate::home::fallback_home;
use crate::{Account, ClusterError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder with `initdb` and `postgres` of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The folder.
    pub dir: PathBuf,
    /// The major version, such as `15`.
    pub major: String,
}

/// The folder that fetched programs belong in, below the state folder; [`reachable_home`](crate::reachable_home) may
/// have put them elsewhere.
pub fn fetched_home(state_dir: &Path) -> PathBuf {
    state_dir.join("postgresql")
}

/// The folders in which fetched programs are found.
pub(crate) fn fetched_dirs(state_dir: &Path) -> Vec<PathBuf> {
    let wanted = fetched_home(state_dir);
    [
        wanted.join("native/bin"),
        fallback_home(&wanted).join("native/bin"),
    ]
    .into()
}

impl Binaries {
    /// All usable ones: on the PATH, in the folders of Debian, Fedora and Homebrew (newest first), then in `search`.
    pub fn all(account: &Account, search: &[PathBuf]) -> Vec<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
        dirs.extend(versioned("/usr/lib/postgresql", "", "bin"));
        dirs.extend(versioned("/usr", "pgsql-", "bin"));
        dirs.extend(versioned("/opt/homebrew/opt", "postgresql@", "bin"));
        dirs.extend(search.iter().cloned());
        let mut found: Vec<Self> = Vec::new();
        for dir in dirs {
            // links in /usr/local/bin lead to the folder where initdb looks for its other files
            let Ok(program) = dir.join("initdb").canonicalize() else {
                continue;
            };
            let Some(dir) = program.parent() else {
                continue;
            };
            if found.iter().any(|known| known.dir == dir) {
                continue;
            }
            if let Some(binaries) = Self::at(dir, account) {
                found.push(binaries);
            }
        }
        found
    }

    /// The ones to use: of version `major` when a cluster exists, else the first found.
    ///
    /// # Errors
    /// [`ClusterError::BinariesMissing`], or [`ClusterError::VersionMissing`] when there are only others.
    pub fn find(
        account: &Account,
        search: &[PathBuf],
        data: &Path,
        major: Option<&str>,
    ) -> Result<Self, ClusterError> {
        let all = Self::all(account, search);
        if all.is_empty() {
            return Err(ClusterError::BinariesMissing);
        }
        let found = all
            .iter()
            .map(|binaries| binaries.major.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        match major {
            None => all.into_iter().next().ok_or(ClusterError::BinariesMissing),
            Some(major) => all
                .into_iter()
                .find(|binaries| binaries.major == major)
                .ok_or_else(|| ClusterError::VersionMissing {
                    data: data.to_owned(),
                    needed: major.to_owned(),
                    found,
                }),
        }
    }

    fn at(dir: &Path, account: &Account) -> Option<Self> {
        let program = dir.join("postgres");
        if !account.can_run(&program) {
            return None;
        }
        let output = Command::new(&program)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self {
            dir: dir.to_owned(),
            major,
        })
    }

    /// The path of one program.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` → `15`.
fn major_of(version: &str) -> Option<String> {
    let number = version
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let major: String = number.chars().take_while(char::is_ascii_digit).collect();
    Some(major)
}

/// Folders `<parent>/<prefix><number>/<leaf>`, the highest number first.
fn versioned(parent: &str, prefix: &str, leaf: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut numbered: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((number, entry.path().join(leaf)))
        })
        .collect();
    numbered.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    numbered.into_iter().map(|(_, dir)| dir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_version_is_read_from_every_known_wording() {
        assert_eq!(
            major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)").as_deref(),
            Some("15")
        );
        assert_eq!(
            major_of("postgres (PostgreSQL) 18.4\n").as_deref(),
            Some("18")
        );
        assert_eq!(
            major_of("postgres (PostgreSQL) 17beta1").as_deref(),
            Some("17")
        );
        assert_eq!(major_of("not a version"), None);
    }
}
