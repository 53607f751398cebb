//! Forms: a page of another site can send them without asking. None is read, whatever it looks like.

use axum::body::Body;
use http::{Request, StatusCode};

use crate::world::World;

/// `operations`, `map` and one file, as the multipart request specification has them.
fn form(boundary: &str, operations: &str, map: &str) -> String {
    let part = |name: &str, body: &str| {
        format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{body}\r\n")
    };
    format!(
        "{}{}{}--{boundary}--\r\n",
        part("operations", operations),
        part("map", map),
        part("0", "file")
    )
}

const TOUCH: &str = r#"{"query":"mutation { touch }"}"#;
const MAP: &str = r#"{"0":["variables.file"]}"#;

/// Content types and bodies, with a name each.
fn hostile() -> Vec<(String, String, String)> {
    let good = form("b", TOUCH, MAP);
    let with = "multipart/form-data; boundary=b";
    let mut cases = Vec::new();
    for content_type in [
        with,
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"b\"",
        "multipart/form-data; boundary=b; boundary=c",
        "multipart/form-data; charset=utf-8; boundary=b",
        "Multipart/Form-Data; Boundary=b",
        "multipart/mixed; boundary=b",
        "multipart/related; boundary=b; type=\"application/json\"",
        "multipart/form-data; application/json; boundary=b",
        "multipart/form-data, application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "text/plain; application/json",
        "text/plain; charset=application/json",
        "application/jsonx",
        "application/json-seq",
        "application/graphql",
        "text/json",
        "",
        " ",
        "*/*",
    ] {
        cases.push((
            content_type.to_owned(),
            content_type.to_owned(),
            good.clone(),
        ));
    }
    let deep = "[".repeat(10_000);
    for (name, operations, map) in [
        ("nothing", "", ""),
        ("a batch", r#"[{"query":"mutation { touch }"}]"#, MAP),
        ("deep operations", deep.as_str(), MAP),
        ("deep map", TOUCH, deep.as_str()),
        ("path into the query", TOUCH, r#"{"0":["query"]}"#),
        (
            "path of a prototype",
            TOUCH,
            r#"{"0":["variables.__proto__.x"]}"#,
        ),
        (
            "path of a large index",
            TOUCH,
            r#"{"0":["variables.a.4294967295"]}"#,
        ),
        (
            "many paths of one file",
            TOUCH,
            &format!("{{\"0\":[{}\"a\"]}}", "\"variables.f\",".repeat(5000)),
        ),
        ("a map of another form", TOUCH, "[]"),
        ("no map", TOUCH, "null"),
    ] {
        cases.push((name.to_owned(), with.to_owned(), form("b", operations, map)));
    }
    let long = "b".repeat(100_000);
    cases.push((
        "a long boundary".into(),
        format!("multipart/form-data; boundary={}", &long[..4000]),
        form(&long, TOUCH, MAP),
    ));
    for (name, body) in [
        ("no end", good.trim_end_matches("--\r\n").to_owned()),
        ("line feeds only", good.replace("\r\n", "\n")),
        (
            "map before operations",
            good.replace("operations", "x").replace("map", "operations"),
        ),
        ("parts twice", good.repeat(2)),
        ("thousands of parts", form("b", TOUCH, MAP).repeat(2000)),
        ("nul bytes", good.replace("file", "\0\0")),
        (
            "a name in quotes",
            good.replace("name=\"0\"", "name=\"0\\\"; filename=\\\"../../x\""),
        ),
    ] {
        cases.push((name.to_owned(), with.to_owned(), body));
    }
    cases
}

#[tokio::test]
async fn no_form_runs_an_operation() {
    let world = World::new();
    let cases = hostile();
    assert!(cases.len() >= 40);
    for (name, content_type, body) in cases {
        let mut request = Request::post("/graphql").header("origin", "https://evil.example");
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        let answer = world.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{name}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{name}");
    }
    assert!(world.fetches.lock().is_empty());
}
