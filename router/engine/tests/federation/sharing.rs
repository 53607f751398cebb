//! Work that is the same for several requests at the same time is done once, and never for two who may not share it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use router_engine::{
    AssertionError, Engine, EngineOptions, GraphqlRequest, Principal, RemoteClient, RemoteOptions,
    RemoteSubgraph, Transport,
};
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use super::universe::Universe;
use super::{ask, context, over_http, runtime, supergraph_of};

/// A principal whose scope is a name; it also shows the name to the subgraph.
#[derive(Debug)]
pub(super) struct Named(pub(super) &'static str);

impl Principal for Named {
    fn scope_key(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn assert_for(&self, subgraph: &str, body: &[u8]) -> Result<HeaderMap, AssertionError> {
        assert!(
            !subgraph.is_empty() && body.starts_with(b"{"),
            "what is signed is what is sent"
        );
        Ok(HeaderMap::from_iter([(
            HeaderName::from_static("who"),
            HeaderValue::from_static(self.0),
        )]))
    }
}

/// Answers `other` with the caller's name, slowly, and counts requests.
async fn slow_subgraph() -> (String, Arc<AtomicUsize>) {
    async fn answer(State(count): State<Arc<AtomicUsize>>, headers: HeaderMap) -> String {
        count.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(60)).await;
        let who = headers
            .get("who")
            .and_then(|who| who.to_str().ok())
            .unwrap_or("nobody");
        json!({ "data": { "other": who } }).to_string()
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

async fn other(engine: &Engine, who: &'static str, header: Option<&'static str>) -> Value {
    let mut context = context();
    context.principal = Arc::new(Named(who));
    // every request has a name of its own, which makes no difference to its answer
    static REQUESTS: AtomicUsize = AtomicUsize::new(0);
    let id = REQUESTS.fetch_add(1, Ordering::SeqCst);
    context
        .headers
        .insert("x-request-id", HeaderValue::from(id));
    if let Some(header) = header {
        context
            .headers
            .insert("x-header", HeaderValue::from_static(header));
    }
    let response = engine
        .execute(GraphqlRequest::new("{ other }"), context)
        .await;
    serde_json::from_slice(&response.body).expect("JSON")
}

#[test]
fn identical_fetches_travel_once_but_never_for_two_principals() {
    runtime().block_on(async {
        let (url, count) = slow_subgraph().await;
        let client = RemoteClient::new(RemoteOptions::default()).expect("a client");
        let remote = RemoteSubgraph::new(&url, client).expect("an address");
        let engine = Universe::load("nulls").engine_with("b", Transport::Remote(remote));
        let twenty =
            (0..20).map(|index| other(&engine, if index % 2 == 0 { "ann" } else { "bob" }, None));
        for (index, got) in futures::future::join_all(twenty)
            .await
            .into_iter()
            .enumerate()
        {
            assert_eq!(
                got["data"]["other"],
                if index % 2 == 0 { "ann" } else { "bob" }
            );
        }
        assert_eq!(count.load(Ordering::SeqCst), 2, "one fetch for each");
        let pair = futures::join!(
            other(&engine, "ann", Some("x")),
            other(&engine, "ann", Some("y"))
        );
        assert_eq!(
            (&pair.0["data"]["other"], &pair.1["data"]["other"]),
            (&json!("ann"), &json!("ann"))
        );
        assert_eq!(
            count.load(Ordering::SeqCst),
            4,
            "other headers are another fetch"
        );
        other(&engine, "ann", None).await;
        assert_eq!(
            count.load(Ordering::SeqCst),
            5,
            "a landed fetch is not used again"
        );
    });
}

#[test]
fn whole_queries_are_shared_when_configured_within_one_scope() {
    runtime().block_on(async {
        let (url, count) = slow_subgraph().await;
        let client = RemoteClient::new(RemoteOptions::default()).expect("a client");
        let remote = Transport::Remote(RemoteSubgraph::new(&url, client).expect("an address"));
        let universe = Universe::load("nulls");
        let mut transports = universe.transports();
        transports.insert("b".to_owned(), remote);
        let options = EngineOptions {
            single_flight: false,
            share_queries: true,
            ..EngineOptions::default()
        };
        let engine = Engine::new(&universe.supergraph, transports, options).expect("a supergraph");
        let twenty =
            (0..20).map(|index| other(&engine, if index % 2 == 0 { "ann" } else { "bob" }, None));
        for (index, got) in futures::future::join_all(twenty)
            .await
            .into_iter()
            .enumerate()
        {
            assert_eq!(
                got["data"]["other"],
                if index % 2 == 0 { "ann" } else { "bob" }
            );
        }
        assert_eq!(count.load(Ordering::SeqCst), 2, "one query for each");
    });
}

/// A subgraph that gives one answer, counts who asks, and answers when it is let.
struct Gate {
    answer: &'static str,
    count: AtomicUsize,
    asked: Notify,
    open: Notify,
}

impl Gate {
    async fn serve(answer: &'static str) -> (Arc<Self>, String) {
        let gate = Arc::new(Self {
            answer,
            count: AtomicUsize::new(0),
            asked: Notify::new(),
            open: Notify::new(),
        });
        let router = axum::Router::new()
            .route(
                "/",
                axum::routing::post(|State(gate): State<Arc<Self>>| async move {
                    gate.count.fetch_add(1, Ordering::SeqCst);
                    gate.asked.notify_one();
                    gate.open.notified().await;
                    gate.answer
                }),
            )
            .with_state(Arc::clone(&gate));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        (gate, format!("http://{address}/"))
    }

    fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

#[test]
fn an_identical_query_takes_part_until_the_first_answer_and_not_after() {
    let subgraphs = [
        (
            "a",
            "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\"])
             type Query { thing: Thing } type Thing @key(fields: \"id\") { id: ID! }",
        ),
        (
            "b",
            "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\"])
             type Thing @key(fields: \"id\") { id: ID! name: String }",
        ),
    ];
    let supergraph = supergraph_of(subgraphs);
    runtime().block_on(async {
        let (a, first) = Gate::serve(r#"{"data":{"thing":{"__typename":"Thing","id":"1"}}}"#).await;
        let (b, second) = Gate::serve(r#"{"data":{"_entities":[{"name":"n"}]}}"#).await;
        let transports = over_http([("a", &first), ("b", &second)]);
        let engine =
            Engine::new(&supergraph, transports, EngineOptions::default()).expect("an engine");
        let engine = Arc::new(engine);
        let start = || {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move { ask(&engine, "{ thing { name } }", &Map::new()).await })
        };
        let early = [start(), start(), start()];
        a.asked.notified().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(a.count(), 1, "they have their first fetch in common");
        a.open.notify_one();
        b.asked.notified().await;
        let late = start();
        a.asked.notified().await;
        assert_eq!(
            a.count(),
            2,
            "what was answered before it came is not its answer"
        );
        a.open.notify_one();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(b.count(), 1, "a fetch under way is shared all the same");
        b.open.notify_one();
        for query in early.into_iter().chain([late]) {
            let got = query.await.expect("an answer");
            assert_eq!(got, json!({ "data": { "thing": { "name": "n" } } }));
        }
    });
}

#[test]
fn whoever_has_seen_a_mutations_answer_joins_nothing_from_before_it() {
    let subgraphs = [
        ("a", "type Query { count: Int }"),
        ("b", "type Query { other: Int } type Mutation { bump: Int }"),
    ];
    let supergraph = supergraph_of(subgraphs);
    for share_queries in [false, true] {
        runtime().block_on(async {
            let (a, reads) = Gate::serve(r#"{"data":{"count":1}}"#).await;
            let (b, writes) = Gate::serve(r#"{"data":{"bump":1}}"#).await;
            let transports = over_http([("a", &reads), ("b", &writes)]);
            let options = EngineOptions {
                share_queries,
                ..EngineOptions::default()
            };
            let engine = Engine::new(&supergraph, transports, options).expect("an engine");
            let engine = Arc::new(engine);
            let start = |document: &'static str| {
                let engine = Arc::clone(&engine);
                tokio::spawn(async move { ask(&engine, document, &Map::new()).await })
            };
            let before = start("{ count }");
            a.asked.notified().await;
            let mutation = start("mutation { bump }");
            b.asked.notified().await;
            let meanwhile = start("{ count }");
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert_eq!(a.count(), 1, "a mutation that is not over was not seen");
            b.open.notify_one();
            mutation.await.expect("an answer");
            let after = [start("{ count }"), start("{ count }")];
            a.asked.notified().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert_eq!(a.count(), 2, "both that came after it have one read");
            a.open.notify_one();
            a.open.notify_one();
            // the gate keeps one permit at a time
            tokio::time::sleep(Duration::from_millis(50)).await;
            a.open.notify_one();
            for query in after.into_iter().chain([before, meanwhile]) {
                let got = query.await.expect("an answer");
                assert_eq!(got, json!({ "data": { "count": 1 } }));
            }
        });
    }
}
