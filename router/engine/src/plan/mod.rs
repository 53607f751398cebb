//! The executable form of an operation: made once, run many times.

mod contextual;
mod explain;
mod fetch;
mod representation;
mod shape;
mod symbols;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

pub(crate) use contextual::{ContextSource, Contextual};
pub(crate) use fetch::{EntityBatch, Fetch, FetchKind, PathStep, SubgraphIndex};
pub(crate) use representation::{Representation, RepresentationField, TypenameSetter};
pub(crate) use shape::{Shape, ShapeField, ShapeKind};
pub(crate) use symbols::{Symbol, Symbols};

use crate::request::OperationKind;
use crate::response::Projection;
use crate::schema::TypeSet;

/// Everything that is known about an operation before its variables are.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) kind: OperationKind,
    /// In an order in which a fetch only depends on earlier ones.
    pub(crate) fetches: Vec<Fetch>,
    /// How the answer is written.
    pub(crate) projection: Projection,
    /// How the answer is split when the client takes deferred fragments apart; none when nothing is deferred.
    pub(crate) deferral: Option<Deferral>,
    /// Whether the answer of the only fetch is the client's as it stands.
    pub(crate) passthrough: bool,
    /// Bytes of the last response: the next one will be about as long.
    pub(crate) response_bytes: AtomicUsize,
    /// Response keys of all fetches.
    pub(crate) symbols: Symbols,
    /// Names of the subgraphs, by the index that fetches use.
    pub(crate) subgraphs: Arc<[Arc<str>]>,
}

/// An answer in two steps.
#[derive(Debug)]
pub(crate) struct Deferral {
    /// How the first step is written.
    pub(crate) initial: Projection,
    /// The fragments of the second.
    pub(crate) fragments: Vec<DeferredFragment>,
}

/// A fragment that comes later.
#[derive(Debug)]
pub(crate) struct DeferredFragment {
    /// Where its objects stand.
    pub(crate) path: Vec<PathStep>,
    /// The types that it is for.
    pub(crate) when: TypeSet,
    pub(crate) label: Option<Box<str>>,
    /// Whether other deferred fragments stand within it.
    pub(crate) holds_others: bool,
    pub(crate) projection: Projection,
}

impl Plan {
    /// Whether what stands at a place depends on what stands above it: then the same entity at two places is not the same.
    pub(crate) fn is_contextual(&self) -> bool {
        self.fetches.iter().any(|fetch| !fetch.contexts.is_empty())
    }

    /// The name of the subgraph that a fetch of this plan goes to.
    pub(crate) fn subgraph(&self, fetch: &Fetch) -> &Arc<str> {
        &self.subgraphs[usize::from(fetch.subgraph.0)]
    }
}
