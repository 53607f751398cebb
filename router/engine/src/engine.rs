//! The engine: a supergraph, ways to its subgraphs, and what is known about operations.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use graphql_tools::static_graphql::query::{
    Definition, Document as Ast, OperationDefinition, SelectionSet,
};

use platform_guard::Limits;

use crate::cache::{DocumentCache, Known, PlanKey, Prepared, Refused};
use crate::context::OperationContext;
use crate::error::{EngineError, GraphqlError, code};
use crate::execution::{Environment, Execution, Flights};
use crate::plan::{Plan, Symbols};
use crate::planning::Planner;
use crate::request::{
    GraphqlRequest, OperationKind, Variables, coerce, conditional_variables, hide_aliases, parse,
    parse_kind, specialise,
};
use crate::response::{Collector, GraphqlResponse, write_data};
use crate::schema::Schema;
use crate::transport::{RemoteClient, RemoteSubgraph, Transport};

/// Limits of an engine.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Memory for known documents and their plans, in bytes, estimated.
    pub cache_bytes: u64,
    /// What a document may hold; checked before anything parses it.
    pub limits: Limits,
    /// Whether identical fetches of queries that are under way at the same time travel once. Only fetches of principals
    /// with the same scope and with the same headers are identical.
    pub single_flight: bool,
    /// Labels of progressive overrides (`@override(label:)`) that are switched on; percentages need none.
    pub override_labels: Vec<String>,
    /// Longest time to plan one operation.
    pub planning_timeout: Duration,
    /// Longest time to resolve one event of a subscription.
    pub event_timeout: Duration,
    /// More variables in `@skip` and `@include` than this are refused. At most 64.
    pub max_conditional_variables: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            cache_bytes: 64 * 1024 * 1024,
            limits: Limits::default(),
            single_flight: true,
            override_labels: Vec::new(),
            planning_timeout: Duration::from_secs(5),
            event_timeout: Duration::from_secs(30),
            max_conditional_variables: 16,
        }
    }
}

/// Everything that changes together when the supergraph does.
pub(crate) struct State {
    pub(crate) schema: Schema,
    planner: Planner,
    pub(crate) transports: Vec<Transport>,
    cache: DocumentCache,
    flights: Option<Flights>,
}

