//! The one executable of Tessera: the product, its router and its tools as subcommands.

mod arguments;
mod commands;
mod modules;
mod playground;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use arguments::{Arguments, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A worker looks at untrusted bytes: nothing of the product may be loaded into its process.
    if let Command::Worker { module, name } = &arguments.command {
        return commands::worker::run(module, name);
    }
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tessera: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(commands::run(command));
    // A name lookup that hangs in a blocking thread must not keep a finished process alive.
    runtime.shutdown_timeout(Duration::from_millis(200));
    outcome
}
