//! Supergraphs: taken over while the engine runs, and their progressive overrides.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use router_engine::{Engine, EngineError, EngineOptions, GraphqlRequest};
use serde_json::{Map, json};

use super::universe::{Mode, Universe};
use super::{ask, runtime};

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