/// Runs operations over a supergraph.
pub struct Engine {
    state: ArcSwap<State>,
    pub(crate) options: EngineOptions,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// An operation that is ready to run.
pub(crate) struct Ready {
    pub(crate) state: Arc<State>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) variables: Arc<Variables>,
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
        let transport = |_: &str, url: &str| {
            Some(RemoteSubgraph::new(url, client.clone()).map(Transport::Remote))
        };
        let state = State::new(supergraph_sdl, transport, &options)?;
        Ok(Self {
            state: ArcSwap::from_pointee(state),
            options,
        })
    }

    /// Changes to another supergraph at once: operations under way end on the old one, new ones begin on the new one.
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
        self.state.store(Arc::new(state));
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

    /// Type and field names of everything that the operation selects, for authorisation before it runs.
    ///
    /// # Errors
    /// A response to send when the request is refused.
    pub async fn coordinates(
        &self,
        request: &GraphqlRequest,
    ) -> Result<Vec<(Arc<str>, Arc<str>)>, GraphqlResponse> {
        Ok(self
            .prepare(request)
            .await?
            .plan
            .projection
            .coordinates
            .clone())
    }

    /// The plan of an operation, for people to read.
    ///
    /// # Errors
    /// A response to send when the request is refused.
    pub async fn explain(&self, request: &GraphqlRequest) -> Result<String, GraphqlResponse> {
        Ok(self.prepare(request).await?.plan.to_string())
    }

    /// Runs a query or a mutation.
    pub async fn execute(
        &self,
        request: GraphqlRequest,
        context: OperationContext,
    ) -> GraphqlResponse {
        let ready = match self.prepare(&request).await {
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
        ready.answer(&context, None).await
    }

    /// Reads, validates and plans a request, or finds that this was done before.
    pub(crate) async fn prepare(&self, request: &GraphqlRequest) -> Result<Ready, GraphqlResponse> {
        let state = self.state.load_full();
        let name = request.operation_name.as_deref();
        let known = match state.cache.get(&request.query, name) {
            Some(known) => known,
            None => {
                let known = self.in_background(&state, request, State::read).await?;
                state.cache.keep(&request.query, name, known.clone());
                known
            }
        };
        let prepared = known.map_err(|refused| GraphqlResponse::refused(refused.errors.clone()))?;
        let variables = coerce(
            &prepared.document.operation.variables,
            &request.variables,
            &state.schema,
        )
        .map_err(GraphqlResponse::refused)?;
        let key = (
            conditions(&prepared.conditional, &variables),
            state.planner.next_side(),
        );
        let plan = match prepared.plan(key) {
            Some(plan) => plan,
            None => {
                let limit = self.options.planning_timeout;
                let operation = Arc::clone(&prepared);
                let plan = self
                    .in_background(&state, request, move |state, _| {
                        state.plan(&operation, key, limit)
                    })
                    .await??;
                prepared.keep(key, Arc::clone(&plan));
                plan
            }
        };
        Ok(Ready {
            state,
            plan,
            variables: Arc::new(variables),
        })
    }

    /// Reading and planning take milliseconds: they must not hold up a worker that serves others.
    async fn in_background<T: Send + 'static>(
        &self,
        state: &Arc<State>,
        request: &GraphqlRequest,
        work: impl FnOnce(&State, &ReadRequest) -> T + Send + 'static,
    ) -> Result<T, GraphqlResponse> {
        let state = Arc::clone(state);
        let request = ReadRequest {
            text: Arc::clone(&request.query),
            name: request.operation_name.clone(),
            limits: self.options.limits.clone(),
            max_conditional: self.options.max_conditional_variables.min(64),
        };
        tokio::task::spawn_blocking(move || work(&state, &request))
            .await
            .map_err(|error| {
                tracing::error!(%error, "reading or planning an operation panicked");
                GraphqlResponse::failed(vec![internal()])
            })
    }
}

struct ReadRequest {
    text: Arc<str>,
    name: Option<String>,
    limits: Limits,
    max_conditional: usize,
}

fn internal() -> GraphqlError {
    GraphqlError::new("the operation cannot be run", code::INTERNAL)
}

/// One bit per conditional variable.
fn conditions(names: &[String], variables: &Variables) -> u64 {
    names.iter().enumerate().fold(0, |bits, (index, name)| {
        bits | (u64::from(variables.holds(name)) << index)
    })
}

impl State {
    fn new(
        supergraph_sdl: &str,
        transport: impl Fn(&str, &str) -> Option<Result<Transport, EngineError>>,
        options: &EngineOptions,
    ) -> Result<Self, EngineError> {
        let supergraph = graphql_tools::parser::parse_schema::<String>(supergraph_sdl)
            .map_err(|error| EngineError::Parse(error.to_string()))?
            .into_static();
        let planner = Planner::new(&supergraph, &options.override_labels)?;
        let schema = Schema::new(&supergraph, planner.public_schema())
            .ok_or_else(|| EngineError::Supergraph("it has no query type".to_owned()))?;
        let endpoints: HashMap<String, String> = planner
            .endpoints()
            .into_iter()
            .map(|endpoint| (endpoint.name, endpoint.url))
            .collect();
        let transports = planner
            .subgraphs()
            .iter()
            .map(|name| {
                let url = endpoints.get(name.as_ref()).map_or("", String::as_str);
                transport(name, url)
                    .unwrap_or_else(|| Err(EngineError::MissingTransport(name.to_string())))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            schema,
            planner,
            transports,
            cache: DocumentCache::new(options.cache_bytes),
            flights: options.single_flight.then(Flights::default),
        })
    }

