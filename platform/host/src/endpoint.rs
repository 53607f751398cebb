//! A subgraph in a process of its own: `POST /graphql` for the router, and nobody else.
//!
//! Every request carries an assertion that the router signed for this subgraph and this very body;
//! without it not even the schema is shown.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::http::{MultipartOptions, receive_body};
use async_graphql::{Response as GraphqlResponse, UploadValue, Variables};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures::StreamExt as _;
use platform_identity::{ASSERTION_HEADER, AssertionVerifier, Identity, Secret};
use platform_sdk::graphql::{Document, SubgraphRequest};
use platform_sdk::{Clock, ErrorCode, Origin};
use serde::Deserialize;

use crate::installed::Installed;
use crate::shutdown::Shutdown;

/// Largest request of a router, in bytes: representations of many entities are long.
const BODY_BYTES: usize = 16 * 1024 * 1024;

/// Most files in one request; the edge lets fewer through.
const FILES: usize = 1000;

/// Deepest nesting of a request's JSON.
const JSON_DEPTH: usize = 64;

/// Longest time for one operation; the router's own deadline is shorter and closes the connection.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Signs of life on an idle stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

struct Endpoint {
    module: Installed,
    verifier: AssertionVerifier,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    query: String,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<serde_json::Map<String, serde_json::Value>>,
}

/// What to run, however it came.
struct Operation {
    query: String,
    operation_name: Option<String>,
    variables: Variables,
}

type Parsed = (Operation, Vec<UploadValue>);

/// The endpoint of one module at `path`.
pub(crate) fn routes(module: Installed, secret: &Secret, path: &str, shutdown: Shutdown) -> Router {
    let endpoint = Arc::new(Endpoint {
        verifier: AssertionVerifier::new(secret, module.id()),
        clock: module.runtime.ambient.clock.clone(),
        module,
        shutdown,
    });
    Router::new()
        .route(path, post(answer))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(endpoint)
}

async fn answer(
    State(endpoint): State<Arc<Endpoint>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(identity) = endpoint.verify(&headers, &body) else {
        return refuse(
            StatusCode::UNAUTHORIZED,
            ErrorCode::Unauthenticated,
            "only the router may ask",
        );
    };
    let content_type = text(&headers, header::CONTENT_TYPE.as_str());
    let parsed = match content_type.filter(|name| name.starts_with("multipart/form-data")) {
        Some(content_type) => form(&content_type, body).await,
        None => json(&body),
    };
    let (parsed, uploads) = match parsed {
        Ok(parsed) => parsed,
        Err(problem) => return refuse(StatusCode::BAD_REQUEST, ErrorCode::BadUserInput, &problem),
    };
    // Ends with this request: the router going away cancels the work.
    let cancel = endpoint.shutdown.stopped.child_token();
    let guard = cancel.clone().drop_guard();
    let request = SubgraphRequest {
        document: Document::Text(parsed.query),
        operation_name: parsed.operation_name,
        variables: parsed.variables,
        uploads,
        origin: Origin {
            identity: Arc::new(identity),
            deadline: Instant::now() + TIMEOUT,
            trace_parent: text(&headers, "traceparent"),
            cancel,
        },
    };
    let wants_stream = text(&headers, header::ACCEPT.as_str())
        .is_some_and(|accept| accept.contains("text/event-stream"));
    if wants_stream {
        stream(&endpoint, request, guard)
    } else {
        let response = endpoint.module.subgraph.execute(request).await;
        drop(guard);
        (StatusCode::OK, axum::Json(response)).into_response()
    }
}

fn json(body: &[u8]) -> Result<Parsed, String> {
    platform_guard::check_json_depth(body, JSON_DEPTH).map_err(|refusal| refusal.to_string())?;
    let body: Body = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let operation = Operation {
        query: body.query,
        operation_name: body.operation_name,
        variables: Variables::from_json(body.variables.unwrap_or_default().into()),
    };
    Ok((operation, Vec::new()))
}

/// A request with files. The router has signed it: what may be in it was decided at the edge, and all of it is here.
async fn form(content_type: &str, body: Bytes) -> Result<Parsed, String> {
    let options = MultipartOptions::default()
        .max_file_size(BODY_BYTES)
        .max_num_files(FILES);
    let reader = futures::io::Cursor::new(body);
    let request = receive_body(Some(content_type), reader, options)
        .await
        .map_err(|error| error.to_string())?;
    let operation = Operation {
        query: request.query,
        operation_name: request.operation_name,
        variables: request.variables,
    };
    Ok((operation, request.uploads))
}

/// Events as the protocol graphql-sse tells them on a connection of their own.
fn stream(
    endpoint: &Endpoint,
    request: SubgraphRequest,
    guard: tokio_util::sync::DropGuard,
) -> Response {
    let responses = endpoint.module.subgraph.subscribe(request);
    let stopping = endpoint.shutdown.stopping.clone().cancelled_owned();
    let events = responses
        .map(|response: GraphqlResponse| {
            Event::default()
                .event("next")
                .json_data(&response)
                .unwrap_or_else(|error| {
                    tracing::error!(%error, "a response has no JSON form");
                    Event::default().event("next").data(
                        r#"{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}"#,
                    )
                })
        })
        .take_until(stopping)
        .chain(futures::stream::once(async {
            Event::default().event("complete").data("")
        }))
        .map(move |event| {
            let _lives_as_long_as_the_stream = &guard;
            Ok::<_, Infallible>(event)
        });
    Sse::new(events)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}

impl Endpoint {
    fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Option<Identity> {
        let mut shown = headers.get_all(ASSERTION_HEADER).iter();
        let (Some(assertion), None) = (shown.next(), shown.next()) else {
            return None;
        };
        let assertion = assertion.to_str().ok()?;
        self.verifier
            .verify(assertion, body, self.clock.now())
            .inspect_err(|error| tracing::warn!(%error, "assertion refused"))
            .ok()
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn refuse(status: StatusCode, code: ErrorCode, message: &str) -> Response {
    let body = serde_json::json!({
        "errors": [{ "message": message, "extensions": { "code": code.as_str() } }],
    });
    (status, axum::Json(body)).into_response()
}
