//! `cargo xtask test`: every check that CI makes, in one command on any machine.

use crate::up::{Options, Product, Shape};
use crate::{check_deps, codegen, console, demo, new_module, provision, scratch, up, workspace};
use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use std::io::IsTerminal as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One check; cheap ones come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Formatting
    Fmt,
    /// Dependency rules
    Deps,
    /// Lints, warnings are errors
    Clippy,
    /// All tests of the workspace
    Tests,
    /// Examples in the documentation
    Doctests,
    /// Generated files are up to date
    Codegen,
    /// A generated module compiles and passes its tests
    NewModule,
    /// The journey in one process
    Demo,
    /// The journey with a process per module
    DemoServices,
    /// A product that is killed in the middle of an analysis ends it after the next start
    Crash,
}

/// What the user chose.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these steps
    #[arg(long, value_enum)]
    only: Vec<Step>,
    /// Leave these steps out
    #[arg(long, value_enum)]
    skip: Vec<Step>,
}

/// Runs the steps, all of them even when one fails, and sums up.
pub(crate) async fn run(arguments: Arguments) -> Result<()> {
    let steps = Step::value_variants()
        .iter()
        .copied()
        .filter(|step| arguments.only.is_empty() || arguments.only.contains(step))
        .filter(|step| !arguments.skip.contains(step));
    let mut summary: Vec<(Step, Duration, Option<anyhow::Error>)> = Vec::new();
    for step in steps {
        console::plain("");
        console::step(&format!("── {}", name(step)));
        let begun = Instant::now();
        let failure = take(step).await.err();
        if let Some(error) = &failure {
            console::error(&format!("{error:#}"));
        }
        summary.push((step, begun.elapsed(), failure));
    }
    console::plain("");
    for (step, took, failure) in &summary {
        let line = format!("{:<14} {:>6.1} s", name(*step), took.as_secs_f64());
        match failure {
            None => console::done(&line),
            Some(error) => console::plain(&format!("✗ {line}  {error:#}")),
        }
    }
    let failed: Vec<String> = summary
        .iter()
        .filter(|(_, _, failure)| failure.is_some())
        .map(|(step, ..)| name(*step))
        .collect();
    if failed.is_empty() {
        Ok(())
    } else {
        bail!("failed: {}", failed.join(", "))
    }
}

fn name(step: Step) -> String {
    step.to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}

async fn take(step: Step) -> Result<()> {
    match step {
        Step::Fmt => cargo(&["fmt", "--all", "--check"]),
        Step::Deps => check_deps::run(),
        Step::Clippy => cargo(&[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
        Step::Tests => tests().await,
        Step::Doctests => cargo(&["test", "--workspace", "--doc", "--quiet"]),
        Step::Codegen => codegen::run(&codegen::Arguments { check: true }),
        Step::NewModule => new_module::prove(),
        Step::Demo => journey(Shape::Embedded).await,
        Step::DemoServices => journey(Shape::Services).await,
        Step::Crash => crash().await,
    }
}

fn cargo(arguments: &[&str]) -> Result<()> {
    run_to_end(workspace::cargo().args(arguments))
}

fn run_to_end(command: &mut Command) -> Result<()> {
    let status = command
        .current_dir(workspace::root()?)
        .stdin(Stdio::null())
        .status()
        .context("starting cargo")?;
    if !status.success() {
        bail!("{status}");
    }
    Ok(())
}

/// The workspace's tests, with everything real that they need: PostgreSQL, RabbitMQ, Redis.
async fn tests() -> Result<()> {
    let cluster_dir = workspace::state_dir()?.join("test-cluster");
    let own_cluster = std::env::var_os("DATABASE_URL").is_none();
    if own_cluster {
        provision::postgres::ensure()?;
        platform_cluster::ensure(&cluster_dir, &platform_cluster::Options::tests())?;
    }
    if let Err(reason) = provision::renderers::ensure() {
        // the other tests need none of them, and those that do fail by themselves
        console::step(&format!("{reason:#}"));
    }
    let folder = scratch::folder()?;
    let services = up::Services::start(folder.path()).await?;
    let mut command = workspace::cargo();
    if provision::nextest::is_installed() {
        command.args([
            "nextest",
            "run",
            "--workspace",
            "--cargo-quiet",
            "--no-fail-fast",
        ]);
        if !std::io::stdout().is_terminal() {
            // a log is read for what went wrong, once and at its end
            command.args(["--status-level", "slow", "--failure-output", "final"]);
        }
    } else {
        command.args([
            "test",
            "--quiet",
            "--workspace",
            "--no-fail-fast",
            "--lib",
            "--bins",
            "--tests",
        ]);
    }
    command.env("TESSERA_STATE_DIR", workspace::state_dir()?);
    command
        .env("TESSERA_TEST_AMQP_URL", services.amqp_url())
        .env("TESSERA_TEST_REDIS_URL", services.redis_url());
    let result = run_to_end(&mut command);
    services.stop().await?;
    if own_cluster {
        platform_cluster::stop(&cluster_dir)?;
    }
    result
}

/// A product of its own on a free port, from an empty state, and the journey against it.
async fn journey(shape: Shape) -> Result<()> {
    on_empty_state(shape, async |options| {
        let product = Product::start(options).await?;
        let outcome = demo::play(product.url(), demo::demo_material(), false).await;
        product.stop().await?;
        console::done(&demo::passed(&outcome?));
        Ok(())
    })
    .await
}

/// The product dies while it works on an analysis; the next one, on the same state, does it to its end.
async fn crash() -> Result<()> {
    on_empty_state(Shape::Embedded, async |options| {
        let product = Product::start(options.clone()).await?;
        let begun = demo::into_the_analysis(product.url(), demo::demo_material()).await;
        product.crash().await?;
        let begun = begun?;
        let product = Product::start(options).await?;
        let score = begun.finish().await;
        product.stop().await?;
        console::done(&format!(
            "killed in the middle of an analysis, started again: CV score {}",
            score?
        ));
        Ok(())
    })
    .await
}

/// Runs `play` with a free port and an empty state folder; shows the logs when it fails.
async fn on_empty_state(shape: Shape, play: impl AsyncFnOnce(Options) -> Result<()>) -> Result<()> {
    let folder = scratch::folder()?;
    let [port] = up::free_ports()?;
    let options = Options {
        shape,
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        state_dir: folder.path().to_owned(),
        binary: up::server_binary(false)?,
        quiet: true,
        config: None,
    };
    let outcome = play(options).await;
    if outcome.is_err() {
        show_logs(folder.path());
    }
    outcome
}

/// The end of every log, before the folder goes.
fn show_logs(state: &std::path::Path) {
    let Ok(entries) = std::fs::read_dir(state.join("logs")) else {
        return;
    };
    for entry in entries.flatten() {
        let Ok(bytes) = std::fs::read(entry.path()) else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        for line in &lines[lines.len().saturating_sub(40)..] {
            console::plain(&format!("{} │ {line}", entry.file_name().display()));
        }
    }
}
