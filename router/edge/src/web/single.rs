//! Requests of the single connection mode of `graphql-sse`: one stream for many operations.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::Stream;
use http::header::{ALLOW, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use platform_types::ErrorCode;
use router_engine::{GraphqlError, OperationKind};
use serde_json::Value;
use tokio::sync::mpsc;

use super::answer::Answer;
use super::events;
use crate::admission::{Admitted, NotAdmitted};
use crate::connection::Connection;
use crate::edge::Shared;
use crate::media::Media;
use crate::rate::Left;
use crate::refused::Refused;
use crate::reservation::{NotBegun, Reservation, Reservations};
use crate::stream::{self, End, Item};

/// Answers a request that reserves a stream or is about a reserved one.
pub(super) async fn answer(
    shared: &Arc<Shared>,
    parts: &Parts,
    body: Body,
    connection: Connection,
    token: Option<String>,
) -> Result<Response, Answer> {
    let identity = super::intake::authenticate(shared, &parts.headers, &connection).await?;
    let Some(token) = token else {
        // Reserving is counted like an operation: it holds memory until it is used.
        let left = shared.count(&identity, &connection, 1).await?;
        let place = stream::place(shared, &identity, &connection)?;
        let outbox = shared.config().websocket.outbox;
        let token = shared.reservations.reserve(identity, outbox, place);
        return Ok(written(text(StatusCode::CREATED, token), left));
    };
    let reservation = shared
        .reservations
        .find(&token, &identity)
        .ok_or_else(|| refused(StatusCode::NOT_FOUND, "there is no such stream"))?;
    let opens = parts.method == Method::GET
        && Media::negotiate(&parts.headers) == Some(Media::EventStream)
        && !super::has_parameter(parts, "query")
        && !super::has_parameter(parts, "extensions");
    if opens {
        let inbox = reservation
            .open()
            .ok_or_else(|| refused(StatusCode::CONFLICT, "the stream is open already"))?;
        return Ok(open(shared, reservation, token, inbox));
    }
    if parts.method == Method::DELETE {
        let id = operation_of_query(parts)
            .ok_or_else(|| Refused::malformed("operationId is missing"))?;
        reservation.end(&id);
        return Ok(text(StatusCode::OK, String::new()));
    }
    if parts.method != Method::GET && parts.method != Method::POST {
        return Err(refused(
            StatusCode::METHOD_NOT_ALLOWED,
            "a stream is opened by GET, used by POST and GET, and relieved by DELETE",
        ));
    }
    begin(shared, parts, body, connection, reservation).await
}

/// Lets an operation in that answers through the stream.
async fn begin(
    shared: &Arc<Shared>,
    parts: &Parts,
    body: Body,
    mut connection: Connection,
    reservation: Arc<Reservation>,
) -> Result<Response, Answer> {
    let identity = super::intake::authenticate(shared, &parts.headers, &connection).await?;
    let Ok(request) = super::intake::read(&shared.config(), parts, body).await? else {
        return Err(Refused::malformed("a batch cannot be answered as a stream").into());
    };
    let id = match request.extensions.get("operationId") {
        Some(Value::String(id)) => id.clone(),
        _ => return Err(Refused::malformed("operationId is missing in extensions").into()),
    };
    let left = shared.count(&identity, &connection, 1).await?;
    let admitted = shared.admit(request, &identity, &connection).await?;
    // what goes on after the request keeps nothing of settings that may be replaced meanwhile
    connection.settings = None;
    if admitted.kind == OperationKind::Mutation && parts.method == Method::GET {
        let mut response = Answer::from(Refused::new(
            StatusCode::METHOD_NOT_ALLOWED,
            ErrorCode::BadUserInput,
            "a mutation needs a POST",
        ))
        .respond(Media::Json);
        let allow = HeaderValue::from_static("POST");
        response.headers_mut().insert(ALLOW, allow);
        return Ok(response);
    }
    let most = shared.config().websocket.operations;
    let spawn = || {
        let voice = Voice {
            id: id.clone(),
            outbox: reservation.outbox(),
        };
        let (shared, reservation) = (Arc::clone(shared), Arc::clone(&reservation));
        let id = id.clone();
        let tracker = shared.streams.clone();
        tracker
            .spawn(async move {
                let last = tell(&shared, admitted, &identity, &connection, &voice).await;
                reservation.over(&id);
                if let Some(last) = last {
                    voice.say(last).await;
                }
            })
            .abort_handle()
    };
    match reservation.begin(&id, most, spawn) {
        Ok(()) => Ok(written(text(StatusCode::ACCEPTED, String::new()), left)),
        Err(NotBegun::Id) => Err(Refused::malformed("operationId has 1 to 128 characters").into()),
        Err(NotBegun::Duplicate) => {
            let message = "an operation with that operationId is under way";
            Err(refused(StatusCode::CONFLICT, message))
        }
        Err(NotBegun::TooMany) => {
            let message = format!("limit of {most} operations on a stream exceeded");
            let status = StatusCode::TOO_MANY_REQUESTS;
            Err(Refused::too_many(status, &message, Duration::from_secs(1)).into())
        }
    }
}

/// Runs an operation; gives the last message, or nothing where the stream ends by itself.
async fn tell(
    shared: &Arc<Shared>,
    admitted: Admitted,
    identity: &platform_identity::Identity,
    connection: &Connection,
    voice: &Voice,
) -> Option<Bytes> {
    if admitted.kind != OperationKind::Subscription {
        let response = shared.run(admitted).await;
        voice.say(voice.next(&response.body)).await;
        return Some(voice.complete());
    }
    let mut watched = match stream::open(shared, admitted, identity, connection).await {
        Ok(watched) => watched,
        Err(not) => {
            let body = Answer::from(not).masked(shared).body();
            voice.say(voice.next(&body)).await;
            return Some(voice.complete());
        }
    };
    loop {
        match watched.next().await {
            Item::Event(body) => voice.say(voice.next(&body)).await,
            Item::End(End::Draining) => return None,
            Item::End(end) => {
                if let Some(error) = end.error() {
                    voice.say(voice.next(&errors(&error))).await;
                }
                return Some(voice.complete());
            }
        }
    }
}

/// What an operation says through the stream.
struct Voice {
    id: String,
    outbox: mpsc::Sender<Bytes>,
}

impl Voice {
    async fn say(&self, message: Bytes) {
        // without a reader the stream is over, and this operation with it
        let _ = self.outbox.send(message).await;
    }

    fn next(&self, body: &[u8]) -> Bytes {
        let id = Value::from(self.id.as_str()).to_string();
        [
            b"event: next\ndata: {\"id\":",
            id.as_bytes(),
            b",\"payload\":",
            body,
            b"}\n\n",
        ]
        .concat()
        .into()
    }

    fn complete(&self) -> Bytes {
        let id = Value::from(self.id.as_str());
        format!("event: complete\ndata: {{\"id\":{id}}}\n\n").into()
    }
}

fn errors(error: &GraphqlError) -> Vec<u8> {
    serde_json::json!({ "errors": [error] })
        .to_string()
        .into_bytes()
}

/// Forgets a stream when its connection is gone.
struct Gone {
    all: Arc<Reservations>,
    token: String,
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.all.forget(&self.token);
    }
}

