//! `tessera schema diff`: what changed between two schemas, and whom it hurts.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use router_composition::diff::{BrokenOperation, Severity, broken_operations, diff};
use serde_json::json;

use crate::arguments::Format;

/// Reports the changes; fails when one is breaking, or with operations when one of them breaks.
pub(crate) fn run(old: &Path, new: &Path, operations: Option<&Path>, format: Format) -> Result<()> {
    let read = |path: &Path| {
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let (before, after) = (read(old)?, read(new)?);
    let changes = diff(&before, &after)?;
    let mut broken: Vec<(PathBuf, BrokenOperation)> = Vec::new();
    for file in operations.map(files).transpose()?.unwrap_or_default() {
        let found = broken_operations(&before, &read(&file)?, &changes)
            .with_context(|| format!("cannot read the operations in {}", file.display()))?;
        broken.extend(found.into_iter().map(|operation| (file.clone(), operation)));
    }
    match format {
        Format::Json => {
            let operations: Vec<_> = broken
                .iter()
                .map(|(file, operation)| json!({ "file": file, "operation": operation.operation, "changes": operation.changes }))
                .collect();
            println!(
                "{}",
                json!({ "changes": changes, "broken_operations": operations })
            );
        }
        Format::Text => {
            for change in &changes {
                println!("{change}");
            }
            for (file, operation) in &broken {
                let at: Vec<&str> = operation
                    .changes
                    .iter()
                    .map(|change| change.coordinate.as_str())
                    .collect();
                println!(
                    "{}: {} breaks by {}",
                    file.display(),
                    operation.operation,
                    at.join(", ")
                );
            }
        }
    }
    let breaking = changes
        .iter()
        .filter(|change| change.severity == Severity::Breaking)
        .count();
    match operations {
        Some(_) if !broken.is_empty() => bail!(
            "broken: {}",
            super::counted(broken.len(), "known operation")
        ),
        None if breaking > 0 => bail!("{}", super::counted(breaking, "breaking change")),
        _ => Ok(()),
    }
}

/// The documents in a folder and the folders below it, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    let mut queue = vec![folder.to_owned()];
    while let Some(folder) = queue.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() && !path.is_symlink() {
                queue.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "graphql" || extension == "gql")
            {
                out.push(path);
            }
        }
    }
    out.sort();
    Ok(out)
}
