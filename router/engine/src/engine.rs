//! The engine: a supergraph, ways to its subgraphs, and what is known about operations.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures::FutureExt;
use platform_guard::Limits;

use crate::authorization::Denied;
use crate::context::OperationContext;
use crate::error::{EngineError, GraphqlError, code};
use crate::flight::{MutationCount, QueryKey};
use crate::prepare::Ready;
use crate::request::{GraphqlRequest, OperationKind, parse_kind};
use crate::response::GraphqlResponse;
use crate::state::State;
use crate::transport::{RemoteClient, RemoteSubgraph, Transport};
use crate::warm::warm;

/// Limits of an engine.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Memory for known documents and their plans, in bytes, estimated.
    pub cache_bytes: u64,
    /// What a document may hold; checked before anything parses it.
    pub limits: Limits,
    /// Whether identical fetches of queries that are under way at the same time travel once. Only fetches of principals
    /// with the same scope and with the same headers are identical. An identical query that comes before the first
    /// answer to another one has all its fetches in common with it, so it takes part in it as a whole, in its deadline too.
    pub single_flight: bool,
    /// Whether whole queries that are under way at the same time are run once, for principals with the same scope and
    /// with the same headers. They then share the deadline of the first.
    pub share_queries: bool,
    /// Labels of progressive overrides (`@override(label:)`) that are switched on; percentages need none.
    pub override_labels: Vec<String>,
    /// Longest time to plan one operation.
    pub planning_timeout: Duration,
    /// Longest time to resolve one event of a subscription.
    pub event_timeout: Duration,
    /// More variables in `@skip` and `@include` than this are refused. At most 64.
    pub max_conditional_variables: usize,
    /// After a change of the supergraph at most so many of the most used documents are planned again in the background.
    pub warm_documents: usize,
    /// Longest time to do that.
    pub warm_time: Duration,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            cache_bytes: 64 * 1024 * 1024,
            limits: Limits::default(),
            single_flight: true,
            share_queries: false,
            override_labels: Vec::new(),
            planning_timeout: Duration::from_secs(5),
            event_timeout: Duration::from_secs(30),
            max_conditional_variables: 16,
            warm_documents: 1024,
            warm_time: Duration::from_secs(10),
        }
    }
}

/// Runs operations over a supergraph.
pub struct Engine {
    pub(crate) state: ArcSwap<State>,
    pub(crate) mutations: MutationCount,
    pub(crate) options: EngineOptions,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine for a supergraph (join specification 0.3 to 0.5), with a way to every subgraph that it names.
    ///
    /// # Errors
    /// When the supergraph cannot be read or planned, or a transport is missing.
    pub fn new(
        supergraph_sdl: &str,
        transports: HashMap<String, Transport>,
        options: EngineOptions,
    ) -> Result<Self, EngineError> {
        let state = State::new(
            supergraph_sdl,
            |name, _| transports.get(name).cloned().map(Ok),
            &options,
        )?;
        Ok(Self {
            state: ArcSwap::from_pointee(state),
            mutations: MutationCount::default(),
            options,
        })
    }

    /// An engine that reaches every subgraph at the address that the supergraph gives.
    ///
    /// # Errors
    /// When the supergraph cannot be read or planned, or an address cannot be used.
    pub fn remote(
        supergraph_sdl: &str,
        client: &RemoteClient,
        options: EngineOptions,
    ) -> Result<Self, EngineError> {
        let transport = |name: &str, url: &str| {
            Some(RemoteSubgraph::named(name, url, client.clone()).map(Transport::Remote))
        };
        let state = State::new(supergraph_sdl, transport, &options)?;
        Ok(Self {
            state: ArcSwap::from_pointee(state),
            mutations: MutationCount::default(),
            options,
        })
    }

    /// Changes to another supergraph at once: operations under way end on the old one, new ones begin on the new one.
    /// The most used documents are planned again in the background.
    ///
    /// # Errors
    /// Like [`Engine::new`]; the old supergraph then stays.
    pub fn replace(
        &self,
        supergraph_sdl: &str,
        transports: HashMap<String, Transport>,
    ) -> Result<(), EngineError> {
        let state = State::new(
            supergraph_sdl,
            |name, _| transports.get(name).cloned().map(Ok),
            &self.options,
        )?;
        self.change(state);
        Ok(())
    }

    fn change(&self, state: State) {
        let state = Arc::new(state);
        let old = self.state.swap(Arc::clone(&state));
        warm(&old, &state, &self.options);
    }

