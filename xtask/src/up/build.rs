//! Building the server.

use crate::{console, workspace};
use anyhow::{Context as _, Result, bail};
use cargo_metadata::Message;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::Stdio;

/// Builds `tessera` and gives the path of the program. Cargo's own progress shows on stderr.
pub(crate) fn server_binary(release: bool) -> Result<PathBuf> {
    console::step(if release {
        "building tessera (optimised)"
    } else {
        "building tessera"
    });
    let mut command = workspace::cargo();
    command.current_dir(workspace::root()?);
    command.args([
        "build",
        // Not `--package`: features are unified over all packages, as in every other build here.
        "--bin",
        "tessera",
        "--message-format",
        "json-render-diagnostics",
    ]);
    if release {
        command.arg("--release");
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting cargo")?;
    let stdout = child
        .stdout
        .take()
        .context("cargo's output is not readable")?;
    let mut executable = None;
    for message in Message::parse_stream(BufReader::new(stdout)) {
        if let Message::CompilerArtifact(artifact) = message.context("reading cargo's messages")?
            && artifact.target.name == "tessera"
            && let Some(path) = artifact.executable
        {
            executable = Some(path.into_std_path_buf());
        }
    }
    if !child.wait()?.success() {
        bail!("the build failed, see above");
    }
    executable.context("cargo built no program named tessera")
}
