//! The demo tenant's sign-in, as `tessera seed-demo` tells it.

use crate::secret;
use anyhow::{Context as _, Result};
use platform_cluster::RunningCluster;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// Made by the product, shown to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Demo {
    pub(crate) email: String,
    pub(crate) password: String,
}

/// The sign-in of this database: remembered beside our own cluster, because looking for it costs half a second of every
/// start; asked for each time in somebody else's.
pub(crate) fn ensure(
    dir: &Path,
    cluster: Option<&RunningCluster>,
    seed: impl FnOnce() -> Result<String>,
) -> Result<Demo> {
    let file = dir.join("demo.json");
    if cluster.is_some_and(|cluster| !cluster.created())
        && let Some(demo) = fs::read_to_string(&file).ok().as_deref().and_then(parse)
    {
        return Ok(demo);
    }
    let demo = parse(&seed()?).context("`tessera seed-demo` told no sign-in")?;
    if cluster.is_some() {
        secret::write_private(&file, &serde_json::to_string(&demo)?)?;
    }
    Ok(demo)
}

/// Finds the line of JSON among what the command said.
fn parse(output: &str) -> Option<Demo> {
    output
        .lines()
        .rev()
        .find_map(|line| serde_json::from_str(line.trim()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_in_is_found_behind_other_lines() {
        let demo = parse("migrated\n{\"email\":\"a@b.c\",\"password\":\"x\",\"tenant\":\"y\"}\n\n");
        assert_eq!(
            demo,
            Some(Demo {
                email: "a@b.c".to_owned(),
                password: "x".to_owned()
            })
        );
        assert_eq!(parse("nothing was said"), None);
    }
}
