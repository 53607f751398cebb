//! What the engine tells of the schema and of an operation.

use router_engine::GraphqlRequest;
use serde_json::{Value, json};

use super::universe::{Mode, Universe};
use super::{ask, runtime};

#[test]
fn introspection_shows_the_public_schema_only() {
    runtime().block_on(async {
        let engine = Universe::load("visibility").engine(Mode::Local).await;
        let query = "query($n: String!, $d: Boolean) {
            __schema { queryType { name fields { name } } mutationType { name } types { name kind } directives { name locations isRepeatable } }
            kind: __type(name: $n) { name kind enumValues(includeDeprecated: $d) { name isDeprecated } fields { name } }
            filter: __type(name: \"Filter\") { inputFields { name defaultValue type { ...T } } }
            none: __type(name: \"Nothing\") { name }
            thing { __typename }
        } fragment T on __Type { kind name ofType { kind name ofType { kind name } } }";
        let Value::Object(variables) = json!({ "n": "Kind", "d": true }) else { panic!("an object") };
        let got = ask(&engine, query, &variables).await;
        assert_eq!(got.get("errors"), None, "{got}");
        let data = &got["data"];
        let names = |value: &Value| -> Vec<String> {
            let items = value.as_array().expect("a list").iter();
            items.map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
        };
        let types = names(&data["__schema"]["types"]);
        for shown in ["Thing", "Kind", "Kind2", "Filter", "Blob", "OpenHolder", "__Schema", "Boolean"] {
            assert!(types.iter().any(|name| name == shown), "{shown} is missing in {types:?}");
        }
        for hidden in ["Secret", "ShutHolder", "join__Graph", "link__Import", "join__FieldSet"] {
            assert!(!types.iter().any(|name| name == hidden), "{hidden} is shown");
        }
        let fields = names(&data["__schema"]["queryType"]["fields"]);
        assert!(!fields.iter().any(|name| name == "secret" || name.starts_with("__")), "{fields:?}");
        assert_eq!(data["__schema"]["mutationType"], Value::Null);
        let directives = names(&data["__schema"]["directives"]);
        assert!(directives.iter().any(|name| name == "skip") && !directives.iter().any(|name| name.contains("__")));
        assert_eq!(names(&data["kind"]["enumValues"]), ["BIG", "SMALL"]);
        assert_eq!(data["kind"]["fields"], Value::Null);
        let limit = &data["filter"]["inputFields"][1];
        assert_eq!(limit["defaultValue"], "3");
        let text = &data["filter"]["inputFields"][0]["type"];
        assert_eq!(*text, json!({ "kind": "NON_NULL", "name": null, "ofType": { "kind": "SCALAR", "name": "String", "ofType": null } }));
        assert_eq!(data["none"], Value::Null);
        assert_eq!(data["thing"]["__typename"], "Thing");
    });
}

#[test]
fn coordinates_name_what_an_operation_selects() {
    runtime().block_on(async {
        let engine = Universe::load("media").engine(Mode::Local).await;
        let request = GraphqlRequest::new("{ shelf { title ... on Book { copies } } }");
        let coordinates = engine.coordinates(&request).await.expect("coordinates");
        let shown: Vec<String> = coordinates
            .iter()
            .map(|(ty, field)| format!("{ty}.{field}"))
            .collect();
        assert_eq!(
            shown,
            [
                "Book.copies",
                "Book.title",
                "Film.title",
                "Media.title",
                "Query.shelf"
            ]
        );
    });
}
