//! The forms of `@defer`: conditions, labels, lists, the root, errors and nulls within, values from above.

use serde_json::{Map, Value, json};

use super::deferred::{payloads, together};
use super::runtime;
use super::universe::{Mode, Universe};

/// In the universe: document, variables, the payloads.
fn check(universe: &str, table: &[(&str, Value, &[Value])]) {
    runtime().block_on(async {
        let engine = Universe::load(universe).engine(Mode::Local).await;
        for (document, variables, expected) in table {
            let variables: Map<String, Value> =
                serde_json::from_value(variables.clone()).expect("an object");
            let got = payloads(&engine, document, &variables).await;
            assert_eq!(got, *expected, "{document}");
        }
    });
}

fn part(path: Value, data: Value) -> Value {
    json!({ "path": path, "data": data })
}

fn labelled(label: &str, path: Value, data: Value) -> Value {
    json!({ "label": label, "path": path, "data": data })
}

fn initial(data: Value) -> Value {
    json!({ "data": data, "hasNext": true })
}

fn rest(parts: Value) -> Value {
    json!({ "incremental": parts, "hasNext": false })
}

#[test]
fn whether_a_fragment_comes_later_is_a_condition() {
    let given = "query ($v: Boolean!) { wall { brick { id ... @defer(if: $v) { a } } } }";
    let with_default =
        "query ($v: Boolean = false) { wall { brick { id ... @defer(if: $v) { a } } } }";
    let optional = "query ($v: Boolean) { wall { brick { id ... @defer(if: $v) { a } } } }";
    let whole = [json!({"data": {"wall": {"brick": {"id": "2", "a": "a2"}}}})];
    let first = initial(json!({"wall": {"brick": {"id": "2"}}}));
    let second = rest(json!([part(json!(["wall", "brick"]), json!({"a": "a2"}))]));
    let parts = [first, second];
    check(
        "nulls",
        &[
            (given, json!({"v": true}), &parts),
            (given, json!({"v": false}), &whole),
            (with_default, json!({}), &whole),
            (with_default, json!({"v": true}), &parts),
            // nobody says no
            (optional, json!({}), &parts),
            (optional, json!({"v": false}), &whole),
            (
                "{ wall { brick { id ... @defer(if: false) { a } } } }",
                json!({}),
                &whole,
            ),
            (
                "{ wall { brick { id ... @defer(if: true) { a } } } }",
                json!({}),
                &parts,
            ),
            // what is skipped does not come at all
            (
                "query ($v: Boolean!) { wall { brick { id ... @defer @skip(if: $v) { a } } } }",
                json!({"v": true}),
                &[json!({"data": {"wall": {"brick": {"id": "2"}}}})],
            ),
        ],
    );
}

#[test]
fn every_object_of_a_list_gets_its_own_part_with_the_label() {
    check(
        "nulls",
        &[
            (
                "{ list { id ...F @defer(label: \"more\") } } fragment F on Row { a opt }",
                json!({}),
                &[
                    initial(json!({"list": [{"id": "1"}, {"id": "2"}, {"id": "3"}]})),
                    rest(json!([
                        labelled("more", json!(["list", 0]), json!({"a": "a1", "opt": null})),
                        labelled("more", json!(["list", 1]), json!({"a": "a2", "opt": "o2"})),
                        labelled("more", json!(["list", 2]), json!({"a": "a3", "opt": "o3"})),
                    ])),
                ],
            ),
            // where there is no object there is no part
            (
                "{ holes { id ... @defer { a } } }",
                json!({}),
                &[
                    initial(json!({"holes": [{"id": "1"}, null, {"id": "2"}, {"id": "3"}]})),
                    rest(json!([
                        part(json!(["holes", 0]), json!({"a": "a1"})),
                        part(json!(["holes", 2]), json!({"a": "a2"})),
                        part(json!(["holes", 3]), json!({"a": "a3"})),
                    ])),
                ],
            ),
            (
                "{ one: wall { brick { x: id ... @defer(label: \"l\") { next { id } y: a } } } }",
                json!({}),
                &[
                    initial(json!({"one": {"brick": {"x": "2"}}})),
                    rest(json!([labelled(
                        "l",
                        json!(["one", "brick"]),
                        json!({"next": null, "y": "a2"})
                    )])),
                ],
            ),
        ],
    );
}

