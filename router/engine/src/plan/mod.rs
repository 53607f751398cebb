//! The executable form of an operation: made once, run many times.

mod explain;
mod fetch;
mod representation;
mod shape;
mod symbols;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

pub(crate) use fetch::{EntityBatch, Fetch, FetchKind, PathStep, SubgraphIndex};
pub(crate) use representation::{Representation, RepresentationField, TypenameSetter};
pub(crate) use shape::{Shape, ShapeField, ShapeKind};
pub(crate) use symbols::{Symbol, Symbols};

use crate::request::OperationKind;
use crate::response::Projection;

/// Everything that is known about an operation before its variables are.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) kind: OperationKind,
    /// In an order in which a fetch only depends on earlier ones.
    pub(crate) fetches: Vec<Fetch>,
    /// How the answer is written.
    pub(crate) projection: Projection,
    /// Whether the answer of the only fetch is the client's as it stands.
    pub(crate) passthrough: bool,
    /// Bytes of the last response: the next one will be about as long.
    pub(crate) response_bytes: AtomicUsize,
    /// Response keys of all fetches.
    pub(crate) symbols: Symbols,
    /// Names of the subgraphs, by the index that fetches use.
    pub(crate) subgraphs: Arc<[Arc<str>]>,
}

impl Plan {
    /// The name of the subgraph that a fetch of this plan goes to.
    pub(crate) fn subgraph(&self, fetch: &Fetch) -> &Arc<str> {
        &self.subgraphs[usize::from(fetch.subgraph.0)]
    }
}
