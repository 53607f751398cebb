//! Everything that belongs to one supergraph, and changes with it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use crate::syntax::query::{
    Definition, Document as Ast, FragmentDefinition, OperationDefinition, SelectionSet,
};
use platform_guard::Limits;

use crate::authorization::{Denied, without};
use crate::cache::{Coordinate, DocumentCache, Known, PlanKey, Prepared, Refused};
use crate::engine::EngineOptions;
use crate::error::{EngineError, GraphqlError, code};
use crate::execution::Outcome;
use crate::flight::{FetchKey, Flights, QueryKey};
use crate::plan::{Deferral, DeferredFragment, PathStep, Plan, Symbols};
use crate::planning::{Planner, PlanningError};
use crate::request::{
    DeferStep, Deferred, Operation, OperationKind, conditional_variables, hide_aliases,
    operation_name, parse, specialise, split,
};
use crate::response::{Collector, GraphqlResponse, Projection, TooLarge, passes_through};
use crate::schema::Schema;
use crate::syntax::parse_schema;
use crate::transport::Transport;

/// A plan, or the response that says why there is none; around it, a response for when not even that is known.
type Planned = Result<Result<Arc<Plan>, GraphqlResponse>, GraphqlResponse>;

/// Everything that changes together when the supergraph does.
pub(crate) struct State {
    pub(crate) schema: Schema,
    pub(crate) planner: Planner,
    pub(crate) transports: Vec<Transport>,
    pub(crate) cache: DocumentCache,
    /// Documents that are being read.
    pub(crate) reading: Flights<(Arc<str>, Option<String>), Result<Known, GraphqlResponse>>,
    /// Operations that are being planned, by the address of their document.
    pub(crate) planning: Flights<(usize, PlanKey), Planned>,
    /// Fetches under way.
    pub(crate) fetches: Option<Flights<FetchKey, Outcome>>,
    /// Queries under way.
    pub(crate) queries: Flights<QueryKey, GraphqlResponse>,
}

/// What reading a request needs of it.
pub(crate) struct ReadRequest {
    pub(crate) text: Arc<str>,
    pub(crate) name: Option<String>,
    pub(crate) limits: Limits,
    pub(crate) max_conditional: usize,
}

/// What a client learns when it is not its fault.
pub(crate) fn internal() -> GraphqlError {
    GraphqlError::new("the operation cannot be run", code::INTERNAL)
}

