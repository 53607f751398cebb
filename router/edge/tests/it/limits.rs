//! Limits: the guard, introspection, rates, load.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::json;

use crate::world::{GRAPHQL, World};

/// Documents that stop other servers, in every place and of many sizes: more than 300.
pub(crate) fn hostile() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add =
        |name: &str, size: usize, text: String| all.push((format!("{name} {size}"), text));
    let nested = |open: &str, close: &str, size: usize| {
        format!("{}1{}", open.repeat(size), close.repeat(size))
    };
    for size in [13, 16, 40, 100, 1000, 2000] {
        for (open, close) in [("[", "]"), ("{a:", "}"), ("[{a:", "}]"), ("[[", "]]")] {
            let value = nested(open, close, size);
            add(
                "literal in an argument",
                size,
                format!("{{hello(name:{value})}}"),
            );
            add(
                "literal in a directive",
                size,
                format!("{{hello @skip(if:{value})}}"),
            );
            add(
                "literal in a default",
                size,
                format!("query($x:String={value}){{hello(name:$x)}}"),
            );
            add(
                "literal in a fragment",
                size,
                format!("{{...F}} fragment F on Query{{hello(name:{value})}}"),
            );
            add(
                "unclosed literal",
                size,
                format!("{{hello(name:{}", open.repeat(size)),
            );
        }
        let list_type = format!("{}String{}", "[".repeat(size), "]".repeat(size));
        add("list type", size, format!("query($x:{list_type}){{hello}}"));
    }
    for size in [40, 100, 1000, 2000] {
        add(
            "selections",
            size,
            format!("{}{}", "{item".repeat(size), "}".repeat(size)),
        );
        add("unclosed selections", size, "{item".repeat(size));
        add(
            "inline fragments",
            size,
            format!(
                "{{{}hello{}}}",
                "...on Query{".repeat(size),
                "}".repeat(size)
            ),
        );
        add(
            "bare fragments",
            size,
            format!("{{{}hello{}}}", "...{".repeat(size), "}".repeat(size)),
        );
        add(
            "conditional fragments",
            size,
            format!(
                "{{{}hello{}}}",
                "...@include(if:true){".repeat(size),
                "}".repeat(size)
            ),
        );
    }
    for size in [12, 15, 18, 22, 30, 60, 99] {
        for times in [2, 3, 10] {
            for wrap in ["...", "...on Query{", "item(id:1){..."] {
                let spread = |n: usize| match wrap {
                    "..." => format!("...F{n} "),
                    "...on Query{" => format!("...on Query{{...F{n}}} "),
                    _ => format!("a{n}:hello ...F{n} "),
                };
                let body = |n: usize| spread(n + 1).repeat(times);
                let chain: String = (0..size)
                    .map(|n| format!(" fragment F{n} on Query {{{}}}", body(n)))
                    .collect();
                let end = format!(" fragment F{size} on Query {{hello}}");
                add(
                    "chained fragments",
                    size * times,
                    format!("{{{}}}{chain}{end}", spread(0)),
                );
            }
        }
        let cycle: String = (0..size)
            .map(|n| format!(" fragment F{n} on Query {{...F{}}}", (n + 1) % size))
            .collect();
        add("cycle of fragments", size, format!("{{...F0}}{cycle}"));
        add(
            "cycle that nobody spreads",
            size,
            format!("{{hello}}{cycle}"),
        );
    }
    for size in [101, 500, 3000] {
        add(
            "fields at the root",
            size,
            format!("{{{}}}", "hello ".repeat(size)),
        );
        add(
            "aliases",
            size,
            format!(
                "{{{}}}",
                (0..size)
                    .map(|n| format!("a{n}:hello "))
                    .collect::<String>()
            ),
        );
        add(
            "equal aliases",
            size,
            format!("{{{}}}", "a:hello ".repeat(size)),
        );
        add(
            "aliases below the root",
            size,
            format!("{{item(id:1){{{}}}}}", "a:id ".repeat(size)),
        );
        add(
            "skips",
            size,
            format!("{{hello{}}}", "@skip(if:false)".repeat(size)),
        );
        add(
            "unknown directives",
            size,
            format!("{{hello{}}}", "@x".repeat(size)),
        );
        add(
            "directives on the operation",
            size,
            format!("query{}{{hello}}", "@x".repeat(size)),
        );
        add(
            "directives on a spread",
            size,
            format!("{{...F{}}} fragment F on Query{{hello}}", "@x".repeat(size)),
        );
        add(
            "directives on a fragment",
            size,
            format!("{{...F}} fragment F on Query{}{{hello}}", "@x".repeat(size)),
        );
        add(
            "directives on a variable",
            size,
            format!("query($x:String{}){{hello}}", "@x".repeat(size)),
        );
        add("operations", size, "query A{hello}".repeat(size));
        add(
            "fragments",
            size,
            format!(
                "{{hello}}{}",
                (0..size)
                    .map(|n| format!("fragment F{n} on Query{{hello}}"))
                    .collect::<String>()
            ),
        );
        add(
            "spreads of one fragment",
            size,
            format!("{{{}}} fragment F on Query{{hello}}", "...F ".repeat(size)),
        );
    }
    for size in [20_000, 25_000] {
        add(
            "duplicate fields",
            size,
            format!("{{item(id:1){{{}}}}}", "id ".repeat(size)),
        );
        add(
            "values in a list",
            size,
            format!("{{hello(name:[{}])}}", "1 ".repeat(size)),
        );
        add(
            "bangs",
            size,
            format!("query($x:String{}){{hello}}", "!".repeat(size)),
        );
        add("colons", size, format!("{{hello{}}}", ":".repeat(size)));
        add("dots", size, format!("{{{}}}", "...".repeat(size)));
        add(
            "comment",
            size,
            format!("{{hello}} #{}", "x".repeat(size * 4)),
        );
        add("blanks", size, format!("{{hello}}{}", " ".repeat(size * 4)));
        add("commas", size, format!("{{hello{}}}", ",".repeat(size * 4)));
        add(
            "string",
            size,
            format!("{{hello(name:\"{}\")}}", "x".repeat(size * 4)),
        );
        add(
            "block string",
            size,
            format!("{{hello(name:\"\"\"{}\"\"\")}}", "\"\" ".repeat(size * 2)),
        );
    }
    let broken = [
        "",
        " ",
        "{",
        "}",
        "{}}",
        "{hello",
        "{hello(}",
        "{hello(name:\"x)}",
        "{hello(name:\"\"\"x\")}",
        "{hello\0}",
        "{hello\u{7f}}",
        "{hello\u{feff}}",
        "{hello(name:\"\\uD800\")}",
        "{hello(name:\"\\u{110000}\")}",
        "{hello(name:0x1)}",
        "{hello(name:01)}",
        "{hello(name:1.)}",
        "{..hello}",
        "{....F}",
        "{hello:}",
        "{:hello}",
        "{hello@}",
        "query query query",
        "fragment on on on{on}",
        "fragment F on Query{hello}",
        "{...F} fragment F on Query{...F}",
        "type Query{a:Int}",
        "{hello(name:f())}",
        "{hello}{",
        "query($a){hello}",
        "subscription",
        "{...on}",
        "{...on Query}",
        "\u{202e}{hello}",
    ];
    for (n, text) in broken.iter().enumerate() {
        add("broken text", n, (*text).to_owned());
    }
    all
}

