//! A module's subgraph as the engine sees it: a function call in this process.

use std::any::Any;
use std::sync::Arc;

use async_graphql::{Response, ServerError};
use futures::StreamExt as _;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::BoxStream;
use platform_identity::{Authority, Identity};
use platform_sdk::Origin;
use platform_sdk::graphql::{Document, Subgraph, SubgraphRequest};
use router_edge::Caller;
use router_engine::{
    GraphqlError, LocalRequest, LocalResponse, LocalSubgraph, Location, OperationContext,
    PathSegment,
};
use tokio_util::sync::CancellationToken;

/// A [`Subgraph`] of a module behind the engine's interface.
pub struct Adapter {
    subgraph: Arc<dyn Subgraph>,
    cancel: CancellationToken,
}

impl Adapter {
    /// `cancel` ends every request when the process shuts down.
    pub fn new(subgraph: Arc<dyn Subgraph>, cancel: CancellationToken) -> Self {
        Self { subgraph, cancel }
    }

    fn request(&self, request: LocalRequest) -> SubgraphRequest {
        SubgraphRequest {
            document: Document::Parsed(request.document),
            operation_name: request.operation_name.as_deref().map(str::to_owned),
            variables: request.variables,
            origin: Origin {
                identity: Arc::new(identity_of(&request.context)),
                deadline: request.context.deadline,
                trace_parent: request.context.trace_parent.clone(),
                cancel: self.cancel.child_token(),
            },
        }
    }
}

impl LocalSubgraph for Adapter {
    fn execute(&self, request: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        self.subgraph
            .execute(self.request(request))
            .map(to_local)
            .boxed()
    }

    fn subscribe(&self, request: LocalRequest) -> BoxStream<'static, LocalResponse> {
        self.subgraph
            .subscribe(self.request(request))
            .map(to_local)
            .boxed()
    }
}

/// The identity that the edge verified. A principal of another kind is nobody: what is not proven here
/// is not believed.
fn identity_of(context: &OperationContext) -> Identity {
    let principal: &dyn Any = &*context.principal;
    principal.downcast_ref::<Caller>().map_or_else(
        || Authority::claim().anonymous(),
        |caller| caller.identity().clone(),
    )
}

fn to_local(response: Response) -> LocalResponse {
    LocalResponse {
        data: response.data,
        errors: response.errors.into_iter().map(to_engine).collect(),
    }
}

fn to_engine(error: ServerError) -> GraphqlError {
    GraphqlError {
        message: error.message,
        locations: error
            .locations
            .iter()
            .map(|at| Location {
                line: at.line,
                column: at.column,
            })
            .collect(),
        path: error
            .path
            .into_iter()
            .map(|segment| match segment {
                async_graphql::PathSegment::Field(key) => PathSegment::Key(key),
                async_graphql::PathSegment::Index(index) => PathSegment::Index(index),
            })
            .collect(),
        extensions: error
            .extensions
            .and_then(|extensions| serde_json::to_value(extensions).ok())
            .and_then(|value| match value {
                serde_json::Value::Object(map) => Some(map),
                _ => None,
            })
            .unwrap_or_default(),
    }
}
