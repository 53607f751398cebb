//! Fields of the query's type below other fields: when their root fields are asked, and how often.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_graphql_value::ConstValue;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt};
use router_engine::{Engine, EngineOptions, LocalRequest, LocalResponse, LocalSubgraph, Transport};
use serde_json::{Map, Value, json};

use super::universe::{Mode, Universe};
use super::{ask, explain, runtime, supergraph_of};

/// What both subgraphs of the counter share: the number, and who was asked.
#[derive(Default)]
struct Counter {
    number: AtomicU64,
    asked: Mutex<Vec<&'static str>>,
}

/// Counts up for every field of a mutation, in their order.
struct Writer(Arc<Counter>);

/// Tells the number.
struct Reader(Arc<Counter>);

fn answered(data: Value) -> BoxFuture<'static, LocalResponse> {
    Box::pin(std::future::ready(LocalResponse {
        data: Arc::new(ConstValue::from_json(data).expect("a value")),
        errors: Vec::new(),
    }))
}

impl LocalSubgraph for Writer {
    fn execute(&self, request: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        self.0.asked.lock().expect("nobody panicked").push("writer");
        let mut data = Map::new();
        let fields: Vec<&str> = request.text.split(": bump").collect();
        for pair in fields.windows(2) {
            let alias = pair[0].rsplit(['{', ' ']).next().expect("an alias");
            let number = 1 + self.0.number.fetch_add(1, Ordering::SeqCst);
            // nothing but what is asked for
            let asked = |mut object: Value| {
                let object = object.as_object_mut().expect("an object");
                object.retain(|field, _| pair[1].contains(field.as_str()));
                Value::Object(std::mem::take(object))
            };
            let query = asked(json!({ "__typename": "Query", "own": number }));
            data.insert(
                alias.to_owned(),
                asked(json!({ "number": number, "query": query })),
            );
        }
        answered(Value::Object(data))
    }

    fn subscribe(&self, _: LocalRequest) -> BoxStream<'static, LocalResponse> {
        futures::stream::empty().boxed()
    }
}

impl LocalSubgraph for Reader {
    fn execute(&self, _: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        self.0.asked.lock().expect("nobody panicked").push("reader");
        answered(json!({ "value": self.0.number.load(Ordering::SeqCst) }))
    }

    fn subscribe(&self, _: LocalRequest) -> BoxStream<'static, LocalResponse> {
        futures::stream::empty().boxed()
    }
}

fn counter() -> (Arc<Counter>, Engine) {
    let supergraph = supergraph_of([
        (
            "writer",
            "type Query { own: Int } type Mutation { bump: Bumped! } type Bumped { number: Int! query: Query! }",
        ),
        ("reader", "type Query { value: Int! }"),
    ]);
    let counter = Arc::new(Counter::default());
    let transports = HashMap::from([
        (
            "writer".to_owned(),
            Transport::Local(Arc::new(Writer(Arc::clone(&counter)))),
        ),
        (
            "reader".to_owned(),
            Transport::Local(Arc::new(Reader(Arc::clone(&counter)))),
        ),
    ]);
    let engine = Engine::new(&supergraph, transports, EngineOptions::default());
    (counter, engine.expect("an engine"))
}

#[test]
fn root_fields_below_a_mutation_are_read_after_it_and_before_the_next() {
    runtime().block_on(async {
        let (counter, engine) = counter();
        let query = "mutation {
            a: bump { number query { value } } b: bump { number }
            c: bump { number query { value own } } d: bump { query { value } }
        }";
        let got = ask(&engine, query, &Map::new()).await;
        assert_eq!(
            got,
            json!({ "data": {
                "a": { "number": 1, "query": { "value": 1 } },
                "b": { "number": 2 },
                "c": { "number": 3, "query": { "value": 3, "own": 3 } },
                "d": { "query": { "value": 4 } },
            } })
        );
        let asked = counter.asked.lock().expect("nobody panicked");
        // the second and the third are one request: nothing is to be read between them
        assert_eq!(
            *asked,
            ["writer", "reader", "writer", "reader", "writer", "reader"]
        );
    });
}

#[test]
fn root_fields_that_the_giver_has_need_no_request_of_their_own() {
    runtime().block_on(async {
        let (counter, engine) = counter();
        let query = "mutation { a: bump { query { own } } b: bump { query { own } } }";
        let got = ask(&engine, query, &Map::new()).await;
        assert_eq!(
            got["data"],
            json!({ "a": { "query": { "own": 1 } }, "b": { "query": { "own": 2 } } })
        );
        assert_eq!(*counter.asked.lock().expect("nobody panicked"), ["writer"]);
    });
}

#[test]
fn root_fields_below_a_list_are_asked_once_and_never_for_nothing() {
    let universe = Universe::load("roots");
    runtime().block_on(async {
        let engine = universe.engine(Mode::Local).await;
        let query = "{ viewer { a: query { best { id } } friends { b: query { best { id } } } } }";
        let plan = explain(&engine, query, &Map::new()).await;
        assert_eq!(plan.matches(": items").count(), 1, "{plan}");
        assert!(
            plan.contains("viewer.a") && plan.contains("viewer.friends.b"),
            "{plan}"
        );

        let (counter, engine) = counter();
        counter.number.store(7, Ordering::SeqCst);
        // the giver's answer is empty: there is no object to ask for
        let got = ask(
            &engine,
            "mutation { bump { query { value } } }",
            &Map::new(),
        )
        .await;
        assert_eq!(got["data"], Value::Null);
        assert_eq!(*counter.asked.lock().expect("nobody panicked"), ["writer"]);
    });
}

#[test]
fn errors_of_root_fields_below_others_carry_the_whole_path() {
    let universe = Universe::load("roots");
    runtime().block_on(async {
        for mode in [Mode::Local, Mode::Remote] {
            let engine = universe.engine(mode).await;
            let query = "{ cart { lines { query { x: weak best { id } } } } }";
            let got = ask(&engine, query, &Map::new()).await;
            let paths: Vec<&Value> = got["errors"]
                .as_array()
                .expect("errors")
                .iter()
                .map(|error| &error["path"])
                .collect();
            assert_eq!(
                paths,
                [
                    &json!(["cart", "lines", 0, "query", "x"]),
                    &json!(["cart", "lines", 2, "query", "x"])
                ]
            );
            assert_eq!(got["errors"][0]["extensions"]["subgraph"], "items");
        }
    });
}

#[test]
fn the_schema_can_be_asked_for_below_other_fields() {
    let universe = Universe::load("roots");
    runtime().block_on(async {
        let engine = universe.engine(Mode::Local).await;
        let query = "mutation($n: String!) { add(item: \"1\") { query {
            __schema { queryType { name } } line: __type(name: $n) { fields { name } } best { id }
        } } }";
        let variables = Map::from_iter([("n".to_owned(), json!("Viewer"))]);
        let got = ask(&engine, query, &variables).await;
        assert_eq!(
            got["data"]["add"]["query"],
            json!({
                "__schema": { "queryType": { "name": "Query" } },
                "line": { "fields": [{ "name": "name" }, { "name": "query" }, { "name": "person" }, { "name": "friends" }] },
                "best": { "id": "2" }
            })
        );
        let got = ask(&engine, "{ viewer { query { __type(name: \"Home\") { kind } } } }", &Map::new()).await;
        assert_eq!(got["data"]["viewer"]["query"]["__type"]["kind"], "INTERFACE");
    });
}