impl State {
    pub(crate) fn new(
        supergraph_sdl: &str,
        transport: impl Fn(&str, &str) -> Option<Result<Transport, EngineError>>,
        options: &EngineOptions,
    ) -> Result<Self, EngineError> {
        let supergraph =
            parse_schema(supergraph_sdl).map_err(|error| EngineError::Parse(error.to_string()))?;
        let schema = Schema::new(&supergraph)
            .ok_or_else(|| EngineError::Supergraph("it has no query type".to_owned()))?;
        let planner = Planner::new(&supergraph, &schema, &options.override_labels)?;
        let endpoints: HashMap<String, String> = planner
            .endpoints()
            .iter()
            .map(|endpoint| (endpoint.name.clone(), endpoint.url.clone()))
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
            reading: Flights::default(),
            planning: Flights::default(),
            fetches: options.single_flight.then(Flights::default),
            queries: Flights::default(),
        })
    }

    pub(crate) fn read(&self, request: &ReadRequest) -> Known {
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
        let conditional = conditional_variables(&document.ast, document.operation.name.as_deref());
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

    pub(crate) fn plan(
        &self,
        prepared: &Prepared,
        (conditions, side, _): PlanKey,
        denied: Option<&Denied>,
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
        let seen = denied.map(|denied| without(&ast, &self.schema, denied));
        // what is denied is left out of the plan, so that there is one plan for all that is seen
        let split = match (operation.kind, denied) {
            (OperationKind::Query, None) => split(&ast, &self.schema),
            _ => None,
        };
        let fetches = self
            .planner
            .plan(
                seen.as_ref().unwrap_or(&ast),
                split.as_ref().map(|(initial, _)| initial),
                &self.schema,
                &mut symbols,
                side,
                limit,
            )
            .map_err(|error| match &error {
                // it is the operation that is too large, and its author can do something about it
                PlanningError::TooMuch(limit) if *limit != PlanningError::TIME => {
                    let error = GraphqlError::new(error.to_string(), code::VALIDATION_FAILED);
                    GraphqlResponse::refused(vec![error])
                }
                _ => fail(&error),
            })?;
        let projection = self.project(&ast, operation, &symbols, denied)?;
        let deferral = match split {
            Some((initial, deferred)) => {
                Some(self.defer(&initial, operation, deferred, &mut symbols)?)
            }
            None => None,
        };
        Ok(Arc::new(Plan {
            kind: operation.kind,
            // what is denied is answered with null, which the subgraph's bytes do not hold
            passthrough: denied.is_none() && passes_through(&fetches, &projection.root, &symbols),
            response_bytes: AtomicUsize::new(1024),
            fetches,
            projection,
            deferral,
            symbols,
            subgraphs: Arc::clone(self.planner.subgraphs()),
        }))
    }

    /// How an answer with deferred fragments is split.
    fn defer(
        &self,
        initial: &Ast,
        operation: &Operation,
        deferred: Vec<Deferred>,
        symbols: &mut Symbols,
    ) -> Result<Deferral, GraphqlResponse> {
        let named = fragments(initial);
        let mut parts = Vec::with_capacity(deferred.len());
        for fragment in deferred {
            let path = fragment
                .path
                .into_iter()
                .map(|step| match step {
                    DeferStep::Type(set) => PathStep::Type(set),
                    DeferStep::Key(key) => PathStep::Field(symbols.intern(&key)),
                })
                .collect();
            let projection = Collector::new(&self.schema, symbols, &named)
                .compile(fragment.ty, &fragment.selection)
                .map_err(|error| too_large(&error))?;
            parts.push(DeferredFragment {
                path,
                when: fragment.when,
                label: fragment.label,
                holds_others: fragment.holds_others,
                projection,
            });
        }
        Ok(Deferral {
            initial: self.project(initial, operation, symbols, None)?,
            fragments: parts,
        })
    }

    /// Type and field names of everything that an operation selects, whatever its conditions.
    pub(crate) fn coordinates(
        &self,
        prepared: &Prepared,
    ) -> Result<Arc<[Coordinate]>, GraphqlResponse> {
        let document = &prepared.document;
        let symbols = Symbols::default();
        let projection = self.project(&document.ast, &document.operation, &symbols, None)?;
        Ok(projection.coordinates.into())
    }

    fn project(
        &self,
        ast: &Ast,
        operation: &Operation,
        symbols: &Symbols,
        denied: Option<&Denied>,
    ) -> Result<Projection, GraphqlResponse> {
        let fragments = fragments(ast);
        let root = match operation.kind {
            OperationKind::Query => Some(self.schema.query),
            OperationKind::Mutation => self.schema.mutation,
            OperationKind::Subscription => self.schema.subscription,
        };
        let (Some(root), Some(set)) = (root, root_selection(ast, operation.name.as_deref())) else {
            tracing::error!("an operation has no root");
            return Err(GraphqlResponse::failed(vec![internal()]));
        };
        Collector::new(&self.schema, symbols, &fragments)
            .denying(denied)
            .compile(root, set)
            .map_err(|error| too_large(&error))
    }
}

fn too_large(error: &TooLarge) -> GraphqlResponse {
    let message = error.to_string();
    GraphqlResponse::refused(vec![GraphqlError::new(message, code::VALIDATION_FAILED)])
}

/// The named fragments of a document.
fn fragments(ast: &Ast) -> Arc<HashMap<String, FragmentDefinition>> {
    let fragments = ast
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::Fragment(fragment) => Some((fragment.name.clone(), fragment.clone())),
            Definition::Operation(_) => None,
        });
    Arc::new(fragments.collect())
}

/// The root selection of the named operation, or of the only one.
fn root_selection<'a>(ast: &'a Ast, name: Option<&str>) -> Option<&'a SelectionSet> {
    ast.definitions
        .iter()
        .find_map(|definition| match definition {
            Definition::Operation(operation) if operation_name(operation) == name => {
                Some(match operation {
                    OperationDefinition::SelectionSet(set) => set,
                    OperationDefinition::Query(query) => &query.selection_set,
                    OperationDefinition::Mutation(mutation) => &mutation.selection_set,
                    OperationDefinition::Subscription(subscription) => &subscription.selection_set,
                })
            }
            Definition::Operation(_) | Definition::Fragment(_) => None,
        })
}
