//! An answer and the status it travels with (GraphQL over HTTP §6.4).

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use router_engine::{GraphqlResponse, ResponseKind};

use crate::edge::Shared;
use crate::media::Media;
use crate::refused::Refused;

/// An answer to one request, not yet in a media type.
#[derive(Debug)]
pub(super) enum Answer {
    /// The edge did not let the request through.
    Refused(Refused),
    /// The engine has answered.
    Engine(GraphqlResponse),
}

impl From<Refused> for Answer {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<GraphqlResponse> for Answer {
    fn from(response: GraphqlResponse) -> Self {
        Self::Engine(response)
    }
}

impl Answer {
    /// Without what clients may not read; for answers of the engine that were not run.
    pub(super) fn masked(self, shared: &Shared) -> Self {
        match self {
            Self::Engine(response) => {
                Self::Engine(crate::mask::response(response, shared.config().mask_errors))
            }
            refused @ Self::Refused(_) => refused,
        }
    }

    /// The status in a media type: in the older one, what is wrong with the document is not the transport's concern.
    fn status(&self, media: Media) -> StatusCode {
        let own = media == Media::GraphqlResponse;
        match self {
            Self::Refused(refused) if refused.by_document && !own => StatusCode::OK,
            Self::Refused(refused) => refused.status,
            Self::Engine(response) => match response.kind {
                ResponseKind::Executed => StatusCode::OK,
                ResponseKind::Refused if own => StatusCode::BAD_REQUEST,
                ResponseKind::Refused => StatusCode::OK,
                ResponseKind::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            },
        }
    }

    /// The body: a GraphQL response.
    pub(super) fn body(&self) -> Bytes {
        match self {
            Self::Refused(refused) => refused.body().to_string().into(),
            Self::Engine(response) => response.body.clone(),
        }
    }

    /// The response in a media type that holds a single answer.
    pub(super) fn respond(&self, media: Media) -> Response {
        let mut response = response(self.status(media), media, self.body());
        if let Self::Refused(refused) = self {
            if let Some(seconds) = refused.retry_after_s() {
                response
                    .headers_mut()
                    .insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            if refused.status == StatusCode::UNAUTHORIZED {
                let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
        }
        response
    }

    /// The response in any media type; where the client waits for a stream it gets JSON with a status that says so.
    pub(super) fn respond_anywhere(&self, media: Media) -> Response {
        self.respond(if media.streams() {
            Media::GraphqlResponse
        } else {
            media
        })
    }
}

/// The answers of a batch as one list; each says in itself how it went.
pub(super) fn respond_all(answers: &[Answer], media: Media) -> Response {
    let bodies: Vec<Bytes> = answers.iter().map(Answer::body).collect();
    let mut list = Vec::with_capacity(bodies.iter().map(|body| body.len() + 1).sum::<usize>() + 1);
    for (index, body) in bodies.iter().enumerate() {
        list.push(if index == 0 { b'[' } else { b',' });
        list.extend_from_slice(body);
    }
    list.push(b']');
    response(StatusCode::OK, media, list.into())
}

/// Room for the headers of most answers.
const HEADERS: usize = 12;

fn response(status: StatusCode, media: Media, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = HeaderMap::with_capacity(HEADERS);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
    response
}
