//! Subscriptions: every event is an answer of its own.

use futures::stream::StreamExt;
use router_engine::{Engine, GraphqlRequest, OperationKind, ResponseKind};
use serde_json::{Map, Value};

use super::universe::{Mode, Universe};
use super::{context, difference, runtime};

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
    let cases = [
        (
            "changes",
            "orderChanged",
            "subscription { orderChanged { id state } }",
        ),
        (
            "changes",
            "orderChanged",
            "subscription { orderChanged { id log item { name stock } } }",
        ),
        (
            "changes",
            "orderChanged",
            "subscription S { o: orderChanged { __typename ...F } } fragment F on Order { risky id }",
        ),
        (
            "changes",
            "orderChanged",
            "subscription { orderChanged { a: item { name } b: item { name stock } e: echo } }",
        ),
        ("changes", "tick", "subscription { tick }"),
        ("changes", "flaky", "subscription { flaky { state log } }"),
        (
            "roots",
            "cartChanged",
            "subscription { cartChanged { cart { title owner { name favourite { name fans { name } } } } } }",
        ),
        (
            "roots",
            "cartChanged",
            "subscription { cartChanged { cart { lines { count item { name price fans { cart { id } } } } } } }",
        ),
        (
            "roots",
            "cartChanged",
            "subscription { cartChanged { cart { id } query { best { name } viewer { name } title } } }",
        ),
        (
            "roots",
            "cartChanged",
            "subscription { cartChanged { query { weak cart { owner { query { best { fans { id } } } } } } } }",
        ),
        (
            "roots",
            "cartChanged",
            "subscription { cartChanged { cart { title lines { query { faulty } } } } }",
        ),
        (
            "scope",
            "depotChanged",
            "subscription { depotChanged { id parcels { fee stamp postage } } }",
        ),
        (
            "scope",
            "depotChanged",
            "subscription { depotChanged { staff busiest { label sets { fee } } kin { parcels { stamp } } } }",
        ),
        (
            "scope",
            "depotChanged",
            "subscription { depotChanged { parcels { owner { query { tolls { duty } } } } } }",
        ),
    ];
    runtime().block_on(async {
        for mode in [Mode::Local, Mode::Remote, Mode::Mixed, Mode::WebSocket] {
            for (universe, field, query) in cases {
                let universe = Universe::load(universe);
                let engine = universe.engine(mode).await;
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
