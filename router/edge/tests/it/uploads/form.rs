//! Forms with files, part by part, and what is expected of a file that arrived.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use super::subgraphs::checksum;
use crate::world::{Answer, GRAPHQL, World};

/// A part: its head after `form-data; ` and its bytes.
pub(super) type Part = (String, Vec<u8>);

pub(super) fn field(name: &str, text: impl ToString) -> Part {
    (format!("name=\"{name}\""), text.to_string().into_bytes())
}

pub(super) fn file(name: &str, filename: &str, bytes: &[u8]) -> Part {
    (
        format!("name=\"{name}\"; filename=\"{filename}\"\r\ncontent-type: text/plain"),
        bytes.to_vec(),
    )
}

pub(super) fn form(parts: &[Part]) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, bytes) in parts {
        body.extend_from_slice(b"--b\r\ncontent-disposition: form-data; ");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    body
}

pub(super) async fn send_as(world: &World, body: Vec<u8>, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post("/graphql")
        .header("accept", GRAPHQL)
        .header("content-type", "multipart/form-data; boundary=b");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.send(request.body(Body::from(body)).unwrap()).await
}

pub(super) async fn send(world: &World, parts: &[Part]) -> Answer {
    send_as(world, form(parts), &[("graphql-require-preflight", "1")]).await
}

pub(super) const LETTER: &str = "mutation($f: Upload!) { letter(file: $f) }";

pub(super) fn letter() -> Part {
    operations(LETTER, json!({"f": null}))
}

pub(super) fn one_place() -> Part {
    field("map", json!({"0": ["variables.f"]}))
}

/// Larger than what stays in memory, with every byte in it.
pub(super) fn large() -> Vec<u8> {
    (0..300_000_u32).map(|n| (n % 251) as u8).collect()
}

pub(super) fn expected(name: &str, bytes: &[u8]) -> String {
    format!("{name}|text/plain|{}|{}", bytes.len(), checksum(bytes))
}

pub(super) fn operations(query: &str, variables: Value) -> Part {
    field(
        "operations",
        json!({"query": query, "variables": variables}),
    )
}
