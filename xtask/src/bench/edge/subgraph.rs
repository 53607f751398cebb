//! The subgraph behind the router: it answers at once, or late, or with a stream that says when each event was made.

use anyhow::Result;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What the subgraph has done so far.
pub(super) struct Subgraph {
    pub(super) url: String,
    begun: Instant,
    /// Streams that were begun.
    pub(super) streams: AtomicUsize,
}

/// Text of the large events, so that a reader who stands still fills its connection soon.
const PADDING: usize = 32 * 1024;

impl Subgraph {
    /// Serves until the program ends.
    pub(super) async fn serve() -> Result<Arc<Self>> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let subgraph = Arc::new(Self {
            url: format!("http://{}/graphql", listener.local_addr()?),
            begun: Instant::now(),
            streams: AtomicUsize::new(0),
        });
        let app = Router::new()
            .route("/graphql", post(answer))
            .with_state(Arc::clone(&subgraph));
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                crate::console::error(&format!("the subgraph of the bench: {error}"));
            }
        });
        Ok(subgraph)
    }

    /// Microseconds since the subgraph began: the clock of all events.
    pub(super) fn now_us(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// The supergraph of this one subgraph; `version` makes it another one.
    pub(super) fn supergraph(&self, version: usize) -> String {
        include_str!("supergraph.graphql")
            .replace("http://bench.invalid/", &self.url)
            .replace("version0", &format!("version{version}"))
    }
}

async fn answer(
    State(subgraph): State<Arc<Subgraph>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = String::from_utf8_lossy(&body);
    let streams = headers
        .get(ACCEPT)
        .is_some_and(|accept| accept.as_bytes() == b"text/event-stream");
    if streams {
        subgraph.streams.fetch_add(1, Ordering::Relaxed);
        let large = text.contains("flood");
        return events(subgraph, large);
    }
    if text.contains("slow") {
        tokio::time::sleep(super::overload::SERVICE_TIME).await;
        return Json(json!({"data": {"slow": true}})).into_response();
    }
    Json(json!({"data": {"hello": "world"}})).into_response()
}

/// One event a second, or fifty large ones.
fn events(subgraph: Arc<Subgraph>, large: bool) -> Response {
    let (field, period, padding) = if large {
        ("flood", Duration::from_millis(20), "x".repeat(PADDING))
    } else {
        ("tick", Duration::from_secs(1), String::new())
    };
    let ticks = futures::stream::unfold(0_u64, move |n| async move {
        tokio::time::sleep(period).await;
        Some((n, n + 1))
    });
    let frames = ticks.map(move |n| {
        let at = subgraph.now_us();
        let event: Value =
            json!({"data": {field: {"n": n, "at": at.to_string(), "text": padding}}});
        Ok::<_, Infallible>(Bytes::from(format!("event: next\ndata: {event}\n\n")))
    });
    let mut response = Response::new(Body::from_stream(frames));
    let stream = axum::http::HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(CONTENT_TYPE, stream);
    response
}
