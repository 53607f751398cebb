//! GraphiQL for the browser, served by the product itself: no page of ours loads code from elsewhere.

use super::npm::{Archive, unpack};
use crate::console;
use anyhow::{Context as _, Result};
use std::fs;
use std::path::PathBuf;

/// Archive, the file in it, the name that the server looks for.
const FILES: &[(Archive, &[(&str, &str)])] = &[
    (
        Archive {
            package: "graphiql",
            version: "3.8.3",
            sha256: "1cadb1c2ca0dc51ea71fb4bb2680e6185e83fe400c9a62ca5fb9dfb922472bbd",
        },
        &[
            ("graphiql.min.js", "graphiql.min.js"),
            ("graphiql.min.css", "graphiql.min.css"),
        ],
    ),
    (
        Archive {
            package: "react",
            version: "18.3.1",
            sha256: "8d9bed01a672e7eaf387942d781ad47c6a43089a30a0306060f9fd5ac7870347",
        },
        &[("umd/react.production.min.js", "react.production.min.js")],
    ),
    (
        Archive {
            package: "react-dom",
            version: "18.3.1",
            sha256: "031d4427a99f2f3f6cac18bbbf308594a67e4f47d10f4896fdec446505b040e0",
        },
        &[(
            "umd/react-dom.production.min.js",
            "react-dom.production.min.js",
        )],
    ),
];

/// The folder with the four files, fetched once.
///
/// # Errors
/// When they can't be had; the product then serves its plain page.
pub(crate) fn ensure() -> Result<PathBuf> {
    let dir = crate::workspace::state_dir()?.join("assets/graphiql");
    if FILES
        .iter()
        .flat_map(|(_, files)| files.iter())
        .all(|(_, name)| dir.join(name).is_file())
    {
        return Ok(dir);
    }
    console::step("fetching GraphiQL (npm)");
    fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
    for (archive, files) in FILES {
        let unpacked = tempfile::tempdir().context("no temporary folder")?;
        unpack(archive, unpacked.path())?;
        for (inside, name) in *files {
            fs::copy(unpacked.path().join(inside), dir.join(name))
                .with_context(|| format!("{} has no {inside}", archive.package))?;
        }
    }
    Ok(dir)
}
