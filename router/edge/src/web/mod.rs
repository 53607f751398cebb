//! GraphQL over HTTP: routes, and the way of a request to its answer.

mod answer;
mod events;
mod explain;
mod intake;
mod page;
mod single;
mod steps;

use std::any::Any;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use futures::stream::FuturesOrdered;
use futures::{FutureExt as _, StreamExt as _};
use http::header::{
    ACCEPT_ENCODING, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ORIGIN, UPGRADE, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use platform_identity::Identity;
use platform_types::ErrorCode;
use router_engine::{GraphqlRequest, OperationKind};
use tower::{Layer as _, ServiceExt as _};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::admission::Admitted;
use crate::config::EdgeConfig;
use crate::connection::{Connection, REQUEST_ID};
use crate::edge::Shared;
use crate::media::Media;
use crate::rate::Left;
use crate::refused::Refused;
use crate::{csrf, reservation, websocket};
use answer::Answer;
use intake::Taken;
pub use page::GRAPHIQL_FILES;

/// Routes of the edge.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let config = shared.config();
    let cors = cors(&shared);
    let beside = Router::new()
        .route("/.well-known/jwks.json", get(jwks))
        .merge(page::assets(&config))
        .layer(CompressionLayer::new())
        .layer(cors.clone())
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(Arc::clone(&shared));
    let whole = Router::new()
        .fallback(graphql)
        .layer(cors)
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(Arc::clone(&shared));
    Router::new()
        .route(&config.path, any(front))
        .with_state(Front { shared, whole })
        .merge(beside)
}

/// Both ways to an answer.
#[derive(Clone)]
struct Front {
    shared: Arc<Shared>,
    /// With everything that browsers and sockets need.
    whole: Router,
}

/// Takes the short way with what can take it.
async fn front(State(front): State<Front>, request: Request) -> Response {
    if is_short(&request) {
        let peer = peer(request.extensions());
        return short(&front.shared, request, peer).await;
    }
    let Ok(response) = Box::pin(front.whole.oneshot(request)).await;
    response
}

/// Whether a request is what no page of another origin sends and what stays plain HTTP. It then takes the short way: every
/// layer costs an allocation or two and a few hundred instructions, most of all for headers that only browsers read.
pub(crate) fn is_short<B>(request: &http::Request<B>) -> bool {
    let headers = request.headers();
    matches!(*request.method(), Method::GET | Method::POST)
        && !headers.contains_key(ORIGIN)
        && !headers.contains_key(UPGRADE)
}

/// Answers without any layer.
pub(crate) async fn short(
    shared: &Arc<Shared>,
    request: Request,
    peer: Option<IpAddr>,
) -> Response {
    let answer = AssertUnwindSafe(exchanged(shared, request, peer)).catch_unwind();
    answer.await.unwrap_or_else(panicked)
}

/// The address that the listener has seen.
fn peer(extensions: &http::Extensions) -> Option<IpAddr> {
    let info = extensions.get::<ConnectInfo<SocketAddr>>();
    info.map(|info| info.0.ip())
}

fn cors(shared: &Arc<Shared>) -> CorsLayer {
    // Asked for every request: the list may change while serving.
    let shared = Arc::clone(shared);
    let listed = move |origin: &HeaderValue, _: &Parts| shared.settings().origins.contains(origin);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(listed))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            CONTENT_TYPE,
            AUTHORIZATION,
            http::header::ACCEPT,
            http::HeaderName::from_static("x-api-key"),
            http::HeaderName::from_static("x-requested-with"),
            reservation::TOKEN,
            http::HeaderName::from_static("graphql-require-preflight"),
            http::HeaderName::from_static("apollo-require-preflight"),
        ])
        .expose_headers([REQUEST_ID, http::header::RETRY_AFTER])
        .max_age(std::time::Duration::from_secs(600))
}

async fn jwks(State(shared): State<Arc<Shared>>) -> Response {
    let mut response = axum::Json(&shared.jwks).into_response();
    response.headers_mut().insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    response
}

