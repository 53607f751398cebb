//! Files that come with mutations: in by a form, out to the subgraphs that use them and to no other.

mod form;
mod hostile;
mod subgraphs;

use axum::body::Body;
use futures::stream::StreamExt as _;
use http::{Request, StatusCode};
use serde_json::json;

use self::form::{
    LETTER, expected, field, file, form, large, letter, one_place, operations, send, send_as,
};
use self::hostile::hostile;
use self::subgraphs::{distant, local};
use crate::world::World;

/// Files in inputs and lists, twice in one fetch, in two subgraphs, empty and large.
async fn files_arrive(world: &World) {
    let (small, large) = (&b"dear reader"[..], large());
    let answer = send(world, &[letter(), one_place(), file("0", "a.txt", small)]).await;
    assert_eq!(
        answer.json(),
        json!({"data": {"letter": expected("a.txt", small)}})
    );

    let query = "mutation($l: Upload!, $p: Upload!, $n: String) { letter(file: $l, note: $n) photo(file: $l) more: photo(file: $p) }";
    let variables = json!({"l": null, "p": null, "n": "!"});
    let map = json!({"x": ["variables.p"], "y": ["variables.l"]});
    let parts = [
        operations(query, variables),
        field("map", map),
        file("y", "large.bin", &large),
        file("x", "empty", b""),
    ];
    let answer = send(world, &parts).await;
    let of_large = expected("large.bin", &large);
    assert_eq!(
        answer.json(),
        json!({"data": {
            "letter": format!("{of_large}!"),
            "photo": of_large,
            "more": expected("empty", b""),
        }})
    );

    let query = "mutation($i: Bundle!) { bundle(input: $i) }";
    let variables = json!({"i": {"title": "t", "files": [null, null, null], "cover": null}});
    let map =
        json!({"0": ["variables.i.files.2", "variables.i.cover"], "1": ["variables.i.files.0"]});
    let parts = [
        operations(query, variables),
        field("map", map),
        file("0", "../../zero", small),
        file("1", "one", &large),
    ];
    let answer = send(world, &parts).await;
    let zero = expected("zero", small);
    let text = format!("t: {}, none, {zero}, {zero}", expected("one", &large));
    assert_eq!(answer.json(), json!({"data": {"bundle": text}}));
}

#[tokio::test]
async fn files_arrive_at_subgraphs_in_this_process() {
    files_arrive(&local(|_| {})).await;
}

