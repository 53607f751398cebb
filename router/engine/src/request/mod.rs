//! What a client sends, and how it is read: parsing, validation, coercion of variables.

mod alias;
mod conditions;
mod defer;
mod document;
mod literal;
mod overlap;
mod validation;
mod variables;

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::upload::Uploads;

pub(crate) use alias::{hide_aliases, shown};
pub(crate) use conditions::{conditional_variables, specialise};
pub(crate) use defer::{Deferred, Step as DeferStep, split};
pub use document::parse_document;
pub(crate) use document::{
    Document, Operation, operation_name, parse, parse_kind, selection_set_mut,
};
pub(crate) use literal::write_literal;
pub(crate) use variables::{Variables, coerce};

/// A GraphQL request, whatever transport it came by.
#[derive(Debug, Clone, Default)]
pub struct GraphqlRequest {
    /// The document.
    pub query: Arc<str>,
    /// Which operation of the document to run.
    pub operation_name: Option<String>,
    /// Raw variables; the engine coerces them.
    pub variables: Map<String, Value>,
    /// Files that came with it, for mutations only. Where a variable is one of them, [`crate::Upload::placeholder`] stands in
    /// its place.
    pub uploads: Uploads,
    /// Not read by the engine.
    pub extensions: Map<String, Value>,
}

impl GraphqlRequest {
    /// A request with nothing but a document.
    #[must_use]
    pub fn new(query: impl Into<Arc<str>>) -> Self {
        Self {
            query: query.into(),
            ..Self::default()
        }
    }
}

/// What kind of operation a document asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Reads; may be retried and shared.
    Query,
    /// Writes; strictly in order, never retried.
    Mutation,
    /// A stream of events.
    Subscription,
}
