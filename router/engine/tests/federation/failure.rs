//! Failure as a user meets it: what of the answer is left, and what it says.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_graphql_value::ConstValue;
use axum::extract::State;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt};
use router_engine::{
    Engine, EngineOptions, GraphqlError, GraphqlRequest, LocalRequest, LocalResponse,
    LocalSubgraph, OperationContext, PathSegment, RemoteClient, RemoteOptions, RemoteSubgraph,
    Transport, code,
};
use serde_json::{Map, Value, json};

use super::universe::Universe;
use super::{ask, runtime, supergraph_of};

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
    let sdl = "type Query { tenant: Tenant! } type Tenant { keys: Int! }";
    let supergraph = supergraph_of([("core", sdl)]);
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

/// Sleeps before it answers; counts what began and what was given up.
async fn slow_subgraph() -> (String, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    type Counts = (Arc<AtomicUsize>, Arc<AtomicUsize>);
    async fn answer(State((begun, dropped)): State<Counts>) -> String {
        begun.fetch_add(1, Ordering::SeqCst);
        let _drops = Drops(dropped);
        tokio::time::sleep(Duration::from_secs(60)).await;
        "{}".to_owned()
    }
    let (begun, dropped) = Counts::default();
    let router = axum::Router::new()
        .route("/", axum::routing::post(answer))
        .with_state((Arc::clone(&begun), Arc::clone(&dropped)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}/"), begun, dropped)
}

#[test]
fn at_the_deadline_a_slow_subgraph_behind_http_is_told_to_stop() {
    runtime().block_on(async {
        let (url, begun, dropped) = slow_subgraph().await;
        let client = RemoteClient::new(RemoteOptions::default()).expect("a client");
        let remote = RemoteSubgraph::new(&url, client).expect("an address");
        let engine = Universe::load("nulls").engine_with("b", Transport::Remote(remote));
        let started = Instant::now();
        let context = OperationContext::anonymous(started + Duration::from_millis(300));
        let response = engine
            .execute(GraphqlRequest::new("{ fine other }"), context)
            .await;
        assert!(started.elapsed() < Duration::from_secs(10));
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!(body["data"], json!({ "fine": "ok", "other": null }));
        assert_eq!(body["errors"][0]["extensions"]["code"], "UNAVAILABLE");
        assert_eq!(
            begun.load(Ordering::SeqCst),
            1,
            "a slow query is not sent again"
        );
        let end = Instant::now() + Duration::from_secs(10);
        while dropped.load(Ordering::SeqCst) == 0 {
            assert!(Instant::now() < end, "the subgraph still works");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
}

/// Says that it is not there until it is told to be well, and counts requests.
async fn sick_subgraph() -> (String, Arc<AtomicUsize>, Arc<AtomicBool>) {
    type Health = (Arc<AtomicUsize>, Arc<AtomicBool>);
    async fn answer(State((count, well)): State<Health>) -> (axum::http::StatusCode, String) {
        count.fetch_add(1, Ordering::SeqCst);
        match well.load(Ordering::SeqCst) {
            true => (
                axum::http::StatusCode::OK,
                json!({ "data": { "other": "well" } }).to_string(),
            ),
            false => (axum::http::StatusCode::SERVICE_UNAVAILABLE, String::new()),
        }
    }
    let (count, well) = Health::default();
    let router = axum::Router::new()
        .route("/", axum::routing::post(answer))
        .with_state((Arc::clone(&count), Arc::clone(&well)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}/"), count, well)
}

fn sick_engine(url: &str, options: RemoteOptions) -> Engine {
    let client = RemoteClient::new(options).expect("a client");
    let remote = RemoteSubgraph::new(url, client).expect("an address");
    Universe::load("nulls").engine_with("b", Transport::Remote(remote))
}

#[test]
fn a_subgraph_that_keeps_failing_is_left_alone_until_it_is_back() {
    runtime().block_on(async {
        let (url, count, well) = sick_subgraph().await;
        let options = RemoteOptions {
            retries: 0,
            breaker_failures: 3,
            breaker_pause: Duration::from_secs(1),
            ..RemoteOptions::default()
        };
        let engine = sick_engine(&url, options);
        let query = "{ fine other }";
        for _ in 0..8 {
            let got = ask(&engine, query, &Map::new()).await;
            assert_eq!(got["data"], json!({ "fine": "ok", "other": null }));
            assert_eq!(got["errors"][0]["extensions"]["code"], "UNAVAILABLE");
        }
        let opened = count.load(Ordering::SeqCst);
        assert!((3..8).contains(&opened), "{opened} of 8 got through");
        well.store(true, Ordering::SeqCst);
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let got = ask(&engine, query, &Map::new()).await;
            if got["data"]["other"] == "well" {
                break;
            }
            assert!(Instant::now() < end, "it is never asked again");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for _ in 0..5 {
            let got = ask(&engine, query, &Map::new()).await;
            assert_eq!(got, json!({ "data": { "fine": "ok", "other": "well" } }));
        }
    });
}

#[test]
fn retries_keep_within_their_budget() {
    runtime().block_on(async {
        let (url, count, _) = sick_subgraph().await;
        let options = RemoteOptions {
            retries: 2,
            breaker_failures: 1_000_000,
            ..RemoteOptions::default()
        };
        let engine = sick_engine(&url, options);
        for _ in 0..60 {
            let got = ask(&engine, "{ other }", &Map::new()).await;
            assert_eq!(got["data"]["other"], Value::Null);
        }
        // 60 first attempts, and what was saved up for repetitions
        assert_eq!(count.load(Ordering::SeqCst), 80);
    });
}
