//! `@skip` and `@include`: what they leave out is not fetched, and the rest stands (GraphQL specification, sections 3.13
//! and 6.3.2).

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use router_engine::{
    Engine, EngineOptions, GraphqlRequest, LocalRequest, LocalResponse, LocalSubgraph, Transport,
};
use serde_json::{Map, Value, json};

use super::universe::Universe;
use super::{ask, context, runtime};

/// Notes who is asked.
struct Watched {
    name: String,
    inner: Arc<dyn LocalSubgraph>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl LocalSubgraph for Watched {
    fn execute(&self, request: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        self.asked.lock().expect("no panic").push(self.name.clone());
        self.inner.execute(request)
    }

    fn subscribe(&self, request: LocalRequest) -> BoxStream<'static, LocalResponse> {
        self.inner.subscribe(request)
    }
}

fn watched(universe: &Universe) -> (Engine, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let transports = universe
        .transports()
        .into_iter()
        .map(|(name, transport)| {
            let Transport::Local(inner) = transport else {
                panic!("in this process")
            };
            let subgraph = Watched {
                name: name.clone(),
                inner,
                asked: Arc::clone(&asked),
            };
            (name, Transport::Local(Arc::new(subgraph) as Arc<_>))
        })
        .collect();
    let engine = Engine::new(&universe.supergraph, transports, EngineOptions::default())
        .expect("a supergraph");
    (engine, asked)
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

/// In the universe: document, variables, who is asked. The answer is the monolith's, unless it is given.
fn check(universe: &str, table: &[(&str, Value, &[&str], Option<Value>)]) {
    runtime().block_on(async {
        let universe = Universe::load(universe);
        let (engine, asked) = watched(&universe);
        for (document, variables, subgraphs, data) in table {
            let variables = map(variables.clone());
            let expected = universe.monolith(document, &variables);
            let got = ask(&engine, document, &variables).await;
            // as text: the order of keys counts
            assert_eq!(
                got.to_string(),
                expected.to_string(),
                "{document} {variables:?}"
            );
            if let Some(data) = data {
                assert_eq!(got["data"], *data, "{document} {variables:?}");
            }
            let mut names = std::mem::take(&mut *asked.lock().expect("no panic"));
            names.sort();
            assert_eq!(names, *subgraphs, "{document} {variables:?}");
        }
    });
}

#[test]
fn a_field_is_there_when_it_is_included_and_not_skipped() {
    let field = "query ($s: Boolean!, $i: Boolean!) { product(id: \"1\") { id title @skip(if: $s) @include(if: $i) } }";
    let fragment = "query ($s: Boolean!, $i: Boolean!) { product(id: \"1\") { id ...F @skip(if: $s) @include(if: $i) } } fragment F on Product { title }";
    let inline = "query ($s: Boolean!, $i: Boolean!) { product(id: \"1\") { id ... @skip(if: $s) { ... on Product @include(if: $i) { title } } } }";
    let title = Universe::load("shop").monolith("{ product(id: \"1\") { id title } }", &Map::new())
        ["data"]
        .take();
    let bare = json!({"product": {"id": "1"}});
    for document in [field, fragment, inline] {
        let given = |s: bool, i: bool| json!({"s": s, "i": i});
        check(
            "shop",
            &[
                (
                    document,
                    given(false, true),
                    &["products"],
                    Some(title.clone()),
                ),
                (
                    document,
                    given(true, true),
                    &["products"],
                    Some(bare.clone()),
                ),
                (
                    document,
                    given(false, false),
                    &["products"],
                    Some(bare.clone()),
                ),
                (
                    document,
                    given(true, false),
                    &["products"],
                    Some(bare.clone()),
                ),
            ],
        );
    }
}

#[test]
fn conditions_have_defaults() {
    let document = "query ($i: Boolean = false, $s: Boolean! = true) { me { id name @include(if: $i) nick @skip(if: $s) } }";
    check(
        "shop",
        &[
            (
                document,
                json!({}),
                &["accounts"],
                Some(json!({"me": {"id": "1"}})),
            ),
            (document, json!({"i": true}), &["accounts"], None),
            (
                document,
                json!({"i": true, "s": false}),
                &["accounts"],
                None,
            ),
        ],
    );
}

#[test]
fn a_condition_that_is_null_is_refused() {
    runtime().block_on(async {
        let (engine, asked) = watched(&Universe::load("shop"));
        for document in [
            "query ($c: Boolean = true) { me { id name @skip(if: $c) } }",
            "query ($c: Boolean = true) { me { id ...F } } fragment F on User { name @include(if: $c) }",
        ] {
            let got = ask(&engine, document, &map(json!({"c": null}))).await;
            assert!(got.get("data").is_none(), "{got}");
            assert_eq!(got["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{got}");
            let message = got["errors"][0]["message"].as_str().expect("a message");
            assert!(message.contains("`$c` must not be null"), "{message}");
        }
        assert_eq!(asked.lock().expect("no panic").len(), 0);
        // it may be null where it is no condition of the operation that is run
        let mut request = GraphqlRequest::new(
            "query A($c: String) { me { nick(style: $c) } } query B($c: Boolean!) { me { id @skip(if: $c) } }",
        );
        request.operation_name = Some("A".to_owned());
        request.variables = map(json!({"c": null}));
        let response = engine.execute(request, context()).await;
        assert!(response.errors.is_empty(), "{response:?}");
        assert_eq!(asked.lock().expect("no panic").len(), 1);
    });
}

#[test]
fn what_is_left_out_is_not_fetched() {
    let hop = "query ($s: Boolean!) { product(id: \"1\") { id rating @skip(if: $s) inStock @include(if: $s) } }";
    let nested = "query ($s: Boolean!, $t: Boolean!) { me { id reviews @skip(if: $s) { body product { title @skip(if: $t) } } } }";
    let requires = "query ($s: Boolean!) { product(id: \"1\") { id shipping @skip(if: $s) } }";
    let root = "query ($s: Boolean!) { me { id } latest @skip(if: $s) { id } ... @include(if: $s) { warehouses { code } } }";
    check(
        "shop",
        &[
            (hop, json!({"s": true}), &["inventory", "products"], None),
            (hop, json!({"s": false}), &["products", "reviews"], None),
            (
                nested,
                json!({"s": true, "t": false}),
                &["accounts"],
                Some(json!({"me": {"id": "1"}})),
            ),
            (
                nested,
                json!({"s": false, "t": true}),
                &["accounts", "reviews"],
                None,
            ),
            (
                nested,
                json!({"s": false, "t": false}),
                &["accounts", "products", "reviews"],
                None,
            ),
            (requires, json!({"s": true}), &["products"], None),
            (
                requires,
                json!({"s": false}),
                &["inventory", "products"],
                None,
            ),
            (root, json!({"s": true}), &["accounts", "inventory"], None),
            (root, json!({"s": false}), &["accounts", "reviews"], None),
        ],
    );
}

#[test]
fn where_everything_is_left_out_an_empty_object_is_left() {
    check(
        "shop",
        &[
            (
                "{ me @skip(if: true) { id } }",
                json!({}),
                &[],
                Some(json!({})),
            ),
            (
                "{ ... @include(if: false) { me { id } latest { id } } }",
                json!({}),
                &[],
                Some(json!({})),
            ),
            (
                "{ me { id @skip(if: true) } }",
                json!({}),
                &["accounts"],
                Some(json!({"me": {}})),
            ),
            (
                "{ me { ...F @include(if: false) } } fragment F on User { id }",
                json!({}),
                &["accounts"],
                Some(json!({"me": {}})),
            ),
            (
                "{ users(first: 2) { id @skip(if: true) reviews @include(if: false) { id } } }",
                json!({}),
                &["accounts"],
                Some(json!({"users": [{}, {}]})),
            ),
            (
                "{ __typename @skip(if: true) }",
                json!({}),
                &[],
                Some(json!({})),
            ),
            (
                "{ __typename @skip(if: true) name: __typename }",
                json!({}),
                &[],
                Some(json!({"name": "Query"})),
            ),
            (
                "{ me { __typename @skip(if: true) id } }",
                json!({}),
                &["accounts"],
                Some(json!({"me": {"id": "1"}})),
            ),
            (
                "{ me { __typename @include(if: false) } }",
                json!({}),
                &["accounts"],
                Some(json!({"me": {}})),
            ),
            (
                "{ __schema @skip(if: true) { types { name } } }",
                json!({}),
                &[],
                Some(json!({})),
            ),
        ],
    );
}

#[test]
fn the_same_field_with_several_conditions_is_there_when_one_of_them_lets_it() {
    let document = "query ($a: Boolean!, $b: Boolean!) {
        product(id: \"1\") {
            title @include(if: $a)
            ... @include(if: $b) { title maker { id } }
            maker @skip(if: $a) { label }
            maker { products @include(if: $b) { id } }
        }
    }";
    let root =
        "query ($a: Boolean!) { me @include(if: $a) { name } me @skip(if: $a) { nick } me { id } }";
    let given = |a: bool, b: bool| json!({"a": a, "b": b});
    check(
        "shop",
        &[
            (document, given(false, false), &["products"], None),
            (document, given(true, false), &["products"], None),
            (document, given(false, true), &["products"], None),
            (document, given(true, true), &["products"], None),
            (root, json!({"a": true}), &["accounts"], None),
            (root, json!({"a": false}), &["accounts"], None),
        ],
    );
}

#[test]
fn mutations_that_are_left_out_do_nothing() {
    let document = "mutation ($s: Boolean!) { a: note(text: \"1\") @skip(if: $s) place(item: \"x\") @include(if: $s) { id item { name @skip(if: $s) stock } } b: note(text: \"2\") }";
    runtime().block_on(async {
        let universe = Universe::load("changes");
        for skip in [true, false] {
            let (engine, asked) = watched(&universe);
            let variables = map(json!({"s": skip}));
            let expected = universe.monolith(document, &variables);
            let got = ask(&engine, document, &variables).await;
            assert_eq!(got.to_string(), expected.to_string());
            let before = asked.lock().expect("no panic").len();
            let got = ask(
                &engine,
                "mutation { note(text: \"1\") @skip(if: true) }",
                &Map::new(),
            )
            .await;
            assert_eq!(got, json!({"data": {}}));
            assert_eq!(asked.lock().expect("no panic").len(), before);
        }
    });
}
