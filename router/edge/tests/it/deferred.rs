//! `@defer` over multipart: first what is there, then the rest.

use http::StatusCode;
use serde_json::{Value, json};

use crate::world::{Answer, World};

const ACCEPT: &str = "multipart/mixed;deferSpec=20220824,application/json";

const SLOWLY: &str = "{ item(id: \"1\") { id ... @defer { appraisal(ms: 5000) } } }";

async fn ask(world: &World, query: &str, accept: &str) -> Answer {
    world
        .post_as(&json!({ "query": query }), &[("accept", accept)])
        .await
}

/// The parts of an answer in steps.
fn parts(answer: &Answer) -> Vec<Value> {
    assert_eq!(
        answer.header("content-type"),
        "multipart/mixed;boundary=\"graphql\";deferSpec=20220824"
    );
    assert_eq!(answer.status, StatusCode::OK);
    let text = answer.text.strip_prefix("\r\n--graphql\r\n").unwrap();
    let text = text.strip_suffix("\r\n--graphql--\r\n").unwrap();
    text.split("\r\n--graphql\r\n")
        .map(|part| {
            let (head, body) = part.split_once("\r\n\r\n").unwrap();
            assert_eq!(head, "content-type: application/json; charset=utf-8");
            serde_json::from_str(body).unwrap()
        })
        .collect()
}

#[tokio::test]
async fn the_deferred_part_comes_second() {
    let world = World::new();
    let query = "{ item(id: \"1\") { id label ... @defer(label: \"p\") { price } } }";
    let answer = ask(&world, query, ACCEPT).await;
    assert_eq!(
        parts(&answer),
        [
            json!({"data": {"item": {"id": "1", "label": "item 1"}}, "hasNext": true}),
            json!({
                "incremental": [{"data": {"price": 10}, "path": ["item"], "label": "p"}],
                "hasNext": false
            }),
        ]
    );
}

#[tokio::test]
async fn whoever_does_not_ask_for_steps_gets_one() {
    let world = World::new();
    let query = "{ item(id: \"1\") { id ... @defer { price } } }";
    let whole = json!({"data": {"item": {"id": "1", "price": 10}}});
    for accept in [
        "application/json",
        "*/*",
        "multipart/mixed;deferSpec=20300101,application/json",
        "multipart/mixed;deferSpec=20220824;q=0,application/json",
    ] {
        let answer = ask(&world, query, accept).await;
        assert_eq!(answer.json(), whole, "{accept}");
    }
    // nothing is deferred
    for query in [
        "{ item(id: \"1\") { id price } }",
        "{ item(id: \"1\") { id ... @defer(if: false) { price } } }",
    ] {
        let answer = ask(&world, query, ACCEPT).await;
        assert_eq!(answer.json(), whole, "{query}");
        assert!(
            answer
                .header("content-type")
                .starts_with("application/json")
        );
    }
    let answer = ask(&world, "{ nothing ... @defer { price } }", ACCEPT).await;
    assert_eq!(answer.code(), "BAD_USER_INPUT");
}

#[tokio::test]
async fn what_the_caller_may_not_see_is_not_fetched_for_a_later_step_either() {
    let world = World::new();
    for field in ["mine", "managed", "licensed", "vault { label }"] {
        let name = field.split(' ').next().unwrap();
        for query in [
            format!("{{ hello ... @defer {{ {field} }} }}"),
            format!("{{ hello ...F @defer }} fragment F on Query {{ other: {field} }}"),
            format!("{{ ... @defer {{ hello }} {field} }}"),
        ] {
            let answer = ask(&world, &query, ACCEPT).await;
            assert!(
                answer.text.contains("UNAUTHENTICATED") || answer.text.contains("FORBIDDEN"),
                "{query}: {}",
                answer.text
            );
            assert!(
                !answer.text.contains("gold") && !answer.text.contains(&format!("\"{name}\":\""))
            );
        }
        let fetches = world.fetches.lock();
        assert!(
            !fetches.iter().any(|text| text.contains(name)),
            "{fetches:?}"
        );
    }
}

#[tokio::test]
async fn errors_of_every_step_are_masked() {
    let world = World::new();
    for query in [
        "{ hello ... @defer { fails } }",
        "{ fails ... @defer { slow(ms: 1) } }",
        "{ fails ... @defer { other: fails(code: \"X\") } }",
    ] {
        let answer = ask(&world, query, ACCEPT).await;
        let parts = parts(&answer);
        assert_eq!(parts[0]["hasNext"], true, "{query}: {}", answer.text);
        assert_eq!(parts[1]["hasNext"], false);
        assert!(answer.text.contains("internal error"), "{}", answer.text);
        assert!(!answer.text.contains("relation"), "{}", answer.text);
    }
    let open = World::with(|config| config.mask_errors = false);
    let answer = ask(&open, "{ hello ... @defer { fails } }", ACCEPT).await;
    assert!(answer.text.contains("relation"), "{}", answer.text);
}

#[tokio::test]
async fn a_step_that_takes_too_long_ends_with_the_reason() {
    let world = World::with(|config| config.operation_timeout_ms = 200);
    let answer = ask(&world, SLOWLY, ACCEPT).await;
    let parts = parts(&answer);
    assert_eq!(
        parts[0],
        json!({"data": {"item": {"id": "1"}}, "hasNext": true})
    );
    assert_eq!(parts[1]["hasNext"], false);
    assert!(answer.text.contains("UNAVAILABLE"), "{}", answer.text);
}

#[tokio::test]
async fn an_operation_keeps_its_place_until_its_last_step() {
    let world = World::with(|config| config.concurrent_operations = 1);
    let slow = ask(
        &world,
        "{ item(id: \"1\") { id ... @defer { appraisal(ms: 500) } } }",
        ACCEPT,
    );
    let other = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        world.query("{ hello }").await
    };
    let (slow, other) = tokio::join!(slow, other);
    assert_eq!(parts(&slow).len(), 2);
    assert_eq!(other.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.query("{ hello }").await.status, StatusCode::OK);
}
