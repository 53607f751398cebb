//! What of an error a client may read: codes of the closed list, and nothing of what nobody foresaw.

use bytes::Bytes;
use platform_types::ErrorCode;
use router_engine::{GraphqlError, GraphqlResponse, code};
use serde_json::{Map, Value};
use sonic_rs::JsonValueTrait as _;

/// Keys of `extensions` that pass besides `code`; everything else of a subgraph stays inside.
const PASSING: [&str; 10] = [
    "subgraph",
    "field",
    "limit",
    "allowed",
    "seen",
    "retryAfter",
    "module",
    "requiredScopes",
    "reason",
    "traceId",
];

const MASKED: &str = "internal error";

/// A response as the client may see it.
pub(crate) fn response(response: GraphqlResponse, mask: bool) -> GraphqlResponse {
    for error in &response.errors {
        let code = public_code(error.code()).unwrap_or(ErrorCode::Internal);
        metrics::counter!("tessera_edge_errors_total", "code" => code.as_str()).increment(1);
        if code == ErrorCode::Internal {
            // the client reads «internal error» and the request's id, which the span gives to this line
            tracing::error!(error = %error.message, path = ?error.path, extensions = ?error.extensions, "operation failed");
        }
    }
    if !mask || response.errors.is_empty() {
        return response;
    }
    let errors: Vec<GraphqlError> = response.errors.iter().map(error).collect();
    if errors == response.errors {
        return response;
    }
    let body = rewrite(&response.body, &errors);
    GraphqlResponse {
        body,
        errors,
        ..response
    }
}

/// The first step of a deferred answer as the client may see it.
pub(crate) fn first_step(whole: GraphqlResponse, mask: bool) -> GraphqlResponse {
    let before = whole.body.clone();
    let masked = response(whole, mask);
    if masked.body == before {
        return masked;
    }
    // what was written anew has lost it
    let mut body = masked.body.strip_suffix(b"}").unwrap_or_default().to_vec();
    body.extend_from_slice(b",\"hasNext\":true}");
    GraphqlResponse {
        body: body.into(),
        ..masked
    }
}

/// A later step as the client may see it: errors stand in every part of it.
pub(crate) fn step(body: Bytes, mask: bool) -> Bytes {
    let mut errors = Vec::new();
    let written = masked_step(&body, &mut errors);
    if errors.is_empty() && written.is_ok() {
        return body;
    }
    // counts and logs them
    response(GraphqlResponse::refused(errors), false);
    match written {
        Ok(_) if !mask => body,
        Ok(written) => written.into(),
        Err(error) => {
            tracing::error!(%error, "a step cannot be read");
            let error = GraphqlError::new(MASKED, ErrorCode::Internal.as_str());
            failed_step(&error)
        }
    }
}

/// A last step that is nothing but an error.
pub(crate) fn failed_step(error: &GraphqlError) -> Bytes {
    serde_json::json!({ "incremental": [], "errors": [error], "hasNext": false })
        .to_string()
        .into()
}

/// Writes a step with its errors masked, and collects them as they were. Data passes as it stands.
fn masked_step(body: &Bytes, found: &mut Vec<GraphqlError>) -> Result<String, StepError> {
    let mut out = String::from("{\"incremental\":[");
    let incremental = sonic_rs::get_from_slice(body, ["incremental"])?;
    for (index, part) in sonic_rs::to_array_iter(incremental.as_raw_str()).enumerate() {
        let part = part?;
        if index > 0 {
            out.push(',');
        }
        out.push('{');
        for (index, field) in sonic_rs::to_object_iter(part.as_raw_str()).enumerate() {
            let (name, value) = field?;
            if index > 0 {
                out.push(',');
            }
            out.push_str(&serde_json::to_string(&*name)?);
            out.push(':');
            if name == "errors" {
                out.push_str(&masked_errors(value.as_raw_str(), found)?);
            } else {
                out.push_str(value.as_raw_str());
            }
        }
        out.push('}');
    }
    out.push_str("],");
    if let Ok(errors) = sonic_rs::get_from_slice(body, ["errors"]) {
        out.push_str("\"errors\":");
        out.push_str(&masked_errors(errors.as_raw_str(), found)?);
        out.push(',');
    }
    let next = sonic_rs::get_from_slice(body, ["hasNext"])?;
    out.push_str("\"hasNext\":");
    out.push_str(next.as_raw_str());
    out.push('}');
    Ok(out)
}

fn masked_errors(text: &str, found: &mut Vec<GraphqlError>) -> Result<String, StepError> {
    let errors: Vec<GraphqlError> = serde_json::from_str(text)?;
    let masked: Vec<GraphqlError> = errors.iter().map(error).collect();
    found.extend(errors);
    Ok(serde_json::to_string(&masked)?)
}

/// A step is not what the engine writes.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Sonic(#[from] sonic_rs::Error),
    #[error(transparent)]
    Serde(#[from] serde_json::Error),
}

/// An error as the client may see it.
pub(crate) fn error(error: &GraphqlError) -> GraphqlError {
    let public = public_code(error.code());
    let foreseen = public.is_some_and(|code| code != ErrorCode::Internal);
    let mut extensions = Map::new();
    extensions.insert(
        "code".into(),
        public.unwrap_or(ErrorCode::Internal).as_str().into(),
    );
    for (key, value) in &error.extensions {
        // plain values only: objects are where stack traces hide
        if PASSING.contains(&key.as_str())
            && (foreseen || key == "subgraph")
            && !matches!(value, Value::Object(_))
        {
            extensions.insert(key.clone(), value.clone());
        }
    }
    let own_words = is_own(error);
    if own_words {
        extensions.insert("reason".into(), code::INVALID_RESULT.into());
    }
    let message = if foreseen || own_words {
        error.message.clone()
    } else {
        MASKED.to_owned()
    };
    GraphqlError {
        message,
        locations: error.locations.clone(),
        path: error.path.clone(),
        extensions,
    }
}

