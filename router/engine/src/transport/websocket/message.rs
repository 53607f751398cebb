//! What a subgraph says on a WebSocket of `graphql-transport-ws`, and what is said to it.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::super::remote::RemoteFailure;

/// The name of the only operation on a socket.
const ID: &str = "1";

/// What a subgraph says.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    Acknowledged,
    Ping,
    Pong,
    /// The response of one event.
    Next(Bytes),
    /// A response with errors, the last of the operation.
    Error(Bytes),
    Complete,
}

#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl Message {
    /// Reads a message; what the protocol does not know, or for another operation, is a failure.
    pub(super) fn read(text: &str) -> Result<Self, RemoteFailure> {
        let parts: Parts<'_> =
            serde_json::from_str(text).map_err(|_| RemoteFailure::WebSocket("no message"))?;
        let payload = parts.payload.map_or("", RawValue::get);
        let of_operation = |message| match parts.id.as_deref() {
            Some(ID) => Ok(message),
            _ => Err(RemoteFailure::WebSocket("a message of no operation")),
        };
        match &*parts.kind {
            "connection_ack" => Ok(Self::Acknowledged),
            "ping" => Ok(Self::Ping),
            "pong" => Ok(Self::Pong),
            "next" if payload.starts_with('{') => {
                of_operation(Self::Next(Bytes::copy_from_slice(payload.as_bytes())))
            }
            "error" if payload.starts_with('[') => {
                of_operation(Self::Error(format!("{{\"errors\":{payload}}}").into()))
            }
            "complete" => of_operation(Self::Complete),
            "next" | "error" => Err(RemoteFailure::WebSocket("an unfit payload")),
            _ => Err(RemoteFailure::WebSocket("an unknown type of message")),
        }
    }
}

/// The beginning of a connection, with the proof of identity; values that are no text cannot be shown and are a failure.
pub(super) fn init(proof: &HeaderMap) -> Result<Utf8Bytes, RemoteFailure> {
    let mut payload = serde_json::Map::new();
    for (name, value) in proof {
        let value = value.to_str().map_err(|_| {
            RemoteFailure::Assertion(crate::context::AssertionError(format!("{name} is no text")))
        })?;
        payload.insert(name.as_str().to_owned(), value.into());
    }
    let message = serde_json::json!({ "type": "connection_init", "payload": payload });
    Ok(message.to_string().into())
}

/// The beginning of the operation. The bytes of the request stay as they are: the proof is made for them.
pub(super) fn subscribe(body: &[u8]) -> Result<Utf8Bytes, RemoteFailure> {
    let body = std::str::from_utf8(body)
        .map_err(|_| RemoteFailure::WebSocket("the request is no text"))?;
    Ok(format!("{{\"id\":\"{ID}\",\"type\":\"subscribe\",\"payload\":{body}}}").into())
}

pub(super) fn ping() -> Utf8Bytes {
    Utf8Bytes::from_static("{\"type\":\"ping\"}")
}

pub(super) fn pong() -> Utf8Bytes {
    Utf8Bytes::from_static("{\"type\":\"pong\"}")
}

pub(super) fn complete() -> Utf8Bytes {
    Utf8Bytes::from_static("{\"id\":\"1\",\"type\":\"complete\"}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn an_event_keeps_its_bytes() {
        let text = r#"{"payload":{"data":{"n": 12345678901234567890123}},"type":"next","id":"1","extra":[]}"#;
        let expected = Bytes::from_static(br#"{"data":{"n": 12345678901234567890123}}"#);
        assert_eq!(Message::read(text).unwrap(), Message::Next(expected));
    }

    #[test]
    fn what_the_protocol_does_not_know_is_refused() {
        for text in [
            "",
            "[]",
            "nonsense",
            r#"{"type":1}"#,
            r#"{"type":"data","id":"1","payload":{}}"#,
            r#"{"type":"next","payload":{}}"#,
            r#"{"type":"next","id":"2","payload":{}}"#,
            r#"{"type":"next","id":1,"payload":{}}"#,
            r#"{"type":"next","id":"1","payload":[]}"#,
            r#"{"type":"next","id":"1"}"#,
            r#"{"type":"error","id":"1","payload":{}}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"ping"} {"type":"ping"}"#,
        ] {
            assert!(Message::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_request_is_sent_as_it_was_signed() {
        let body = br#"{"query":"subscription{a}",  "variables":{}}"#;
        let text = subscribe(body).unwrap();
        assert!(text.ends_with(r#""payload":{"query":"subscription{a}",  "variables":{}}}"#));
    }
}
