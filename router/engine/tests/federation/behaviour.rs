//! What the engine does beyond answering queries right: subscriptions, failures, refusals, introspection.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_graphql_value::ConstValue;
use axum::extract::State;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt};
use router_composition::{SubgraphInput, compose};
use router_engine::{
    Engine, EngineError, EngineOptions, GraphqlError, GraphqlRequest, LocalRequest, LocalResponse,
    LocalSubgraph, OperationContext, OperationKind, PathSegment, RemoteClient, RemoteOptions,
    RemoteSubgraph, ResponseKind, Transport, code,
};
use serde_json::{Map, Value, json};

use super::universe::{Mode, Universe};
use super::{ask, difference, runtime};

pub(super) fn context() -> OperationContext {
    OperationContext::anonymous(Instant::now() + Duration::from_secs(5))
}

async fn events(engine: &Engine, query: &str) -> Vec<Value> {
    let stream = match engine
        .subscribe(GraphqlRequest::new(query), context())
        .await
    {
        Ok(stream) => stream,
        Err(response) => panic!("{:?}", response.errors),
    };
    stream
        .map(|response| serde_json::from_slice(&response.body).expect("JSON"))
        .collect()
        .await
}

#[test]
fn every_event_of_a_subscription_gets_fields_of_other_subgraphs() {
    let universe = Universe::load("changes");
    let cases = [
        ("orderChanged", "subscription { orderChanged { id state } }"),
        (
            "orderChanged",
            "subscription { orderChanged { id log item { name stock } } }",
        ),
        (
            "orderChanged",
            "subscription S { o: orderChanged { __typename ...F } } fragment F on Order { risky id }",
        ),
        ("tick", "subscription { tick }"),
        ("flaky", "subscription { flaky { state log } }"),
    ];
    runtime().block_on(async {
        for mode in [Mode::Local, Mode::Remote, Mode::Mixed, Mode::WebSocket] {
            let engine = universe.engine(mode).await;
            for (field, query) in cases {
                let expected = universe.monolith_events(query, field, &Map::new());
                let got = events(&engine, query).await;
                assert_eq!(expected.len(), got.len(), "{query}");
                for (expected, got) in expected.iter().zip(&got) {
                    assert_eq!(difference(expected, got), None, "{query}");
                }
            }
        }
    });
}

#[test]
fn a_query_is_no_subscription_and_a_subscription_no_query() {
    runtime().block_on(async {
        let engine = Universe::load("changes").engine(Mode::Local).await;
        let query = GraphqlRequest::new("{ notes }");
        assert_eq!(
            engine.operation_kind(&query).expect("a kind"),
            OperationKind::Query
        );
        assert!(engine.subscribe(query, context()).await.is_err());
        let subscription = GraphqlRequest::new("subscription { tick }");
        assert_eq!(
            engine.operation_kind(&subscription).expect("a kind"),
            OperationKind::Subscription
        );
        assert_eq!(
            engine.execute(subscription, context()).await.kind,
            ResponseKind::Refused
        );
    });
}

#[test]
fn a_subgraph_that_is_not_there_takes_only_its_own_fields_along() {
    runtime().block_on(async {
        let universe = Universe::load("nulls");
        let client = RemoteClient::new(RemoteOptions::default()).expect("a client");
        // nobody listens on the discard port
        let nobody = RemoteSubgraph::new("http://127.0.0.1:9/graphql", client).expect("an address");
        let engine = universe.engine_with("b", Transport::Remote(nobody));
        let got = ask(&engine, "{ fine list { id may } }", &Map::new()).await;
        assert_eq!(
            got["data"],
            json!({ "fine": "ok", "list": [{ "id": "1", "may": null }, { "id": "2", "may": null }, { "id": "3", "may": null }] })
        );
        assert_eq!(got["errors"].as_array().map(Vec::len), Some(1));
        assert_eq!(got["errors"][0]["path"], json!(["list"]));
        assert_eq!(got["errors"][0]["extensions"], json!({ "code": "UNAVAILABLE", "subgraph": "b" }));
        let got = ask(&engine, "{ list { id must } }", &Map::new()).await;
        assert_eq!(got["data"], Value::Null, "a strict field cannot be had without its subgraph");
    });
}

