//! Subscriptions over server-sent events, distinct connections mode of the graphql-sse protocol:
//! `event: next` carries a response, `event: complete` ends the stream.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream::{Stream, StreamExt};

use super::remote::RemoteFailure;

/// Reads responses out of an event stream. Ends with an error when the connection breaks, stays silent for longer than
/// `idle`, or an event is larger than `limit` bytes.
pub(super) fn events(
    body: impl Stream<Item = Result<Bytes, RemoteFailure>> + Send + 'static,
    idle: Duration,
    limit: usize,
) -> impl Stream<Item = Result<Bytes, RemoteFailure>> + Send + 'static {
    async_stream::try_stream! {
        let mut body = std::pin::pin!(body);
        let mut parser = Parser::default();
        'stream: loop {
            let chunk = match tokio::time::timeout(idle, body.next()).await {
                Ok(Some(chunk)) => chunk?,
                Ok(None) => break,
                Err(_) => Err(RemoteFailure::Stream("nothing came for too long"))?,
            };
            parser.push(&chunk);
            while let Some(event) = parser.event() {
                match event {
                    Event::Next(data) => yield data,
                    Event::Complete => break 'stream,
                }
            }
            if parser.pending() > limit {
                Err(RemoteFailure::TooLarge(limit))?;
            }
        }
    }
}

enum Event {
    Next(Bytes),
    Complete,
}

/// The line protocol of server-sent events, as far as graphql-sse uses it.
#[derive(Default)]
struct Parser {
    buffer: BytesMut,
    kind: String,
    data: BytesMut,
}

impl Parser {
    fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    fn pending(&self) -> usize {
        self.buffer.len() + self.data.len()
    }

    /// The next whole event in what has arrived.
    fn event(&mut self) -> Option<Event> {
        while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
            let line = self.buffer.split_to(end + 1);
            let line = line.trim_ascii_end();
            if line.is_empty() {
                let kind = std::mem::take(&mut self.kind);
                let data = std::mem::take(&mut self.data).freeze();
                match kind.as_str() {
                    "complete" => return Some(Event::Complete),
                    _ if data.is_empty() => {}
                    _ => return Some(Event::Next(data)),
                }
                continue;
            }
            let (name, value) = match line.iter().position(|byte| *byte == b':') {
                Some(colon) => (&line[..colon], &line[colon + 1..]),
                None => (line, &[][..]),
            };
            let value = value.strip_prefix(b" ").unwrap_or(value);
            match name {
                b"event" => self.kind = String::from_utf8_lossy(value).into_owned(),
                b"data" => {
                    if !self.data.is_empty() {
                        self.data.extend_from_slice(b"\n");
                    }
                    self.data.extend_from_slice(value);
                }
                // comments, ids and retry times say nothing about the operation
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    async fn read(chunks: &[&'static str]) -> Vec<String> {
        let chunks: Vec<_> = chunks
            .iter()
            .map(|chunk| Ok(Bytes::from_static(chunk.as_bytes())))
            .collect();
        events(futures::stream::iter(chunks), Duration::from_secs(1), 64)
            .map(|event| match event {
                Ok(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
                Err(failure) => format!("failure: {failure}"),
            })
            .collect()
            .await
    }

    #[tokio::test]
    async fn events_are_put_together_across_chunks_and_comments() {
        let read = read(&[
            "event: ne",
            "xt\r\ndata: {\"a\"",
            ":1}\r\n\r\n:\n\nevent: next\ndata: 2\n\n",
        ])
        .await;
        assert_eq!(read, ["{\"a\":1}", "2"]);
    }

    #[tokio::test]
    async fn nothing_is_read_after_complete() {
        let read =
            read(&["event: next\ndata: 1\n\nevent: complete\ndata:\n\nevent: next\ndata: 2\n\n"])
                .await;
        assert_eq!(read, ["1"]);
    }

    #[tokio::test]
    async fn an_endless_event_is_refused() {
        let read = read(&[
            "event: next\ndata: ",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        ])
        .await;
        assert_eq!(read, ["failure: the answer is larger than 64 bytes"]);
    }
}