async fn graphql(
    State(shared): State<Arc<Shared>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let peer = peer(request.extensions());
        return exchanged(&shared, request, peer).await;
    };
    let (parts, _) = request.into_parts();
    let settings = shared.settings();
    let peer = peer(&parts.extensions);
    let connection = Connection::of(&parts.headers, peer, &settings);
    let request_id = connection.request_id.clone();
    let response = match csrf::check_websocket(&parts.headers, &settings.config.cors_origins) {
        Ok(()) => websocket::open(shared, upgrade, connection),
        Err(refused) => Answer::from(refused).respond(Media::Json),
    };
    finished(response, request_id, None).await
}

/// Answers everything that is no socket.
async fn exchanged(shared: &Arc<Shared>, request: Request, peer: Option<IpAddr>) -> Response {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let settings = shared.settings();
    let mut connection = Connection::of(&parts.headers, peer, &settings);
    let request_id = connection.request_id.clone();
    let media = Media::negotiate(&parts.headers);
    let response = if wants_page(&settings.config, &parts, media) {
        page::page(shared)
    } else {
        connection.settings = Some(settings);
        let response = exchange(shared, &parts, body, connection, media).await;
        shared
            .statuses
            .answered(response.status(), started.elapsed());
        response
    };
    let encodings = parts.headers.get(ACCEPT_ENCODING).cloned();
    finished(response, request_id, encodings).await
}

/// The response with what every one has, in the best of the encodings.
async fn finished(
    mut response: Response,
    request_id: HeaderValue,
    encodings: Option<HeaderValue>,
) -> Response {
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, request_id);
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.append(
        VARY,
        HeaderValue::from_static("accept, accept-encoding, origin"),
    );
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    match encodings {
        Some(encodings) => Box::pin(compressed(response, encodings)).await,
        None => response,
    }
}

/// The response in the best of the encodings that the client accepts, unless it is a stream or not worth it. As a layer
/// around everything this would take six kilobytes for every open stream, compressed or not.
async fn compressed(response: Response, encodings: HeaderValue) -> Response {
    let worthwhile = DefaultPredicate::new().and(NotForContentType::const_new("multipart/mixed"));
    if !worthwhile.should_compress(&response) {
        return response;
    }
    let mut request = http::Request::new(());
    request.headers_mut().insert(ACCEPT_ENCODING, encodings);
    let mut response = Some(response);
    let given = tower::service_fn(move |_| {
        // asked once
        std::future::ready(Ok::<_, Infallible>(response.take().unwrap_or_default()))
    });
    let Ok(response) = CompressionLayer::new().layer(given).oneshot(request).await;
    response.map(Body::new)
}

fn wants_page(config: &EdgeConfig, parts: &Parts, media: Option<Media>) -> bool {
    config.graphiql.enabled
        && parts.method == Method::GET
        && media == Some(Media::Html)
        && !has_parameter(parts, "query")
}

/// Whether the query string has a parameter of that name.
fn has_parameter(parts: &Parts, name: &str) -> bool {
    let named = |pair: &str| pair.split_once('=').is_some_and(|(key, _)| key == name);
    parts
        .uri
        .query()
        .is_some_and(|query| query.split('&').any(named))
}

/// Answers everything that is no page and no socket. Ways that few requests take are boxed here and below: the work of
/// every request has room for the largest of them and is moved several times.
async fn exchange(
    shared: &Arc<Shared>,
    parts: &Parts,
    body: Body,
    connection: Connection,
    media: Option<Media>,
) -> Response {
    // A refusal needs a media type even where none was agreed on.
    let fallback = media
        .filter(|media| !media.streams() && *media != Media::Html)
        .unwrap_or(Media::Json);
    let refuse = |refused: Refused| Answer::from(refused).respond(fallback);
    let reserved = reservation::token(parts);
    if parts.method == Method::PUT || reserved.is_some() {
        let answer = single::answer(shared, parts, body, connection, reserved);
        return match Box::pin(answer).await {
            Ok(response) => response,
            Err(answer) => answer.masked(shared).respond(fallback),
        };
    }
    if parts.method != Method::GET && parts.method != Method::POST {
        let mut response = refuse(Refused::new(
            StatusCode::METHOD_NOT_ALLOWED,
            ErrorCode::BadUserInput,
            "only GET and POST are answered, and PUT and DELETE for a stream of many operations",
        ));
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, POST"));
        return response;
    }
    let Some(media) = media else {
        let message = "none of the media types in accept can be given";
        return refuse(Refused::new(
            StatusCode::NOT_ACCEPTABLE,
            ErrorCode::BadUserInput,
            message,
        ));
    };
    // A browser that asks for a page with a query in its address gets the answer as JSON.
    let media = if media == Media::Html {
        Media::Json
    } else {
        media
    };

    let taken = intake::take_in(shared, parts, body, &connection).await;
    let Taken {
        requests,
        identity,
        left,
        files: _files,
    } = match taken {
        Ok(taken) => taken,
        Err(refused) => return refuse(refused),
    };
    let mut response = match requests {
        Ok(one) => single(shared, parts, one, &identity, &connection, media).await,
        Err(many) => Box::pin(batch(shared, many, &identity, &connection, media)).await,
    };
    if let Some(left) = left {
        Left::write(&left, response.headers_mut());
    }
    response
}

