use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// What is logged when `RUST_LOG` does not say.
const DEFAULT_FILTER: &str = "info,sqlx=warn,lapin=warn,hyper=warn";

/// Logs, traces and metrics of this process.
pub struct Telemetry {
    metrics: PrometheusHandle,
    traces: Option<SdkTracerProvider>,
}

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A second call in one process.
    #[error("logging is set up already")]
    Logging(#[from] tracing_subscriber::util::TryInitError),
    /// A second recorder in one process, or buckets that are none.
    #[error("metrics")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    /// The exporter's address is not usable.
    #[error("traces")]
    Traces(#[from] opentelemetry_otlp::ExporterBuildError),
}

impl Telemetry {
    /// Logs to standard error (JSON unless that is a terminal), sends traces by OTLP when
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` is set, and records metrics.
    ///
    /// # Errors
    /// [`TelemetryError`].
    pub fn start(service: &'static str) -> Result<Self, TelemetryError> {
        let filter =
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
        let terminal = std::io::stderr().is_terminal();
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines = if terminal {
            lines.compact().boxed()
        } else {
            lines.json().flatten_event(true).boxed()
        };
        let traces = exporter(service)?;
        let spans = traces
            .as_ref()
            .map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer(service)));
        tracing_subscriber::registry()
            .with(filter)
            .with(lines)
            .with(spans)
            .try_init()?;
        Ok(Self {
            metrics: recorder()?,
            traces,
        })
    }

    /// The metrics in Prometheus' text form.
    pub fn metrics(&self) -> PrometheusHandle {
        self.metrics.clone()
    }

    /// Sends what is left.
    pub fn stop(self) {
        if let Some(traces) = self.traces
            && let Err(error) = traces.shutdown()
        {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

fn recorder() -> Result<PrometheusHandle, TelemetryError> {
    Ok(PrometheusBuilder::new()
        .set_buckets(&[
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ])?
        .install_recorder()?)
}

fn exporter(service: &'static str) -> Result<Option<SdkTracerProvider>, TelemetryError> {
    if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_none() {
        return Ok(None);
    }
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .build()?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(
            opentelemetry_sdk::Resource::builder()
                .with_service_name(service)
                .build(),
        )
        .build();
    Ok(Some(provider))
}