#[tokio::test]
async fn files_arrive_at_remote_subgraphs_as_a_form_again() {
    let (world, came) = distant().await;
    files_arrive(&world).await;
    let came = came.lock();
    for (headers, body) in &*came {
        let content_type = headers["content-type"].to_str().unwrap();
        assert!(content_type.starts_with("multipart/form-data; boundary="));
        assert_eq!(headers["apollo-require-preflight"], "true");
        let text = String::from_utf8_lossy(body);
        assert!(!text.contains("__graphql_file__"), "{text}");
    }
    // the first of two that use the large file does not get the empty one
    let text = String::from_utf8_lossy(&came[1].1);
    assert!(text.contains(r#"{"0":["variables.l"]}"#), "{text}");
    assert!(!text.contains("filename=\"empty\""));
    assert_eq!(came.len(), 4);
}

#[tokio::test]
async fn a_fetch_without_files_stays_json() {
    let (world, came) = distant().await;
    let query = "mutation($f: Upload!) { maybe photo(file: $f) }";
    let variables = json!({"f": null});
    let parts = [
        operations(query, variables),
        one_place(),
        file("0", "a", b"x"),
    ];
    let answer = send(&world, &parts).await;
    assert_eq!(
        answer.json(),
        json!({"data": {"maybe": "none", "photo": expected("a", b"x")}})
    );
    let came = came.lock();
    assert_eq!(came[0].0["content-type"], "application/json");
    assert!(!came[0].0.contains_key("apollo-require-preflight"));
}

#[tokio::test]
async fn the_same_file_sent_twice_at_once_is_fetched_twice() {
    let (world, came) = distant().await;
    let parts = [letter(), one_place(), file("0", "a", b"x")];
    let (one, other) = tokio::join!(send(&world, &parts), send(&world, &parts));
    assert_eq!(one.json(), other.json());
    assert_eq!(came.lock().len(), 2);
}

#[tokio::test]
async fn a_field_that_the_caller_may_not_use_gets_no_file() {
    let world = local(|_| {});
    let query = "mutation($f: Upload!) { guarded(file: $f) letter(file: $f) }";
    let variables = json!({"f": null});
    let parts = [
        operations(query, variables),
        one_place(),
        file("0", "a", b"x"),
    ];
    let answer = send(&world, &parts).await;
    assert_eq!(answer.code(), "UNAUTHENTICATED");
    assert!(world.fetches.lock().is_empty());
}

#[tokio::test]
async fn no_hostile_form_runs_an_operation() {
    let world = local(|config| {
        config.uploads.file_bytes = 1_000_000;
        config.uploads.total_bytes = 1_500_000;
    });
    let cases = hostile();
    assert!(cases.len() >= 60, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let answer = send_as(&world, case.body, &[("graphql-require-preflight", "1")]).await;
        let is_refused = answer.status.is_client_error()
            && case.status.is_none_or(|status| answer.status == status)
            && answer.message().contains(case.reason);
        if !is_refused {
            wrong.push(format!("{}: {} {}", case.name, answer.status, answer.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(*world.fetches.lock(), Vec::<String>::new());
}

#[tokio::test]
async fn odd_content_types_are_refused() {
    let world = local(|_| {});
    let good = form(&[letter(), one_place(), file("0", "a", b"x")]);
    let long = format!("multipart/form-data; boundary={}", "b".repeat(71));
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=b; boundary=c",
        "multipart/form-data, application/json",
        "multipart/mixed; boundary=b",
        "multipart/related; boundary=b",
        "multipart/form-data-x; boundary=b",
        "application/x-www-form-urlencoded",
        &long,
    ] {
        let request = Request::post("/graphql")
            .header("graphql-require-preflight", "1")
            .header("content-type", content_type)
            .body(Body::from(good.clone()));
        let answer = world.send(request.unwrap()).await;
        assert!(
            answer.status.is_client_error(),
            "{content_type}: {answer:?}"
        );
    }
    assert!(world.fetches.lock().is_empty());
}

#[tokio::test]
async fn a_file_is_nothing_but_a_file_of_a_form() {
    let world = local(|_| {});
    for variables in [
        json!({"f": "#__graphql_file__:0"}),
        json!({"f": "#__graphql_file__:x"}),
        json!({"f": "a.txt"}),
        json!({"f": {"filename": "/etc/passwd"}}),
        json!({"f": 0}),
        json!({}),
    ] {
        let answer = world
            .post(json!({"query": LETTER, "variables": variables}))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{variables}");
    }
    let literal = "mutation { letter(file: \"#__graphql_file__:x\") }";
    let answer = world.query(literal).await;
    assert!(
        answer.message().contains("not in the document"),
        "{answer:?}"
    );
    assert!(world.fetches.lock().is_empty());
}

#[tokio::test]
async fn pages_of_other_sites_send_no_files() {
    let world = local(|_| {});
    let good = form(&[letter(), one_place(), file("0", "a", b"x")]);
    for headers in [
        &[][..],
        &[("graphql-require-preflight", "")],
        &[("origin", "https://evil.example")],
        &[("cookie", "session=1")],
    ] {
        let answer = send_as(&world, good.clone(), headers).await;
        assert_eq!(
            answer.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{headers:?}"
        );
    }
    assert!(world.fetches.lock().is_empty());
    for name in ["apollo-require-preflight", "x-requested-with"] {
        let answer = send_as(&world, good.clone(), &[(name, "1")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn files_are_off_by_a_switch() {
    let world = local(|config| config.uploads.enabled = false);
    let answer = send(&world, &[letter(), one_place(), file("0", "a", b"x")]).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let world = local(|config| config.uploads.concurrent = 0);
    let answer = send(&world, &[letter(), one_place(), file("0", "a", b"x")]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn a_slow_sender_takes_the_room_of_no_other() {
    let world = local(|config| config.uploads.per_address = 1);
    let good = form(&[letter(), one_place(), file("0", "a", b"x")]);
    let request = |body| {
        let request = Request::post("/graphql")
            .header("graphql-require-preflight", "1")
            .header("content-type", "multipart/form-data; boundary=b");
        request.body(body).unwrap()
    };
    let slow = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let mut waiting = std::pin::pin!(world.send(request(slow)));
    assert!(futures::poll!(&mut waiting).is_pending());
    let second = world.send(request(good.clone().into())).await;
    assert_eq!(second.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        second.message(),
        "limit of 1 requests with files at once per address exceeded"
    );
    let mut elsewhere = request(good.into());
    let other: std::net::SocketAddr = "192.0.2.8:1000".parse().unwrap();
    elsewhere
        .extensions_mut()
        .insert(axum::extract::ConnectInfo(other));
    assert_eq!(world.send(elsewhere).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_that_does_not_come_is_given_up() {
    let world = local(|config| config.uploads.timeout_ms = 100);
    let mut body = form(&[letter(), one_place(), file("0", "a", b"x")]);
    body.truncate(body.len() - 10);
    let first = futures::stream::iter([Ok::<_, std::io::Error>(body)]);
    let body = Body::from_stream(first.chain(futures::stream::pending()));
    let request = Request::post("/graphql")
        .header("graphql-require-preflight", "1")
        .header("content-type", "multipart/form-data; boundary=b");
    let answer = world.send(request.body(body).unwrap()).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    assert!(world.fetches.lock().is_empty());
}

#[tokio::test]
async fn a_token_that_does_not_hold_sends_no_file() {
    let world = local(|_| {});
    let good = form(&[letter(), one_place(), file("0", "a", b"x")]);
    let answer = send_as(&world, good, &[("authorization", "Bearer forged")]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(world.fetches.lock().is_empty());
}
