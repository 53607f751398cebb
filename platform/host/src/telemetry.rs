use std::io::IsTerminal as _;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::WithHttpConfig as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing_subscriber::filter::{Directive, ParseError};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::members::Members;

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
    /// What is logged is not understood.
    #[error("filter of the log")]
    Filter(#[from] ParseError),
    /// A second recorder in one process, or buckets that are none.
    #[error("metrics")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    /// The exporter's address is not usable.
    #[error("traces")]
    Traces(#[from] opentelemetry_otlp::ExporterBuildError),
}

impl Telemetry {
    /// Logs to standard error (JSON unless that is a terminal), sends traces by OTLP when
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` is set, and records metrics. To be called on the runtime.
    ///
    /// # Errors
    /// [`TelemetryError`].
    pub fn start(service: &'static str) -> Result<Self, TelemetryError> {
        let filter = EnvFilter::try_from_default_env()
            .unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER))
            .add_directive(only_traced(exports())?);
        let terminal = std::io::stderr().is_terminal();
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines = if terminal {
            lines.compact().boxed()
        } else {
            lines.json().flatten_event(true).fmt_fields(Members).boxed()
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
    pub async fn stop(self) {
        let Some(traces) = self.traces else {
            return;
        };
        // It waits for the exporter, which needs a thread of the runtime to send.
        match tokio::task::spawn_blocking(move || traces.shutdown()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last traces were not sent"),
            Err(error) => tracing::warn!(%error, "the last traces were not sent"),
        }
    }
}

/// Sends on our runtime: the exporter has a thread of its own, on which no connection could be opened.
#[derive(Debug)]
struct OnRuntime {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let mut answer = client.execute(request.try_into()?).await?;
            let mut response = Response::builder().status(answer.status());
            if let Some(headers) = response.headers_mut() {
                *headers = std::mem::take(answer.headers_mut());
            }
            Ok::<_, HttpError>(response.body(answer.bytes().await?)?)
        });
        sent.await?
    }
}

fn recorder() -> Result<PrometheusHandle, TelemetryError> {
    Ok(PrometheusBuilder::new()
        .set_buckets(&[
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ])?
        .install_recorder()?)
}

/// Spans that serve nobody but whoever looks at traces: without traces they would only be words in a line of the log, and
/// four of them were a tenth of what a query cost that asks four subgraphs.
fn only_traced(exports: bool) -> Result<Directive, ParseError> {
    let level = if exports { "info" } else { "off" };
    format!("{}={level}", router_engine::TRACES).parse()
}

/// Whether traces are sent anywhere.
pub(crate) fn exports() -> bool {
    std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some()
}

fn exporter(service: &'static str) -> Result<Option<SdkTracerProvider>, TelemetryError> {
    if !exports() {
        return Ok(None);
    }
    crate::tls::provide();
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(OnRuntime {
            client: reqwest::Client::new(),
            runtime: Handle::current(),
        })
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
