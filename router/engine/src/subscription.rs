//! Subscriptions: one subgraph gives the events, every event gets its fields from the others.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};

use crate::authorization::Denied;
use crate::context::OperationContext;
use crate::engine::Engine;
use crate::error::{GraphqlError, code};
use crate::execution::{Outcome, local_request, remote_body};
use crate::prepare::Ready;
use crate::request::{GraphqlRequest, OperationKind};
use crate::response::GraphqlResponse;
use crate::transport::Transport;
use crate::upload::Passed;

impl Engine {
    /// Starts a subscription. The stream gives one response per event and ends when the subgraph ends it, after one
    /// response with errors when the subgraph breaks off. Dropping it ends the subscription at the subgraph. Events are
    /// resolved one after the other, so that a slow client slows the subgraph instead of filling memory.
    ///
    /// # Errors
    /// A response to send when the request is refused or the subgraph does not accept it.
    pub async fn subscribe(
        &self,
        request: GraphqlRequest,
        context: OperationContext,
    ) -> Result<BoxStream<'static, GraphqlResponse>, GraphqlResponse> {
        self.subscribe_without(request, context, None).await
    }

    /// Starts a subscription without what its caller may not see: it is not fetched, and null with an error in every
    /// event.
    ///
    /// # Errors
    /// Like [`Engine::subscribe`].
    pub async fn subscribe_without(
        &self,
        request: GraphqlRequest,
        context: OperationContext,
        denied: Option<Arc<Denied>>,
    ) -> Result<BoxStream<'static, GraphqlResponse>, GraphqlResponse> {
        let ready = self.prepare(&request, denied).await?;
        if ready.plan.kind != OperationKind::Subscription {
            let message = "the operation is no subscription";
            return Err(GraphqlResponse::refused(vec![GraphqlError::new(
                message,
                code::BAD_USER_INPUT,
            )]));
        }
        let context = Arc::new(context);
        let events = source(&ready, &context).await?;
        let limit = self.options.event_timeout;
        Ok(events
            .then(move |outcome| {
                let ready = ready.clone();
                let mut context = OperationContext::clone(&context);
                context.deadline = Instant::now() + limit;
                async move { ready.answer(&Arc::new(context), Some(outcome), None).await }
            })
            .boxed())
    }
}

/// The events of the subscription's root field.
async fn source(
    ready: &Ready,
    context: &Arc<OperationContext>,
) -> Result<BoxStream<'static, Outcome>, GraphqlResponse> {
    let fail = |message: &str, code: &str, subgraph: &str| {
        GraphqlResponse::failed(vec![
            GraphqlError::new(message, code).from_subgraph(subgraph),
        ])
    };
    let Some(fetch) = ready.plan.fetches.first() else {
        return Err(GraphqlResponse::failed(vec![GraphqlError::new(
            "the subscription selects nothing",
            code::INTERNAL,
        )]));
    };
    let subgraph = Arc::clone(ready.plan.subgraph(fetch));
    match &ready.state.transports[usize::from(fetch.subgraph.0)] {
        Transport::Local(local) => {
            let Some(request) =
                local_request(ready.environment(context), fetch, Vec::new(), &Vec::new())
            else {
                return Err(fail(
                    "the subscription cannot be expressed for its subgraph",
                    code::INTERNAL,
                    &subgraph,
                ));
            };
            Ok(local.subscribe(request).map(Outcome::Native).boxed())
        }
        Transport::Remote(remote) => {
            // files are for mutations only
            let mut none = Passed::default();
            let environment = ready.environment(context);
            let body = remote_body(fetch, &[], &Vec::new(), environment, &mut none);
            let body = Bytes::from(body);
            let events = remote
                .subscribe(&subgraph, body, context)
                .await
                .map_err(|failure| {
                    tracing::warn!(%subgraph, %failure, "subscription failed");
                    fail(failure.public(), code::UNAVAILABLE, &subgraph)
                })?;
            Ok(events
                .map(move |event| match event {
                    Ok(bytes) => Outcome::Json(bytes),
                    Err(failure) => {
                        tracing::warn!(%subgraph, %failure, "subscription broke off");
                        Outcome::Failed(GraphqlError::new(failure.public(), code::UNAVAILABLE))
                    }
                })
                .boxed())
        }
    }
}
