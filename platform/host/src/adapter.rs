//! A module's subgraph as the engine sees it: a function call in this process.

use std::any::Any;
use std::io::{self, Seek as _};
use std::sync::Arc;

use async_graphql::{Response, ServerError, UploadValue};
use futures::StreamExt as _;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::BoxStream;
use platform_identity::{Authority, Identity};
use platform_sdk::graphql::{Document, Subgraph, SubgraphRequest};
use platform_sdk::{ErrorCode, Origin};
use router_edge::Caller;
use router_engine::{
    GraphqlError, LocalRequest, LocalResponse, LocalSubgraph, Location, OperationContext,
    PathSegment, Upload, Uploads,
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

    fn request(&self, request: LocalRequest, uploads: Vec<UploadValue>) -> SubgraphRequest {
        SubgraphRequest {
            document: Document::Parsed(request.document),
            operation_name: request.operation_name.as_deref().map(str::to_owned),
            variables: request.variables,
            uploads,
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
        if request.uploads.is_empty() {
            let request = self.request(request, Vec::new());
            return self.subgraph.execute(request).map(to_local).boxed();
        }
        let this = Self::new(Arc::clone(&self.subgraph), self.cancel.clone());
        async move {
            match own_files(Arc::clone(&request.uploads)).await {
                Ok(uploads) => {
                    to_local(this.subgraph.execute(this.request(request, uploads)).await)
                }
                Err(error) => {
                    tracing::error!(%error, "files of a request cannot be handed over");
                    let error = GraphqlError::new("internal error", ErrorCode::Internal.as_str());
                    LocalResponse {
                        errors: vec![error],
                        ..LocalResponse::default()
                    }
                }
            }
        }
        .boxed()
    }

    fn subscribe(&self, request: LocalRequest) -> BoxStream<'static, LocalResponse> {
        self.subgraph
            .subscribe(self.request(request, Vec::new()))
            .map(to_local)
            .boxed()
    }
}

/// The files of a fetch as its resolvers take them: each a nameless file of its own, read from its beginning whatever
/// other fetches read.
async fn own_files(uploads: Uploads) -> io::Result<Vec<UploadValue>> {
    let copy = move |upload: &Arc<Upload>| {
        let mut content = tempfile::tempfile()?;
        upload.copy_to(&mut content)?;
        content.rewind()?;
        Ok(UploadValue {
            filename: upload.name().to_owned(),
            content_type: upload.content_type().map(str::to_owned),
            content,
        })
    };
    tokio::task::spawn_blocking(move || uploads.iter().map(copy).collect())
        .await
        .map_err(io::Error::other)?
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
        data: Arc::new(response.data),
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
