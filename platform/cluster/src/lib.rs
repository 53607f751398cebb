//! A private PostgreSQL cluster for development and tests.
//!
//! [`ensure`] makes a cluster in a folder the first time, finds it again afterwards, starts it and gives the address of
//! its administrator. Two lifetimes exist: [`Lifetime::Owned`] ends with the caller, even when the caller is killed;
//! [`Lifetime::Shared`] outlives it, so that many test processes use one server.
//!
//! Everything here blocks (a first start makes the cluster and takes seconds): async callers use a blocking thread for
//! [`Lifetime::Shared`], and call [`ensure`] from their main thread for [`Lifetime::Owned`], because the kernel ties
//! the server's life to the thread that started it.
//!
//! The crate doesn't install PostgreSQL: [`ClusterError::BinariesMissing`] tells the caller that it has to.

mod account;
mod binaries;
mod cluster;
mod error;
mod home;
mod options;
mod postmaster;
mod site;

pub use account::Account;
pub use binaries::{Binaries, fetched_home};
pub use cluster::{RunningCluster, ensure, stop};
pub use error::ClusterError;
pub use home::reachable_home;
pub use options::{Lifetime, Options};

use std::path::PathBuf;

/// The workspace's state folder: `TESSERA_STATE_DIR`, else `.tessera` beside the nearest `Cargo.lock` at or above the
/// working directory, else `.tessera` in the working directory.
pub fn state_dir() -> PathBuf {
    if let Some(dir) = std::env::var_os("TESSERA_STATE_DIR") {
        // absolute: names of folders elsewhere are derived from this one
        return std::path::absolute(&dir).unwrap_or_else(|_| PathBuf::from(dir));
    }
    let here = std::env::current_dir().unwrap_or_default();
    here.ancestors()
        .find(|dir| dir.join("Cargo.lock").is_file())
        .unwrap_or(&here)
        .join(".tessera")
}

/// The cluster that all tests of this workspace share: `test-cluster` in [`state_dir`], without durability, started on
/// demand and left running. `stop(&state_dir().join("test-cluster"))` ends it.
///
/// # Errors
/// As [`ensure`].
pub fn shared_for_tests() -> Result<RunningCluster, ClusterError> {
    ensure(&state_dir().join("test-cluster"), &Options::tests())
}