fn open(
    shared: &Arc<Shared>,
    reservation: Arc<Reservation>,
    token: String,
    inbox: mpsc::Receiver<Bytes>,
) -> Response {
    let gone = Gone {
        all: Arc::clone(&shared.reservations),
        token,
    };
    let frames = frames(Arc::clone(shared), reservation, inbox, gone);
    events::response(Media::EventStream, frames)
}

fn frames(
    shared: Arc<Shared>,
    reservation: Arc<Reservation>,
    mut inbox: mpsc::Receiver<Bytes>,
    gone: Gone,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    async_stream::stream! {
        let _gone = gone;
        let period = Duration::from_millis(shared.config().streams.heartbeat_ms.max(100));
        yield Ok(Bytes::from_static(b":\n\n"));
        let ended = stream::ended(&shared, reservation.identity());
        let mut ended = std::pin::pin!(ended);
        loop {
            let next = tokio::select! {
                biased;
                // Without a word: the operations have said why, or the client comes back.
                _ = &mut ended => break,
                next = tokio::time::timeout(period, inbox.recv()) => next,
            };
            match next {
                Err(_) => yield Ok(Bytes::from_static(b":\n\n")),
                Ok(Some(message)) => yield Ok(message),
                Ok(None) => break,
            }
        }
    }
}

fn operation_of_query(parts: &Parts) -> Option<String> {
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).ok()?;
    let mut found = pairs
        .0
        .into_iter()
        .filter(|(name, _)| name == "operationId");
    Some(found.next()?.1)
}

fn refused(status: StatusCode, message: &str) -> Answer {
    let code = match status {
        StatusCode::NOT_FOUND => ErrorCode::NotFound,
        StatusCode::CONFLICT => ErrorCode::Conflict,
        _ => ErrorCode::BadUserInput,
    };
    Refused::new(status, code, message).into()
}

fn text(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

fn written(mut response: Response, left: Option<Left>) -> Response {
    if let Some(left) = left {
        left.write(response.headers_mut());
    }
    response
}

impl From<NotAdmitted> for Answer {
    fn from(not: NotAdmitted) -> Self {
        match not {
            NotAdmitted::ByEdge(refused) => refused.into(),
            NotAdmitted::ByEngine(response) => response.into(),
        }
    }
}
