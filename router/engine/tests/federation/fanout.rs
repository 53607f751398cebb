//! Interfaces with many implementations: the plan stays bounded, and what is too much is refused by the name of a limit.

use std::time::{Duration, Instant};

use router_engine::{Engine, EngineOptions};
use serde_json::Map;

use super::{over_http, plan, runtime, supergraph_of};

/// An engine over an interface with this many objects, some of whose fields are another subgraph's.
fn engine(objects: usize, options: EngineOptions) -> Engine {
    let mut here =
        String::from("type Query { nodes: [Node] } interface Node { id: ID! next: Node }\n");
    let mut there = String::new();
    for n in 0..objects {
        here.push_str(&format!(
            "type T{n} implements Node @key(fields: \"id\") {{ id: ID! next: Node }}\n"
        ));
        there.push_str(&format!(
            "type T{n} @key(fields: \"id\") {{ id: ID! more{n}: String }}\n"
        ));
    }
    there.push_str("type Query { other: String }");
    let keys = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\"])";
    let supergraph = supergraph_of([
        ("here", &format!("{keys} {here}")),
        ("there", &format!("{keys} {there}")),
    ]);
    let addresses = [
        ("here", "http://here.invalid"),
        ("there", "http://there.invalid"),
    ];
    let transports = over_http(addresses);
    Engine::new(&supergraph, transports, options).expect("an engine")
}

/// A query that asks some types for a field of the other subgraph and for the next level, each under a key of its own.
/// Every level is one named fragment: the document is small, what it stands for is not.
fn nested(types: usize, levels: usize) -> String {
    let mut query = String::from("{ nodes { ...L1 } }");
    for level in 1..=levels {
        let below = if level == levels {
            "id".to_owned()
        } else {
            format!("...L{}", level + 1)
        };
        let parts: Vec<String> = (0..types)
            .map(|n| format!("... on T{n} {{ more{n} n{n}: next {{ {below} }} }}"))
            .collect();
        query.push_str(&format!(
            " fragment L{level} on Node {{ {} }}",
            parts.join(" ")
        ));
    }
    query
}

#[test]
fn many_implementations_of_an_interface_are_fetched_together() {
    let engine = engine(100, EngineOptions::default());
    let query = nested(100, 1);
    runtime().block_on(async {
        let text = plan(&engine, &query, &Map::new())
            .await
            .unwrap_or_else(|response| panic!("{:?}", response.errors));
        let fetches = text
            .lines()
            .filter(|line| line.starts_with(char::is_numeric));
        assert_eq!(fetches.count(), 2, "{text}");
    });
}

#[test]
fn a_plan_that_would_explode_is_refused_by_the_name_of_a_limit() {
    let mut options = EngineOptions::default();
    // the guard of documents would refuse it before the planner sees it
    options.limits.expanded_selections = 1_000_000;
    options.planning_timeout = Duration::from_secs(60);
    let engine = engine(14, options);
    // 14 types on each of 4 levels: 2,955 places, each with a fetch of its own
    let query = nested(14, 4);
    runtime().block_on(async {
        let start = Instant::now();
        let response = plan(&engine, &query, &Map::new())
            .await
            .expect_err("too much");
        let message = &response.errors[0].message;
        assert!(message.contains("the limit of work"), "{message}");
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "it ends by itself"
        );
    });
}