async fn single(
    shared: &Arc<Shared>,
    parts: &Parts,
    request: GraphqlRequest,
    identity: &Identity,
    connection: &Connection,
    media: Media,
) -> Response {
    let admitted = match shared.admit(request, identity, connection).await {
        Ok(admitted) => admitted,
        Err(not) => return Answer::from(not).masked(shared).respond_anywhere(media),
    };
    tracing::debug!(kind = ?admitted.kind, operation = admitted.label(), subject = %identity.subject(), "operation admitted");
    let explain = shared.settings_for(connection).config.explain;
    match explain::asked(&parts.headers, explain, identity) {
        Ok(None) => {}
        Ok(Some(form)) => return Box::pin(explain::respond(shared, &admitted, form)).await,
        Err(refused) => return Answer::from(refused).respond_anywhere(media),
    }
    if admitted.kind == OperationKind::Mutation && parts.method == Method::GET {
        let mut response = Answer::from(Refused::new(
            StatusCode::METHOD_NOT_ALLOWED,
            ErrorCode::BadUserInput,
            "a mutation needs a POST",
        ))
        .respond_anywhere(media);
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    if admitted.kind == OperationKind::Subscription && !media.streams() {
        let message = "a subscription needs accept: text/event-stream, multipart/mixed;subscriptionSpec=1.0, or a WebSocket";
        return Answer::from(Refused::new(
            StatusCode::NOT_ACCEPTABLE,
            ErrorCode::BadUserInput,
            message,
        ))
        .respond(media);
    }
    if media.streams() {
        let events = events::respond(shared, admitted, identity, connection, media);
        return Box::pin(events).await;
    }
    if admitted.kind == OperationKind::Query && Media::takes_steps(&parts.headers) {
        return Box::pin(steps::respond(shared, admitted, media)).await;
    }
    Answer::from(shared.run(admitted).await).respond(media)
}

/// Runs a batch: queries side by side, in the order of the batch; anything with a mutation one after the other.
async fn batch(
    shared: &Arc<Shared>,
    requests: Vec<GraphqlRequest>,
    identity: &Identity,
    connection: &Connection,
    media: Media,
) -> Response {
    if media.streams() {
        return Answer::from(Refused::malformed("a batch cannot be answered as a stream"))
            .respond(Media::Json);
    }
    let mut admitted: Vec<Result<Admitted, Answer>> = Vec::with_capacity(requests.len());
    for request in requests {
        admitted.push(match shared.admit(request, identity, connection).await {
            Ok(Admitted {
                kind: OperationKind::Subscription,
                ..
            }) => Err(Answer::from(Refused::malformed(
                "a subscription cannot be part of a batch",
            ))),
            Ok(admitted) => Ok(admitted),
            Err(not) => Err(Answer::from(not).masked(shared)),
        });
    }
    let writes = admitted
        .iter()
        .flatten()
        .any(|admitted| admitted.kind == OperationKind::Mutation);
    let run = |one: Result<Admitted, Answer>| async move {
        match one {
            Ok(admitted) => Answer::from(shared.run(admitted).await),
            Err(answer) => answer,
        }
    };
    let answers: Vec<Answer> = if writes {
        futures::stream::iter(admitted).then(run).collect().await
    } else {
        admitted
            .into_iter()
            .map(run)
            .collect::<FuturesOrdered<_>>()
            .collect()
            .await
    };
    answer::respond_all(&answers, media)
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    // The panic itself is in the log already; its text is nobody else's business.
    metrics::counter!("tessera_edge_panics_total").increment(1);
    Answer::from(Refused::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Internal,
        "internal error",
    ))
    .respond(Media::Json)
}
