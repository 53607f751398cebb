//! Subscriptions over HTTP: event streams and multipart.

use std::time::{Duration, Instant};

use axum::body::Body;
use futures::StreamExt as _;
use http::StatusCode;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::world::{JSON, World};

pub(crate) const SSE: &str = "text/event-stream";
const MULTIPART: &str =
    "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0,application/json";

/// Data of the `next` events, and whether the stream said that it is complete.
pub(crate) fn events(text: &str) -> (Vec<Value>, bool) {
    let mut found = Vec::new();
    let mut complete = false;
    for block in text.split("\n\n") {
        if let Some(data) = block.strip_prefix("event: next\ndata: ") {
            found.push(serde_json::from_str(data).unwrap());
        }
        complete |= block.starts_with("event: complete");
    }
    (found, complete)
}

#[tokio::test]
async fn events_carry_fields_of_other_subgraphs() {
    let world = World::new();
    let query = json!({"query": "subscription { items(count: 3, everyMs: 5) { id price } }"});
    let answer = world.post_as(&query, &[("accept", SSE)]).await;
    assert_eq!(
        answer.header("content-type"),
        "text/event-stream; charset=utf-8"
    );
    let (found, complete) = events(&answer.text);
    let expected: Vec<Value> = (0..3)
        .map(|n| json!({"data": {"items": {"id": n.to_string(), "price": 10}}}))
        .collect();
    assert_eq!((found, complete), (expected, true));
}

#[tokio::test]
async fn a_query_over_an_event_stream_is_one_event() {
    let world = World::new();
    let answer = world
        .get("/graphql?query=%7Bhello%7D", &[("accept", SSE)])
        .await;
    assert_eq!(
        events(&answer.text),
        (vec![json!({"data": {"hello": "hello world"}})], true)
    );
}

#[tokio::test]
async fn multipart_subscriptions_end_with_the_closing_boundary() {
    let world = World::new();
    let query = json!({"query": "subscription { items(count: 2, everyMs: 5) { id price } }"});
    let answer = world.post_as(&query, &[("accept", MULTIPART)]).await;
    assert_eq!(
        answer.header("content-type"),
        "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0"
    );
    let parts: Vec<Value> = answer
        .text
        .split("\r\n--graphql")
        .filter_map(|part| part.strip_prefix("\r\ncontent-type: application/json\r\n\r\n"))
        .map(|json| serde_json::from_str(json).unwrap())
        .collect();
    assert_eq!(parts[0], json!({}));
    assert_eq!(
        parts[1],
        json!({"payload": {"data": {"items": {"id": "0", "price": 10}}}})
    );
    assert_eq!(parts.len(), 3);
    assert!(answer.text.ends_with("\r\n--graphql--\r\n"));
}

#[tokio::test]
async fn a_part_is_whole_before_the_next_one_comes() {
    let world = World::new();
    let query = json!({"query": "subscription { items(count: 2, everyMs: 50) { id } }"});
    let request = http::Request::post("/graphql")
        .header("content-type", JSON)
        .header("accept", MULTIPART)
        .body(Body::from(query.to_string()));
    let response = world.edge.router().oneshot(request.unwrap()).await.unwrap();
    let mut frames = response.into_body().into_data_stream();
    let mut seen = 0;
    while let Some(frame) = frames.next().await {
        let text = String::from_utf8(frame.unwrap().to_vec()).unwrap();
        if text.contains("payload") {
            seen += 1;
            assert!(text.ends_with("}\r\n--graphql"), "{text}");
        }
    }
    assert_eq!(seen, 2);
}

#[tokio::test]
async fn a_stream_ends_within_a_second_of_the_token() {
    let world = World::new();
    let authorization = format!("Bearer {}", world.token("", 2));
    let started = Instant::now();
    let query = json!({"query": "subscription { privately }"});
    let answer = world
        .post_as(
            &query,
            &[("accept", SSE), ("authorization", &authorization)],
        )
        .await;
    assert!(
        started.elapsed() < Duration::from_millis(3000),
        "{:?}",
        started.elapsed()
    );
    let (found, complete) = events(&answer.text);
    assert!(found.len() > 3 && complete);
    let last = &found[found.len() - 1];
    assert_eq!(last["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(last["errors"][0]["message"], "credential has expired");
}

#[tokio::test]
async fn a_lost_right_ends_a_busy_stream() {
    let world = World::new();
    let authorization = format!("Bearer {}", world.token("", 60));
    let query = json!({"query": "subscription { privately }"});
    let started = Instant::now();
    let lose = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        world
            .signed_out
            .store(true, std::sync::atomic::Ordering::SeqCst);
    };
    let headers = [("accept", SSE), ("authorization", authorization.as_str())];
    let (answer, ()) = tokio::join!(world.post_as(&query, &headers), lose);
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    assert!(events(&answer.text).0.last().unwrap()["errors"].is_array());
}

#[tokio::test]
async fn a_stream_that_may_not_begin_says_why_with_a_status() {
    let world = World::new();
    let answer = world
        .post_as(
            &json!({"query": "subscription { privately }"}),
            &[("accept", SSE)],
        )
        .await;
    assert_eq!(answer.code(), "UNAUTHENTICATED");
    assert_ne!(answer.status, StatusCode::OK);
    for (name, text) in crate::limits::hostile() {
        for accept in [SSE, MULTIPART] {
            let answer = world
                .post_as(&json!({ "query": text }), &[("accept", accept)])
                .await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
        }
    }
    assert!(world.fetches.lock().is_empty());
}

#[tokio::test]
async fn open_streams_are_counted() {
    let world = World::with(|config| config.streams.per_address = 1);
    let query = json!({"query": "subscription { items(count: 10, everyMs: 50) { id } }"});
    let later = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        world.post_as(&query, &[("accept", SSE)]).await
    };
    let (first, second) = tokio::join!(world.post_as(&query, &[("accept", SSE)]), later);
    assert_eq!(events(&first.text).0.len(), 10);
    assert_eq!(second.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        second
            .message()
            .contains("limit of 1 open streams per address exceeded")
    );
    assert_eq!(
        events(&world.post_as(&query, &[("accept", SSE)]).await.text)
            .0
            .len(),
        10
    );
}

#[tokio::test]
async fn draining_ends_streams_without_a_word_so_that_clients_come_back() {
    let world = World::new();
    let query = json!({"query": "subscription { items(count: 1000, everyMs: 20) { id } }"});
    let drain = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        world.edge.drain(Duration::from_secs(5)).await;
    };
    let (answer, ()) = tokio::join!(world.post_as(&query, &[("accept", SSE)]), drain);
    let (found, complete) = events(&answer.text);
    assert!(!found.is_empty() && !complete);
    assert!(world.edge.is_draining());
}
