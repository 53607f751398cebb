//! Requests with files: the GraphQL multipart request specification, read strictly and within bounds.
//!
//! A form is `operations` (one request), `map` (which file stands where in its variables) and then the files, in this
//! order. Small files stay in memory, larger ones go to temporary files without a name, which end with the request.

mod map;
mod part;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use multer::{Constraints, Multipart, SizeLimit};
use platform_identity::Identity;
use platform_types::ErrorCode;
use router_engine::{GraphqlRequest, Upload};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use crate::config::EdgeConfig;
use crate::connection::Connection;
use crate::edge::Shared;
use crate::parameters;
use crate::quota::Place;
use crate::refused::Refused;
use map::FileMap;

/// Longest boundary (RFC 2046 §5.1.1).
const BOUNDARY: usize = 70;

/// Room for the heads of parts and what stands between them, per part.
const HEAD_BYTES: u64 = 4 * 1024;

/// A place among the requests with files under way.
pub(crate) fn slot(
    shared: &Shared,
    identity: &Identity,
    connection: &Connection,
) -> Result<Slot, Refused> {
    let second = Duration::from_secs(1);
    let things = "requests with files at once";
    let quotas = &shared.upload_quotas;
    let place = quotas.admit(identity, connection.address, things, second)?;
    let permit = Arc::clone(&shared.upload_slots)
        .try_acquire_owned()
        .map_err(|_| {
            metrics::counter!("tessera_edge_shed_total").increment(1);
            let message = "too many requests with files are under way";
            Refused::too_many(StatusCode::SERVICE_UNAVAILABLE, message, second)
        })?;
    Ok(Slot {
        _permit: permit,
        _place: place,
    })
}

/// The room that the files of one request may take; given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    _permit: OwnedSemaphorePermit,
    _place: Place,
}

/// Reads a form into a request with files.
pub(crate) async fn read(
    config: &EdgeConfig,
    parts: &Parts,
    content_type: &str,
    body: Body,
) -> Result<GraphqlRequest, Refused> {
    let limits = &config.uploads;
    let boundary = boundary(content_type)?;
    let fields = config.body_bytes as u64 * 2;
    let heads = HEAD_BYTES * (limits.files as u64 + 3);
    let whole = limits.total_bytes + fields + heads;
    let announced = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > whole) {
        return Err(too_large(whole, "bytes in a form"));
    }
    let constraints = Constraints::new().size_limit(SizeLimit::new().whole_stream(whole));
    let form = Multipart::with_constraints(body.into_data_stream(), boundary, constraints);
    let timeout = Duration::from_millis(limits.timeout_ms);
    tokio::time::timeout(timeout, request(config, form))
        .await
        .map_err(|_| {
            Refused::new(
                StatusCode::REQUEST_TIMEOUT,
                ErrorCode::BadUserInput,
                "form did not come in time",
            )
        })?
}

async fn request(config: &EdgeConfig, mut form: Multipart<'_>) -> Result<GraphqlRequest, Refused> {
    let limits = &config.uploads;
    let operations = part::text(&mut form, "operations", config.body_bytes).await?;
    let mut operations = json(&operations, config.json_depth, "operations")?;
    if operations.is_array() {
        return Err(Refused::malformed("a batch cannot have files"));
    }
    if names_file(&operations) {
        return Err(Refused::malformed(
            "a text of the operations stands for a file already",
        ));
    }
    let text = part::text(&mut form, "map", config.body_bytes).await?;
    platform_guard::check_json_depth(&text, config.json_depth)
        .map_err(|refusal| Refused::malformed(refusal.to_string()))?;
    let map = FileMap::read(&text, limits)?;
    map.place(&mut operations)?;
    let mut request = parameters::from_value(operations)?;
    let mut files: Vec<Option<Arc<Upload>>> = vec![None; map.len()];
    let mut left = limits.total_bytes;
    while let Some(field) = part::next(&mut form).await? {
        let name = part::name(&field)?;
        let Some(number) = map.number(name) else {
            return Err(Refused::malformed(format!("{name:?} is not in the map")));
        };
        if files[number].is_some() {
            return Err(Refused::malformed(format!("file {name:?} is sent twice")));
        }
        let upload = part::file(field, limits, &mut left).await?;
        files[number] = Some(Arc::new(upload));
    }
    if let Some(missing) = files.iter().position(Option::is_none) {
        let message = format!(
            "file {:?} is in the map but was not sent",
            map.name(missing)
        );
        return Err(Refused::malformed(message));
    }
    request.uploads = files.into_iter().flatten().collect();
    Ok(request)
}

/// The boundary between the parts, given once.
fn boundary(content_type: &str) -> Result<String, Refused> {
    let given = content_type
        .to_ascii_lowercase()
        .matches("boundary=")
        .count();
    let boundary = multer::parse_boundary(content_type).ok();
    boundary
        .filter(|text| given == 1 && !text.is_empty() && text.len() <= BOUNDARY)
        .ok_or_else(|| Refused::malformed("form has no boundary, or none that can be used"))
}

fn json(text: &[u8], depth: usize, name: &str) -> Result<Value, Refused> {
    platform_guard::check_json_depth(text, depth)
        .map_err(|refusal| Refused::malformed(refusal.to_string()))?;
    serde_json::from_slice(text)
        .map_err(|error| Refused::malformed(format!("{name} is not JSON: {error}")))
}

/// Whether a text in the variables looks like the place of a file: only the map says where files are.
fn names_file(operations: &Value) -> bool {
    fn walk(value: &Value) -> bool {
        match value {
            Value::String(text) => Upload::is_placeholder(text),
            Value::Array(items) => items.iter().any(walk),
            Value::Object(fields) => fields.values().any(walk),
            _ => false,
        }
    }
    operations.get("variables").is_some_and(walk)
}

/// There is more of something than may be.
fn too_large(limit: u64, what: &str) -> Refused {
    Refused::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::BadUserInput,
        format!("limit of {limit} {what} exceeded"),
    )
}
