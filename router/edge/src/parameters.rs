//! The parameters of a GraphQL request (GraphQL over HTTP §5.1), strictly typed.

use router_engine::GraphqlRequest;
use serde_json::{Map, Value};

use crate::refused::Refused;

/// What the body of a POST asks for.
#[derive(Debug)]
pub(crate) enum Body {
    One(Box<GraphqlRequest>),
    Batch(Vec<GraphqlRequest>),
}

/// Reads the body of a POST: one request, or a batch of at most `batch` of them.
pub(crate) fn from_body(body: &[u8], depth: usize, batch: usize) -> Result<Body, Refused> {
    platform_guard::check_json_depth(body, depth)
        .map_err(|refusal| Refused::malformed(refusal.to_string()))?;
    // The parser's own message holds positions only, nothing of the text.
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Refused::malformed(format!("body is not JSON: {error}")))?;
    match value {
        Value::Array(requests) if batch == 0 => Err(Refused::malformed(format!(
            "batches are not accepted, {} operations sent",
            requests.len()
        ))),
        Value::Array(requests) if requests.is_empty() => Err(Refused::malformed("batch is empty")),
        Value::Array(requests) if requests.len() > batch => Err(Refused::malformed(format!(
            "limit of {batch} operations in a batch exceeded: {} seen",
            requests.len()
        ))),
        Value::Array(requests) => requests
            .into_iter()
            .map(from_value)
            .collect::<Result<_, _>>()
            .map(Body::Batch),
        value => from_value(value).map(|request| Body::One(Box::new(request))),
    }
}

/// Reads the query string of a GET.
pub(crate) fn from_query(
    pairs: Vec<(String, String)>,
    depth: usize,
) -> Result<GraphqlRequest, Refused> {
    let mut object = Map::new();
    for (name, text) in pairs {
        let value = match name.as_str() {
            "query" | "operationName" => Value::String(text),
            "variables" | "extensions" if text.is_empty() => continue,
            "variables" | "extensions" => {
                platform_guard::check_json_depth(text.as_bytes(), depth)
                    .map_err(|refusal| Refused::malformed(refusal.to_string()))?;
                serde_json::from_str(&text)
                    .map_err(|_| Refused::malformed(format!("{name} is not JSON")))?
            }
            _ => continue,
        };
        if object.insert(name.clone(), value).is_some() {
            return Err(Refused::malformed(format!("{name} is given twice")));
        }
    }
    from_value(Value::Object(object))
}

/// Reads the parameters of one request. Unknown ones are ignored, as the specification asks.
pub(crate) fn from_value(value: Value) -> Result<GraphqlRequest, Refused> {
    let Value::Object(mut object) = value else {
        return Err(Refused::malformed("request is not a JSON object"));
    };
    let extensions = take_map(&mut object, "extensions")?;
    let query = match object.remove("query") {
        Some(Value::String(query)) => query,
        // the document may be named by its hash instead
        None | Some(Value::Null) if extensions.contains_key("persistedQuery") => String::new(),
        None | Some(Value::Null) => return Err(Refused::malformed("query is missing")),
        Some(_) => return Err(Refused::malformed("query is not a string")),
    };
    let operation_name = match object.remove("operationName") {
        None | Some(Value::Null) => None,
        // GraphiQL and others send an empty name for none
        Some(Value::String(name)) => Some(name).filter(|name| !name.is_empty()),
        Some(_) => return Err(Refused::malformed("operationName is not a string")),
    };
    let variables = take_map(&mut object, "variables")?;
    Ok(GraphqlRequest {
        query: query.into(),
        operation_name,
        variables,
        extensions,
        ..GraphqlRequest::default()
    })
}

fn take_map(object: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, Refused> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(Refused::malformed(format!("{name} is not an object"))),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn the_parameters_are_read() {
        let body = br#"{"query":"{a}","operationName":"A","variables":{"x":[1]},"extensions":{"e":1},"more":1}"#;
        let Body::One(request) = from_body(body, 8, 0).unwrap() else {
            panic!("a batch")
        };
        assert_eq!(request.query.as_ref(), "{a}");
        assert_eq!(request.operation_name.as_deref(), Some("A"));
        assert_eq!(
            Value::Object(request.variables),
            serde_json::json!({"x": [1]})
        );
        let pairs = [
            ("query", "{a}"),
            ("variables", r#"{"x":1}"#),
            ("operationName", ""),
        ];
        let request =
            from_query(pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(), 8).unwrap();
        assert_eq!(request.operation_name, None);
        assert_eq!(
            Value::Object(request.variables),
            serde_json::json!({"x": 1})
        );
    }

    #[test]
    fn what_is_no_request_is_refused_with_the_reason() {
        for (body, reason) in [
            ("", "body is not JSON"),
            ("{", "body is not JSON"),
            ("\"{a}\"", "request is not a JSON object"),
            ("null", "request is not a JSON object"),
            ("{}", "query is missing"),
            (r#"{"query":null}"#, "query is missing"),
            (r#"{"query":1}"#, "query is not a string"),
            (r#"{"query":["{a}"]}"#, "query is not a string"),
            (
                r#"{"query":"{a}","operationName":1}"#,
                "operationName is not a string",
            ),
            (
                r#"{"query":"{a}","variables":"{}"}"#,
                "variables is not an object",
            ),
            (
                r#"{"query":"{a}","variables":[]}"#,
                "variables is not an object",
            ),
            (
                r#"{"query":"{a}","extensions":"x"}"#,
                "extensions is not an object",
            ),
            (
                r#"{"query":"{a}","variables":{"x":[[[[[[[[[]]]]]]]]]}}"#,
                "json depth",
            ),
            ("[]", "batch is empty"),
            (
                r#"[{"query":"{a}"},{"query":"{a}"},{"query":"{a}"}]"#,
                "operations in a batch",
            ),
            (r#"[{"query":"{a}"},{}]"#, "query is missing"),
            (r#"[[{"query":"{a}"}]]"#, "request is not a JSON object"),
        ] {
            let refused = from_body(body.as_bytes(), 8, 2).unwrap_err();
            assert!(
                refused.error.message.contains(reason),
                "{body}: {}",
                refused.error.message
            );
        }
        let twice = vec![("query".to_owned(), "{a}".to_owned()); 2];
        assert_eq!(
            from_query(twice, 8).unwrap_err().error.message,
            "query is given twice"
        );
    }
}
