//! The test runner: cargo-nextest where it is installed, else cargo's own.

use std::process::Stdio;

/// Whether `cargo nextest` works here.
pub(crate) fn is_installed() -> bool {
    crate::workspace::cargo()
        .args(["nextest", "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
