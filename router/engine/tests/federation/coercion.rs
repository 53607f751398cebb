//! What a client gives as variables, and what the subgraph gets (GraphQL specification, sections 3.5 to 3.12 and 6.1.2).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_graphql_value::ConstValue;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt as _};
use router_engine::{Engine, EngineOptions, LocalRequest, LocalResponse, LocalSubgraph, Transport};
use serde_json::{Map, Value, json};

use super::{ask, runtime, supergraph_of};

const SCHEMA: &str = "
type Query {
  int(a: Int, needed: Int! = 4): Int
  needs(a: Int!): Int
  float(a: Float): Int
  string(a: String): Int
  boolean(a: Boolean): Int
  id(a: ID): Int
  color(a: Color): Int
  any(a: Any): Int
  ints(a: [Int]): Int
  strict(a: [Int!]!): Int
  matrix(a: [[Int]]): Int
  input(a: Input): Int
  one(a: OneOf): Int
}
enum Color { RED GREEN }
scalar Any
input Input {
  needed: Int!
  preset: Int! = 7
  text: String
  colors: [Color!] = [GREEN]
  below: Input
  one: OneOf
  named: String = \"x\"
}
input OneOf @oneOf { number: Int text: String below: Input }
";

/// Notes what it is asked, and answers null.
#[derive(Default)]
struct Notebook(Mutex<Vec<(String, Value)>>);

impl Notebook {
    fn last(&self) -> (String, Value) {
        let notes = self.0.lock().expect("no panic");
        notes.last().cloned().expect("a request")
    }

    fn len(&self) -> usize {
        self.0.lock().expect("no panic").len()
    }
}

impl LocalSubgraph for Notebook {
    fn execute(&self, request: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        let variables: Map<String, Value> = request
            .variables
            .iter()
            .map(|(name, value)| (name.to_string(), value.clone().into_json().expect("JSON")))
            .collect();
        let note = (request.text.to_string(), Value::Object(variables));
        self.0.lock().expect("no panic").push(note);
        Box::pin(std::future::ready(LocalResponse {
            data: Arc::new(ConstValue::Object(Default::default())),
            errors: Vec::new(),
        }))
    }

    fn subscribe(&self, _: LocalRequest) -> BoxStream<'static, LocalResponse> {
        futures::stream::empty().boxed()
    }
}

