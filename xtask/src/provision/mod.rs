//! Getting what the machine lacks: server programs, brokers, test runner, browser assets.
//!
//! Each part is looked for first, then installed by the best way that works without asking, and when none does the
//! error is one sentence with the command that would.

mod apt;
pub(crate) mod graphiql;
pub(crate) mod nextest;
mod npm;
pub(crate) mod postgres;
pub(crate) mod renderers;
pub(crate) mod services;

use crate::console;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// `cargo xtask provision`.
pub(crate) fn run(with_services: bool) -> Result<()> {
    if std::env::var_os("DATABASE_URL").is_some() {
        console::done("PostgreSQL: DATABASE_URL is set, nothing to install");
    } else {
        let binaries = postgres::ensure()?;
        console::done(&format!(
            "PostgreSQL {}: {}",
            binaries.major,
            binaries.dir.display()
        ));
    }
    match graphiql::ensure() {
        Ok(dir) => console::done(&format!("GraphiQL: {}", dir.display())),
        Err(reason) => console::step(&format!("GraphiQL left out: {reason:#}")),
    }
    match renderers::ensure() {
        Ok(tools) => console::done(&format!("tools that make CVs: {tools}")),
        Err(reason) => console::step(&format!("{reason:#}")),
    }
    if nextest::is_installed() {
        console::done("test runner: cargo-nextest");
    } else {
        console::step(
            "test runner: cargo test (cargo-nextest is faster: `cargo install cargo-nextest --locked`)",
        );
    }
    if with_services {
        let programs = services::ensure()?;
        console::done(&format!("RabbitMQ: {}", programs.rabbitmq_server.display()));
        console::done(&format!("Redis: {}", programs.redis_server.display()));
    }
    Ok(())
}

/// Finds a program by name on the PATH, then in the folders that a plain user's PATH leaves out.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(
            [
                "/usr/local/sbin",
                "/usr/sbin",
                "/sbin",
                "/usr/local/bin",
                "/usr/bin",
            ]
            .map(PathBuf::from),
        )
        .map(|dir| dir.join(name))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