/// Whether the engine itself says, in words of its own, that a subgraph's value breaks the schema. What a subgraph says
/// under the same code bears its name.
fn is_own(error: &GraphqlError) -> bool {
    error.code() == Some(code::INVALID_RESULT) && !error.extensions.contains_key("subgraph")
}

/// The code of the closed list that stands for an engine's or a subgraph's code.
fn public_code(own: Option<&str>) -> Option<ErrorCode> {
    use ErrorCode as C;
    let own = own?;
    if own == code::PARSE_FAILED || own == code::VALIDATION_FAILED {
        return Some(C::BadUserInput);
    }
    [
        C::Unauthenticated,
        C::Forbidden,
        C::NotFound,
        C::BadUserInput,
        C::Conflict,
        C::LicenseRequired,
        C::RateLimited,
        C::Unavailable,
        C::Internal,
    ]
    .into_iter()
    .find(|code| code.as_str() == own)
}

/// The response with extensions; the engine gives none of its own.
pub(crate) fn extended(response: GraphqlResponse, extensions: &Value) -> GraphqlResponse {
    let Some(head) = response.body.strip_suffix(b"}") else {
        return response;
    };
    let tail = format!(",\"extensions\":{extensions}}}");
    GraphqlResponse {
        body: [head, tail.as_bytes()].concat().into(),
        ..response
    }
}

/// The same body with other errors; the data is passed through as it stands.
fn rewrite(body: &Bytes, errors: &[GraphqlError]) -> Bytes {
    let errors = serde_json::to_string(errors).unwrap_or_else(|_| "[]".into());
    let text = match sonic_rs::get_from_slice(body, ["data"]) {
        Ok(data) if !data.is_null() || body.starts_with(b"{\"data\"") => {
            format!("{{\"data\":{},\"errors\":{errors}}}", data.as_raw_str())
        }
        _ => format!("{{\"errors\":{errors}}}"),
    };
    text.into()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use router_engine::ResponseKind;
    use serde_json::json;

    fn masked(body: Value) -> Value {
        let errors: Vec<GraphqlError> = serde_json::from_value(body["errors"].clone()).unwrap();
        let given = GraphqlResponse {
            body: body.to_string().into(),
            kind: ResponseKind::Executed,
            errors,
        };
        serde_json::from_slice(&response(given, true).body).unwrap()
    }

    #[test]
    fn unforeseen_errors_lose_their_text() {
        let answer = masked(json!({
            "data": {"a": "{\"errors\":[]}", "n": 12345678901234567890_u64},
            "errors": [
                {"message": "relation \"users\" does not exist", "path": ["a", 0]},
                {"message": "panicked at src/x.rs", "extensions": {"code": "INTERNAL_SERVER_ERROR", "subgraph": "core", "exception": {"stacktrace": []}}},
                {"message": "own words", "extensions": {"code": "INTERNAL"}}
            ]
        }));
        assert_eq!(
            answer,
            json!({
                "data": {"a": "{\"errors\":[]}", "n": 12345678901234567890_u64},
                "errors": [
                    {"message": "internal error", "path": ["a", 0], "extensions": {"code": "INTERNAL"}},
                    {"message": "internal error", "extensions": {"code": "INTERNAL", "subgraph": "core"}},
                    {"message": "internal error", "extensions": {"code": "INTERNAL"}}
                ]
            })
        );
    }

    #[test]
    fn foreseen_errors_keep_what_helps() {
        let answer = masked(json!({"errors": [
            {"message": "no licence", "path": ["x"], "extensions": {"code": "LICENSE_REQUIRED", "module": "interview", "stack": "at …", "limit": {"deep": 1}}},
            {"message": "Cannot query field", "locations": [{"line": 1, "column": 2}], "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}
        ]}));
        assert_eq!(
            answer,
            json!({"errors": [
                {"message": "no licence", "path": ["x"], "extensions": {"code": "LICENSE_REQUIRED", "module": "interview"}},
                {"message": "Cannot query field", "locations": [{"line": 1, "column": 2}], "extensions": {"code": "BAD_USER_INPUT"}}
            ]})
        );
    }

    #[test]
    fn a_value_that_breaks_the_schema_is_our_fault_in_the_engines_own_words() {
        let answer = masked(json!({"data": {"a": null}, "errors": [
            {"message": "the subgraph gave something else than an Int", "path": ["a"], "extensions": {"code": "INVALID_RESULT"}},
            {"message": "SELECT secret", "path": ["b"], "extensions": {"code": "INVALID_RESULT", "subgraph": "core", "reason": "SELECT"}}
        ]}));
        assert_eq!(
            answer["errors"],
            json!([
                {"message": "the subgraph gave something else than an Int", "path": ["a"], "extensions": {"code": "INTERNAL", "reason": "INVALID_RESULT"}},
                {"message": "internal error", "path": ["b"], "extensions": {"code": "INTERNAL", "subgraph": "core"}}
            ])
        );
    }

    #[test]
    fn null_data_stays_apart_from_no_data() {
        let bad = json!([{"message": "x"}]);
        assert!(
            masked(json!({"data": null, "errors": bad}))
                .as_object()
                .unwrap()
                .contains_key("data")
        );
        assert!(
            !masked(json!({"errors": bad}))
                .as_object()
                .unwrap()
                .contains_key("data")
        );
    }
}