/// Never answers, and counts whose futures were dropped.
#[derive(Default)]
pub(crate) struct Stuck {
    dropped: Arc<AtomicUsize>,
}

struct Drops(Arc<AtomicUsize>);

impl Drop for Drops {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl LocalSubgraph for Stuck {
    fn execute(&self, _request: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        let drops = Drops(Arc::clone(&self.dropped));
        Box::pin(async move {
            let _drops = drops;
            std::future::pending().await
        })
    }

    fn subscribe(&self, _request: LocalRequest) -> BoxStream<'static, LocalResponse> {
        futures::stream::pending().boxed()
    }
}

#[test]
fn at_the_deadline_work_is_cancelled_and_what_is_there_is_given() {
    runtime().block_on(async {
        let universe = Universe::load("nulls");
        let stuck = Stuck::default();
        let dropped = Arc::clone(&stuck.dropped);
        let engine = universe.engine_with("b", Transport::Local(Arc::new(stuck)));
        let context = OperationContext::anonymous(Instant::now() + Duration::from_millis(80));
        let started = Instant::now();
        let response = engine
            .execute(GraphqlRequest::new("{ fine list { id may } }"), context)
            .await;
        assert!(started.elapsed() < Duration::from_secs(2));
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!(body["data"]["fine"], "ok");
        assert_eq!(body["data"]["list"][0], json!({ "id": "1", "may": null }));
        assert_eq!(body["errors"][0]["extensions"]["code"], "UNAVAILABLE");
        assert_eq!(dropped.load(Ordering::SeqCst), 1, "the fetch was cancelled");
    });
}

#[test]
fn bad_requests_are_refused_with_a_reason_and_without_data() {
    let table = [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ me { nope } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ me }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "{ products { title(lang: XX) } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "query A { __typename } query B { __typename }",
            "BAD_USER_INPUT",
        ),
        ("fragment F on User { id }", "BAD_USER_INPUT"),
        (
            "query($n: Int!) { users(first: $n) { id } }",
            "BAD_USER_INPUT",
        ),
        ("mutation { x }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query { me { ...A } } fragment A on User { ...B } fragment B on User { ...A }",
            "GRAPHQL_PARSE_FAILED",
        ),
    ];
    runtime().block_on(async {
        let engine = Universe::load("shop").engine(Mode::Local).await;
        for (query, code) in table {
            for _ in 0..2 {
                let got = ask(&engine, query, &Map::new()).await;
                assert_eq!(got.get("data"), None, "{query}");
                assert_eq!(
                    got["errors"][0]["extensions"]["code"], code,
                    "{query}: {got}"
                );
            }
        }
        let deep = format!(
            "{{ me {{ nick(style: {}1{}) }} }}",
            "[".repeat(4000),
            "]".repeat(4000)
        );
        assert_eq!(
            ask(&engine, &deep, &Map::new()).await["errors"][0]["extensions"]["code"],
            "GRAPHQL_PARSE_FAILED"
        );
    });
}

#[test]
fn variables_are_coerced_by_the_schema() {
    let table = [
        (
            "query($f: Filter!) { thing { note(filter: $f) } }",
            json!({ "f": { "text": 1 } }),
            Some("$f` at `text`"),
        ),
        (
            "query($f: Filter!) { thing { note(filter: $f) } }",
            json!({ "f": {} }),
            Some("`text`"),
        ),
        (
            "query($f: Filter!) { thing { note(filter: $f) } }",
            json!({ "f": { "text": "", "x": 1 } }),
            Some("no field `x`"),
        ),
        (
            "query($f: Filter!) { thing { note(filter: $f) } }",
            json!({ "f": null }),
            Some("must not be null"),
        ),
        (
            "query($k: Kind) { thing(kind: $k) { id } }",
            json!({ "k": "HUGE" }),
            Some("no valid `Kind`"),
        ),
        (
            "query($k: Kind) { thing(kind: $k) { id } }",
            json!({ "k": "ODD" }),
            Some("no valid `Kind`"),
        ),
        (
            "query($k: [Kind!]) { thing(kinds: $k) { id } }",
            json!({ "k": ["BIG", null] }),
            Some("at `1`"),
        ),
        (
            "query($k: Kind) { thing(kind: $k) { id } }",
            json!({ "k": "BIG", "unknown": 1 }),
            None,
        ),
    ];
    runtime().block_on(async {
        let engine = Universe::load("visibility").engine(Mode::Local).await;
        for (query, variables, problem) in table {
            let Value::Object(variables) = variables else {
                panic!("an object")
            };
            let got = ask(&engine, query, &variables).await;
            match problem {
                None => assert_eq!(got.get("errors"), None, "{got}"),
                Some(problem) => {
                    let message = got["errors"][0]["message"].as_str().unwrap_or_default();
                    assert!(message.contains(problem), "{message}");
                }
            }
        }
    });
}

