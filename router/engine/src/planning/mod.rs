//! Planning: which subgraphs to ask for what, in which order. It takes a document in which every condition is decided
//! and gives fetches.
//!
//! The join directives of a supergraph are read once (`graph`). What an operation selects is collected by type and
//! numbered (`operation`), so that the cheapest subgraphs for every part of it are found once (`search`); along these
//! choices fetches are built (`build`, `tree`) and written (`emit`).

mod build;
mod choice;
mod contextual;
mod emit;
mod fetch;
mod graph;
mod hop;
mod meta;
mod operation;
mod place;
mod required;
mod route;
mod same;
mod search;
mod tree;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::syntax::query::{Definition, Document as Ast, OperationDefinition, VariableDefinition};
use crate::syntax::schema::Document as SchemaDocument;

use crate::error::EngineError;
use crate::plan::{Fetch, Symbols};
use crate::request::OperationKind;
use crate::schema::{Schema, TypeId};
use graph::{Graph, PER_CENT, Side, percentage, subgraphs};

/// Plans operations of one supergraph.
pub(crate) struct Planner {
    graph: Graph,
    subgraphs: Arc<[Arc<str>]>,
    endpoints: Vec<Endpoint>,
    /// Percentages of progressive overrides, in units of [`PER_CENT`], ascending.
    thresholds: Vec<u64>,
    /// Labels of progressive overrides that are switched on.
    labels: HashSet<String>,
}

/// Which side of every percentage of a progressive override an operation is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OverrideSide(usize);

/// Why an operation has no plan. The client learns which limit it met; the rest is for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanningError {
    #[error("no subgraph gives `{0}` there")]
    NoWay(String),
    #[error("the operation takes too much work to plan: the limit of {0} is reached")]
    TooMuch(&'static str),
    #[error("the planner panicked: {0}")]
    Panic(String),
    #[error("the operation has a part that cannot be planned: {0}")]
    Unsupported(&'static str),
}

impl PlanningError {
    /// The limit that a busy machine may reach with an operation that is otherwise planned.
    pub(crate) const TIME: &'static str = "time";
}

/// A name and an address for every subgraph of a supergraph.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) url: String,
}

impl Planner {
    /// Reads a supergraph.
    pub(crate) fn new(
        supergraph: &SchemaDocument,
        schema: &Schema,
        labels: &[String],
    ) -> Result<Self, EngineError> {
        let endpoints = subgraphs(supergraph);
        if endpoints.is_empty() {
            let message = "it names no subgraphs (`enum join__Graph`)".to_owned();
            return Err(EngineError::Supergraph(message));
        }
        let mut names: Vec<Arc<str>> = endpoints
            .iter()
            .map(|endpoint| Arc::from(endpoint.name.as_str()))
            .collect();
        names.sort();
        let graph = Graph::new(supergraph, schema, &names).map_err(EngineError::Supergraph)?;
        let mut thresholds: Vec<u64> = graph.labels().filter_map(percentage).collect();
        thresholds.sort_unstable();
        thresholds.dedup();
        Ok(Self {
            graph,
            subgraphs: names.into(),
            endpoints,
            thresholds,
            labels: labels.iter().cloned().collect(),
        })
    }

    /// Names of the subgraphs; fetches refer to them by index.
    pub(crate) fn subgraphs(&self) -> &Arc<[Arc<str>]> {
        &self.subgraphs
    }

    /// The side of the next operation, so that of any hundred operations in a row as many as a percentage says, give or
    /// take one, are overridden.
    pub(crate) fn next_side(&self) -> OverrideSide {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        if self.thresholds.is_empty() {
            return OverrideSide(0);
        }
        // steps of 37 visit every residue of 100
        let value = COUNT.fetch_add(1, Ordering::Relaxed).wrapping_mul(37) % 100 * PER_CENT;
        OverrideSide(
            self.thresholds
                .partition_point(|threshold| *threshold <= value),
        )
    }

    /// Whether operations can be on a side of another supergraph's percentages here.
    pub(crate) fn knows_side(&self, side: OverrideSide) -> bool {
        side.0 <= self.thresholds.len()
    }

    /// Addresses that the supergraph itself gives.
    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Plans an operation in which every condition is decided. No fetches means that the engine can answer alone.
    /// `initial` is a query without its deferred fragments: fetches that it does not need come late.
    pub(crate) fn plan(
        &self,
        operation: &Ast,
        initial: Option<&Ast>,
        schema: &Schema,
        symbols: &mut Symbols,
        side: OverrideSide,
        limit: Duration,
    ) -> Result<Vec<Fetch>, PlanningError> {
        let (document, anything_left) = meta::without_meta_fields(operation);
        if !anything_left {
            return Ok(Vec::new());
        }
        let initial = initial.map(|initial| meta::without_meta_fields(initial).0);
        // just below the next threshold
        let value = self
            .thresholds
            .get(side.0)
            .map_or(u64::MAX, |threshold| threshold.saturating_sub(1));
        let side = Side {
            labels: &self.labels,
            value,
        };
        // a panic is an error of the one operation
        catch_unwind(AssertUnwindSafe(|| {
            self.fetches(&document, initial.as_ref(), schema, symbols, side, limit)
        }))
        .map_err(|panic| {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied());
            PlanningError::Panic(text.unwrap_or("no message").to_owned())
        })?
    }

    fn fetches(
        &self,
        document: &Ast,
        initial: Option<&Ast>,
        schema: &Schema,
        symbols: &mut Symbols,
        side: Side<'_>,
        limit: Duration,
    ) -> Result<Vec<Fetch>, PlanningError> {
        let operation = only_operation(document)?;
        let (kind, root, variables) = root(operation, schema);
        let root = root.ok_or(PlanningError::Unsupported("no root type"))?;
        let search = search::Search::new(
            &self.graph,
            schema,
            side,
            operation::Selections::new(document, schema),
            Instant::now() + limit,
        );
        let mut builder = build::Builder::new(search, symbols, kind);
        if let Some(initial) = initial {
            builder.operation(root, operation::root_set(only_operation(initial)?))?;
            builder.begin_late();
        }
        builder.operation(root, operation::root_set(operation))?;
        emit::emit(builder, kind, variables)
    }
}

fn only_operation(document: &Ast) -> Result<&OperationDefinition, PlanningError> {
    document
        .definitions
        .iter()
        .find_map(|definition| match definition {
            Definition::Operation(operation) => Some(operation),
            Definition::Fragment(_) => None,
        })
        .ok_or(PlanningError::Unsupported(
            "a document without an operation",
        ))
}

fn root<'a>(
    operation: &'a OperationDefinition,
    schema: &Schema,
) -> (OperationKind, Option<TypeId>, &'a [VariableDefinition]) {
    match operation {
        OperationDefinition::SelectionSet(_) => (OperationKind::Query, Some(schema.query), &[]),
        OperationDefinition::Query(query) => (
            OperationKind::Query,
            Some(schema.query),
            &query.variable_definitions,
        ),
        OperationDefinition::Mutation(mutation) => (
            OperationKind::Mutation,
            schema.mutation,
            &mutation.variable_definitions,
        ),
        OperationDefinition::Subscription(subscription) => (
            OperationKind::Subscription,
            schema.subscription,
            &subscription.variable_definitions,
        ),
    }
}
