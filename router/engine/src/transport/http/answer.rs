//! An answer and its body, whichever client it came by.

use bytes::{Bytes, BytesMut};
use futures::stream::{BoxStream, StreamExt};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::transport::http1;
use crate::transport::remote::RemoteFailure;

/// An answer whose body is still to come.
pub(in crate::transport) struct Answer {
    pub(in crate::transport) status: StatusCode,
    /// Whether the body is a stream of server-sent events.
    pub(in crate::transport) event_stream: bool,
    pub(super) body: Body,
}

pub(super) enum Body {
    Http1(http1::Body),
    Hyper(Incoming),
    Reqwest(reqwest::Response),
}

pub(super) fn is_event_stream(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    value.is_some_and(|value| value.starts_with(b"text/event-stream"))
}

impl From<http::Response<Incoming>> for Answer {
    fn from(response: http::Response<Incoming>) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status,
            event_stream: is_event_stream(&head.headers),
            body: Body::Hyper(body),
        }
    }
}

impl Answer {
    /// The whole body, up to a limit.
    pub(in crate::transport) async fn whole(self, limit: usize) -> Result<Bytes, RemoteFailure> {
        if let Body::Http1(body) = self.body {
            let whole = body
                .whole(limit)
                .await
                .map_err(|error| RemoteFailure::Body(error.into()))?;
            return whole.ok_or(RemoteFailure::TooLarge(limit));
        }
        Box::pin(self.collected(limit)).await
    }

    async fn collected(mut self, limit: usize) -> Result<Bytes, RemoteFailure> {
        let Some(first) = self.body.chunk().await? else {
            return Ok(Bytes::new());
        };
        let mut length = first.len();
        // most answers come in one piece, which is then not copied
        let mut whole = None::<BytesMut>;
        while let Some(chunk) = self.body.chunk().await? {
            length += chunk.len();
            if length > limit {
                break;
            }
            whole
                .get_or_insert_with(|| BytesMut::from(&first[..]))
                .extend_from_slice(&chunk);
        }
        if length > limit {
            return Err(RemoteFailure::TooLarge(limit));
        }
        Ok(whole.map_or(first, BytesMut::freeze))
    }

    /// The body piece by piece.
    pub(in crate::transport) fn pieces(self) -> BoxStream<'static, Result<Bytes, RemoteFailure>> {
        futures::stream::try_unfold(self.body, |mut body| async move {
            Ok(body.chunk().await?.map(|chunk| (chunk, body)))
        })
        .boxed()
    }
}

impl Body {
    async fn chunk(&mut self) -> Result<Option<Bytes>, RemoteFailure> {
        match self {
            Self::Http1(body) => body
                .chunk()
                .await
                .map_err(|error| RemoteFailure::Body(error.into())),
            Self::Hyper(body) => loop {
                match body.frame().await {
                    None => return Ok(None),
                    Some(Err(error)) => return Err(RemoteFailure::Body(error.into())),
                    // trailers say nothing here
                    Some(Ok(frame)) => {
                        if let Ok(data) = frame.into_data() {
                            return Ok(Some(data));
                        }
                    }
                }
            },
            Self::Reqwest(response) => response
                .chunk()
                .await
                .map_err(|error| RemoteFailure::Body(error.into())),
        }
    }
}
