//! Forms that are refused.

use serde_json::json;

use super::form::{LETTER, Part, field, file, form, letter, one_place, operations};

/// A form that is refused.
pub(super) struct Case {
    pub(super) name: &'static str,
    /// The status of the answer; any that blames the client where a reader of forms may see it in more than one way.
    pub(super) status: Option<u16>,
    /// A piece of the message.
    pub(super) reason: &'static str,
    pub(super) body: Vec<u8>,
}

fn case(name: &'static str, reason: &'static str, parts: &[Part]) -> Case {
    Case {
        name,
        status: Some(400),
        reason,
        body: form(parts),
    }
}

fn too_large(name: &'static str, reason: &'static str, parts: &[Part]) -> Case {
    Case {
        status: Some(413),
        ..case(name, reason, parts)
    }
}

fn a() -> Part {
    file("0", "a", b"x")
}

/// All of them.
pub(super) fn hostile() -> Vec<Case> {
    [order(), contents(), places(), sizes(), queries(), broken()]
        .into_iter()
        .flatten()
        .collect()
}

/// Parts that come in another order, twice, not at all or as something else.
fn order() -> Vec<Case> {
    vec![
        case("nothing", "operations is missing", &[]),
        case("operations only", "map is missing", &[letter()]),
        case(
            "map first",
            "operations has to come before",
            &[one_place(), letter(), a()],
        ),
        case(
            "file first",
            "operations has to come before",
            &[a(), letter(), one_place()],
        ),
        case(
            "file before map",
            "map has to come before",
            &[letter(), a(), one_place()],
        ),
        case(
            "map twice",
            "\"map\" is not in the map",
            &[letter(), one_place(), one_place(), a()],
        ),
        case(
            "operations twice",
            "map has to come before",
            &[letter(), letter(), one_place(), a()],
        ),
        case(
            "operations at the end",
            "\"operations\" is not in the map",
            &[letter(), one_place(), a(), letter()],
        ),
        case(
            "operations as a file",
            "operations is a file",
            &[
                file("operations", "o.json", letter().1.as_slice()),
                one_place(),
                a(),
            ],
        ),
        case(
            "map as a file",
            "map is a file",
            &[letter(), file("map", "m.json", b"{}"), a()],
        ),
        case("no file", "was not sent", &[letter(), one_place()]),
        case(
            "file twice",
            "is sent twice",
            &[letter(), one_place(), a(), a()],
        ),
        case(
            "file that is in no map",
            "is not in the map",
            &[letter(), one_place(), a(), file("1", "b", b"")],
        ),
        case(
            "a field in place of a file",
            "is no file",
            &[letter(), one_place(), field("0", "x")],
        ),
        case(
            "part without a name",
            "has no name",
            &[letter(), one_place(), ("filename=\"a\"".into(), vec![])],
        ),
    ]
}

/// Operations and maps that are not what they should be.
fn contents() -> Vec<Case> {
    vec![
        case(
            "empty operations",
            "operations is not JSON",
            &[field("operations", ""), one_place(), a()],
        ),
        case(
            "operations that are no JSON",
            "operations is not JSON",
            &[field("operations", "{"), one_place(), a()],
        ),
        case(
            "operations that are a text",
            "is not there",
            &[field("operations", "\"x\""), one_place(), a()],
        ),
        case(
            "a batch",
            "a batch cannot have files",
            &[
                field("operations", json!([{"query": LETTER, "variables": null}])),
                field("map", json!({"0": ["0.variables.f"]})),
                a(),
            ],
        ),
        case(
            "an empty batch",
            "a batch cannot have files",
            &[field("operations", "[]"), one_place(), a()],
        ),
        case(
            "deep operations",
            "json depth",
            &[field("operations", "[".repeat(10_000)), one_place(), a()],
        ),
        case(
            "deep map",
            "json depth",
            &[letter(), field("map", "[".repeat(10_000)), a()],
        ),
        case(
            "empty map",
            "names no file",
            &[letter(), field("map", "{}"), a()],
        ),
        case(
            "map is a list",
            "map is not",
            &[letter(), field("map", "[]"), a()],
        ),
        case(
            "map is null",
            "map is not",
            &[letter(), field("map", "null"), a()],
        ),
        case(
            "map of numbers",
            "map is not",
            &[letter(), field("map", json!({"0": [0]})), a()],
        ),
    ]
}

