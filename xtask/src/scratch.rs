//! Temporary folders for running products.

use anyhow::{Context as _, Result};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use tempfile::TempDir;

/// A folder that others may enter, and that goes with the value: the database's user has to reach its own folder in
/// it, which is closed to all others.
pub(crate) fn folder() -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix("tessera-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
        .context("no temporary folder")
}
