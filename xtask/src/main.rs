//! Development commands: `cargo xtask help` lists them.
//!
//! Everything that a first-time user and a developer run goes through here, so that it is the same on every machine
//! and in CI. The tool talks to the product only from outside: the executable's command line and the public API.

mod bench;
mod check_deps;
mod codegen;
mod console;
mod demo;
mod new_module;
mod process;
mod provision;
mod scratch;
mod secret;
mod test;
mod up;
mod workspace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tessera's development commands")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything and serve it: one process, or one per module with --services
    Up(up::Arguments),
    /// Play the whole journey against a running product, over its public API
    Demo(demo::Arguments),
    /// Run every check, installing what the tests need
    Test(test::Arguments),
    /// The same as test: what CI runs
    Ci(test::Arguments),
    /// Write schema/ from the code
    Codegen(codegen::Arguments),
    /// Make a module that compiles, migrates, is served and has tests
    NewModule(new_module::Arguments),
    /// Measure
    Bench {
        /// Which bench
        #[command(subcommand)]
        bench: bench::Bench,
    },
    /// Check which crate depends on which (design rules 1 to 3)
    CheckDeps,
    /// Get what the product and its tests need, without starting anything
    Provision {
        /// Also the message broker and the cache of the service shape
        #[arg(long)]
        services: bool,
    },
}

fn main() -> ExitCode {
    // the first provider wins, and nothing else in this process installs one
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        console::error("a TLS provider was installed twice");
    }
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Up(arguments) => runtime()?.block_on(up::run(arguments)),
        Command::Demo(arguments) => runtime()?.block_on(demo::run(arguments)),
        Command::Test(arguments) | Command::Ci(arguments) => {
            runtime()?.block_on(test::run(arguments))
        }
        Command::Codegen(arguments) => codegen::run(&arguments),
        Command::NewModule(arguments) => new_module::run(&arguments),
        Command::Bench { bench } => runtime()?.block_on(bench::run(bench)),
        Command::CheckDeps => check_deps::run(),
        Command::Provision { services } => provision::run(services),
    }
}

/// One thread, the main one: children are tied to the life of the thread that starts them.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}