fn engine() -> (Engine, Arc<Notebook>) {
    let notebook = Arc::new(Notebook::default());
    let transport = Transport::Local(Arc::clone(&notebook) as Arc<dyn LocalSubgraph>);
    let engine = Engine::new(
        &supergraph_of([("notebook", SCHEMA)]),
        HashMap::from([("notebook".to_owned(), transport)]),
        EngineOptions::default(),
    )
    .expect("a supergraph");
    (engine, notebook)
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

/// The field, the type of `$a` with its default, what is given, what the subgraph gets.
fn given(cases: Vec<(&str, &str, Value, Value)>) {
    runtime().block_on(async {
        let (engine, notebook) = engine();
        for (field, ty, variables, expected) in cases {
            let query = format!("query ($a: {ty}) {{ {field}(a: $a) }}");
            let before = notebook.len();
            let got = ask(&engine, &query, &map(variables.clone())).await;
            assert_eq!(notebook.len(), before + 1, "{query} {variables}: {got}");
            assert_eq!(notebook.last().1, expected, "{query} {variables}");
        }
    });
}

/// The field, the type of `$a` with its default, what is given, what the client is told.
fn refused(cases: Vec<(&str, &str, Value, &str)>) {
    runtime().block_on(async {
        let (engine, notebook) = engine();
        for (field, ty, variables, expected) in cases {
            let query = format!("query ($a: {ty}) {{ {field}(a: $a) }}");
            let got = ask(&engine, &query, &map(variables.clone())).await;
            assert_eq!(notebook.len(), 0, "{query} {variables} was let through");
            assert!(got.get("data").is_none(), "{got}");
            let error = &got["errors"][0];
            let message = error["message"].as_str().expect("a message");
            assert!(
                message.starts_with("variable `$a`") && message.contains(expected),
                "{query} {variables}: {message}"
            );
            assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{got}");
            assert_eq!(
                error["locations"],
                json!([{"line": 1, "column": 8}]),
                "{got}"
            );
        }
    });
}

#[test]
fn scalars_are_taken_in_every_form_that_they_have() {
    given(vec![
        ("int", "Int", json!({"a": 0}), json!({"a": 0})),
        (
            "int",
            "Int",
            json!({"a": -2147483648}),
            json!({"a": -2147483648}),
        ),
        (
            "int",
            "Int",
            json!({"a": 2147483647}),
            json!({"a": 2147483647}),
        ),
        ("int", "Int", json!({"a": 1.0}), json!({"a": 1})),
        ("int", "Int", json!({"a": -3e2}), json!({"a": -300})),
        ("int", "Int!", json!({"a": 1}), json!({"a": 1})),
        ("float", "Float", json!({"a": 1}), json!({"a": 1})),
        ("float", "Float", json!({"a": 1.5}), json!({"a": 1.5})),
        (
            "float",
            "Float",
            json!({"a": 9007199254740993_u64}),
            json!({"a": 9007199254740993_u64}),
        ),
        ("float", "Float", json!({"a": 1e300}), json!({"a": 1e300})),
        ("string", "String", json!({"a": ""}), json!({"a": ""})),
        (
            "string",
            "String",
            json!({"a": "ä😀\u{0008}\"\\"}),
            json!({"a": "ä😀\u{0008}\"\\"}),
        ),
        (
            "boolean",
            "Boolean",
            json!({"a": false}),
            json!({"a": false}),
        ),
        ("id", "ID", json!({"a": "x"}), json!({"a": "x"})),
        ("id", "ID", json!({"a": 7}), json!({"a": "7"})),
        ("id", "ID", json!({"a": -7}), json!({"a": "-7"})),
        (
            "id",
            "ID",
            json!({"a": 9007199254740993_u64}),
            json!({"a": "9007199254740993"}),
        ),
        (
            "id",
            "ID",
            json!({"a": u64::MAX}),
            json!({"a": "18446744073709551615"}),
        ),
        ("color", "Color", json!({"a": "RED"}), json!({"a": "RED"})),
        ("any", "Any", json!({"a": 1}), json!({"a": 1})),
        (
            "any",
            "Any",
            json!({"a": [1, {"b": null}]}),
            json!({"a": [1, {"b": null}]}),
        ),
        ("any", "Any", json!({"a": "RED"}), json!({"a": "RED"})),
    ]);
    refused(vec![
        ("int", "Int", json!({"a": 2147483648_u64}), "no valid `Int`"),
        (
            "int",
            "Int",
            json!({"a": -2147483649_i64}),
            "no valid `Int`",
        ),
        ("int", "Int", json!({"a": 1.5}), "no valid `Int`"),
        ("int", "Int", json!({"a": 1e10}), "no valid `Int`"),
        ("int", "Int", json!({"a": "1"}), "no valid `Int`"),
        ("int", "Int", json!({"a": true}), "no valid `Int`"),
        ("int", "Int", json!({"a": [1]}), "no valid `Int`"),
        ("int", "Int", json!({"a": {}}), "no valid `Int`"),
        ("float", "Float", json!({"a": "1.5"}), "no valid `Float`"),
        ("float", "Float", json!({"a": false}), "no valid `Float`"),
        ("string", "String", json!({"a": 1}), "no valid `String`"),
        ("string", "String", json!({"a": true}), "no valid `String`"),
        ("string", "String", json!({"a": ["a"]}), "no valid `String`"),
        (
            "string",
            "String",
            json!({"a": {"a": "b"}}),
            "no valid `String`",
        ),
        (
            "boolean",
            "Boolean",
            json!({"a": "true"}),
            "no valid `Boolean`",
        ),
        ("boolean", "Boolean", json!({"a": 1}), "no valid `Boolean`"),
        ("id", "ID", json!({"a": 1.5}), "no valid `ID`"),
        ("id", "ID", json!({"a": true}), "no valid `ID`"),
        ("color", "Color", json!({"a": "BLUE"}), "no valid `Color`"),
        ("color", "Color", json!({"a": "red"}), "no valid `Color`"),
        ("color", "Color", json!({"a": 0}), "no valid `Color`"),
        ("color", "Color", json!({"a": ["RED"]}), "no valid `Color`"),
    ]);
}

#[test]
fn absent_null_and_default_are_three_things() {
    given(vec![
        ("int", "Int", json!({}), json!({})),
        ("int", "Int", json!({"a": null}), json!({"a": null})),
        ("int", "Int = 3", json!({}), json!({"a": 3})),
        ("int", "Int = 3", json!({"a": null}), json!({"a": null})),
        ("int", "Int = 3", json!({"a": 5}), json!({"a": 5})),
        ("int", "Int! = 3", json!({}), json!({"a": 3})),
        ("int", "Int = null", json!({}), json!({"a": null})),
        ("needs", "Int = 3", json!({}), json!({"a": 3})),
        ("float", "Float = 2", json!({}), json!({"a": 2})),
        ("float", "Float = 1e9", json!({}), json!({"a": 1e9})),
        ("id", "ID = 5", json!({}), json!({"a": "5"})),
        ("color", "Color = RED", json!({}), json!({"a": "RED"})),
        (
            "string",
            "String = \"\\b😀\"",
            json!({}),
            json!({"a": "\u{8}😀"}),
        ),
        ("ints", "[Int] = 1", json!({}), json!({"a": [1]})),
        (
            "input",
            "Input = {needed: 1}",
            json!({}),
            json!({"a": {"needed": 1, "preset": 7, "colors": ["GREEN"], "named": "x"}}),
        ),
        (
            "any",
            "Any = {a: [RED, 1.5]}",
            json!({}),
            json!({"a": {"a": ["RED", 1.5]}}),
        ),
        // nobody asked for it
        ("int", "Int", json!({"a": 1, "b": 2}), json!({"a": 1})),
    ]);
    refused(vec![
        ("needs", "Int!", json!({}), "is required"),
        ("needs", "Int!", json!({"a": null}), "must not be null"),
        ("int", "Int! = 3", json!({"a": null}), "must not be null"),
    ]);
}

#[test]
fn a_single_value_is_a_list_of_one_and_null_is_none() {
    given(vec![
        (
            "ints",
            "[Int]",
            json!({"a": [1, null, 3]}),
            json!({"a": [1, null, 3]}),
        ),
        ("ints", "[Int]", json!({"a": []}), json!({"a": []})),
        ("ints", "[Int]", json!({"a": 1}), json!({"a": [1]})),
        ("ints", "[Int]", json!({"a": null}), json!({"a": null})),
        ("strict", "[Int!]!", json!({"a": 1}), json!({"a": [1]})),
        (
            "matrix",
            "[[Int]]",
            json!({"a": [[1], [2, 3]]}),
            json!({"a": [[1], [2, 3]]}),
        ),
        (
            "matrix",
            "[[Int]]",
            json!({"a": [1, null, 3]}),
            json!({"a": [[1], null, [3]]}),
        ),
        ("matrix", "[[Int]]", json!({"a": 1}), json!({"a": [[1]]})),
        (
            "matrix",
            "[[Int]]",
            json!({"a": [[null]]}),
            json!({"a": [[null]]}),
        ),
    ]);
    refused(vec![
        (
            "ints",
            "[Int]",
            json!({"a": [1, "b"]}),
            "`$a` at `1` of type `[Int]`",
        ),
        ("ints", "[Int]", json!({"a": "b"}), "no valid `Int`"),
        ("ints", "[Int]", json!({"a": [[1]]}), "at `0`"),
        ("strict", "[Int!]!", json!({"a": null}), "must not be null"),
        (
            "strict",
            "[Int!]!",
            json!({"a": [1, null]}),
            "at `1` of type `[Int!]!` must not be null",
        ),
        (
            "matrix",
            "[[Int]]",
            json!({"a": [[1], [2, "x"]]}),
            "at `1.1`",
        ),
    ]);
}

#[test]
fn input_objects_get_their_defaults_and_nothing_that_they_do_not_know() {
    given(vec![
        (
            "input",
            "Input",
            json!({"a": {"needed": 1}}),
            json!({"a": {"needed": 1, "preset": 7, "colors": ["GREEN"], "named": "x"}}),
        ),
        (
            "input",
            "Input",
            json!({"a": {"needed": 1, "preset": 2, "colors": "RED", "named": null, "text": null}}),
            json!({"a": {"needed": 1, "preset": 2, "text": null, "colors": ["RED"], "named": null}}),
        ),
        (
            "input",
            "Input",
            json!({"a": {"needed": 1, "below": {"needed": 2.0, "colors": null}}}),
            json!({"a": {"needed": 1, "preset": 7, "colors": ["GREEN"], "below": {"needed": 2, "preset": 7, "colors": null, "named": "x"}, "named": "x"}}),
        ),
    ]);
    refused(vec![
        (
            "input",
            "Input",
            json!({"a": {}}),
            "at `needed` of type `Input` is required",
        ),
        (
            "input",
            "Input",
            json!({"a": {"needed": null}}),
            "at `needed` of type `Input` must not be null",
        ),
        (
            "input",
            "Input",
            json!({"a": {"needed": 1, "preset": null}}),
            "at `preset`",
        ),
        (
            "input",
            "Input",
            json!({"a": {"needed": 1, "nope": 1}}),
            "no field `nope` in `Input`",
        ),
        (
            "input",
            "Input",
            json!({"a": {"needed": 1, "below": {"needed": "x"}}}),
            "at `below.needed`",
        ),
        (
            "input",
            "Input",
            json!({"a": {"needed": 1, "colors": ["RED", "BLUE"]}}),
            "at `colors.1`",
        ),
        (
            "input",
            "Input",
            json!({"a": {"needed": 1, "colors": [null]}}),
            "at `colors.0`",
        ),
        (
            "input",
            "Input",
            json!({"a": [{"needed": 1}]}),
            "no valid `Input`",
        ),
        ("input", "Input", json!({"a": "needed"}), "no valid `Input`"),
    ]);
}

#[test]
fn of_a_one_of_exactly_one_field_is_given() {
    given(vec![
        (
            "one",
            "OneOf",
            json!({"a": {"number": 1}}),
            json!({"a": {"number": 1}}),
        ),
        (
            "one",
            "OneOf",
            json!({"a": {"text": ""}}),
            json!({"a": {"text": ""}}),
        ),
        ("one", "OneOf", json!({}), json!({})),
    ]);
    refused(vec![
        ("one", "OneOf", json!({"a": {}}), "exactly one"),
        (
            "one",
            "OneOf",
            json!({"a": {"number": 1, "text": ""}}),
            "exactly one",
        ),
        (
            "one",
            "OneOf",
            json!({"a": {"number": 1, "text": null}}),
            "exactly one",
        ),
        (
            "one",
            "OneOf",
            json!({"a": {"number": null}}),
            "exactly one",
        ),
        ("one", "OneOf", json!({"a": {"nope": 1}}), "no field `nope`"),
        ("one", "OneOf", json!({"a": {"number": "x"}}), "at `number`"),
        (
            "input",
            "Input",
            json!({"a": {"needed": 1, "one": {}}}),
            "at `one`",
        ),
        (
            "one",
            "OneOf",
            json!({"a": {"below": {}}}),
            "at `below.needed`",
        ),
    ]);
}

#[test]
fn every_variable_that_is_wrong_is_named() {
    runtime().block_on(async {
        let (engine, notebook) = engine();
        let query =
            "query ($a: Int!, $b: String, $c: Color) { int(a: $a) string(a: $b) color(a: $c) }";
        let got = ask(&engine, query, &map(json!({"b": 1, "c": "BLUE"}))).await;
        let errors: Vec<&str> = got["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|error| error["message"].as_str().expect("a message"))
            .collect();
        assert_eq!(
            errors,
            [
                "variable `$a` of type `Int!` is required",
                "variable `$b` of type `String` is no valid `String`",
                "variable `$c` of type `Color` is no valid `Color`",
            ]
        );
        assert_eq!(notebook.len(), 0);
    });
}

#[test]
fn what_stands_in_the_document_reaches_the_subgraph_as_it_stands() {
    // an absent variable leaves out its argument or field, which then has its default: whoever owns the default knows it
    let table = [
        (
            "{ string(a: \"\\b\\u{1F600}😀\\u0085\\\"\") }",
            json!({}),
            "{string(a: \"\\u0008😀😀\\u0085\\\"\")}",
            json!({}),
        ),
        (
            "{ string(a: \"\"\"\n  a\n    b \\\"\"\"\n\"\"\") }",
            json!({}),
            "{string(a: \"a\\n  b \\\"\\\"\\\"\")}",
            json!({}),
        ),
        (
            "{ float(a: 1e300) }",
            json!({}),
            "{float(a: 1e+300)}",
            json!({}),
        ),
        ("{ float(a: 1.0) }", json!({}), "{float(a: 1.0)}", json!({})),
        (
            "{ id(a: 9007199254740993) }",
            json!({}),
            "{id(a: 9007199254740993)}",
            json!({}),
        ),
        (
            "{ any(a: {x: [1, RED, null, {y: -0.5}]}) }",
            json!({}),
            "{any(a: {x: [1, RED, null, {y: -0.5}]})}",
            json!({}),
        ),
        (
            "query ($n: Int) { int(needed: $n) }",
            json!({}),
            "query($n: Int){int(needed: $n)}",
            json!({}),
        ),
        (
            "query ($t: String) { input(a: {needed: 1, text: $t}) }",
            json!({}),
            "query($t: String){input(a: {needed: 1, text: $t})}",
            json!({}),
        ),
        (
            "query ($n: Int) { ints(a: [1, $n]) }",
            json!({}),
            "query($n: Int){ints(a: [1, $n])}",
            json!({}),
        ),
        (
            "query ($n: Int = 2) { ints(a: [1, $n]) }",
            json!({}),
            "query($n: Int = 2){ints(a: [1, $n])}",
            json!({"n": 2}),
        ),
        (
            "query ($t: Any) { any(a: {x: [$t]}) }",
            json!({"t": {"z": 1}}),
            "query($t: Any){any(a: {x: [$t]})}",
            json!({"t": {"z": 1}}),
        ),
        (
            "query ($t: String = \"a\\tb\") { string(a: $t) }",
            json!({}),
            "query($t: String = \"a\\tb\"){string(a: $t)}",
            json!({"t": "a\tb"}),
        ),
    ];
    runtime().block_on(async {
        let (engine, notebook) = engine();
        for (query, variables, text, sent) in table {
            ask(&engine, query, &map(variables)).await;
            assert_eq!(notebook.last(), (text.to_owned(), sent), "{query}");
        }
    });
}