#[test]
fn the_root_may_come_later() {
    check(
        "nulls",
        &[
            (
                "{ fine ... @defer(label: \"root\") { other wall { brick { id } } } }",
                json!({}),
                &[
                    initial(json!({"fine": "ok"})),
                    rest(json!([labelled(
                        "root",
                        json!([]),
                        json!({"other": "o", "wall": {"brick": {"id": "2"}}})
                    )])),
                ],
            ),
            (
                "{ ...F @defer } fragment F on Query { fine __typename }",
                json!({}),
                &[
                    initial(json!({})),
                    rest(json!([part(
                        json!([]),
                        json!({"fine": "ok", "__typename": "Query"})
                    )])),
                ],
            ),
            (
                "{ fine ... @defer { __schema { queryType { name } } } }",
                json!({}),
                &[
                    initial(json!({"fine": "ok"})),
                    rest(json!([part(
                        json!([]),
                        json!({"__schema": {"queryType": {"name": "Query"}}})
                    )])),
                ],
            ),
        ],
    );
}

#[test]
fn nested_fragments_are_parts_of_their_own_behind_those_around_them() {
    check(
        "nulls",
        &[
            (
                "{ wall { ... @defer(label: \"outer\") { brick { id ... @defer(label: \"inner\") { a } } } } }",
                json!({}),
                &[
                    initial(json!({"wall": {}})),
                    rest(json!([
                        labelled("outer", json!(["wall"]), json!({"brick": {"id": "2"}})),
                        labelled("inner", json!(["wall", "brick"]), json!({"a": "a2"})),
                    ])),
                ],
            ),
            // what the outer one does not show has no inner one
            (
                "{ failing { id } ... @defer { wall { brick { id } } ... @defer(label: \"same place\") { fine holes { ...F @defer } } } } fragment F on Row { a }",
                json!({}),
                &[
                    json!({
                        "data": {"failing": null},
                        "errors": [{"message": "row lost", "path": ["failing"], "extensions": {"subgraph": "a"}}],
                        "hasNext": true,
                    }),
                    rest(json!([
                        part(json!([]), json!({"wall": {"brick": {"id": "2"}}})),
                        labelled(
                            "same place",
                            json!([]),
                            json!({"fine": "ok", "holes": [{}, null, {}, {}]})
                        ),
                        part(json!(["holes", 0]), json!({"a": "a1"})),
                        part(json!(["holes", 2]), json!({"a": "a2"})),
                        part(json!(["holes", 3]), json!({"a": "a3"})),
                    ])),
                ],
            ),
        ],
    );
    runtime().block_on(async {
        let engine = Universe::load("nulls").engine(Mode::Local).await;
        let query = "{ list { id ... @defer(label: \"outer\") { must loose { id ... @defer(label: \"inner\") { a } } } } }";
        let got = payloads(&engine, query, &Map::new()).await;
        let parts = got[1]["incremental"].as_array().expect("parts");
        for at in [0, 1, 2] {
            let of = |label: &str| {
                parts
                    .iter()
                    .filter(|part| part["label"] == label && part["path"][1] == at)
                    .count()
            };
            assert_eq!(of("outer"), 1, "{got:?}");
            // the second row's part is null as a whole
            assert_eq!(of("inner") > 0, at != 1, "{got:?}");
        }
    });
}

