//! Limits: the guard, introspection, rates, load.

use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::json;

use crate::world::{GRAPHQL, World};

/// Documents that stop other servers; each is refused before it is planned.
pub(crate) fn hostile() -> Vec<(&'static str, String)> {
    let chain = |count: usize| {
        let mut text = String::from("{...F0}");
        for n in 0..count {
            text += &format!(" fragment F{n} on Query {{...F{0} ...F{0}}}", n + 1);
        }
        text + &format!(" fragment F{count} on Query {{hello}}")
    };
    vec![
        (
            "nested list",
            format!("{{hello(name:{}{})}}", "[".repeat(2000), "]".repeat(2000)),
        ),
        (
            "nested object",
            format!(
                "{{hello(name:{}1{})}}",
                "{a:".repeat(2000),
                "}".repeat(2000)
            ),
        ),
        (
            "nested selections",
            format!("{}{}", "{item".repeat(1000), "}".repeat(1000)),
        ),
        ("chained fragments", chain(22)),
        (
            "cyclic fragments",
            "{...A} fragment A on Query {...B} fragment B on Query {...A}".into(),
        ),
        (
            "duplicate fields",
            format!("{{{}}}", "hello ".repeat(20_000)),
        ),
        (
            "aliases",
            format!(
                "{{{}}}",
                (0..500).map(|n| format!("a{n}:hello ")).collect::<String>()
            ),
        ),
        (
            "directives",
            format!("{{hello{}}}", "@skip(if:false)".repeat(500)),
        ),
        (
            "unknown directives",
            format!("{{hello{}}}", "@x".repeat(5000)),
        ),
        ("root fields", format!("{{{}}}", "hello ".repeat(100))),
        ("operations", "query A{hello}".repeat(200)),
        ("bytes", format!("{{hello}} #{}", "x".repeat(100_000))),
        ("unterminated string", "{hello(name:\"x)}".into()),
        ("nul", "{hello\0}".into()),
    ]
}

#[tokio::test]
async fn hostile_documents_are_refused_before_they_are_planned() {
    let world = World::new();
    for (name, text) in hostile() {
        let started = Instant::now();
        let answer = world.query(&text).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{name}: {}",
            answer.text
        );
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{name}");
        assert!(
            started.elapsed() < Duration::from_millis(500),
            "{name} took {:?}",
            started.elapsed()
        );
    }
    assert!(world.fetches.lock().is_empty());
}

#[tokio::test]
async fn a_refusal_names_the_limit_and_what_was_seen() {
    let world = World::with(|config| config.document.aliases = 2);
    let error = world.query("{ a: hello b: hello\n c: hello }").await.json()["errors"][0].clone();
    assert_eq!(
        error["message"],
        "limit of 2 aliases exceeded: 3 seen at line 2 column 3"
    );
    assert_eq!(
        error["extensions"],
        json!({"code": "BAD_USER_INPUT", "limit": "aliases", "allowed": 2, "seen": 3})
    );
    assert_eq!(error["locations"], json!([{"line": 2, "column": 3}]));
}

#[tokio::test]
async fn deep_variables_are_refused_unread() {
    let world = World::new();
    let body = format!(
        r#"{{"query":"{{hello}}","variables":{{"x":{}{}}}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let request = http::Request::post("/graphql").header("content-type", "application/json");
    let answer = world
        .send(request.body(axum::body::Body::from(body)).unwrap())
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer
            .message()
            .contains("limit of 64 json depth exceeded: 65 seen"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn the_schema_is_open_to_whom_the_operator_says() {
    use router_edge::Introspection;
    let query = "{ s: __schema { queryType { name } } }";
    let open = World::new().query(query).await;
    assert_eq!(open.json()["data"]["s"]["queryType"]["name"], "Query");
    let known = World::with(|config| config.introspection = Introspection::Authenticated);
    assert_eq!(known.query(query).await.code(), "FORBIDDEN");
    assert_eq!(
        known.query_as(query, &known.token("", 60)).await.status,
        StatusCode::OK
    );
    let closed = World::with(|config| config.introspection = Introspection::Nobody);
    assert_eq!(
        closed
            .query_as("{ __type(name: \"Item\") { name } }", &closed.token("", 60))
            .await
            .code(),
        "FORBIDDEN"
    );
    assert_eq!(
        closed.query("{ __typename hello }").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn callers_are_told_what_is_left_and_when_to_come_back() {
    let world = World::with(|config| config.rate.caller_per_minute = 3);
    let token = world.token("", 60);
    for remaining in [2, 1, 0] {
        let answer = world.query_as("{ hello }", &token).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(
            answer
                .header("ratelimit")
                .starts_with(&format!("\"caller\";r={remaining};")),
            "{:?}",
            answer.headers
        );
        assert_eq!(answer.header("ratelimit-policy"), "\"caller\";q=3;w=60");
    }
    let answer = world.query_as("{ hello }", &token).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED")
    );
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&seconds), "{seconds}");
    assert_eq!(
        world.query("{ hello }").await.status,
        StatusCode::OK,
        "somebody else is not affected"
    );
}

#[tokio::test]
async fn operations_of_a_batch_are_counted_one_by_one() {
    let world = World::with(|config| config.rate.address_per_minute = 4);
    let three = json!([{"query": "{hello}"}, {"query": "{hello}"}, {"query": "{hello}"}]);
    assert_eq!(world.post(three.clone()).await.status, StatusCode::OK);
    assert_eq!(
        world.post(three).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(world.query("{hello}").await.status, StatusCode::OK);
}

#[tokio::test]
async fn too_much_at_once_is_turned_away_at_once() {
    let world = World::with(|config| config.concurrent_operations = 1);
    let first = world.query("{ slow(ms: 300) }");
    let second = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let started = Instant::now();
        (world.query("{ hello }").await, started.elapsed())
    };
    let (first, (second, took)) = tokio::join!(first, second);
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(
        (second.status, second.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE")
    );
    assert_eq!(second.header("retry-after"), "1");
    assert!(took < Duration::from_millis(150), "{took:?}");
    assert_eq!(world.query("{ hello }").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_operation_that_takes_too_long_is_given_up() {
    let world = World::with(|config| config.operation_timeout_ms = 200);
    let started = Instant::now();
    let answer = world.query("{ slow(ms: 10000) }").await;
    assert!(started.elapsed() < Duration::from_millis(1500));
    assert_eq!(answer.code(), "UNAVAILABLE");
}

#[tokio::test]
async fn answers_say_that_they_are_not_to_be_kept() {
    let answer = World::new()
        .post_as(
            &json!({"query": "{hello}"}),
            &[("accept", GRAPHQL), ("x-request-id", "abc-12345")],
        )
        .await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-request-id"), "abc-12345");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}
