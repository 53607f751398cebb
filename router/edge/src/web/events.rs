//! Answers over a stream of HTTP: `graphql-sse` with one connection per operation, and multipart subscriptions.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::Stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use platform_identity::Identity;
use router_engine::{GraphqlError, OperationKind};

use super::answer::Answer;
use crate::admission::Admitted;
use crate::connection::Connection;
use crate::edge::Shared;
use crate::media::Media;
use crate::stream::{self, End, Item, Watched};

/// Runs an operation and answers it as a stream.
pub(super) async fn respond(
    shared: &Arc<Shared>,
    admitted: Admitted,
    identity: &Identity,
    connection: &Connection,
    media: Media,
) -> Response {
    if admitted.kind != OperationKind::Subscription {
        let body = Answer::from(shared.run(admitted).await).body();
        let framing = Framing::of(media);
        let first = [framing.start(), framing.event(&body)].concat();
        let parts = [first.into(), framing.end(None)];
        return response(media, futures::stream::iter(parts.map(Ok::<_, Infallible>)));
    }
    match stream::open(shared, admitted, identity, connection).await {
        Ok(watched) => {
            let heartbeat = Duration::from_millis(shared.config().streams.heartbeat_ms.max(100));
            response(media, frames(watched, Framing::of(media), heartbeat))
        }
        Err(not) => Answer::from(not).masked(shared).respond_anywhere(media),
    }
}

/// How events are written.
#[derive(Debug, Clone, Copy)]
enum Framing {
    EventStream,
    Multipart,
}

impl Framing {
    fn of(media: Media) -> Self {
        if media == Media::Multipart {
            Self::Multipart
        } else {
            Self::EventStream
        }
    }

    /// What stands before the first part. Each part of a form ends with the boundary after it: a client takes it for whole
    /// only then, and the next may be long in coming.
    fn start(self) -> Bytes {
        match self {
            Self::EventStream => Bytes::new(),
            Self::Multipart => Bytes::from_static(b"\r\n--graphql"),
        }
    }

    fn event(self, body: &[u8]) -> Bytes {
        match self {
            // JSON has no line breaks outside of strings that the engine would write, and none inside
            Self::EventStream => [b"event: next\ndata: ", body, b"\n\n"].concat().into(),
            Self::Multipart => [
                b"\r\ncontent-type: application/json\r\n\r\n{\"payload\":",
                body,
                b"}\r\n--graphql",
            ]
            .concat()
            .into(),
        }
    }

    fn heartbeat(self) -> Bytes {
        match self {
            Self::EventStream => Bytes::from_static(b":\n\n"),
            Self::Multipart => {
                Bytes::from_static(b"\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql")
            }
        }
    }

    /// The end; with an error if it is not the subgraph's own.
    fn end(self, error: Option<&GraphqlError>) -> Bytes {
        match self {
            Self::EventStream => {
                let mut text = Vec::new();
                if let Some(error) = error {
                    let body = serde_json::json!({ "errors": [error] }).to_string();
                    text.extend_from_slice(&self.event(body.as_bytes()));
                }
                text.extend_from_slice(b"event: complete\ndata:\n\n");
                text.into()
            }
            Self::Multipart => {
                let mut text = Vec::new();
                if let Some(error) = error {
                    let body = serde_json::json!({ "payload": null, "errors": [error] });
                    let part =
                        format!("\r\ncontent-type: application/json\r\n\r\n{body}\r\n--graphql");
                    text.extend_from_slice(part.as_bytes());
                }
                text.extend_from_slice(b"--\r\n");
                text.into()
            }
        }
    }
}

/// The text of a stream; dropping it ends the subscription.
fn frames(
    mut watched: Watched,
    framing: Framing,
    heartbeat: Duration,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    async_stream::stream! {
        // The first bytes tell the client that the stream stands, before the first event.
        yield Ok([framing.start(), framing.heartbeat()].concat().into());
        loop {
            match tokio::time::timeout(heartbeat, watched.next()).await {
                Err(_) => yield Ok(framing.heartbeat()),
                Ok(Item::Event(body)) => yield Ok(framing.event(&body)),
                Ok(Item::End(End::Complete)) => {
                    yield Ok(framing.end(None));
                    break;
                }
                // Without a word: a client that sees no end comes back, and resumes by its cursor.
                Ok(Item::End(End::Draining)) => break,
                Ok(Item::End(end)) => {
                    yield Ok(framing.end(end.error().as_ref()));
                    break;
                }
            }
        }
    }
}

pub(super) fn response(
    media: Media,
    frames: impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static,
) -> Response {
    let mut response = Response::new(Body::from_stream(frames));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // proxies that buffer would hold events back
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    response
}
