//! Requests that are refused before anything runs.

use router_engine::GraphqlRequest;
use serde_json::{Map, Value, json};

use super::universe::{Mode, Universe};
use super::{ask, context, runtime};

#[test]
fn bad_requests_are_refused_with_a_reason_and_without_data() {
    let table = [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ me { nope } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ me }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "{ products { title(lang: XX) } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "query A { __typename } query B { __typename }",
            "BAD_USER_INPUT",
        ),
        ("fragment F on User { id }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query($n: Int!) { users(first: $n) { id } }",
            "BAD_USER_INPUT",
        ),
        ("mutation { x }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query { me { ...A } } fragment A on User { ...B } fragment B on User { ...A }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ];
    runtime().block_on(async {
        let engine = Universe::load("shop").engine(Mode::Local).await;
        for (query, code) in table {
            for _ in 0..2 {
                let got = ask(&engine, query, &Map::new()).await;
                assert_eq!(got.get("data"), None, "{query}");
                assert_eq!(
                    got["errors"][0]["extensions"]["code"], code,
                    "{query}: {got}"
                );
            }
        }
        let deep = format!(
            "{{ me {{ nick(style: {}1{}) }} }}",
            "[".repeat(4000),
            "]".repeat(4000)
        );
        assert_eq!(
            ask(&engine, &deep, &Map::new()).await["errors"][0]["extensions"]["code"],
            "GRAPHQL_PARSE_FAILED"
        );
    });
}

#[test]
fn one_document_runs_the_operation_that_is_named() {
    runtime().block_on(async {
        let engine = Universe::load("shop").engine(Mode::Local).await;
        for (name, expected) in [
            ("A", json!({ "me": { "id": "1" } })),
            ("B", json!({ "topProduct": { "id": "3" } })),
        ] {
            let mut request =
                GraphqlRequest::new("query A { me { id } } query B { topProduct { id } }");
            request.operation_name = Some(name.to_owned());
            let response = engine.execute(request, context()).await;
            let body: Value = serde_json::from_slice(&response.body).expect("JSON");
            assert_eq!(body["data"], expected);
        }
    });
}
