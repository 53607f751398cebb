//! Variables are coerced by the schema (GraphQL specification, section 6.1.2).

use serde_json::{Value, json};

use super::universe::{Mode, Universe};
use super::{ask, runtime};

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
