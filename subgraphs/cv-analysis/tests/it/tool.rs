//! Programs that other people wrote, which make the files that the reader is measured with.

use std::path::PathBuf;

/// The program that the variable names, or the first of `names` that the path knows. A test without its tool fails.
pub(crate) fn find(variable: &str, names: &[&str], package: &str) -> PathBuf {
    if let Some(named) = std::env::var_os(variable) {
        return named.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    names
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
        .unwrap_or_else(|| {
            panic!(
                "no {} in the path and none in {variable}: install the package `{package}`, or run `cargo xtask provision`",
                names[0]
            )
        })
}
