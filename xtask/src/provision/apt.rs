//! Debian packages, as root or by `sudo` that doesn't ask.

use super::find_program;
use crate::console;
use anyhow::{Result, bail};
use std::process::{Command, Stdio};

/// Keeps the maintainer scripts from starting system services: we run our own, on private ports. A policy that the
/// machine has already is left alone.
const INSTALL: &str = r#"
set -u
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e "$policy" ] && (set -C; printf '#!/bin/sh\nexit 101\n' > "$policy") 2>/dev/null; then
    chmod 755 "$policy"
    made=1
    trap '[ -n "$made" ] && rm -f "$policy"' EXIT
fi
apt-get install -y --no-install-recommends "$@" && exit 0
# package lists of a fresh image are empty or old
apt-get update && apt-get install -y --no-install-recommends "$@"
"#;

/// The command that a person would type.
pub(crate) fn advice(packages: &[&str]) -> String {
    format!(
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    )
}

/// Installs the packages.
///
/// # Errors
/// When this isn't Debian, when there are no rights, or apt's own last words.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    if find_program("apt-get").is_none() {
        bail!("there is no apt-get on this system");
    }
    let mut command = if rustix::process::geteuid().is_root() {
        Command::new("/bin/sh")
    } else if passwordless_sudo() {
        let mut command = Command::new("sudo");
        command.args(["-n", "/bin/sh"]);
        command
    } else {
        bail!("installing packages needs root, and sudo would ask for a password");
    };
    console::step(&format!("installing {} (apt)", packages.join(", ")));
    let output = command
        .args(["-c", INSTALL, "sh"])
        .args(packages)
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let last = words
        .lines()
        .rev()
        .find(|line| line.starts_with("E:"))
        .or_else(|| words.lines().last());
    bail!(
        "apt-get failed: {}",
        last.unwrap_or("it said nothing").trim()
    )
}

fn passwordless_sudo() -> bool {
    Command::new("sudo")
        .args(["-n", "true"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
