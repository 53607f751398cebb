//! What operators see of operations: a span, a duration by name, errors by code.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::document::Document;
use http::StatusCode;
use metrics::Histogram;
use parking_lot::Mutex;
use router_engine::{GraphqlRequest, GraphqlResponse, OperationKind, ResponseKind};

/// Names of operations that have a series of their own in the metrics. They are the clients' to choose: whatever comes
/// after that many is counted together.
const MAX_NAMES: usize = 256;
const OTHER: &str = "(other)";
const NAMELESS: &str = "(nameless)";

/// Names of operations that were seen.
#[derive(Debug, Default)]
pub(crate) struct Names(Mutex<HashSet<Arc<str>>>);

impl Names {
    /// The label under which an operation is counted.
    pub(crate) fn label(&self, request: &GraphqlRequest) -> Arc<str> {
        let Some(name) = name_of(request) else {
            return NAMELESS.into();
        };
        let mut known = self.0.lock();
        if let Some(known) = known.get(name) {
            return Arc::clone(known);
        }
        if known.len() >= MAX_NAMES || name.len() > 64 {
            return OTHER.into();
        }
        let name: Arc<str> = name.into();
        known.insert(Arc::clone(&name));
        name
    }
}

/// The name of the operation: what the client says, else what the document's first definition is called.
fn name_of(request: &GraphqlRequest) -> Option<&str> {
    if let Some(name) = &request.operation_name {
        return Some(name);
    }
    let text = request
        .query
        .trim_start_matches([' ', '\t', '\n', '\r', ',', '\u{feff}']);
    let rest = ["query", "mutation", "subscription"]
        .iter()
        .find_map(|keyword| text.strip_prefix(keyword))?;
    let name = rest
        .strip_prefix([' ', '\t', '\n', '\r', ','])?
        .trim_start();
    let end = name
        .find(|c: char| c != '_' && !c.is_ascii_alphanumeric())
        .unwrap_or(name.len());
    Some(&name[..end]).filter(|name| !name.is_empty())
}

/// How long answers took, by their status.
#[derive(Default)]
pub(crate) struct Statuses {
    /// Of most answers: found once.
    ok: OnceLock<Histogram>,
}

impl Statuses {
    /// Counts an answer.
    pub(crate) fn answered(&self, status: StatusCode, took: Duration) {
        let series = || {
            let status = status.as_u16().to_string();
            metrics::histogram!("tessera_edge_request_seconds", "status" => status)
        };
        if status == StatusCode::OK {
            self.ok.get_or_init(series).record(took);
        } else {
            series().record(took);
        }
    }
}

/// What kind of operation it is, for labels.
pub(crate) fn kind(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Query => "query",
        OperationKind::Mutation => "mutation",
        OperationKind::Subscription => "subscription",
    }
}

/// Counts an answer of the engine.
pub(crate) fn answered(
    kind_of: OperationKind,
    document: &Document,
    response: &GraphqlResponse,
    took: Duration,
) {
    let outcome = match response.kind {
        ResponseKind::Executed if response.errors.is_empty() => "ok",
        ResponseKind::Executed => "partial",
        ResponseKind::Refused => "refused",
        ResponseKind::Failed => "failed",
    };
    let series = || {
        let name = document.label.get().map_or(NAMELESS.into(), Arc::clone);
        metrics::histogram!(
            "tessera_edge_operation_seconds",
            "kind" => kind(kind_of), "operation" => name, "outcome" => outcome
        )
    };
    if outcome == "ok" {
        document.answered.get_or_init(series).record(took);
    } else {
        series().record(took);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_bounded() {
        let names = Names::default();
        let label = |text: &str| names.label(&GraphqlRequest::new(text)).to_string();
        assert_eq!(label("query Me { me { id } }"), "Me");
        assert_eq!(label(" \n mutation SignIn($a: Int) { x }"), "SignIn");
        assert_eq!(label("{ me { id } }"), "(nameless)");
        assert_eq!(label("query { me { id } }"), "(nameless)");
        assert_eq!(label("queryMe { x }"), "(nameless)");
        let chosen = GraphqlRequest {
            operation_name: Some("B".into()),
            ..GraphqlRequest::new("query A { x } query B { x }")
        };
        assert_eq!(&*names.label(&chosen), "B");
        for n in 0..1000 {
            label(&format!("query N{n} {{ x }}"));
        }
        assert_eq!(names.0.lock().len(), MAX_NAMES);
        assert_eq!(label("query N999 { x }"), "(other)");
        assert_eq!(label("query Me { x }"), "Me");
    }
}
