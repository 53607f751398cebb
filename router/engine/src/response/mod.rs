//! From merged data to the bytes that the client gets.

mod collect;
mod leaf;
mod passthrough;
mod projection;
mod write;

use bytes::Bytes;

pub(crate) use collect::{Collector, TooLarge};
pub(crate) use leaf::Leaf;
pub(crate) use passthrough::passes_through;
pub(crate) use projection::{
    FieldSource, MetaField, OutputType, ProjectedField, Projection, Selection,
};
pub(crate) use write::{Place, write_data, write_part};

use crate::error::GraphqlError;

/// Whether an operation was run, for the status of a transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseKind {
    /// It was run; `data` is there, if only as null.
    Executed,
    /// The request was refused before anything was run; there is no `data`.
    Refused,
    /// The engine could not run it; there is no `data`.
    Failed,
}

/// A response, serialised.
#[derive(Debug, Clone)]
pub struct GraphqlResponse {
    /// `{"data": …, "errors": …}`.
    pub body: Bytes,
    /// Whether the operation was run.
    pub kind: ResponseKind,
    /// The errors that stand in the body, for logs and metrics.
    pub errors: Vec<GraphqlError>,
}

impl GraphqlResponse {
    /// A response that refuses the request.
    #[must_use]
    pub fn refused(errors: Vec<GraphqlError>) -> Self {
        Self::without_data(ResponseKind::Refused, errors)
    }

    /// A response for a request that could not be run through no fault of its own.
    #[must_use]
    pub fn failed(errors: Vec<GraphqlError>) -> Self {
        Self::without_data(ResponseKind::Failed, errors)
    }

    fn without_data(kind: ResponseKind, errors: Vec<GraphqlError>) -> Self {
        let mut body = b"{".to_vec();
        write_errors(&mut body, &errors);
        body.push(b'}');
        Self {
            body: body.into(),
            kind,
            errors,
        }
    }

    /// A response around data that is already written.
    pub(crate) fn executed(mut body: Vec<u8>, errors: Vec<GraphqlError>) -> Self {
        if !errors.is_empty() {
            body.push(b',');
            write_errors(&mut body, &errors);
        }
        body.push(b'}');
        Self {
            body: body.into(),
            kind: ResponseKind::Executed,
            errors,
        }
    }
}

pub(crate) fn write_errors(out: &mut Vec<u8>, errors: &[GraphqlError]) {
    out.extend_from_slice(b"\"errors\":");
    let start = out.len();
    if serde_json::to_writer(&mut *out, errors).is_err() {
        // JSON values and strings always serialise; the response stays well-formed whatever happens
        out.truncate(start);
        out.extend_from_slice(b"[{\"message\":\"the errors cannot be shown\"}]");
    }
}
