//! The generic router: any supergraph, nothing of ours behind it.

use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::process::{Running, ask};

/// Answers for the subgraph `books`.
async fn books() -> String {
    let answer = post(|Json(_): Json<Value>| async {
        Json(json!({ "data": { "books": [{ "title": "Dune" }] } }))
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/graphql", answer);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}/graphql")
}

#[tokio::test(flavor = "multi_thread")]
async fn any_supergraph_is_served_from_a_file_and_from_an_address() {
    let sdl =
        include_str!("supergraph.graphql").replace("http://books.test/graphql", &books().await);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("supergraph.graphql");
    std::fs::write(&file, &sdl).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = format!("http://{}/supergraph", listener.local_addr().unwrap());
    let app = Router::new().route("/supergraph", axum::routing::get(|| async { sdl }));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });

    for place in [file.to_str().unwrap(), &place] {
        let router = Running::start(&["router", "--supergraph", place], &[]).await;
        let answer = ask(&router.url, None, "{ books { title } }", json!({})).await;
        assert_eq!(
            answer,
            json!({ "data": { "books": [{ "title": "Dune" }] } })
        );
        router.end().await;
    }
}
