//! Serves a supergraph file over HTTP, for measuring the engine alone: `serve SUPERGRAPH PORT`.
//! `SHARE=nothing` shares no work, `SHARE=queries` whole queries, else identical fetches are shared.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use router_engine::{
    Engine, EngineOptions, GraphqlRequest, OperationContext, RemoteClient, RemoteOptions,
    ResponseKind,
};
use serde_json::{Map, Value};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    query: String,
    operation_name: Option<String>,
    variables: Option<Map<String, Value>>,
}

async fn graphql(State(engine): State<Arc<Engine>>, Json(body): Json<Body>) -> impl IntoResponse {
    let mut request = GraphqlRequest::new(body.query);
    request.operation_name = body.operation_name;
    request.variables = body.variables.unwrap_or_default();
    let context = OperationContext::anonymous(Instant::now() + Duration::from_secs(10));
    let response = engine.execute(request, context).await;
    let status = match response.kind {
        ResponseKind::Executed | ResponseKind::Refused => StatusCode::OK,
        ResponseKind::Failed => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        response.body,
    )
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(port)) = (arguments.next(), arguments.next()) else {
        return Err("serve SUPERGRAPH PORT".into());
    };
    let sdl = std::fs::read_to_string(file)?;
    let client = RemoteClient::new(RemoteOptions::default())?;
    let mode = std::env::var("SHARE").unwrap_or_default();
    let options = EngineOptions {
        single_flight: mode != "nothing",
        share_queries: mode == "queries",
        ..EngineOptions::default()
    };
    let engine = Arc::new(Engine::remote(&sdl, &client, options)?);
    let router = Router::new()
        .route("/graphql", post(graphql))
        .route("/health", get(|| async { "ok" }))
        .with_state(engine);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    axum::serve(listener, router).await?;
    Ok(())
}
