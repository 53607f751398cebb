//! Subgraphs in this process.

use std::sync::Arc;

use async_graphql_parser::types::ExecutableDocument;
use async_graphql_value::{ConstValue, Variables};
use futures::future::BoxFuture;
use futures::stream::BoxStream;

use crate::context::OperationContext;
use crate::error::GraphqlError;
use crate::upload::Uploads;

/// A subgraph in this process. The document of a fetch is parsed once with its plan and then shared.
pub trait LocalSubgraph: Send + Sync {
    /// Runs a query or a mutation. Dropping the future cancels the work.
    fn execute(&self, request: LocalRequest) -> BoxFuture<'static, LocalResponse>;

    /// Runs a subscription; every item is one event. Dropping the stream ends it.
    fn subscribe(&self, request: LocalRequest) -> BoxStream<'static, LocalResponse>;
}

/// One fetch from a subgraph in this process.
#[derive(Debug, Clone)]
pub struct LocalRequest {
    /// Made by the planner from a validated operation: needs no validation of its own.
    pub document: Arc<ExecutableDocument>,
    /// Always absent today: the documents of a plan hold one anonymous operation.
    pub operation_name: Option<Arc<str>>,
    /// Coerced variables of the operation, and `representations` for entities.
    pub variables: Variables,
    /// Files of the request that the variables name by placeholders: `#__graphql_file__:N` is the one at `N`.
    pub uploads: Uploads,
    /// Identity, deadline and trace of the operation.
    pub context: Arc<OperationContext>,
    /// The text of the document, for logs.
    pub text: Arc<str>,
}

/// The answer of a subgraph in this process.
#[derive(Debug, Clone, Default)]
pub struct LocalResponse {
    /// The object under `data`, or null. It may be shared with whoever wants to give it again.
    pub data: Arc<ConstValue>,
    /// What failed, with paths as the subgraph sees them.
    pub errors: Vec<GraphqlError>,
}
