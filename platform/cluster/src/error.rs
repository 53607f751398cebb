//! What can go wrong with a cluster, each as one sentence that says what to do.

use std::path::PathBuf;

/// Why there is no running cluster.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No `initdb` and `postgres` on this machine.
    #[error(
        "PostgreSQL's server programs are missing: run `apt-get install -y --no-install-recommends postgresql` as root, \
         or set DATABASE_URL to a server of your own"
    )]
    BinariesMissing,
    /// The cluster's files belong to a major version that isn't installed.
    #[error(
        "the cluster in {data} was made by PostgreSQL {needed}, which is not on this machine (found: {found}): install \
         `postgresql-{needed}`, or move the folder away to start with an empty database"
    )]
    VersionMissing {
        /// The data folder.
        data: PathBuf,
        /// The major version that it needs.
        needed: String,
        /// The major versions that were found.
        found: String,
    },
    /// Another process owns the cluster.
    #[error("the cluster in {dir} is in use by another process: stop that one first")]
    InUse {
        /// The cluster's folder.
        dir: PathBuf,
    },
    /// PostgreSQL refuses to run as root, and there is no other user to run it as.
    #[error("PostgreSQL can't run as root, and there is no other user to run it as: {detail}")]
    Account {
        /// What was tried.
        detail: String,
    },
    /// No folder was found that the server's user can reach.
    #[error(
        "user {user} can reach neither {wanted} nor {fallback}: move the checkout, or run as another user"
    )]
    Unreachable {
        /// The server's user.
        user: String,
        /// Where the cluster belongs.
        wanted: PathBuf,
        /// What was tried instead.
        fallback: PathBuf,
    },
    /// `initdb` failed.
    #[error("the cluster in {data} could not be made: {detail}")]
    Initialise {
        /// The data folder.
        data: PathBuf,
        /// The last words of the program.
        detail: String,
    },
    /// The server didn't come up.
    #[error(
        "PostgreSQL does not start on {data}: {detail} (log: {log}; to start with an empty database move {data} away)"
    )]
    Start {
        /// The data folder.
        data: PathBuf,
        /// The log's last complaint.
        detail: String,
        /// The log file.
        log: PathBuf,
    },
    /// The server didn't go down.
    #[error("PostgreSQL (process {pid}) does not stop: end it by `kill -QUIT {pid}`")]
    Stop {
        /// Its process id.
        pid: i32,
    },
    /// The system refused something.
    #[error("{action} failed")]
    Io {
        /// What was attempted, with the path.
        action: String,
        /// The system's answer.
        source: std::io::Error,
    },
}

impl ClusterError {
    /// Wraps a system error with what was attempted; for `map_err`.
    pub(crate) fn io(action: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }
}
