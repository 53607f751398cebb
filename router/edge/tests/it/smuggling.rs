//! What reaches a subgraph in another process: an assertion of the router's own, and no header of the client's.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use parking_lot::Mutex;
use platform_identity::{
    ASSERTION_HEADER, AssertionSigner, AssertionVerifier, Secret, TokenVerifier,
};
use router_edge::{Clock, Edge, EdgeConfig, TokenAuthenticator};
use router_engine::{
    Engine, EngineOptions, RemoteClient, RemoteOptions, RemoteSubgraph, Transport,
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

type Seen = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

const SUPERGRAPH: &str = r#"
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { BILLING @join__graph(name: "billing", url: "http://billing.invalid/") }
type Query @join__type(graph: BILLING) { plan(n: Int): String @join__field(graph: BILLING) }
"#;

async fn subgraph(State(seen): State<Seen>, headers: HeaderMap, body: Bytes) -> Json<Value> {
    seen.lock().push((headers, body));
    Json(json!({"data": {"plan": "pro"}}))
}

fn smuggled() -> Vec<(HeaderName, HeaderValue)> {
    let text = [
        ("tessera-assertion", "forged"),
        ("Tessera-Assertion", "forged"),
        ("tessera-tenant", "forged"),
        ("tessera-user", "forged"),
        ("tessera-scopes", "forged"),
        ("cookie", "forged=1"),
        ("x-user-id", "forged"),
        ("x-tenant-id", "forged"),
        ("x-tenant", "forged"),
        ("x-scopes", "forged"),
        ("x-roles", "forged"),
        ("x-auth-user", "forged"),
        ("x-authenticated-user", "forged"),
        ("x-remote-user", "forged"),
        ("remote-user", "forged"),
        ("x-forwarded-user", "forged"),
        ("x-forwarded-email", "forged"),
        ("x-forwarded-for", "forged"),
        ("x-forwarded-host", "forged"),
        ("x-forwarded-proto", "forged"),
        ("x-forwarded-prefix", "forged"),
        ("x-forwarded-access-token", "forged"),
        ("x-real-ip", "forged"),
        ("x-client-ip", "forged"),
        ("x-cluster-client-ip", "forged"),
        ("true-client-ip", "forged"),
        ("cf-connecting-ip", "forged"),
        ("forwarded", "for=forged"),
        ("via", "forged"),
        ("x-original-url", "forged"),
        ("x-rewrite-url", "forged"),
        ("x-http-method-override", "forged"),
        ("x-method-override", "forged"),
        ("proxy-authorization", "forged"),
        ("x-api-token", "forged"),
        ("x-access-token", "forged"),
        ("x-jwt-assertion", "forged"),
        ("x-amzn-oidc-data", "forged"),
        ("x-ms-client-principal", "forged"),
        ("x-goog-iap-jwt-assertion", "forged"),
        ("x-envoy-original-path", "forged"),
        ("x-b3-traceid", "forged"),
        ("tracestate", "forged=1"),
        ("baggage", "forged=1"),
        ("traceparent", "forged"),
        ("x-request-id", "for\u{7f}ged"),
        ("apollo-federation-include-trace", "forged"),
        ("x-apollo-operation-name", "forged"),
        ("router-authorization", "forged"),
        ("x-debug", "forged"),
        ("x-internal", "forged"),
        ("te", "forged"),
        ("if-none-match", "forged"),
        ("range", "bytes=0-1"),
        ("expect", "forged"),
    ];
    text.iter()
        .filter_map(|(name, value)| {
            Some((
                name.parse::<HeaderName>().ok()?,
                HeaderValue::from_bytes(value.as_bytes()).ok()?,
            ))
        })
        .collect()
}

#[tokio::test]
async fn a_remote_subgraph_sees_the_routers_word_and_nothing_of_the_client() {
    let seen = Seen::default();
    let app = axum::Router::new()
        .route("/graphql", post(subgraph))
        .with_state(Arc::clone(&seen));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });

    let secret = Secret::new(vec![9; 32]).unwrap();
    let client = RemoteClient::new(RemoteOptions::default()).unwrap();
    let transport = Transport::Remote(RemoteSubgraph::new(&url, client).unwrap());
    let engine = Engine::new(
        SUPERGRAPH,
        HashMap::from([("billing".into(), transport)]),
        EngineOptions::default(),
    )
    .unwrap();
    let clock = Clock::system();
    let authenticator =
        TokenAuthenticator::new(TokenVerifier::new(&secret, ["core"]), clock.clone());
    let edge = Edge::new(
        EdgeConfig::default(),
        Arc::new(engine),
        SUPERGRAPH,
        Arc::new(authenticator),
        clock.clone(),
    )
    .unwrap()
    .with_signer(AssertionSigner::new(&secret));

    let headers = smuggled();
    assert!(headers.len() >= 50);
    let started = Instant::now();
    for (n, (name, value)) in headers.iter().enumerate() {
        let request = http::Request::post("/graphql")
            .header("content-type", "application/json")
            .header("accept-language", "de")
            .header(name, value)
            .body(axum::body::Body::from(
                json!({"query": format!("{{ plan(n: {n}) }}")}).to_string(),
            ))
            .unwrap();
        let response = edge.router().oneshot(request).await.unwrap();
        assert!(
            response.status().is_success(),
            "{name}: {}",
            response.status()
        );
    }
    assert!(started.elapsed() < Duration::from_secs(20));

    let verifier = AssertionVerifier::new(&secret, "billing");
    let seen = seen.lock();
    assert_eq!(seen.len(), headers.len());
    for (headers, body) in seen.iter() {
        for (name, value) in headers {
            assert!(
                !value.as_bytes().windows(6).any(|part| part == b"forged"),
                "{name}: {value:?}"
            );
            assert!(
                [
                    "host",
                    "content-type",
                    "content-length",
                    "accept",
                    "accept-encoding",
                    "user-agent",
                    "accept-language",
                    "x-request-id",
                    ASSERTION_HEADER,
                    "traceparent",
                    "connection",
                    "transfer-encoding",
                ]
                .contains(&name.as_str()),
                "{name} came through"
            );
        }
        assert_eq!(headers["accept-language"], "de");
        assert_eq!(headers.get_all(ASSERTION_HEADER).iter().count(), 1);
        let assertion = headers[ASSERTION_HEADER].to_str().unwrap();
        let identity = verifier.verify(assertion, body, clock.now()).unwrap();
        assert!(!identity.is_authenticated());
    }
}
