//! That a new module works is proved on a copy of the workspace.

use super::name::Name;
use crate::{check_deps, console, workspace};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

const NAME: &str = "proof-of-module";

/// Copies the workspace, makes a module in the copy, and holds it to everything that a module is held to.
///
/// The copy stays below the target folder with its build, so that the next proof compiles only what has changed.
pub(crate) fn prove() -> Result<()> {
    let root = workspace::root()?;
    let target = workspace::target_dir()?;
    let copy = target.join("new-module-proof");
    console::step("copying the workspace");
    synchronise(&root, &copy)?;
    set_apart(&copy)?;
    let name = Name::parse(NAME)?;
    super::generate(&copy, &name)?;

    check_deps::check_workspace(&copy)?;
    let cargo = |arguments: &[&str]| -> Result<()> {
        let status = workspace::cargo()
            .args(arguments)
            .current_dir(&copy)
            // dependencies from the registry are compiled once for both
            .env("CARGO_TARGET_DIR", &target)
            .env("TESSERA_STATE_DIR", workspace::state_dir()?)
            .stdin(Stdio::null())
            .status()
            .context("starting cargo")?;
        if !status.success() {
            bail!(
                "`cargo {}` failed in the copy ({status})",
                arguments.join(" ")
            );
        }
        Ok(())
    };
    let (package, events) = (format!("subgraph-{NAME}"), format!("{NAME}-events"));
    cargo(&[
        "clippy",
        "--quiet",
        "--package",
        &package,
        "--package",
        &events,
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?;
    cargo(&[
        "test",
        "--quiet",
        "--package",
        &package,
        "--package",
        &events,
    ])?;
    served(&copy, &target, &name)?;
    console::done("a new module compiles, is served, migrates and passes its tests");
    Ok(())
}

/// The server of the copy lists the module's part of the public API.
fn served(copy: &Path, target: &Path, name: &Name) -> Result<()> {
    let out = tempfile::tempdir().context("no temporary folder")?;
    let status = workspace::cargo()
        .args([
            "run", "--quiet", "--bin", "tessera", "--", "schema", "--out",
        ])
        .arg(out.path())
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", target)
        .stdin(Stdio::null())
        .status()
        .context("starting cargo")?;
    if !status.success() {
        bail!("the server of the copy does not list its schema ({status})");
    }
    let file = out.path().join("supergraph.graphql");
    let supergraph =
        fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let wanted = format!("type {}Item", name.pascal());
    if !supergraph.contains(&wanted) {
        bail!("the supergraph of the copy has no `{wanted}`");
    }
    Ok(())
}

/// Makes `copy` hold the same source files as `root`, leaving equal ones untouched so that cargo sees no change.
fn synchronise(root: &Path, copy: &Path) -> Result<()> {
    let wanted = source_files(root)?;
    for path in &wanted {
        let bytes =
            fs::read(root.join(path)).with_context(|| format!("reading {}", path.display()))?;
        let to = copy.join(path);
        if fs::read(&to).is_ok_and(|old| old == bytes) {
            continue;
        }
        fs::create_dir_all(to.parent().context("a file without a folder")?)?;
        fs::write(&to, bytes).with_context(|| format!("writing {}", to.display()))?;
    }
    remove_others(copy, copy, &wanted)
}

/// Gives the packages of the copy a version of their own. Cargo tells packages apart by name, version and place in the workspace:
/// in one target folder the copy's would otherwise take the place of the workspace's, whose next changes cargo would not see.
fn set_apart(copy: &Path) -> Result<()> {
    let manifest = copy.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).context("reading the copy's Cargo.toml")?;
    let version = concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"");
    let own = concat!("version = \"", env!("CARGO_PKG_VERSION"), "-proof\"");
    if !text.contains(version) {
        bail!("the workspace's Cargo.toml has no `{version}`");
    }
    fs::write(&manifest, text.replacen(version, own, 1)).context("writing the copy's Cargo.toml")
}

/// What `.gitignore` lets through: no build output, no state, no secrets. Git itself is not asked, so that a checkout that
/// came as an archive, or that belongs to somebody else, is as good as a clone.
fn source_files(root: &Path) -> Result<BTreeSet<PathBuf>> {
    let walk = ignore::WalkBuilder::new(root)
        .standard_filters(false)
        .git_ignore(true)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    let mut files = BTreeSet::new();
    for entry in walk {
        let entry = entry.context("listing the source files")?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            files.insert(entry.path().strip_prefix(root)?.to_owned());
        }
    }
    Ok(files)
}

fn remove_others(copy: &Path, dir: &Path, wanted: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("reading {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(copy, &path, wanted)?;
            // only an empty one goes
            let _ = fs::remove_dir(&path);
        } else if !wanted.contains(path.strip_prefix(copy)?) {
            fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}
