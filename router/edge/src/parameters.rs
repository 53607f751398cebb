//! The parameters of a GraphQL request (GraphQL over HTTP §5.1), strictly typed.

use std::fmt;

use router_engine::GraphqlRequest;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
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
    let sent: Sent = serde_json::from_slice(body)
        .map_err(|error| Refused::malformed(format!("body is not JSON: {error}")))?;
    match sent {
        Sent::Many(requests) if batch == 0 => Err(Refused::malformed(format!(
            "batches are not accepted, {} operations sent",
            requests.len()
        ))),
        Sent::Many(requests) if requests.is_empty() => Err(Refused::malformed("batch is empty")),
        Sent::Many(requests) if requests.len() > batch => Err(Refused::malformed(format!(
            "limit of {batch} operations in a batch exceeded: {} seen",
            requests.len()
        ))),
        Sent::Many(requests) => requests
            .into_iter()
            .map(|request| match request {
                Sent::One(given) => given.request(),
                Sent::Many(_) | Sent::Other => Err(no_object()),
            })
            .collect::<Result<_, _>>()
            .map(Body::Batch),
        Sent::One(given) => Ok(Body::One(Box::new(given.request()?))),
        Sent::Other => Err(no_object()),
    }
}

fn no_object() -> Refused {
    Refused::malformed("request is not a JSON object")
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
        return Err(no_object());
    };
    let mut take = |name| object.remove(name).unwrap_or_default();
    let given = Given {
        query: take("query"),
        operation_name: take("operationName"),
        variables: take("variables"),
        extensions: take("extensions"),
    };
    given.request()
}

/// The parameters of a request as they were given, of any type; null for what was not given.
#[derive(Debug, Default)]
struct Given {
    query: Value,
    operation_name: Value,
    variables: Value,
    extensions: Value,
}

impl Given {
    fn request(self) -> Result<GraphqlRequest, Refused> {
        let extensions = map(self.extensions, "extensions")?;
        let query = match self.query {
            Value::String(query) => query,
            // the document may be named by its hash instead
            Value::Null if extensions.contains_key("persistedQuery") => String::new(),
            Value::Null => return Err(Refused::malformed("query is missing")),
            _ => return Err(Refused::malformed("query is not a string")),
        };
        let operation_name = match self.operation_name {
            Value::Null => None,
            // GraphiQL and others send an empty name for none
            Value::String(name) => Some(name).filter(|name| !name.is_empty()),
            _ => return Err(Refused::malformed("operationName is not a string")),
        };
        let variables = map(self.variables, "variables")?;
        Ok(GraphqlRequest {
            query: query.into(),
            operation_name,
            variables,
            extensions,
            ..GraphqlRequest::default()
        })
    }
}

fn map(value: Value, name: &str) -> Result<Map<String, Value>, Refused> {
    match value {
        Value::Null => Ok(Map::new()),
        Value::Object(map) => Ok(map),
        _ => Err(Refused::malformed(format!("{name} is not an object"))),
    }
}

/// A body as far as it matters. Nothing is kept of parameters that nobody knows.
enum Sent {
    One(Box<Given>),
    Many(Vec<Sent>),
    /// Neither an object nor a list.
    Other,
}

impl<'de> Deserialize<'de> for Sent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Sent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Sent, A::Error> {
        let mut given = Box::<Given>::default();
        while let Some(name) = members.next_key::<Parameter>()? {
            // of two of a name the last one counts, as with most readers of JSON
            match name {
                Parameter::Query => given.query = members.next_value()?,
                Parameter::OperationName => given.operation_name = members.next_value()?,
                Parameter::Variables => given.variables = members.next_value()?,
                Parameter::Extensions => given.extensions = members.next_value()?,
                Parameter::Unknown => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Sent::One(given))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Sent, A::Error> {
        let mut many = Vec::new();
        while let Some(item) = items.next_element()? {
            many.push(item);
        }
        Ok(Sent::Many(many))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Sent, E> {
        Ok(Sent::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Sent, E> {
        Ok(Sent::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Sent, E> {
        Ok(Sent::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Sent, E> {
        Ok(Sent::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Sent, E> {
        Ok(Sent::Other)
    }

    fn visit_unit<E>(self) -> Result<Sent, E> {
        Ok(Sent::Other)
    }
}

/// The parameters that are known, by their names.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Parameter {
    Query,
    OperationName,
    Variables,
    Extensions,
    #[serde(other)]
    Unknown,
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
            ("1.5", "request is not a JSON object"),
            ("[true, 1]", "request is not a JSON object"),
            (r#"{"query":"{a}","more":[}"#, "body is not JSON"),
            (r#"{"query":"{a}"} {}"#, "body is not JSON"),
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