/// Places of files that are not there, are taken or are somebody else's.
fn places() -> Vec<Case> {
    vec![
        case(
            "map names a file twice",
            "twice",
            &[
                letter(),
                field("map", r#"{"0":["variables.f"],"0":["variables.f"]}"#),
                a(),
            ],
        ),
        case(
            "no place",
            "no place",
            &[letter(), field("map", json!({"0": []})), a()],
        ),
        case(
            "place of two files",
            "twice",
            &[
                letter(),
                field("map", json!({"0": ["variables.f"], "1": ["variables.f"]})),
                a(),
                file("1", "b", b""),
            ],
        ),
        case(
            "place in the query",
            "not in the variables",
            &[letter(), field("map", json!({"0": ["query"]})), a()],
        ),
        case(
            "place in the extensions",
            "not in the variables",
            &[letter(), field("map", json!({"0": ["extensions.f"]})), a()],
        ),
        case(
            "place of a prototype",
            "is not there",
            &[
                letter(),
                field("map", json!({"0": ["variables.__proto__.f"]})),
                a(),
            ],
        ),
        case(
            "place that is not there",
            "is not there",
            &[letter(), field("map", json!({"0": ["variables.g"]})), a()],
        ),
        case(
            "place below null",
            "is not there",
            &[letter(), field("map", json!({"0": ["variables.f.0"]})), a()],
        ),
        case(
            "place of a large index",
            "is not there",
            &[
                operations(
                    "mutation($i: Bundle!) { bundle(input: $i) }",
                    json!({"i": {"files": [null]}}),
                ),
                field("map", json!({"0": ["variables.i.files.4294967296"]})),
                a(),
            ],
        ),
        case(
            "place that is taken by a value",
            "is not null",
            &[operations(LETTER, json!({"f": "x"})), one_place(), a()],
        ),
        case(
            "place that the client filled",
            "stands for a file already",
            &[
                operations(LETTER, json!({"f": "#__graphql_file__:0"})),
                one_place(),
                a(),
            ],
        ),
        case(
            "placeholder beside a file",
            "stands for a file already",
            &[
                operations(LETTER, json!({"f": null, "g": ["#__graphql_file__:0"]})),
                one_place(),
                a(),
            ],
        ),
        case(
            "placeholder in the document",
            "not in the document",
            &[
                operations(
                    "mutation($f: Upload!) { letter(file: $f) photo(file: \"#__graphql_file__:0\") }",
                    json!({"f": null}),
                ),
                one_place(),
                a(),
            ],
        ),
        case(
            "placeholder in escapes",
            "not in the document",
            &[
                operations(
                    "mutation($f: Upload!) { letter(file: $f) photo(file: \"\\u0023__graphql_\\u0066ile__:0\") }",
                    json!({"f": null}),
                ),
                one_place(),
                a(),
            ],
        ),
    ]
}

/// More and larger than the limits of the test allow.
fn sizes() -> Vec<Case> {
    vec![
        case(
            "many places",
            "places of files exceeded",
            &[
                letter(),
                field("map", json!({"0": vec!["variables.f"; 5000]})),
                a(),
            ],
        ),
        case(
            "many files",
            "files exceeded",
            &[
                letter(),
                field(
                    "map",
                    json!(
                        (0..1000)
                            .map(|n| (n.to_string(), json!(["variables.f"])))
                            .collect::<serde_json::Map<_, _>>()
                    ),
                ),
                a(),
            ],
        ),
        too_large(
            "large operations",
            "bytes in operations",
            &[field("operations", " ".repeat(2_000_000)), one_place(), a()],
        ),
        too_large(
            "large map",
            "bytes in map",
            &[letter(), field("map", " ".repeat(1_100_000)), a()],
        ),
        too_large(
            "large file",
            "bytes in a file",
            &[letter(), one_place(), file("0", "a", &vec![0; 1_100_000])],
        ),
        too_large(
            "large files",
            "bytes in all files",
            &[
                operations(
                    "mutation($i: Bundle!) { bundle(input: $i) }",
                    json!({"i": {"files": [null, null]}}),
                ),
                field(
                    "map",
                    json!({"0": ["variables.i.files.0"], "1": ["variables.i.files.1"]}),
                ),
                file("0", "a", &vec![0; 900_000]),
                file("1", "b", &vec![0; 900_000]),
            ],
        ),
    ]
}

/// Operations that may have no files.
fn queries() -> Vec<Case> {
    vec![
        case(
            "a query",
            "mutations only",
            &[
                operations("query($f: Upload) { size(file: $f) }", json!({"f": null})),
                one_place(),
                a(),
            ],
        ),
        case(
            "a query with a mutation beside it",
            "mutations only",
            &[
                field(
                    "operations",
                    json!({"query": "query A($f: Upload) { size(file: $f) } mutation B($f: Upload!) { letter(file: $f) }", "operationName": "A", "variables": {"f": null}}),
                ),
                one_place(),
                a(),
            ],
        ),
        case(
            "a file for a text",
            "is no valid `String`",
            &[
                operations(
                    "mutation($f: String, $g: Upload!) { letter(file: $g, note: $f) }",
                    json!({"f": null, "g": null}),
                ),
                field("map", json!({"0": ["variables.f", "variables.g"]})),
                a(),
            ],
        ),
        case(
            "a file for anything",
            "is no valid `Anything`",
            &[
                operations(
                    "mutation($f: Anything) { keep(anything: $f) }",
                    json!({"f": null}),
                ),
                one_place(),
                a(),
            ],
        ),
        case(
            "no query",
            "query is missing",
            &[
                field("operations", json!({"variables": {"f": null}})),
                one_place(),
                a(),
            ],
        ),
        case(
            "variables as a list",
            "is not there",
            &[operations(LETTER, json!([null])), one_place(), a()],
        ),
    ]
}

/// A good form that was cut, or that is no form at all.
fn broken() -> Vec<Case> {
    let text = String::from_utf8(form(&[letter(), one_place(), a()])).unwrap();
    [
        ("no end", text.trim_end_matches("--b--\r\n").to_owned()),
        ("half an end", text.trim_end_matches("--\r\n").to_owned()),
        ("cut in a file", text[..text.len() - 12].to_owned()),
        (
            "cut in a head",
            text[..text.find("filename").unwrap()].to_owned(),
        ),
        ("line feeds only", text.replace("\r\n", "\n")),
        ("another boundary", text.replace("--b", "--c")),
        ("no heads", text.replace("content-disposition", "x")),
        (
            "thousands of headers",
            text.replacen(
                "content-disposition",
                &format!("{}content-disposition", "x: y\r\n".repeat(5000)),
                1,
            ),
        ),
        (
            "an endless header",
            text.replacen(
                "content-disposition",
                &format!("x: {}\r\ncontent-disposition", "y".repeat(6_000_000)),
                1,
            ),
        ),
        ("nothing at all", String::new()),
    ]
    .into_iter()
    .map(|(name, body)| Case {
        name,
        status: None,
        reason: "",
        body: body.into_bytes(),
    })
    .collect()
}