#[test]
fn one_document_runs_the_operation_that_is_named() {
    runtime().block_on(async {
        let engine = Universe::load("shop").engine(Mode::Local).await;
        for (name, expected) in [
            ("A", json!({ "me": { "id": "1" } })),
            ("B", json!({ "topProduct": { "id": "3" } })),
        ] {
            let mut request =
                GraphqlRequest::new("query A { me { id } } query B { topProduct { id } }");
            request.operation_name = Some(name.to_owned());
            let response = engine.execute(request, context()).await;
            let body: Value = serde_json::from_slice(&response.body).expect("JSON");
            assert_eq!(body["data"], expected);
        }
    });
}

#[test]
fn introspection_shows_the_public_schema_only() {
    runtime().block_on(async {
        let engine = Universe::load("visibility").engine(Mode::Local).await;
        let query = "query($n: String!, $d: Boolean) {
            __schema { queryType { name fields { name } } mutationType { name } types { name kind } directives { name locations isRepeatable } }
            kind: __type(name: $n) { name kind enumValues(includeDeprecated: $d) { name isDeprecated } fields { name } }
            filter: __type(name: \"Filter\") { inputFields { name defaultValue type { ...T } } }
            none: __type(name: \"Nothing\") { name }
            thing { __typename }
        } fragment T on __Type { kind name ofType { kind name ofType { kind name } } }";
        let Value::Object(variables) = json!({ "n": "Kind", "d": true }) else { panic!("an object") };
        let got = ask(&engine, query, &variables).await;
        assert_eq!(got.get("errors"), None, "{got}");
        let data = &got["data"];
        let names = |value: &Value| -> Vec<String> {
            let items = value.as_array().expect("a list").iter();
            items.map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
        };
        let types = names(&data["__schema"]["types"]);
        for shown in ["Thing", "Kind", "Kind2", "Filter", "Blob", "OpenHolder", "__Schema", "Boolean"] {
            assert!(types.iter().any(|name| name == shown), "{shown} is missing in {types:?}");
        }
        for hidden in ["Secret", "ShutHolder", "join__Graph", "link__Import", "join__FieldSet"] {
            assert!(!types.iter().any(|name| name == hidden), "{hidden} is shown");
        }
        let fields = names(&data["__schema"]["queryType"]["fields"]);
        assert!(!fields.iter().any(|name| name == "secret" || name.starts_with("__")), "{fields:?}");
        assert_eq!(data["__schema"]["mutationType"], Value::Null);
        let directives = names(&data["__schema"]["directives"]);
        assert!(directives.iter().any(|name| name == "skip") && !directives.iter().any(|name| name.contains("__")));
        assert_eq!(names(&data["kind"]["enumValues"]), ["BIG", "SMALL"]);
        assert_eq!(data["kind"]["fields"], Value::Null);
        let limit = &data["filter"]["inputFields"][1];
        assert_eq!(limit["defaultValue"], "3");
        let text = &data["filter"]["inputFields"][0]["type"];
        assert_eq!(*text, json!({ "kind": "NON_NULL", "name": null, "ofType": { "kind": "SCALAR", "name": "String", "ofType": null } }));
        assert_eq!(data["none"], Value::Null);
        assert_eq!(data["thing"]["__typename"], "Thing");
    });
}

#[test]
fn coordinates_name_what_an_operation_selects() {
    runtime().block_on(async {
        let engine = Universe::load("media").engine(Mode::Local).await;
        let request = GraphqlRequest::new("{ shelf { title ... on Book { copies } } }");
        let coordinates = engine.coordinates(&request).await.expect("coordinates");
        let shown: Vec<String> = coordinates
            .iter()
            .map(|(ty, field)| format!("{ty}.{field}"))
            .collect();
        assert_eq!(
            shown,
            [
                "Book.copies",
                "Book.title",
                "Film.title",
                "Media.title",
                "Query.shelf"
            ]
        );
    });
}

#[test]
fn a_new_supergraph_takes_over_at_once_and_a_bad_one_not_at_all() {
    runtime().block_on(async {
        let shop = Universe::load("shop");
        let changes = Universe::load("changes");
        let engine = shop.engine(Mode::Local).await;
        assert!(matches!(
            engine.replace("type", HashMap::new()),
            Err(EngineError::Parse(_))
        ));
        assert!(matches!(
            engine.replace("scalar X", HashMap::new()),
            Err(EngineError::Supergraph(_))
        ));
        assert!(matches!(
            engine.replace(&changes.supergraph, HashMap::new()),
            Err(EngineError::MissingTransport(_))
        ));
        assert_eq!(
            ask(&engine, "{ topProduct { id } }", &Map::new()).await["data"]["topProduct"]["id"],
            "3"
        );
        engine
            .replace(&changes.supergraph, changes.transports())
            .expect("a good supergraph");
        assert_eq!(
            ask(&engine, "{ notes }", &Map::new()).await["data"]["notes"],
            3
        );
        assert_eq!(
            ask(&engine, "{ topProduct { id } }", &Map::new())
                .await
                .get("data"),
            None
        );
        assert!(matches!(
            Engine::new("", HashMap::new(), EngineOptions::default()),
            Err(EngineError::Parse(_) | EngineError::Supergraph(_))
        ));
    });
}

#[test]
fn documents_that_were_asked_for_are_planned_again_after_a_change_of_the_supergraph() {
    runtime().block_on(async {
        let shop = Universe::load("shop");
        let engine = shop.engine(Mode::Local).await;
        let query = "query($s: Boolean!) { topProduct { id title @skip(if: $s) shipping } }";
        let variables = Map::from_iter([("s".to_owned(), json!(false))]);
        let refused = "{ nothing }";
        let before = ask(&engine, query, &variables).await;
        ask(&engine, refused, &Map::new()).await;
        assert!(engine.is_warm(query, None));
        engine
            .replace(&shop.composed(), shop.transports())
            .expect("a good supergraph");
        let end = Instant::now() + Duration::from_secs(5);
        while !engine.is_warm(query, None) {
            assert!(Instant::now() < end, "nothing was planned again");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(!engine.is_warm(refused, None));
        assert!(!engine.is_warm("{ topProduct { title } }", None));
        assert_eq!(ask(&engine, query, &variables).await, before);
    });
}

#[test]
fn subgraphs_behind_a_unix_socket_and_behind_http2_are_reached() {
    runtime().block_on(async {
        let folder = std::env::temp_dir().join(format!("router-engine-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let socket = folder.join("subgraph.sock");
        let listener = tokio::net::UnixListener::bind(&socket).expect("a socket");
        let router = axum::Router::new().route(
            "/b",
            axum::routing::post(|request: axum::extract::Request| async move {
                json!({ "data": { "other": format!("{:?}", request.version()) } }).to_string()
            }),
        );
        tokio::spawn(async move { axum::serve(listener, router).await });
        let url = format!("unix://{}?/b", socket.display());
        for (http2, version) in [(false, "HTTP/1.1"), (true, "HTTP/2.0")] {
            let client = RemoteClient::new(RemoteOptions {
                http2,
                ..RemoteOptions::default()
            })
            .expect("a client");
            let remote = RemoteSubgraph::new(&url, client).expect("an address");
            let engine = Universe::load("nulls").engine_with("b", Transport::Remote(remote));
            assert_eq!(
                ask(&engine, "{ other }", &Map::new()).await["data"]["other"],
                version
            );
        }
        std::fs::remove_dir_all(&folder).expect("the folder goes");
        let client = RemoteClient::new(RemoteOptions::default()).expect("a client");
        for bad in [
            "ftp://a/",
            "nothing",
            "unix://relative?/x",
            "unix:///x?relative",
        ] {
            assert!(
                matches!(
                    RemoteSubgraph::new(bad, client.clone()),
                    Err(EngineError::Address { .. })
                ),
                "{bad}"
            );
        }
    });
}

#[test]
fn progressive_overrides_take_their_share_and_their_label() {
    runtime().block_on(async {
        let universe = Universe::load("progressive");
        let engine = universe.engine(Mode::Local).await;
        let moved = |plan: &str| plan.contains(": new");
        let mut overridden = 0;
        for _ in 0..400 {
            let plan = engine
                .explain(&GraphqlRequest::new("{ orders { total } }"))
                .await
                .expect("a plan");
            overridden += usize::from(moved(&plan));
        }
        assert!((99..=101).contains(&overridden), "{overridden} of 400");
        let state = GraphqlRequest::new("{ orders { state } }");
        assert!(!moved(&engine.explain(&state).await.expect("a plan")));
        let options = EngineOptions {
            override_labels: vec!["new-state".to_owned()],
            ..EngineOptions::default()
        };
        let engine = Engine::new(&universe.supergraph, universe.transports(), options)
            .expect("a supergraph");
        assert!(moved(&engine.explain(&state).await.expect("a plan")));
    });
}

/// Refuses every other request, the first included, and counts all.
async fn moody_subgraph() -> (String, Arc<AtomicUsize>) {
    async fn answer(State(count): State<Arc<AtomicUsize>>) -> (axum::http::StatusCode, String) {
        if count.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            return (
                axum::http::StatusCode::SERVICE_UNAVAILABLE,
                "not now".to_owned(),
            );
        }
        (
            axum::http::StatusCode::OK,
            json!({ "data": { "notes": 7, "note": 8 } }).to_string(),
        )
    }
    let count = Arc::new(AtomicUsize::new(0));
    let router = axum::Router::new()
        .route("/", axum::routing::post(answer))
        .with_state(Arc::clone(&count));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}/"), count)
}

#[test]
fn a_query_is_sent_again_and_a_mutation_never() {
    runtime().block_on(async {
        let (url, count) = moody_subgraph().await;
        let client = RemoteClient::new(RemoteOptions::default()).expect("a client");
        let remote = RemoteSubgraph::new(&url, client).expect("an address");
        let engine = Universe::load("changes").engine_with("audit", Transport::Remote(remote));
        assert_eq!(
            ask(&engine, "{ notes }", &Map::new()).await["data"]["notes"],
            7
        );
        assert_eq!(count.load(Ordering::SeqCst), 2);
        let got = ask(&engine, "mutation { note }", &Map::new()).await;
        assert_eq!(got["data"], Value::Null);
        assert_eq!(got["errors"][0]["message"], "the subgraph is not available");
        assert_eq!(count.load(Ordering::SeqCst), 3);
    });
}

/// Fails at a strict field two levels down, and is null up to the root for it.
struct Nulled;

impl LocalSubgraph for Nulled {
    fn execute(&self, _request: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        let mut error = GraphqlError::new("too much", code::BAD_USER_INPUT);
        error.path = vec![PathSegment::from("tenant"), PathSegment::from("keys")];
        Box::pin(std::future::ready(LocalResponse {
            data: Arc::new(ConstValue::Null),
            errors: vec![error],
        }))
    }

    fn subscribe(&self, _: LocalRequest) -> BoxStream<'static, LocalResponse> {
        futures::stream::empty().boxed()
    }
}

#[test]
fn a_null_that_the_subgraph_has_explained_below_is_not_explained_again() {
    let input = SubgraphInput {
        name: "core".to_owned(),
        url: "http://core.invalid".to_owned(),
        sdl: "type Query { tenant: Tenant! } type Tenant { keys: Int! }".to_owned(),
    };
    let supergraph = compose(&[input]).expect("a supergraph").supergraph_sdl;
    runtime().block_on(async {
        let transports = HashMap::from([("core".to_owned(), Transport::Local(Arc::new(Nulled)))]);
        let engine =
            Engine::new(&supergraph, transports, EngineOptions::default()).expect("an engine");
        let got = ask(&engine, "{ tenant { keys } }", &Map::new()).await;
        assert_eq!(got["data"], Value::Null);
        let errors = got["errors"].as_array().expect("errors");
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0]["path"], json!(["tenant", "keys"]));
        assert_eq!(errors[0]["extensions"]["code"], "BAD_USER_INPUT");
    });
}
