use anyhow::Result;
use platform_host::{Process, Shape};

pub(crate) async fn run(only: Vec<String>) -> Result<()> {
    let mut config = super::config()?;
    crate::playground::complete(&mut config);
    let (telemetry, shutdown) = super::start("tessera")?;
    let shape = if only.is_empty() {
        Shape::Embedded
    } else {
        Shape::Service(only)
    };
    let process = Process::new(
        config,
        crate::modules::all(),
        Some(telemetry.metrics()),
        shutdown,
    )?;
    let served = process.serve(&shape).await;
    telemetry.stop().await;
    Ok(served?)
}
