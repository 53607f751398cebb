//! The single connection mode of `graphql-sse`, to the letter and against it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::streams::SSE;
use crate::subgraphs::OPEN_STREAMS;
use crate::world::{Answer, JSON, World};

const TOKEN: &str = "x-graphql-event-stream-token";

async fn call(world: &World, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.send(request.body(Body::empty()).unwrap()).await
}

async fn reserve(world: &World, headers: &[(&str, &str)]) -> String {
    let answer = call(world, Method::PUT, "/graphql", headers).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.text
}

async fn operate(world: &World, token: &str, id: Value, query: &str) -> Answer {
    let body = json!({"query": query, "extensions": {"operationId": id}});
    world.post_as(&body, &[(TOKEN, token)]).await
}

/// What was sent, as pairs of kind and data.
fn messages(text: &str) -> Vec<(String, Value)> {
    text.split("\n\n")
        .filter_map(|block| block.strip_prefix("event: ")?.split_once("\ndata: "))
        .map(|(kind, data)| (kind.to_owned(), serde_json::from_str(data).unwrap()))
        .collect()
}

#[tokio::test]
async fn many_operations_answer_through_one_stream() {
    let world = World::new();
    let token = reserve(&world, &[]).await;
    let opens = [("accept", SSE), (TOKEN, token.as_str())];
    let stream = call(&world, Method::GET, "/graphql", &opens);
    let work = async {
        let long = "subscription { items(count: 100000, everyMs: 10) { id } }";
        let short = "subscription { items(count: 2, everyMs: 10) { id price } }";
        for (id, query) in [("s", short), ("q", "{ hello }"), ("long", long)] {
            let answer = operate(&world, &token, json!(id), query).await;
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
        }
        let twice = operate(&world, &token, json!("long"), "{ hello }").await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
        let second = call(
            &world,
            Method::GET,
            "/graphql",
            &[("accept", SSE), (TOKEN, &token)],
        )
        .await;
        assert_eq!(second.status, StatusCode::CONFLICT);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let path = "/graphql?operationId=long";
        let ended = call(&world, Method::DELETE, path, &[(TOKEN, &token)]).await;
        assert_eq!(ended.status, StatusCode::OK);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(OPEN_STREAMS.load(Ordering::SeqCst), 0);
        world.edge.drain(Duration::from_secs(5)).await;
    };
    let (answer, ()) = tokio::join!(stream, work);
    assert_eq!(
        answer.header("content-type"),
        "text/event-stream; charset=utf-8"
    );
    let seen = messages(&answer.text);
    let of = |id: &str| -> Vec<(&str, &Value)> {
        seen.iter()
            .filter(|(_, data)| data["id"] == id)
            .map(|(kind, data)| (kind.as_str(), &data["payload"]))
            .collect()
    };
    let event = |n: u8| json!({"data": {"items": {"id": n.to_string(), "price": 10}}});
    assert_eq!(
        of("s"),
        [
            ("next", &event(0)),
            ("next", &event(1)),
            ("complete", &Value::Null)
        ]
    );
    let hello = json!({"data": {"hello": "hello world"}});
    assert_eq!(of("q"), [("next", &hello), ("complete", &Value::Null)]);
    assert!(of("long").len() > 3);
}

#[tokio::test]
async fn a_stream_is_its_owners_and_nobody_elses() {
    let world = World::new();
    let ann = format!("Bearer {}", world.token("", 60));
    let bob = format!("Bearer {}", world.token_of_fresh_tenant(60));
    let token = reserve(&world, &[("authorization", &ann)]).await;
    for headers in [
        vec![(TOKEN, token.as_str())],
        vec![(TOKEN, token.as_str()), ("authorization", bob.as_str())],
        vec![(TOKEN, "guess"), ("authorization", ann.as_str())],
        vec![(TOKEN, ""), ("authorization", ann.as_str())],
    ] {
        for method in [Method::GET, Method::DELETE] {
            let mut headers = headers.clone();
            headers.push(("accept", SSE));
            let answer = call(&world, method, "/graphql?operationId=a", &headers).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{headers:?}");
        }
        let body = json!({"query": "{ hello }", "extensions": {"operationId": "a"}});
        let answer = world.post_as(&body, &headers).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{headers:?}");
    }
    assert!(world.fetches.lock().is_empty());
}

#[tokio::test]
async fn what_is_no_operation_of_a_stream_is_refused() {
    let world = World::new();
    let token = reserve(&world, &[]).await;
    for id in [
        json!(null),
        json!(1),
        json!(""),
        json!("x".repeat(129)),
        json!([]),
    ] {
        let answer = operate(&world, &token, id.clone(), "{ hello }").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{id}");
    }
    let batch = json!([{"query": "{ hello }", "extensions": {"operationId": "a"}}]);
    let answer = world.post_as(&batch, &[(TOKEN, &token)]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let form = Request::post("/graphql")
        .header(TOKEN, &token)
        .header("content-type", "text/plain")
        .body(Body::from(
            r#"{"query":"{ hello }","extensions":{"operationId":"a"}}"#,
        ))
        .unwrap();
    assert_eq!(
        world.send(form).await.status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let anonymous = operate(&world, &token, json!("a"), "subscription { privately }").await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
    for (name, text) in crate::limits::hostile() {
        let answer = operate(&world, &token, json!("a"), &text).await;
        assert!(
            answer.status.is_client_error() || answer.json()["errors"].is_array(),
            "{name}"
        );
    }
    let patch = call(
        &world,
        Method::PATCH,
        "/graphql",
        &[(TOKEN, &token), ("accept", JSON)],
    )
    .await;
    assert_eq!(patch.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(world.fetches.lock().is_empty());
}

#[tokio::test]
async fn reserved_streams_are_counted_like_open_ones() {
    let world = World::with(|config| config.streams.per_address = 2);
    reserve(&world, &[]).await;
    reserve(&world, &[]).await;
    let third = call(&world, Method::PUT, "/graphql", &[]).await;
    assert_eq!(third.status, StatusCode::TOO_MANY_REQUESTS);
}
