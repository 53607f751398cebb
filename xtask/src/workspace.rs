//! Where things are.

use anyhow::{Context as _, Result};
use std::path::PathBuf;

/// The root of the checkout.
pub(crate) fn root() -> Result<PathBuf> {
    // set by cargo when it runs us: the checkout we are run in, even if an older build of us is reused
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = manifest
        .parent()
        .context("the xtask crate has no parent folder")?;
    Ok(root.to_owned())
}

/// Everything that is made at run time: cluster, files, downloaded parts.
pub(crate) fn state_dir() -> Result<PathBuf> {
    match std::env::var_os("TESSERA_STATE_DIR") {
        Some(dir) => Ok(std::path::absolute(dir)?),
        None => Ok(root()?.join(".tessera")),
    }
}

/// The cargo that runs us.
pub(crate) fn cargo() -> std::process::Command {
    std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Cargo's target folder.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .current_dir(root()?)
        .no_deps()
        .exec()
        .context("`cargo metadata` failed")?;
    Ok(metadata.target_directory.into_std_path_buf())
}
