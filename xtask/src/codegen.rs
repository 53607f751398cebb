//! `cargo xtask codegen`: everything in `schema/` comes from `tessera schema`.
//!
//! The files are committed, because clients and partners are built from them; a checkout whose files differ from what
//! the code says fails CI.

use crate::{console, up, workspace};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the user chose.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Arguments {
    /// Change nothing, fail when a file would change
    #[arg(long)]
    pub(crate) check: bool,
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Writes `schema/`, or checks it.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let binary = up::server_binary(false)?;
    let fresh_dir = tempfile::tempdir().context("no temporary folder")?;
    let output = Command::new(&binary)
        .args(["schema", "--out"])
        .arg(fresh_dir.path())
        .stdin(Stdio::null())
        .output()
        .context("starting tessera")?;
    if !output.status.success() {
        bail!(
            "`tessera schema` failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let dir = workspace::root()?.join("schema");
    let fresh = read_all(fresh_dir.path())?;
    if fresh.is_empty() {
        bail!("`tessera schema` wrote no files");
    }
    let differences = differences(&read_all(&dir)?, &fresh);
    if differences.is_empty() {
        console::done(&format!("schema/ is up to date ({} files)", fresh.len()));
        return Ok(());
    }
    if arguments.check {
        bail!(
            "schema/ is out of date, run `cargo xtask codegen`:\n  {}",
            differences.join("\n  ")
        );
    }
    replace(&dir, &fresh)?;
    for difference in differences {
        console::plain(&format!("  {difference}"));
    }
    console::done("schema/ is written");
    Ok(())
}

/// All files below the folder by relative path; none when it doesn't exist.
fn read_all(dir: &Path) -> Result<Files> {
    fn visit(root: &Path, dir: &Path, files: &mut Files) -> Result<()> {
        for entry in fs::read_dir(dir).with_context(|| format!("reading {}", dir.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                visit(root, &path, files)?;
            } else {
                let bytes =
                    fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
                files.insert(path.strip_prefix(root)?.to_owned(), bytes);
            }
        }
        Ok(())
    }
    let mut files = Files::new();
    if dir.exists() {
        visit(dir, dir, &mut files)?;
    }
    Ok(files)
}

/// One line per file that is new, gone or different.
fn differences(committed: &Files, fresh: &Files) -> Vec<String> {
    let mut lines = Vec::new();
    for (path, bytes) in fresh {
        match committed.get(path) {
            None => lines.push(format!("new      {}", path.display())),
            Some(old) if old != bytes => lines.push(format!("changed  {}", path.display())),
            Some(_) => {}
        }
    }
    for path in committed.keys().filter(|path| !fresh.contains_key(*path)) {
        lines.push(format!("removed  {}", path.display()));
    }
    lines
}

fn replace(dir: &Path, fresh: &Files) -> Result<()> {
    for path in read_all(dir)?
        .keys()
        .filter(|path| !fresh.contains_key(*path))
    {
        let path = dir.join(path);
        fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
    }
    for (path, bytes) in fresh {
        let path = dir.join(path);
        let parent = path.parent().context("a file without a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_new_a_changed_and_a_leftover_file_are_each_told_and_mended() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("events")).unwrap();
        fs::write(dir.path().join("events/old.json"), "{}").unwrap();
        fs::write(dir.path().join("core.graphql"), "type Query { a: Int }").unwrap();
        let fresh: Files = [
            ("core.graphql", "type Query { b: Int }"),
            ("events/new.json", "{}"),
        ]
        .into_iter()
        .map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()))
        .collect();
        let found = differences(&read_all(dir.path()).unwrap(), &fresh);
        assert_eq!(
            found,
            [
                "changed  core.graphql",
                "new      events/new.json",
                "removed  events/old.json"
            ]
        );
        replace(dir.path(), &fresh).unwrap();
        assert_eq!(read_all(dir.path()).unwrap(), fresh);
        assert!(differences(&fresh, &fresh).is_empty());
    }
}
