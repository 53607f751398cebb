//! The only module that knows the planning library. It takes a specialised document and gives fetches.

mod convert;
mod meta;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use graphql_tools::static_graphql::query::Document as Ast;
use graphql_tools::static_graphql::schema::Document as SchemaDocument;
use hive_router_query_planner::ast::normalization::normalize_operation;
use hive_router_query_planner::graph::{PERCENTAGE_SCALE_FACTOR, PlannerOverrideContext};
use hive_router_query_planner::planner::{Planner as Library, QueryPlannerOptions};
use hive_router_query_planner::utils::cancellation::CancellationToken;

use crate::error::EngineError;
use crate::plan::{Fetch, Symbols};
use crate::request::OperationKind;
use crate::schema::Schema;

/// Plans operations of one supergraph.
pub(crate) struct Planner {
    library: Library,
    subgraphs: Arc<[Arc<str>]>,
    /// Percentages of progressive overrides, as the library counts them, ascending.
    thresholds: Vec<u64>,
    /// Labels of progressive overrides that are switched on.
    labels: HashSet<String>,
}

/// Which side of every percentage of a progressive override an operation is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OverrideSide(usize);

/// Why an operation has no plan. For the log; the client learns that it failed, not how.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanningError {
    #[error("operation does not normalise: {0}")]
    Normalization(String),
    #[error("operation cannot be planned: {0}")]
    Planning(String),
    #[error("the planner panicked: {0}")]
    Panic(String),
    #[error("the plan has a part that the engine does not know: {0}")]
    Unsupported(&'static str),
}

/// A name and an address for every subgraph of a supergraph.
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) url: String,
}

impl Planner {
    /// Reads a supergraph.
    pub(crate) fn new(supergraph: &SchemaDocument, labels: &[String]) -> Result<Self, EngineError> {
        let library = guarded(|| {
            Library::new_from_supergraph(supergraph, QueryPlannerOptions::default())
                .map_err(|error| error.to_string())
        })
        .map_err(EngineError::Supergraph)?
        .map_err(EngineError::Supergraph)?;
        let mut names: Vec<Arc<str>> = library
            .supergraph
            .known_subgraphs
            .values()
            .map(|name| Arc::from(name.as_str()))
            .collect();
        names.sort();
        let mut thresholds: Vec<u64> = library
            .supergraph
            .progressive_overrides
            .percentages
            .iter()
            .copied()
            .collect();
        thresholds.sort_unstable();
        Ok(Self {
            library,
            subgraphs: names.into(),
            thresholds,
            labels: labels.iter().cloned().collect(),
        })
    }

    /// The schema as clients see it.
    pub(crate) fn public_schema(&self) -> Arc<SchemaDocument> {
        Arc::clone(&self.library.consumer_schema.document)
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
        let value =
            COUNT.fetch_add(1, Ordering::Relaxed).wrapping_mul(37) % 100 * PERCENTAGE_SCALE_FACTOR;
        OverrideSide(
            self.thresholds
                .partition_point(|threshold| *threshold <= value),
        )
    }

    /// Addresses that the supergraph itself gives.
    pub(crate) fn endpoints(&self) -> Vec<Endpoint> {
        self.library
            .supergraph
            .subgraph_endpoint_map
            .iter()
            .map(|(name, url)| Endpoint {
                name: name.clone(),
                url: url.clone(),
            })
            .collect()
    }

    /// Plans an operation in which every condition is decided. No fetches means that the engine can answer alone.
    pub(crate) fn plan(
        &self,
        operation: &Ast,
        schema: &Schema,
        symbols: &mut Symbols,
        side: OverrideSide,
        limit: Duration,
    ) -> Result<Vec<Fetch>, PlanningError> {
        let (operation, anything_left) = meta::without_meta_fields(operation);
        if !anything_left {
            return Ok(Vec::new());
        }
        // just below the next threshold
        let value = self
            .thresholds
            .get(side.0)
            .map_or(u64::MAX, |threshold| threshold.saturating_sub(1));
        let plan = guarded(|| {
            let normalized = normalize_operation(&self.library.supergraph, &operation, None)
                .map_err(|error| PlanningError::Normalization(error.to_string()))?;
            self.library
                .plan_from_normalized_operation(
                    &normalized.operation,
                    PlannerOverrideContext::new(self.labels.clone(), value),
                    &CancellationToken::with_timeout(limit),
                )
                .map_err(|error| PlanningError::Planning(error.to_string()))
        })
        .map_err(PlanningError::Panic)??;
        convert::convert(plan, schema, &self.subgraphs, symbols)
    }
}

/// The library panics on some input; that is an error of the one operation.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "no message".to_owned())
    })
}

impl From<&hive_router_query_planner::state::supergraph_state::OperationKind> for OperationKind {
    fn from(kind: &hive_router_query_planner::state::supergraph_state::OperationKind) -> Self {
        use hive_router_query_planner::state::supergraph_state::OperationKind as Theirs;
        match kind {
            Theirs::Query => Self::Query,
            Theirs::Mutation => Self::Mutation,
            Theirs::Subscription => Self::Subscription,
        }
    }
}
