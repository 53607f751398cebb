//! Messages and close codes of `graphql-transport-ws`.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a client sends.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Incoming {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Ping {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Pong {},
    Subscribe {
        id: String,
        payload: Value,
    },
    Complete {
        id: String,
    },
}

/// Longest id of an operation; they are the client's to choose and ours to keep.
pub(super) const MAX_ID_BYTES: usize = 128;

/// Reads a message, which nests at most `depth` levels.
pub(super) fn read(text: &str, depth: usize) -> Option<Incoming> {
    platform_guard::check_json_depth(text.as_bytes(), depth).ok()?;
    let message = serde_json::from_str(text).ok()?;
    match &message {
        Incoming::Subscribe { id, .. } | Incoming::Complete { id }
            if id.is_empty() || id.len() > MAX_ID_BYTES =>
        {
            None
        }
        _ => Some(message),
    }
}

/// `connection_ack`
pub(super) const ACK: &str = r#"{"type":"connection_ack"}"#;
/// `ping`
pub(super) const PING: &str = r#"{"type":"ping"}"#;

/// `pong` with the payload of the ping that it answers.
pub(super) fn pong(payload: Option<Map<String, Value>>) -> String {
    match payload {
        Some(payload) => serde_json::json!({ "type": "pong", "payload": payload }).to_string(),
        None => r#"{"type":"pong"}"#.into(),
    }
}

/// `next` with a whole GraphQL response.
pub(super) fn next(id: &str, body: &Bytes) -> String {
    let body = String::from_utf8_lossy(body);
    format!(
        "{{\"id\":{},\"type\":\"next\",\"payload\":{body}}}",
        Value::from(id)
    )
}

/// `error` with a list of GraphQL errors.
pub(super) fn error(id: &str, errors: &Value) -> String {
    serde_json::json!({ "id": id, "type": "error", "payload": errors }).to_string()
}

/// `complete`
pub(super) fn complete(id: &str) -> String {
    serde_json::json!({ "id": id, "type": "complete" }).to_string()
}

/// Why the edge closes a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Close {
    /// The process ends.
    GoingAway,
    /// A message that is none.
    BadMessage,
    /// An operation before `connection_init` was acknowledged.
    Unauthorized,
    /// The credential of `connection_init` is not accepted, or has ended since.
    Forbidden(String),
    /// The client offers another sub-protocol.
    Protocol,
    /// No `connection_init` in time.
    InitTimeout,
    /// An id that is in use.
    Duplicate(String),
    /// A second `connection_init`.
    SecondInit,
    /// More connections than allowed, or too many of their messages unread.
    TooMuch(&'static str),
}

impl Close {
    pub(super) fn code(&self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::BadMessage => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden(_) => 4403,
            Self::Protocol => 4406,
            Self::InitTimeout => 4408,
            Self::Duplicate(_) => 4409,
            Self::SecondInit => 4429,
            Self::TooMuch(_) => 1013,
        }
    }

    /// At most 123 bytes, as a close frame holds no more.
    pub(super) fn reason(&self) -> String {
        let text = match self {
            Self::GoingAway => "going away".into(),
            Self::BadMessage => "invalid message".into(),
            Self::Unauthorized => "Unauthorized".into(),
            Self::Forbidden(why) => format!("Forbidden: {why}"),
            Self::Protocol => "Subprotocol not acceptable".into(),
            Self::InitTimeout => "Connection initialisation timeout".into(),
            Self::Duplicate(id) => format!("Subscriber for {id} already exists"),
            Self::SecondInit => "Too many initialisation requests".into(),
            Self::TooMuch(what) => (*what).into(),
        };
        let end = (0..=text.len().min(123))
            .rev()
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or_default();
        text[..end].to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn only_messages_of_the_protocol_are_read() {
        assert!(matches!(
            read(r#"{"type":"connection_init"}"#, 8),
            Some(Incoming::ConnectionInit { payload: None })
        ));
        assert!(matches!(
            read(r#"{"type":"connection_init","payload":null}"#, 8),
            Some(Incoming::ConnectionInit { payload: None })
        ));
        assert!(
            read(
                r#"{"type":"subscribe","id":"1","payload":{"query":"{a}"}}"#,
                8
            )
            .is_some()
        );
        assert!(read(r#"{"type":"pong","payload":{}}"#, 8).is_some());
        for text in [
            "",
            "[]",
            "{}",
            "ping",
            r#"{"type":"start","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","payload":{}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":1,"payload":{}}"#,
            r#"{"type":"subscribe","id":"","payload":{}}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"connection_init","payload":"x"}"#,
            r#"{"type":"ping","payload":[[[[[[[[[]]]]]]]]]}"#,
        ] {
            assert!(read(text, 8).is_none(), "{text}");
        }
        let long = "x".repeat(MAX_ID_BYTES + 1);
        assert!(read(&format!(r#"{{"type":"complete","id":"{long}"}}"#), 8).is_none());
    }

    #[test]
    fn reasons_fit_into_a_close_frame() {
        let close = Close::Duplicate("é".repeat(64));
        assert!(close.reason().len() <= 123);
        assert!(close.reason().starts_with("Subscriber for é"));
    }

    #[test]
    fn ids_are_written_as_json() {
        let text = next("a\"b", &Bytes::from_static(b"{\"data\":null}"));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            value,
            serde_json::json!({"id": "a\"b", "type": "next", "payload": {"data": null}})
        );
    }
}
