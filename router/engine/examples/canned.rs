//! Serves the subgraphs of a folder from canned data, for measuring routers: `canned FOLDER PORT`. Every subgraph is at
//! `http://127.0.0.1:PORT/<name>`. The answer to a request is worked out once and then sent again.
#![expect(clippy::expect_used, clippy::panic, reason = "a tool for measuring")]

mod support;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, RwLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::routing::post;
use serde_json::{Map, Value};
use support::Subgraphs;

struct Canned {
    subgraphs: Subgraphs,
    answers: RwLock<HashMap<(String, Bytes), Bytes>>,
}

#[derive(serde::Deserialize)]
struct Body {
    query: String,
    #[serde(default)]
    variables: Map<String, Value>,
}

async fn answer(
    State(all): State<Arc<Canned>>,
    UrlPath(name): UrlPath<String>,
    body: Bytes,
) -> ([(&'static str, &'static str); 1], Bytes) {
    let json = [("content-type", "application/json")];
    let key = (name, body);
    if let Some(known) = all.answers.read().expect("no panic").get(&key) {
        return (json, known.clone());
    }
    let body: Body = serde_json::from_slice(&key.1).expect("a request");
    let answer = all.subgraphs.answer(&key.0, &body.query, &body.variables);
    let answer = Bytes::from(answer.to_string());
    all.answers
        .write()
        .expect("no panic")
        .insert(key, answer.clone());
    (json, answer)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (folder, port) = (
        arguments.next().expect("FOLDER"),
        arguments.next().expect("PORT"),
    );
    let all = Arc::new(Canned {
        subgraphs: Subgraphs::read(Path::new(&folder)),
        answers: RwLock::default(),
    });
    let router = Router::new().route("/{name}", post(answer)).with_state(all);
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}"))
        .await
        .expect("a port");
    axum::serve(listener, router).await.expect("a server");
}
