//! Subgraphs that answer nonsense: their own fields are null with an error, the rest of the answer stands.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql_value::ConstValue;
use axum::extract::State;
use axum::http::StatusCode;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt as _};
use router_engine::{
    Engine, EngineOptions, LocalRequest, LocalResponse, LocalSubgraph, RemoteClient, RemoteOptions,
    RemoteSubgraph, Transport,
};
use serde_json::{Map, Value, json};

use super::universe::Universe;
use super::{ask, runtime, supergraph_of};

/// Gives the same answer to everything.
pub(super) async fn canned(status: StatusCode, body: Vec<u8>) -> String {
    type Answer = Arc<(StatusCode, Vec<u8>)>;
    async fn answer(State(answer): State<Answer>) -> (StatusCode, Vec<u8>) {
        (answer.0, answer.1.clone())
    }
    let router = axum::Router::new()
        .route("/", axum::routing::post(answer))
        .with_state(Arc::new((status, body)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/")
}

async fn remote(body: &[u8], options: RemoteOptions) -> Transport {
    let url = canned(StatusCode::OK, body.to_vec()).await;
    let client = RemoteClient::new(options).expect("a client");
    Transport::Remote(RemoteSubgraph::new(&url, client).expect("an address"))
}

/// One subgraph that answers `body`, and one that is well.
async fn odd(body: &[u8]) -> Engine {
    of(remote(body, RemoteOptions::default()).await).await
}

async fn of(odd: Transport) -> Engine {
    let supergraph = supergraph_of([
        (
            "odd",
            "type Query { text: String count: Int list: [Int!] kind: Kind thing: Thing things: [Thing!] }
             enum Kind { A B } type Thing { name: String! size: Int }
             extend type Query { flag: Boolean ratio: Float id: ID ids: [ID!] rows: [[Int]] any: Any scalars: Scalars }
             type Scalars { int: Int! float: Float! string: String! boolean: Boolean! id: ID! any: Any! } scalar Any",
        ),
        ("well", "type Query { fine: String }"),
    ]);
    let transports = HashMap::from([
        ("odd".to_owned(), odd),
        (
            "well".to_owned(),
            remote(b"{\"data\":{\"fine\":\"ok\"}}", RemoteOptions::default()).await,
        ),
    ]);
    Engine::new(&supergraph, transports, EngineOptions::default()).expect("an engine")
}

#[test]
fn an_answer_that_is_no_response_is_an_error_of_its_own_fields() {
    let bodies: [&[u8]; 22] = [
        b"",
        b" ",
        b"not JSON",
        b"<html>502</html>",
        b"[]",
        b"null",
        b"7",
        b"\"text\"",
        b"{}",
        b"{\"data\":",
        b"{\"data\":{\"text\":\"x\"}",
        b"{\"data\":{\"text\":\"x\"}} more",
        b"{\"data\":{\"text\":\"\xff\"}}",
        b"{\"data\":{\"text\":tru}}",
        b"{\"data\":{\"text\":01}}",
        b"{\"data\":null}",
        b"{\"data\":[]}",
        b"{\"data\":\"text\"}",
        b"{\"errors\":[]}",
        b"{\"errors\":\"text\"}",
        b"{\"data\":null,\"errors\":[{\"message\":\"m\"}]}",
        b"{\"errors\":[{\"message\":\"m\",\"path\":[\"text\",{}],\"locations\":3,\"extensions\":[]}]}",
    ];
    runtime().block_on(async {
        for body in bodies {
            let shown = String::from_utf8_lossy(body);
            let engine = odd(body).await;
            let got = ask(&engine, "{ text fine }", &Map::new()).await;
            assert_eq!(
                got["data"],
                json!({ "text": null, "fine": "ok" }),
                "{shown}: {got}"
            );
            assert!(got["errors"][0]["message"].is_string(), "{shown}: {got}");
            assert_eq!(got["errors"][0]["extensions"]["subgraph"], "odd", "{shown}");
            // alone, the answer could go through as it stands
            let alone = ask(&engine, "{ text }", &Map::new()).await;
            assert_eq!(alone["data"]["text"], Value::Null, "{shown}: {alone}");
            assert!(
                alone["errors"][0]["message"].is_string(),
                "{shown}: {alone}"
            );
        }
    });
}

#[test]
fn values_of_the_wrong_shape_are_null_with_an_error() {
    let query = "{ fine text count list kind thing { name size } things { name } }";
    let table = [
        ("text", json!({ "a": 1 })),
        ("text", json!(["a"])),
        ("text", json!(1)),
        ("text", json!(true)),
        ("count", json!([1])),
        ("count", json!("1")),
        ("count", json!(true)),
        ("count", json!(1.5)),
        ("count", json!(2147483648_u64)),
        ("count", json!(-2147483649_i64)),
        ("list", json!(["1"])),
        ("list", json!([1, 2.5])),
        ("list", json!(5)),
        ("list", json!({})),
        ("list", json!([1, null])),
        ("list", json!([[1]])),
        ("kind", json!("C")),
        ("kind", json!(1)),
        ("kind", json!(["A"])),
        ("thing", json!(5)),
        ("thing", json!([])),
        ("thing", json!([{ "name": "n" }])),
        ("thing", json!({})),
        ("thing", json!({ "name": null, "size": 1 })),
        ("thing", json!({ "name": ["n"], "size": 1 })),
        ("thing", json!({ "name": 1, "size": 1 })),
        ("things", json!({ "name": "n" })),
        ("things", json!([null])),
        ("things", json!(["n"])),
        ("things", json!([[{ "name": "n" }]])),
        ("things", json!([{ "name": "n" }, {}])),
    ];
    let good = json!({
        "text": "t", "count": 1, "list": [1], "kind": "A",
        "thing": { "name": "n", "size": 2 }, "things": [{ "name": "m" }]
    });
    runtime().block_on(async {
        for (field, value) in table {
            let mut data = good.clone();
            data[field] = value.clone();
            let body = json!({ "data": data }).to_string();
            let engine = odd(body.as_bytes()).await;
            let got = ask(&engine, query, &Map::new()).await;
            let mut expected = good.clone();
            expected[field] = Value::Null;
            // alone, the answer could go through as it stands
            let of = match field {
                "thing" => "{ name size }",
                "things" => "{ name }",
                _ => "",
            };
            let alone = ask(&engine, &format!("{{ {field} {of} }}"), &Map::new()).await;
            assert_eq!(alone["data"], json!({ field: null }), "{field}: {value}");
            assert_eq!(alone["errors"][0]["path"][0], field, "{value}: {alone}");
            expected["fine"] = json!("ok");
            assert_eq!(got["data"], expected, "{field}: {value}");
            let errors = got["errors"].as_array().expect("errors");
            assert_eq!(errors.len(), 1, "{field}: {value}: {got}");
            assert_eq!(errors[0]["path"][0], field, "{value}");
        }
    });
}

#[test]
fn scalars_have_the_form_of_their_type_or_are_null_with_an_error() {
    // field, what the subgraph gives, what the client gets: null where that is an error
    let table = [
        ("text", json!("t"), json!("t")),
        ("text", json!({"a": 1}), Value::Null),
        ("count", json!(-5), json!(-5)),
        ("count", json!(1.0), json!(1)),
        ("count", json!(1e3), json!(1000)),
        ("count", json!(1e10), Value::Null),
        ("ratio", json!(1), json!(1)),
        ("ratio", json!(1.5), json!(1.5)),
        ("ratio", json!(12345678901_u64), json!(12345678901_u64)),
        ("ratio", json!("1.5"), Value::Null),
        ("ratio", json!(false), Value::Null),
        ("flag", json!(false), json!(false)),
        ("flag", json!(1), Value::Null),
        ("flag", json!("true"), Value::Null),
        ("id", json!("x"), json!("x")),
        ("id", json!(7), json!("7")),
        (
            "id",
            json!(18446744073709551615_u64),
            json!("18446744073709551615"),
        ),
        ("id", json!(7.5), Value::Null),
        ("id", json!(true), Value::Null),
        ("ids", json!(["a", 1, "2"]), json!(["a", "1", "2"])),
        ("ids", json!(["a", false]), Value::Null),
        (
            "rows",
            json!([[1, null, 2.0], null]),
            json!([[1, null, 2], null]),
        ),
        (
            "any",
            json!({"a": [1, "b", null, {"c": 1.50}]}),
            json!({"a": [1, "b", null, {"c": 1.5}]}),
        ),
        ("any", json!(false), json!(false)),
    ];
    runtime().block_on(async {
        for (field, value, expected) in table {
            let data = json!({ field: value });
            let over_http = odd(json!({ "data": data }).to_string().as_bytes()).await;
            let in_process = of(Transport::Local(Arc::new(Same(data.clone())))).await;
            for engine in [over_http, in_process] {
                // alone it could go through as it stands, with another it is written anew
                for query in [format!("{{ {field} }}"), format!("{{ fine {field} }}")] {
                    let got = ask(&engine, &query, &Map::new()).await;
                    assert_eq!(got["data"][field], expected, "{data}: {got}");
                    match expected.is_null() {
                        true => {
                            let error = &got["errors"][0];
                            assert_eq!(error["path"][0], field, "{data}: {got}");
                            assert!(error["message"].is_string(), "{data}: {got}");
                            assert_eq!(got["errors"].as_array().map(Vec::len), Some(1), "{got}");
                        }
                        false => assert_eq!(got.get("errors"), None, "{data}: {got}"),
                    }
                }
            }
        }
        // an element that is wrong is null by itself where it may be
        let body = json!({ "data": { "rows": [[1, "x"], [true]] } }).to_string();
        let got = ask(&odd(body.as_bytes()).await, "{ rows }", &Map::new()).await;
        assert_eq!(got["data"], json!({ "rows": [[1, null], [null]] }));
        assert_eq!(got["errors"][0]["path"], json!(["rows", 0, 1]));
        assert_eq!(got["errors"][1]["path"], json!(["rows", 1, 0]));
    });
}

#[test]
fn a_scalar_of_the_wrong_form_that_may_not_be_null_takes_its_object_along() {
    let good =
        json!({ "int": 1, "float": 1.5, "string": "s", "boolean": true, "id": "i", "any": [] });
    let query = "{ fine scalars { int float string boolean id any } }";
    runtime().block_on(async {
        for (field, value, name) in [
            ("int", json!("1"), "`Int`"),
            ("float", json!("1"), "`Float`"),
            ("string", json!(1), "`String`"),
            ("boolean", json!(0), "`Boolean`"),
            ("id", json!([]), "`ID`"),
        ] {
            let mut scalars = good.clone();
            scalars[field] = value;
            let body = json!({ "data": { "scalars": scalars } }).to_string();
            let got = ask(&odd(body.as_bytes()).await, query, &Map::new()).await;
            assert_eq!(
                got["data"],
                json!({ "fine": "ok", "scalars": null }),
                "{field}"
            );
            assert_eq!(got["errors"][0]["path"], json!(["scalars", field]));
            let message = got["errors"][0]["message"].as_str().expect("a message");
            assert!(message.contains(name), "{message}");
        }
    });
}

/// Gives the same value to everything.
struct Same(Value);

impl LocalSubgraph for Same {
    fn execute(&self, _: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        Box::pin(std::future::ready(LocalResponse {
            data: Arc::new(ConstValue::from_json(self.0.clone()).expect("a value")),
            errors: Vec::new(),
        }))
    }

    fn subscribe(&self, _: LocalRequest) -> BoxStream<'static, LocalResponse> {
        futures::stream::empty().boxed()
    }
}

#[test]
fn what_was_not_asked_for_reaches_nobody_and_what_is_missing_is_noticed() {
    let query = "{ thing { __typename name size } list }";
    let good = json!({ "thing": { "__typename": "Thing", "name": "n", "size": 1 }, "list": [1] });
    // more, in another order, under another name, or without what may be null
    let same = [
        r#"{"thing":{"__typename":"Thing","name":"n","size":1},"list":[1]}"#,
        r#"{"thing":{"__typename":"Thing","name":"n","size":1},"list":[1],"text":"secret"}"#,
        r#"{"thing":{"__typename":"Thing","name":"n","size":1,"secret":{"a":[1]}},"list":[1]}"#,
        r#"{"thing":{"secret":1,"__typename":"Thing","name":"n","size":1},"list":[1]}"#,
        r#"{"thing":{"size":1,"name":"n","__typename":"Thing"},"list":[1]}"#,
        r#"{"list":[1],"thing":{"__typename":"Thing","name":"n","size":1}}"#,
        r#"{"thing":{"__typename":"Other","name":"n","size":1},"list":[1]}"#,
        r#"{"thing":{"__typename":7,"name":"n","size":1},"list":[1]}"#,
        r#"{"thing":{"name":"n","size":1},"list":[1]}"#,
        r#" { "thing" : { "__typename" : "Thing", "name" : "n", "size" : 1 } , "list" : [ 1 ] } "#,
    ];
    runtime().block_on(async {
        for data in same {
            let over_http = odd(format!("{{\"data\":{data}}}").as_bytes()).await;
            let value: Value = serde_json::from_str(data).expect("JSON");
            let local = Transport::Local(Arc::new(Same(value)));
            for engine in [over_http, of(local).await] {
                let got = ask(&engine, query, &Map::new()).await;
                assert_eq!(got, json!({ "data": good }), "{data}");
            }
        }
        let local = Transport::Local(Arc::new(Same(json!({ "thing": { "size": 1 } }))));
        let got = ask(&of(local).await, query, &Map::new()).await;
        assert_eq!(got["data"], json!({ "thing": null, "list": null }));
        assert_eq!(got["errors"][0]["path"], json!(["thing", "name"]));
    });
}

#[test]
fn entities_that_do_not_fit_the_question_are_null_with_an_error() {
    // three different ones are asked for
    let table = [
        json!({}),
        json!({ "_entities": null }),
        json!({ "_entities": {} }),
        json!({ "_entities": "text" }),
        json!({ "_entities": [] }),
        json!({ "_entities": [{ "may": "x" }] }),
        json!({ "_entities": [{ "may": "x" }, { "may": "y" }, { "may": "z" }, { "may": "!" }] }),
    ];
    let query = "{ fine list { id may } }";
    let nothing =
        json!([{ "id": "1", "may": null }, { "id": "2", "may": null }, { "id": "3", "may": null }]);
    let universe = Universe::load("nulls");
    runtime().block_on(async {
        for data in table {
            let body = json!({ "data": data }).to_string();
            let transport = remote(body.as_bytes(), RemoteOptions::default()).await;
            let got = ask(&universe.engine_with("b", transport), query, &Map::new()).await;
            assert_eq!(got["data"], json!({ "fine": "ok", "list": nothing }), "{data}");
            assert_eq!(got["errors"].as_array().map(Vec::len), Some(1), "{data}: {got}");
            assert_eq!(got["errors"][0]["path"], json!(["list"]));
            assert_eq!(got["errors"][0]["extensions"], json!({ "code": "UNAVAILABLE", "subgraph": "b" }));
        }
        // what cannot be found is null without an error, what is no object and what failed with one
        let body = json!({
            "data": { "_entities": [null, 5, { "may": "z" }] },
            "errors": [{ "message": "lost", "path": ["_entities", 0, "may"] }, { "message": "far", "path": ["_entities", 9] }]
        })
        .to_string();
        let transport = remote(body.as_bytes(), RemoteOptions::default()).await;
        let got = ask(&universe.engine_with("b", transport), query, &Map::new()).await;
        assert_eq!(
            got["data"]["list"],
            json!([{ "id": "1", "may": null }, { "id": "2", "may": null }, { "id": "3", "may": "z" }])
        );
        assert_eq!(got["errors"][0]["path"], json!(["list", 0, "may"]));
        assert_eq!(got["errors"][1]["path"], json!(["list"]));
    });
}

#[test]
fn an_answer_that_nests_without_end_is_read_or_refused_but_no_danger() {
    runtime().block_on(async {
        for depth in [10_000, 1_000_000] {
            for (open, close) in [("[", "]"), ("{\"thing\":", "}")] {
                for field in ["text", "list", "thing", "things", "nobody"] {
                    let body = format!(
                        "{{\"data\":{{\"{field}\":{}1{}}}}}",
                        open.repeat(depth),
                        close.repeat(depth)
                    );
                    let engine = odd(body.as_bytes()).await;
                    let query = "{ fine text list thing { name } things { name } }";
                    let got = ask(&engine, query, &Map::new()).await;
                    assert_eq!(got["data"]["fine"], "ok", "{field} {open}");
                    assert_eq!(got["data"]["thing"], Value::Null, "{field} {open}");
                }
            }
        }
    });
}

#[test]
fn an_answer_that_is_too_large_is_given_up() {
    let universe = Universe::load("nulls");
    runtime().block_on(async {
        let body = json!({ "data": { "other": "x".repeat(3_000_000) } }).to_string();
        let options = RemoteOptions {
            max_response_bytes: 1_000_000,
            ..RemoteOptions::default()
        };
        let transport = remote(body.as_bytes(), options).await;
        let engine = universe.engine_with("b", transport);
        let got = ask(&engine, "{ fine other }", &Map::new()).await;
        assert_eq!(got["data"], json!({ "fine": "ok", "other": null }));
        assert_eq!(
            got["errors"][0]["message"],
            "the subgraph's answer is too large"
        );
    });
}
