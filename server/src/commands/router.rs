use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use platform_host::{Process, Shape, serve_foreign};

/// Longest wait for a supergraph that is fetched.
const PATIENCE: Duration = Duration::from_secs(10);

/// Largest supergraph that is read, in bytes.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

pub(crate) async fn run(supergraph: Option<String>, port: Option<u16>) -> Result<()> {
    let mut config = super::config()?;
    if let Some(port) = port {
        config.listen.set_port(port);
    }
    let (telemetry, shutdown) = super::start("tessera-router")?;
    let metrics = Some(telemetry.metrics());
    let served = match supergraph {
        Some(place) => {
            let sdl = read(&place)
                .await
                .with_context(|| format!("supergraph {place}"))?;
            let file = (!is_address(&place)).then(|| place.into());
            serve_foreign(config, sdl, file, metrics, shutdown).await
        }
        None => {
            crate::playground::complete(&mut config);
            Process::new(config, crate::modules::all(), metrics, shutdown)?
                .serve(&Shape::Router)
                .await
        }
    };
    telemetry.stop().await;
    Ok(served?)
}

fn is_address(place: &str) -> bool {
    place.starts_with("http://") || place.starts_with("https://")
}

async fn read(place: &str) -> Result<String> {
    if is_address(place) {
        return platform_host::supergraph::fetch(place, MAX_BYTES, PATIENCE)
            .await
            .map_err(Into::into);
    }
    let bytes = std::fs::metadata(place)?.len();
    if bytes > MAX_BYTES {
        bail!("the file has {bytes} bytes, the limit is {MAX_BYTES}");
    }
    Ok(std::fs::read_to_string(place)?)
}
