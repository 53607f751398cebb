//! Another supergraph while serving.

use std::collections::HashMap;
use std::sync::Arc;

use http::StatusCode;
use router_engine::Transport;

use crate::subgraphs;
use crate::world::{SUPERGRAPH, World};

fn transports(world: &World) -> HashMap<String, Transport> {
    HashMap::from([
        (
            "catalog".to_owned(),
            Transport::Local(subgraphs::catalog(Arc::clone(&world.fetches))),
        ),
        (
            "prices".to_owned(),
            Transport::Local(subgraphs::prices(Arc::clone(&world.fetches))),
        ),
    ])
}

#[tokio::test]
async fn declarations_change_with_the_supergraph() {
    let world = World::new();
    let stricter = SUPERGRAPH.replace(
        "whoami: String! @join__field(graph: CATALOG)",
        "whoami: String! @join__field(graph: CATALOG) @authenticated",
    );
    assert_eq!(
        world.query("{ whoami }").await.json()["data"]["whoami"],
        "anonymous"
    );
    world.edge.replace(&stricter, transports(&world)).unwrap();
    assert_eq!(world.query("{ whoami }").await.code(), "UNAUTHENTICATED");
    world.edge.replace(SUPERGRAPH, transports(&world)).unwrap();
    assert_eq!(
        world.query("{ whoami }").await.json()["data"]["whoami"],
        "anonymous"
    );
}

#[tokio::test]
async fn a_refused_supergraph_leaves_everything_as_it_was() {
    let world = World::new();
    for refused in [
        "type Query {",
        "type Query { a: Int @requiresScopes }",
        &SUPERGRAPH.replace("name: \"prices\"", "name: \"unknown\""),
        &SUPERGRAPH.replace("scopes: [[\"billing:license.manage\"]]", "scopes: 1"),
    ] {
        assert!(world.edge.replace(refused, transports(&world)).is_err());
        assert_eq!(
            world.query("{ hello item(id: 1) { price } }").await.status,
            StatusCode::OK
        );
        assert_eq!(world.query("{ mine }").await.code(), "UNAUTHENTICATED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_swaps_under_load_fail_no_request_and_open_no_gap() {
    let world = World::new();
    let done = std::sync::atomic::AtomicBool::new(false);
    // protects another field in every second round, never leaves both open
    let other = SUPERGRAPH.replace(
        "hello(name: String): String! @join__field(graph: CATALOG)",
        "hello(name: String): String! @join__field(graph: CATALOG) @tag(name: \"x\")",
    );
    let other = other.replace(
        "directive @authenticated",
        "directive @tag(name: String!) repeatable on FIELD_DEFINITION\ndirective @authenticated",
    );
    let load = async {
        let mut answered = 0;
        while !done.load(std::sync::atomic::Ordering::SeqCst) {
            let open = world.query("{ hello item(id: 1) { label price } }").await;
            assert_eq!(open.status, StatusCode::OK, "{}", open.text);
            assert!(open.json().get("errors").is_none(), "{}", open.text);
            assert_eq!(world.query("{ mine }").await.code(), "UNAUTHENTICATED");
            answered += 1;
            // nothing above has to wait once it is cached
            tokio::task::yield_now().await;
        }
        answered
    };
    let swaps = async {
        for round in 0..50 {
            let next = if round % 2 == 0 {
                other.as_str()
            } else {
                SUPERGRAPH
            };
            world.edge.replace(next, transports(&world)).unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        done.store(true, std::sync::atomic::Ordering::SeqCst);
    };
    let (answered, ()) = tokio::join!(load, swaps);
    assert!(answered > 20, "{answered}");
}

#[tokio::test]
async fn a_subscription_outlives_the_swap() {
    let world = World::new();
    let swap = async {
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        world.edge.replace(SUPERGRAPH, transports(&world)).unwrap();
    };
    let query =
        serde_json::json!({"query": "subscription { items(count: 10, everyMs: 40) { id price } }"});
    let headers = [("accept", "text/event-stream")];
    let (answer, ()) = tokio::join!(world.post_as(&query, &headers), swap);
    assert_eq!(answer.text.matches("event: next").count(), 10);
    assert!(answer.text.contains("event: complete") && !answer.text.contains("errors"));
}
