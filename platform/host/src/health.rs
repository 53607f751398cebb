//! `/health`, `/ready` and `/metrics`, the same in every process.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;

/// Longest time for one look.
const LOOK: Duration = Duration::from_secs(2);

/// One thing without which the process cannot serve.
pub struct Check {
    /// What it is, for people.
    pub name: &'static str,
    /// Whether it is there; the text says what is missing.
    pub look: Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

struct Health {
    checks: Vec<Check>,
    metrics: Option<PrometheusHandle>,
    stopping: CancellationToken,
}

/// The routes. `stopping` makes the process unready, so that nobody sends it new work while it drains.
pub fn routes(
    checks: Vec<Check>,
    metrics: Option<PrometheusHandle>,
    stopping: CancellationToken,
) -> Router {
    let health = Arc::new(Health {
        checks,
        metrics,
        stopping,
    });
    Router::new()
        .route(
            "/health",
            get(|| async { axum::Json(serde_json::json!({ "status": "ok" })) }),
        )
        .route("/ready", get(ready))
        .route("/metrics", get(show_metrics))
        .with_state(health)
}

async fn ready(State(health): State<Arc<Health>>) -> Response {
    if health.stopping.is_cancelled() {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "stopping", Vec::new());
    }
    let looks = health.checks.iter().map(|check| async move {
        match tokio::time::timeout(LOOK, (check.look)()).await {
            Ok(Ok(())) => None,
            Ok(Err(problem)) => Some((check.name, problem)),
            Err(_) => Some((check.name, format!("no answer within {} s", LOOK.as_secs()))),
        }
    });
    let problems: Vec<_> = futures::future::join_all(looks)
        .await
        .into_iter()
        .flatten()
        .collect();
    if problems.is_empty() {
        answer(StatusCode::OK, "ready", problems)
    } else {
        answer(StatusCode::SERVICE_UNAVAILABLE, "not ready", problems)
    }
}

fn answer(status: StatusCode, word: &str, problems: Vec<(&'static str, String)>) -> Response {
    let problems: serde_json::Map<_, _> = problems
        .into_iter()
        .map(|(name, problem)| (name.to_owned(), problem.into()))
        .collect();
    let body = serde_json::json!({ "status": word, "problems": problems });
    (status, axum::Json(body)).into_response()
}

async fn show_metrics(State(health): State<Arc<Health>>) -> Response {
    match &health.metrics {
        Some(metrics) => (
            [(
                header::CONTENT_TYPE,
                "text/plain; version=0.0.4; charset=utf-8",
            )],
            metrics.render(),
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