#[tokio::test]
async fn hostile_documents_are_refused_before_they_are_planned() {
    let world = World::new();
    assert!(hostile().len() >= 300, "{}", hostile().len());
    for (name, text) in hostile() {
        // the best of some tries: a busy machine slows one, a refusal that is not cheap slows all
        let mut fastest = Duration::MAX;
        for _ in 0..5 {
            let started = Instant::now();
            let answer = world.query(&text).await;
            fastest = fastest.min(started.elapsed());
            assert_eq!(
                answer.status,
                StatusCode::BAD_REQUEST,
                "{name}: {}",
                answer.text
            );
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{name}");
            if fastest < Duration::from_millis(100) {
                break;
            }
        }
        assert!(
            fastest < Duration::from_millis(100),
            "{name} took {fastest:?}"
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
async fn guessing_keys_ends_before_anybody_is_asked() {
    let world = World::with(|config| config.rate.refused_keys_per_minute = 3);
    let asked = || world.keys_asked.load(Ordering::SeqCst);
    let show = async |name: &str, value: String| {
        world
            .post_as(&json!({"query": "{ hello }"}), &[(name, &value)])
            .await
    };
    for (nth, name) in ["x-api-key", "authorization", "x-api-key"]
        .into_iter()
        .enumerate()
    {
        let key = if name == "x-api-key" {
            "tsk_"
        } else {
            "Bearer tsk_"
        };
        let answer = show(name, format!("{key}{nth}")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(asked(), nth + 1);
    }
    for (name, value) in [("x-api-key", "tsk_9"), ("authorization", "Bearer tsk_9")] {
        let answer = show(name, value.to_owned()).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED")
        );
        assert_eq!(
            answer.message(),
            "limit of 3 refused keys per minute and address exceeded"
        );
        assert_eq!(answer.header("retry-after"), "20");
    }
    assert_eq!(asked(), 3);
    // tokens prove themselves, and whoever shows nothing guesses nothing
    let token = world.token("", 60);
    assert_eq!(
        world.query_as("{ hello }", &token).await.status,
        StatusCode::OK
    );
    assert_eq!(world.query("{ hello }").await.status, StatusCode::OK);
    for _ in 0..5 {
        let answer = world.query_as("{ hello }", "a.forged.token").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
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
