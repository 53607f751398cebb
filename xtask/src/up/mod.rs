//! `cargo xtask up`: the whole product, running, from one command.

mod broker;
mod build;
mod cache;
mod product;
mod seed;
mod services;

pub(crate) use build::server_binary;
pub(crate) use product::{Options, Product, Shape, free_ports};
pub(crate) use services::Services;

use crate::console;
use anyhow::{Context as _, Result, bail};
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What the user chose.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One process per module behind the router, with RabbitMQ and Redis
    #[arg(long)]
    services: bool,
    /// The address to serve
    #[arg(long, default_value = "127.0.0.1:4000")]
    listen: SocketAddr,
    /// Where database, files and secrets live [default: .tessera, or .tessera/services]
    #[arg(long)]
    state_dir: Option<PathBuf>,
    /// Build with optimisations: a first build takes some three times as long
    #[arg(long)]
    release: bool,
    /// Run this built program instead of building one
    #[arg(long, conflicts_with = "release")]
    binary: Option<PathBuf>,
}

/// Starts everything, says where it is, and stops it all on Ctrl-C.
pub(crate) async fn run(arguments: Arguments) -> Result<()> {
    let shape = if arguments.services {
        Shape::Services
    } else {
        Shape::Embedded
    };
    // before the first slow step: Ctrl-C must work from the first second on
    let mut signals = Signals::listen()?;

    product::check_address(arguments.listen)?;
    let binary = match arguments.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => build::server_binary(arguments.release)?,
    };
    let state_dir = match arguments.state_dir {
        Some(dir) => std::path::absolute(dir)?,
        None => product::default_state_dir(shape)?,
    };
    let options = Options {
        shape,
        listen: arguments.listen,
        state_dir,
        binary,
        quiet: false,
        config: None,
    };
    let product = tokio::select! {
        started = Product::start(options) => started?,
        () = signals.next() => {
            // whatever was started is stopped by being dropped
            console::plain("");
            console::done("stopped before everything was up");
            return Ok(());
        }
    };
    greet(&product);
    let failure = tokio::select! {
        () = signals.next() => None,
        failure = product.failure() => Some(failure),
    };
    console::plain("");
    console::step("stopping (Ctrl-C again does it at once)");
    tokio::select! {
        stopped = product.stop() => stopped?,
        // what still runs is told to end by being dropped
        () = signals.next() => bail!("stopped at once, requests in flight were not waited for"),
    }
    console::done("everything is stopped");
    match failure {
        None => Ok(()),
        Some(reason) => bail!(reason),
    }
}

/// Ctrl-C and a polite request to end, as one.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("listening for Ctrl-C")?,
            terminate: signal(SignalKind::terminate()).context("listening for termination")?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn greet(product: &Product) {
    let url = product.url();
    console::plain("");
    console::done(&format!(
        "Tessera is up ({}), ready in {:.1} s",
        product.shape(),
        product.ready_in().as_secs_f64()
    ));
    console::plain(&format!("  GraphQL and GraphiQL  {url}/graphql"));
    console::plain(&format!(
        "  health                {url}/health  {url}/ready  {url}/metrics"
    ));
    let demo = product.demo();
    console::plain(&format!(
        "  demo sign-in          {}  password  {}",
        demo.email, demo.password
    ));
    console::plain("");
    console::plain(
        "  GraphiQL has a sign-in of its own; elsewhere run this, then send the token as `authorization: Bearer …`:",
    );
    console::plain("");
    console::plain(&format!(
        "    mutation {{ signIn(input: {{email: \"{}\", password: \"{}\"}}) {{ session {{ accessToken }} user {{ displayName }} }} }}",
        demo.email, demo.password
    ));
    console::plain("");
    console::plain(&format!(
        "  the whole journey     cargo xtask demo{}",
        if url.ends_with(":4000") {
            String::new()
        } else {
            format!(" --url {url}")
        }
    ));
    console::plain("  stop                  Ctrl-C");
    console::plain("");
}
