//! Answers in steps: `@defer` over `multipart/mixed;deferSpec=20220824`, as Apollo clients read it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt as _;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use router_engine::Delivery;

use super::answer::Answer;
use super::events;
use crate::admission::Admitted;
use crate::edge::Shared;
use crate::media::{DEFERRED, Media};

/// Runs a query; what it defers comes in a second step. What cannot be deferred is answered whole in `media`.
pub(super) async fn respond(shared: &Arc<Shared>, admitted: Admitted, media: Media) -> Response {
    let (initial, rest) = match shared.run_in_steps(admitted).await {
        Delivery::Whole(response) => return Answer::from(response).respond(media),
        Delivery::Parts { initial, rest } => (initial, rest),
    };
    // A client takes a part for whole when it has read the boundary after it: that follows at once, not with the next part.
    let first = Bytes::from([b"\r\n--graphql", &part(&initial.body)[..]].concat());
    let frames = futures::stream::iter([first])
        .chain(rest.map(|step| Bytes::from(part(&step))))
        .chain(futures::stream::iter([Bytes::from_static(b"--\r\n")]))
        .map(Ok::<_, Infallible>);
    let mut response = events::response(media, frames);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(DEFERRED));
    response
}

/// A part and the boundary after it.
fn part(body: &[u8]) -> Vec<u8> {
    [
        b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n",
        body,
        b"\r\n--graphql",
    ]
    .concat()
}
