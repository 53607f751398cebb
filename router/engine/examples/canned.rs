//! Serves the subgraphs of a folder from canned data, for measuring routers: `canned FOLDER PORT`. Every subgraph is at
//! `http://127.0.0.1:PORT/<name>`. The answer to a request is worked out once and then sent again.
#![expect(clippy::expect_used, clippy::panic, reason = "a tool for measuring")]

#[path = "../tests/federation/executor.rs"]
mod executor;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/federation/schema.rs"]
mod schema;
#[path = "../tests/federation/store.rs"]
mod store;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, RwLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::routing::post;
use executor::Executor;
use schema::Schema;
use serde_json::{Map, Value};
use store::Store;

struct Subgraphs {
    schemas: HashMap<String, Schema>,
    store: Store,
    answers: RwLock<HashMap<(String, Bytes), Bytes>>,
}

#[derive(serde::Deserialize)]
struct Body {
    query: String,
    #[serde(default)]
    variables: Map<String, Value>,
}

async fn answer(
    State(all): State<Arc<Subgraphs>>,
    UrlPath(name): UrlPath<String>,
    body: Bytes,
) -> ([(&'static str, &'static str); 1], Bytes) {
    let json = [("content-type", "application/json")];
    let key = (name, body);
    if let Some(known) = all.answers.read().expect("no panic").get(&key) {
        return (json, known.clone());
    }
    let body: Body = serde_json::from_slice(&key.1).expect("a request");
    let document = graphql_tools::parser::parse_query::<String>(&body.query)
        .expect("a document")
        .into_static();
    let answer = Executor::run(
        &all.schemas[&key.0],
        &all.store,
        &document,
        &body.variables,
        None,
    );
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
    let read = |path: &Path| {
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let mut schemas = HashMap::new();
    for entry in std::fs::read_dir(&folder).expect("a folder") {
        let path = entry.expect("a file").path();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .expect("a name")
            .to_owned();
        if path
            .extension()
            .is_some_and(|extension| extension == "graphql")
            && name != "supergraph"
            && name != "cases"
        {
            schemas.insert(name, Schema::subgraph(&read(&path)));
        }
    }
    let store = Store::parse(&read(&Path::new(&folder).join("data.json")));
    let all = Arc::new(Subgraphs {
        schemas,
        store,
        answers: RwLock::default(),
    });
    let router = Router::new().route("/{name}", post(answer)).with_state(all);
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}"))
        .await
        .expect("a port");
    axum::serve(listener, router).await.expect("a server");
}