#[test]
fn a_null_within_a_part_stays_in_it() {
    runtime().block_on(async {
        let engine = Universe::load("nulls").engine(Mode::Local).await;
        // the row's `must` is null in one of three
        let got = payloads(&engine, "{ list { id ... @defer { must } } }", &Map::new()).await;
        assert_eq!(got[0], initial(json!({"list": [{"id": "1"}, {"id": "2"}, {"id": "3"}]})));
        let parts = &got[1]["incremental"];
        assert_eq!(parts[0], part(json!(["list", 0]), json!({"must": "m1"})));
        assert_eq!(parts[1]["data"], Value::Null, "{got:?}");
        assert_eq!(parts[1]["path"], json!(["list", 1]));
        assert_eq!(parts[1]["errors"][0]["path"], json!(["list", 1, "must"]), "{got:?}");
        assert_eq!(parts[2], part(json!(["list", 2]), json!({"must": "m3"})));
        assert_eq!(got[1].get("errors"), None);
        // what fails by itself is null by itself
        let got = payloads(&engine, "{ list { id ... @defer { gone } } }", &Map::new()).await;
        assert_eq!(got[0].get("errors"), None);
        assert_eq!(got[1]["incremental"][2]["data"], json!({"gone": null}));
        let error = &got[1]["incremental"][2]["errors"][0];
        assert_eq!(error["path"], json!(["list", 2, "gone"]), "{got:?}");
        assert_eq!(error["message"], "gone wrong");
        // what is null in the first step has nothing that could come later
        let got = payloads(
            &engine,
            "{ fine failing { id ... @defer { may } } strict { may { must } ... @defer { must } } }",
            &Map::new(),
        )
        .await;
        assert_eq!(got[0]["data"], json!({"fine": "ok", "failing": null, "strict": {"may": null}}));
        assert_eq!(got[0]["errors"].as_array().map(Vec::len), Some(2), "{got:?}");
        assert_eq!(got[1], rest(json!([part(json!(["strict"]), json!({"must": "x"}))])));
        // and then the last step has nothing but the end
        let got = payloads(&engine, "{ fine failing { id ... @defer { may } } }", &Map::new()).await;
        assert_eq!(got[1], json!({"hasNext": false}), "{got:?}");
    });
}

#[test]
fn values_from_above_reach_fields_that_come_later() {
    let universe = Universe::load("context");
    runtime().block_on(async {
        let engine = universe.engine(Mode::Local).await;
        for (plain, deferred) in [
            (
                "{ shops { id offers { id price host } } }",
                "{ shops { id offers { id ... @defer { price host } } } }",
            ),
            (
                "{ shop { best { title price(digits: 1) pickup } } }",
                "{ shop { best { title ... @defer(label: \"b\") { price(digits: 1) pickup } } } }",
            ),
            (
                "{ chain { id currency offers { price } shops { offers { price pickup } } } }",
                "{ chain { id ... @defer { currency offers { price } shops { offers { price pickup } } } } }",
            ),
            (
                "{ places { label offers { id price pickup maker { id pitch } } } }",
                "{ places { label ... @defer { offers { id price pickup maker { id ...P } } } } } fragment P on Maker { pitch }",
            ),
            (
                "{ places { ... on Stall { town offers { pickup host } } ... on Shop { city offers { pickup } } } }",
                "{ places { ... on Stall { town ... @defer { offers { pickup host } } } ... on Shop { city offers { ... @defer { pickup } } } } }",
            ),
            (
                "{ market { name shop { top { price pickup } } shops { rating top { id price } } } }",
                "{ market { name ... @defer { shop { top { price pickup } } } shops { rating top { id ... @defer { price } } } } }",
            ),
        ] {
            let expected = universe.monolith(plain, &Map::new());
            assert_eq!(expected.get("errors"), None);
            let got = payloads(&engine, deferred, &Map::new()).await;
            assert_eq!(got.len(), 2, "{deferred}");
            assert!(!json!(got).to_string().contains("errors"), "{got:?}");
            assert_eq!(together(&got), expected["data"], "{deferred}");
        }
    });
}
