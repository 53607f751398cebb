//! What a foreign page can make a browser send runs nothing, whatever the transport.

use axum::body::Body;
use http::{Request, StatusCode};

use crate::world::{JSON, World};

#[tokio::test]
async fn simple_requests_run_nothing() {
    let world = World::new();
    let multipart = "--x\r\ncontent-disposition: form-data; name=\"operations\"\r\n\r\n{\"query\":\"mutation{touch}\"}\r\n--x--\r\n";
    let posts = [
        ("text/plain", r#"{"query":"mutation{touch}"}"#),
        ("text/plain;charset=UTF-8", r#"{"query":"mutation{touch}"}"#),
        (
            "text/plain; application/json",
            r#"{"query":"mutation{touch}"}"#,
        ),
        (
            "application/x-www-form-urlencoded",
            "query=mutation%7Btouch%7D",
        ),
        ("multipart/form-data; boundary=x", multipart),
        ("application/graphql", "mutation{touch}"),
        ("application/jsonp", r#"{"query":"mutation{touch}"}"#),
        ("", r#"{"query":"mutation{touch}"}"#),
    ];
    for (content_type, body) in posts {
        let request = Request::post("/graphql")
            .header("content-type", content_type)
            .header("accept", "*/*");
        let answer = world.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(
            answer.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{content_type}"
        );
    }
    let gets = [
        &[("accept", "*/*"), ("sec-fetch-site", "cross-site")][..],
        &[
            ("accept", "*/*"),
            ("referer", "https://evil.example/page"),
            ("host", "localhost"),
        ],
        &[("accept", "text/css,*/*;q=0.1")],
        &[
            ("accept", "image/webp,*/*;q=0.8"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[
            ("accept", "application/json"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[
            ("accept", "application/json"),
            ("sec-fetch-site", "same-site"),
        ],
        &[
            ("accept", "text/event-stream"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[
            ("accept", "application/json"),
            ("origin", "https://evil.example"),
            ("host", "localhost"),
        ],
        &[("accept", "application/json"), ("origin", "null")],
        &[
            ("accept", "text/html"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ],
    ];
    for headers in gets {
        for query in [
            "%7Bhello%7D",
            "mutation%7Btouch%7D",
            "subscription%7Bflood(count:1)%7D",
        ] {
            let answer = world.get(&format!("/graphql?query={query}"), headers).await;
            assert_eq!(
                answer.status,
                StatusCode::BAD_REQUEST,
                "{headers:?} {query}: {}",
                answer.text
            );
        }
    }
    assert!(
        world.fetches.lock().is_empty(),
        "{:?}",
        world.fetches.lock()
    );
}

#[tokio::test]
async fn only_listed_origins_are_let_in_by_preflight() {
    let world = World::with(|config| config.cors_origins = vec!["https://app.example".into()]);
    for (origin, allowed) in [
        ("https://app.example", true),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let request = Request::options("/graphql")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "content-type,authorization",
            );
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        let granted = answer.header("access-control-allow-origin");
        assert_eq!(granted, if allowed { origin } else { "" });
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
    let default = World::new();
    let request = Request::post("/graphql")
        .header("origin", "https://evil.example")
        .header("content-type", JSON);
    let answer = default
        .send(request.body(Body::from(r#"{"query":"{hello}"}"#)).unwrap())
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}
