//! GraphQL over HTTP: media types, status codes, parameters, errors.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use router_edge::GraphiqlExample;
use serde_json::json;

use crate::world::{GRAPHQL, JSON, World};

#[tokio::test]
async fn an_operation_over_two_subgraphs_is_answered() {
    let answer = World::new()
        .query("{ hello item(id: 7) { id label price } }")
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let expected = json!({"data": {"hello": "hello world", "item": {"id": "7", "label": "item 7", "price": 10}}});
    assert_eq!(answer.json(), expected);
    assert_eq!(
        answer.header("content-type"),
        "application/graphql-response+json; charset=utf-8"
    );
    assert!(answer.header("x-request-id").len() >= 32);
}

#[tokio::test]
async fn a_get_carries_all_parameters() {
    let world = World::new();
    let query = "query=query+A($n:String){hello(name:$n)}+query+B{__typename}&operationName=A&variables=%7B%22n%22:%22x%22%7D";
    let answer = world
        .get(&format!("/graphql?{query}"), &[("accept", GRAPHQL)])
        .await;
    assert_eq!(answer.json(), json!({"data": {"hello": "hello x"}}));
}

#[tokio::test]
async fn statuses_follow_the_media_type() {
    let world = World::new();
    for (query, with_graphql, with_json) in [
        ("{ hello }", 200, 200),
        ("{ nothing }", 400, 200),
        ("{", 400, 200),
        ("{ fails(code: \"NOT_FOUND\") }", 200, 200),
        ("subscription { flood(count: 1) }", 406, 406),
    ] {
        for (accept, status) in [
            (GRAPHQL, with_graphql),
            (JSON, with_json),
            ("*/*", with_json),
        ] {
            let answer = world
                .post_as(&json!({ "query": query }), &[("accept", accept)])
                .await;
            assert_eq!(
                answer.status.as_u16(),
                status,
                "{query} {accept}: {}",
                answer.text
            );
            assert!(status == 200 || !answer.json().as_object().unwrap().contains_key("data"));
        }
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_with_400() {
    let world = World::new();
    for body in [
        "",
        "{",
        "null",
        "\"{ hello }\"",
        "{}",
        r#"{"query": 1}"#,
        r#"{"query":"{hello}","variables":"{}"}"#,
    ] {
        for accept in [GRAPHQL, JSON] {
            let request = Request::post("/graphql")
                .header("content-type", JSON)
                .header("accept", accept);
            let answer = world.send(request.body(Body::from(body)).unwrap()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
            assert_eq!(answer.code(), "BAD_USER_INPUT");
        }
    }
}

#[tokio::test]
async fn other_methods_and_media_types_are_refused_by_name() {
    let world = World::new();
    for method in [Method::DELETE, Method::PATCH, Method::TRACE] {
        let request = Request::builder()
            .method(method)
            .uri("/graphql")
            .body(Body::empty())
            .unwrap();
        let answer = world.send(request).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.header("allow"), "GET, POST");
    }
    let answer = world
        .post_as(&json!({"query": "{hello}"}), &[("accept", "image/png")])
        .await;
    assert_eq!(answer.status, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn a_mutation_needs_a_post() {
    let world = World::new();
    let answer = world
        .get("/graphql?query=mutation%7Btouch%7D", &[("accept", GRAPHQL)])
        .await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("allow"), "POST");
    assert!(world.fetches.lock().is_empty());
    assert_eq!(
        world.query("mutation { touch }").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn batches_are_answered_in_order_and_bounded() {
    let world = World::with(|config| config.batch_operations = 3);
    let answer = world
        .post(json!([{"query": "{ slow(ms: 50) }"}, {"query": "{ nothing }"}, {"query": "{ hello }"}]))
        .await;
    let list = answer.json();
    assert_eq!(list[0], json!({"data": {"slow": true}}));
    assert_eq!(list[1]["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(list[2], json!({"data": {"hello": "hello world"}}));
    let answer = world.post(json!([{"query": "{hello}"}, {"query": "{hello}"}, {"query": "{hello}"}, {"query": "{hello}"}])).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer
            .message()
            .contains("limit of 3 operations in a batch exceeded: 4 seen")
    );
    let refused = World::with(|config| config.batch_operations = 0)
        .post(json!([{"query": "{hello}"}]))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn errors_of_subgraphs_keep_their_text_only_if_it_was_meant_for_clients() {
    let world = World::new();
    let answer = world.query("{ hello fails }").await;
    assert_eq!(
        answer.json()["data"],
        json!({"hello": "hello world", "fails": null})
    );
    assert_eq!(answer.message(), "internal error");
    assert_eq!(answer.code(), "INTERNAL");
    assert_eq!(answer.json()["errors"][0]["path"], json!(["fails"]));
    let answer = world.query("{ fails(code: \"CONFLICT\") }").await;
    assert_eq!(
        (answer.message().as_str(), answer.code().as_str()),
        ("relation \"users\" does not exist", "CONFLICT")
    );
    let open = World::with(|config| config.mask_errors = false)
        .query("{ fails }")
        .await;
    assert!(open.message().contains("users"));
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read() {
    let world = World::with(|config| config.body_bytes = 1000);
    let answer = world
        .post(json!({"query": "{hello}", "extensions": {"x": "y".repeat(1000)}}))
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let chunks = futures::stream::iter((0..100).map(|_| Ok::<_, std::io::Error>("x".repeat(100))));
    let request = Request::post("/graphql")
        .header("content-type", JSON)
        .body(Body::from_stream(chunks))
        .unwrap();
    assert_eq!(
        world.send(request).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let world = World::with(|config| config.body_timeout_ms = 100);
    let never = futures::stream::pending::<Result<String, std::io::Error>>();
    let request = Request::post("/graphql")
        .header("content-type", JSON)
        .body(Body::from_stream(never))
        .unwrap();
    assert_eq!(
        world.send(request).await.status,
        StatusCode::REQUEST_TIMEOUT
    );
}

#[tokio::test]
async fn documents_are_named_by_their_hash_once_they_were_sent() {
    use sha2::Digest as _;
    let world = World::new();
    let hash: String = sha2::Sha256::digest("{hello}")
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let extensions = json!({"persistedQuery": {"version": 1, "sha256Hash": hash}});
    let unknown = world.post(json!({ "extensions": extensions })).await;
    assert_eq!(unknown.message(), "PersistedQueryNotFound");
    world
        .post(json!({ "query": "{hello}", "extensions": extensions }))
        .await;
    let answer = world.post(json!({ "extensions": extensions })).await;
    assert_eq!(answer.json(), json!({"data": {"hello": "hello world"}}));
}

#[tokio::test]
async fn browsers_get_a_page_and_programs_do_not() {
    let world = World::with(|config| {
        config.graphiql.examples = vec![GraphiqlExample {
            document: "</script>{ hello } # __SETUP__ __BAR__".into(),
            variables: String::new(),
        }];
    });
    let page = world
        .get(
            "/graphql",
            &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")],
        )
        .await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.text
            .contains("\\u003c/script>{ hello } # __SETUP__ __BAR__")
    );
    assert!(
        page.header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
    let off = World::with(|config| config.graphiql.enabled = false);
    assert_ne!(
        off.get("/graphql", &[("accept", "text/html")]).await.status,
        StatusCode::OK
    );
    for path in [
        "/graphiql/graphiql.min.js",
        "/graphiql/..%2f..%2fetc%2fpasswd",
        "/graphiql/passwd",
    ] {
        assert_eq!(
            world.get(path, &[]).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn graphiql_is_served_from_its_folder_when_it_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    for (name, _) in router_edge::GRAPHIQL_FILES {
        std::fs::write(folder.path().join(name), "/* x */").unwrap();
    }
    let assets = folder.path().to_owned();
    let world = World::with(|config| config.graphiql.assets = Some(assets));
    assert!(
        world
            .get("/graphql", &[("accept", "text/html")])
            .await
            .text
            .contains("/graphiql/graphiql.min.js")
    );
    let file = world.get("/graphiql/graphiql.min.js", &[]).await;
    assert_eq!(
        (file.status, file.text.as_str()),
        (StatusCode::OK, "/* x */")
    );
}

#[tokio::test]
async fn public_keys_are_published() {
    let keys = World::new().get("/.well-known/jwks.json", &[]).await.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 3);
    assert_eq!(keys["keys"][0]["crv"], "Ed25519");
    assert!(keys["keys"][0].get("d").is_none());
}

#[tokio::test]
async fn an_identity_reaches_the_subgraph_and_headers_do_not_replace_it() {
    let world = World::new();
    assert_eq!(
        world.query("{ whoami }").await.json()["data"]["whoami"],
        "anonymous"
    );
    let token = world.token("", 60);
    let me = world.query_as("{ whoami }", &token).await;
    assert_eq!(
        me.json()["data"]["whoami"],
        "00000000-0000-0000-0000-000000000001"
    );
    let smuggled = [
        ("accept", GRAPHQL),
        ("tessera-assertion", token.as_str()),
        ("x-user-id", "1"),
    ];
    let answer = world
        .post_as(&json!({"query": "{ whoami }"}), &smuggled)
        .await;
    assert_eq!(answer.json()["data"]["whoami"], "anonymous");
}

#[tokio::test]
async fn a_bad_credential_is_refused_and_does_not_count_for_none() {
    let world = World::new();
    let expired = world.token("", 5);
    world.ahead_s.store(10, std::sync::atomic::Ordering::SeqCst);
    for authorization in [
        format!("Bearer {expired}"),
        "Bearer x.y.z".into(),
        "Bearer".into(),
        "Basic dXNlcjpwYXNz".into(),
        "Bearer a b".into(),
    ] {
        let headers = [
            ("accept", GRAPHQL),
            ("authorization", authorization.as_str()),
        ];
        let answer = world
            .post_as(&json!({"query": "{ hello }"}), &headers)
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{authorization}");
        assert_eq!(answer.code(), "UNAUTHENTICATED");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    assert!(world.fetches.lock().is_empty());
}

#[tokio::test]
async fn a_panic_in_a_resolver_is_an_error_of_its_operation() {
    let world = World::new();
    let answer = world.query("{ hello panics }").await;
    assert!(
        !answer.text.contains("a resolver panics"),
        "{}",
        answer.text
    );
    assert_eq!(answer.code(), "INTERNAL");
    assert_eq!(world.query("{ hello }").await.status, StatusCode::OK);
}