    /// Like [`Engine::replace`], with every subgraph at the address that the supergraph gives.
    ///
    /// # Errors
    /// Like [`Engine::remote`]; the old supergraph then stays.
    pub fn replace_remote(
        &self,
        supergraph_sdl: &str,
        client: &RemoteClient,
    ) -> Result<(), EngineError> {
        let transport = |name: &str, url: &str| {
            Some(RemoteSubgraph::named(name, url, client.clone()).map(Transport::Remote))
        };
        let state = State::new(supergraph_sdl, transport, &self.options)?;
        self.change(state);
        Ok(())
    }

    /// The kind of the operation that a request asks for.
    ///
    /// # Errors
    /// A response to send when the document does not parse or has no such operation.
    pub fn operation_kind(
        &self,
        request: &GraphqlRequest,
    ) -> Result<OperationKind, GraphqlResponse> {
        let name = request.operation_name.as_deref();
        match self.state.load().cache.get(&request.query, name) {
            Some(Ok(prepared)) => Ok(prepared.document.operation.kind),
            Some(Err(refused)) => Err(GraphqlResponse::refused(refused.errors.clone())),
            None => parse_kind(&request.query, name, &self.options.limits)
                .map_err(GraphqlResponse::refused),
        }
    }

    /// Type and field names of everything that the operation selects, whatever its conditions, in order: for
    /// authorisation before it is planned. Fields of interfaces and unions are listed for every type below them too.
    ///
    /// # Errors
    /// A response to send when the request is refused.
    pub async fn coordinates(
        &self,
        request: &GraphqlRequest,
    ) -> Result<Arc<[(Arc<str>, Arc<str>)]>, GraphqlResponse> {
        let (state, prepared) = self.read(request).await?;
        if let Some(known) = prepared.coordinates.get() {
            return Ok(Arc::clone(known));
        }
        let coordinates = state.coordinates(&prepared)?;
        Ok(Arc::clone(prepared.coordinates.get_or_init(|| coordinates)))
    }

    /// Names of the subgraphs of the supergraph that it serves now.
    #[must_use]
    pub fn subgraphs(&self) -> Arc<[Arc<str>]> {
        Arc::clone(self.state.load().planner.subgraphs())
    }

    /// Whether an operation of a document is read and planned, so that a request for it waits for neither.
    #[must_use]
    pub fn is_warm(&self, query: &str, operation_name: Option<&str>) -> bool {
        matches!(
            self.state.load().cache.peek(query, operation_name),
            Some(Ok(prepared)) if !prepared.plan_keys().is_empty()
        )
    }

    /// The plan of an operation, for people to read.
    ///
    /// # Errors
    /// A response to send when the request is refused.
    pub async fn explain(&self, request: &GraphqlRequest) -> Result<String, GraphqlResponse> {
        Ok(self.prepare(request, None).await?.plan.to_string())
    }

    /// Runs a query or a mutation.
    pub async fn execute(
        &self,
        request: GraphqlRequest,
        context: OperationContext,
    ) -> GraphqlResponse {
        self.execute_without(request, context, None).await
    }

    /// Runs a query or a mutation without what its caller may not see: it is not fetched, and null with an error in the
    /// answer.
    pub async fn execute_without(
        &self,
        request: GraphqlRequest,
        context: OperationContext,
        denied: Option<Arc<Denied>>,
    ) -> GraphqlResponse {
        let ready = match self.prepare(&request, denied).await {
            Ok(ready) => ready,
            Err(response) => return response,
        };
        if ready.plan.kind == OperationKind::Subscription {
            let message = "a subscription needs a transport for streams";
            return GraphqlResponse::refused(vec![GraphqlError::new(
                message,
                code::BAD_USER_INPUT,
            )]);
        }
        let context = Arc::new(context);
        let Some(until) = self.joinable(&ready) else {
            let kind = ready.plan.kind;
            let _counted = (kind == OperationKind::Mutation).then(|| self.mutations.begin());
            return ready.answer(&context, None, None).await;
        };
        // a map of JSON values always serialises; the same map gives the same text
        let variables = serde_json::to_vec(&request.variables).unwrap_or_default();
        let key = QueryKey::new(&ready.plan, variables.into(), ready.after, &context);
        let work = ready.clone();
        let flight = ready.state.queries.board(key, |boarding| {
            async move {
                let early = (until == Until::FirstAnswer).then_some(&boarding);
                work.answer(&context, None, early).await
            }
            .boxed()
        });
        flight.await
    }

    /// Until when the same query may join one that is under way.
    fn joinable(&self, ready: &Ready) -> Option<Until> {
        if ready.plan.kind != OperationKind::Query {
            return None;
        }
        if self.options.share_queries {
            return Some(Until::End);
        }
        // all that the other one would ask for travels with this one's fetches anyway
        self.options.single_flight.then_some(Until::FirstAnswer)
    }
}

/// When a query under way may no longer be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// When its first fetch has been answered: until then, every fetch of another one would be the same.
    FirstAnswer,
    End,
}