    fn read(&self, request: &ReadRequest) -> Known {
        let refuse = |errors| {
            Err(Arc::new(Refused::new(
                Arc::clone(&request.text),
                request.name.clone(),
                errors,
            )))
        };
        let document = match parse(
            &request.text,
            request.name.as_deref(),
            &self.schema,
            &request.limits,
        ) {
            Ok(document) => document,
            Err(errors) => return refuse(errors),
        };
        let conditional = conditional_variables(&document.ast);
        if conditional.len() > request.max_conditional {
            let message = format!(
                "more than {} variables in `@skip` and `@include`",
                request.max_conditional
            );
            return refuse(vec![GraphqlError::new(message, code::VALIDATION_FAILED)]);
        }
        Ok(Arc::new(Prepared::new(
            Arc::clone(&request.text),
            request.name.clone(),
            document,
            conditional,
        )))
    }

    fn plan(
        &self,
        prepared: &Prepared,
        (conditions, side): PlanKey,
        limit: Duration,
    ) -> Result<Arc<Plan>, GraphqlResponse> {
        let operation = &prepared.document.operation;
        let holds = |name: &str| {
            prepared
                .conditional
                .iter()
                .position(|known| known == name)
                .is_some_and(|bit| conditions >> bit & 1 == 1)
        };
        let mut ast = specialise(&prepared.document.ast, operation.name.as_deref(), &holds);
        hide_aliases(&mut ast, &self.schema);
        let mut symbols = Symbols::default();
        let fail = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, operation = operation.name.as_deref().unwrap_or(""), "an operation has no plan");
            GraphqlResponse::failed(vec![internal()])
        };
        let fetches = self
            .planner
            .plan(&ast, &self.schema, &mut symbols, side, limit)
            .map_err(|error| fail(&error))?;
        let fragments = Arc::new(
            ast.definitions
                .iter()
                .filter_map(|definition| match definition {
                    Definition::Fragment(fragment) => {
                        Some((fragment.name.clone(), fragment.clone()))
                    }
                    Definition::Operation(_) => None,
                })
                .collect(),
        );
        let root = match operation.kind {
            OperationKind::Query => Some(self.schema.query),
            OperationKind::Mutation => self.schema.mutation,
            OperationKind::Subscription => self.schema.subscription,
        };
        let (Some(root), Some(set)) = (root, root_selection(&ast)) else {
            return Err(fail(&"it has no root"));
        };
        let projection = Collector::new(&self.schema, &symbols, &fragments)
            .compile(root, set)
            .map_err(|error| {
                GraphqlResponse::refused(vec![GraphqlError::new(
                    error.to_string(),
                    code::VALIDATION_FAILED,
                )])
            })?;
        Ok(Arc::new(Plan {
            kind: operation.kind,
            fetches,
            projection,
            symbols,
            subgraphs: Arc::clone(self.planner.subgraphs()),
        }))
    }
}

fn root_selection(ast: &Ast) -> Option<&SelectionSet> {
    ast.definitions
        .iter()
        .find_map(|definition| match definition {
            Definition::Operation(OperationDefinition::SelectionSet(set)) => Some(set),
            Definition::Operation(OperationDefinition::Query(query)) => Some(&query.selection_set),
            Definition::Operation(OperationDefinition::Mutation(mutation)) => {
                Some(&mutation.selection_set)
            }
            Definition::Operation(OperationDefinition::Subscription(subscription)) => {
                Some(&subscription.selection_set)
            }
            Definition::Fragment(_) => None,
        })
}

impl Ready {
    /// Runs the plan and writes the response; `first` is the answer to the first fetch, when it is already there.
    pub(crate) async fn answer(
        &self,
        context: &Arc<OperationContext>,
        first: Option<crate::execution::Outcome>,
    ) -> GraphqlResponse {
        let environment = self.environment(context);
        let mut execution = Execution::run(environment, first).await;
        let body = write_data(
            &mut execution,
            &self.plan,
            &self.state.schema,
            &self.variables,
        );
        GraphqlResponse::executed(body, execution.errors)
    }

    pub(crate) fn environment<'a>(&'a self, context: &'a Arc<OperationContext>) -> Environment<'a> {
        Environment {
            plan: &self.plan,
            schema: &self.state.schema,
            transports: &self.state.transports,
            variables: &self.variables,
            context,
            // what a mutation or an event changed must not be read from before
            flights: self
                .state
                .flights
                .as_ref()
                .filter(|_| self.plan.kind == OperationKind::Query),
        }
    }
}
