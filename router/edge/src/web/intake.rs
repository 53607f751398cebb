//! What a request brings: its operations, whose they are, and whether its caller may ask now.

use axum::body::{Body, to_bytes};
use axum::extract::Query;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use platform_identity::Identity;
use platform_types::ErrorCode;
use router_engine::GraphqlRequest;

use crate::authentication::Credential;
use crate::config::EdgeConfig;
use crate::connection::Connection;
use crate::edge::Shared;
use crate::rate::Left;
use crate::refused::Refused;
use crate::{csrf, parameters, upload};

/// What was sent and by whom.
pub(super) struct Taken {
    /// One request, or (as the error) a batch of them.
    pub(super) requests: Result<GraphqlRequest, Vec<GraphqlRequest>>,
    pub(super) identity: Identity,
    pub(super) left: Option<Left>,
    /// Held as long as files of the request may take room.
    pub(super) files: Option<upload::Slot>,
}

/// Reads a request, finds out whose it is and counts it. Files are read only for callers who may ask now.
pub(super) async fn take_in(
    shared: &Shared,
    parts: &Parts,
    body: Body,
    connection: &Connection,
) -> Result<Taken, Refused> {
    let config = &*shared.settings_for(connection).config;
    if parts.method == Method::POST
        && config.uploads.enabled
        && let Some(content_type) = csrf::check_form(&parts.headers)?
    {
        let identity = authenticate(shared, &parts.headers, connection).await?;
        let left = shared.count(&identity, connection, 1).await?;
        let files = upload::slot(shared, &identity, connection)?;
        let request = Box::pin(upload::read(config, parts, content_type, body)).await?;
        return Ok(Taken {
            requests: Ok(request),
            identity,
            left,
            files: Some(files),
        });
    }
    let requests = read(config, parts, body).await?;
    let identity = authenticate(shared, &parts.headers, connection).await?;
    let operations = requests.as_ref().map_or_else(|many| many.len(), |_| 1);
    let left = shared.count(&identity, connection, operations).await?;
    Ok(Taken {
        requests,
        identity,
        left,
        files: None,
    })
}

/// One request, or (as the error) a batch of them.
pub(super) async fn read(
    config: &EdgeConfig,
    parts: &Parts,
    body: Body,
) -> Result<Result<GraphqlRequest, Vec<GraphqlRequest>>, Refused> {
    if parts.method == Method::GET {
        csrf::check_get(&parts.headers, config.strict_csrf, &config.cors_origins)?;
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Refused::malformed("query string is malformed"))?;
        return parameters::from_query(pairs, config.json_depth).map(Ok);
    }
    csrf::check_post(&parts.headers)?;
    let too_large = || {
        let message = format!("limit of {} bytes in the body exceeded", config.body_bytes);
        Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::BadUserInput,
            message,
        )
    };
    let announced = parts
        .headers
        .get(http::header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    if announced
        .and_then(|text| text.parse::<usize>().ok())
        .is_some_and(|bytes| bytes > config.body_bytes)
    {
        return Err(too_large());
    }
    let body = tokio::time::timeout(config.body_timeout(), to_bytes(body, config.body_bytes))
        .await
        .map_err(|_| {
            Refused::new(
                StatusCode::REQUEST_TIMEOUT,
                ErrorCode::BadUserInput,
                "body did not come in time",
            )
        })?
        .map_err(|error| {
            let source = std::error::Error::source(&error);
            if source.is_some_and(|source| source.is::<http_body_util::LengthLimitError>()) {
                too_large()
            } else {
                Refused::malformed("body broke off")
            }
        })?;
    match parameters::from_body(&body, config.json_depth, config.batch_operations)? {
        parameters::Body::One(request) => Ok(Ok(*request)),
        parameters::Body::Batch(requests) => Ok(Err(requests)),
    }
}

pub(super) async fn authenticate(
    shared: &Shared,
    headers: &HeaderMap,
    connection: &Connection,
) -> Result<Identity, Refused> {
    let credential = Credential::from_headers(headers)?;
    shared.authenticate(&credential, connection).await
}
