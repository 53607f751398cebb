//! One request to one subgraph.

use std::sync::{Arc, OnceLock};

use async_graphql_parser::types::ExecutableDocument;

use super::{Contextual, Representation, Shape, Symbol, TypenameSetter};
use crate::schema::TypeSet;

/// A subgraph's place in the list of a schema state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SubgraphIndex(pub(crate) u16);

/// One request to one subgraph.
#[derive(Debug)]
pub(crate) struct Fetch {
    pub(crate) subgraph: SubgraphIndex,
    pub(crate) text: Arc<str>,
    /// The head of the HTTP body: everything up to the variables.
    pub(crate) body_head: Box<[u8]>,
    /// The parsed document, for subgraphs in this process; parsed at the first use.
    pub(crate) parsed: OnceLock<Option<Arc<ExecutableDocument>>>,
    /// Variables of the operation that the fetch passes on.
    pub(crate) variables: Vec<Box<str>>,
    pub(crate) kind: FetchKind,
    /// Variables whose values come from above the entities: one request for all entities with the same values.
    pub(crate) contexts: Vec<Contextual>,
    /// What the object under `data` looks like.
    pub(crate) shape: Shape,
    /// Whether only deferred fragments need it.
    pub(crate) late: bool,
    /// Fetches whose answers this one needs.
    pub(crate) needs: Vec<usize>,
    /// Fetches that wait for this one.
    pub(crate) feeds: Vec<usize>,
}

#[derive(Debug)]
pub(crate) enum FetchKind {
    /// Root fields.
    Root,
    /// Root fields of a query for objects of the query's type that other fetches found at these paths: one answer for
    /// all of them.
    Query(Vec<Vec<PathStep>>),
    /// Fields of entities that other fetches found; several batches travel in one request.
    Entities(Vec<EntityBatch>),
}

/// Entities under one alias of a request.
#[derive(Debug)]
pub(crate) struct EntityBatch {
    /// The response key of this `_entities` field.
    pub(crate) alias: Symbol,
    /// The name of its representations variable.
    pub(crate) variable: Box<str>,
    /// Where the entities stand in the data.
    pub(crate) paths: Vec<Vec<PathStep>>,
    pub(crate) representation: Representation,
    pub(crate) setters: Vec<TypenameSetter>,
}

/// One step from the root of the data to an entity. Lists are passed through without a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathStep {
    Field(Symbol),
    /// Only objects of these types.
    Type(TypeSet),
}

impl Fetch {
    /// The parsed document; none when the planner's text does not parse, which would be its fault.
    pub(crate) fn document(&self) -> Option<&Arc<ExecutableDocument>> {
        self.parsed
            .get_or_init(|| {
                async_graphql_parser::parse_query(self.text.as_ref())
                    .ok()
                    .map(Arc::new)
            })
            .as_ref()
    }
}
