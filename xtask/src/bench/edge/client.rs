//! Clients as thin as they can be: thousands of them have to fit beside what they measure.

use anyhow::{Result, ensure};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// Opens a subscription as an event stream. A small `window` makes the connection fill soon when nobody reads.
pub(super) async fn subscribe(
    address: SocketAddr,
    query: &str,
    window: Option<u32>,
) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(window) = window {
        socket.set_recv_buffer_size(window)?;
    }
    let mut stream = socket.connect(address).await?;
    let body = serde_json::json!({ "query": query }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    let mut first = [0; 512];
    let read = tokio::time::timeout(Duration::from_secs(60), stream.read(&mut first)).await??;
    let first = String::from_utf8_lossy(&first[..read]);
    ensure!(
        first.starts_with("HTTP/1.1 200"),
        "a subscription was refused: {first}"
    );
    Ok(stream)
}

/// The number behind a key in the text of an event.
pub(super) fn number(text: &str, key: &str) -> Option<u64> {
    let rest = &text[text.find(key)? + key.len()..];
    let digits = rest.trim_start_matches(['"', ':', ' ']);
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_found_behind_their_key() {
        let text = r#"{"data":{"tick":{"n":17,"at":"123456"}}}"#;
        assert_eq!(number(text, "\"n\""), Some(17));
        assert_eq!(number(text, "\"at\""), Some(123_456));
        assert_eq!(number(text, "\"missed\""), None);
    }
}
