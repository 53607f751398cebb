//! Puts a subgraph's errors where they belong in the client's answer.

use super::represent::Represented;
use super::{Environment, Execution, Step, locate, public_path};
use crate::error::{GraphqlError, PathSegment};
use crate::plan::{EntityBatch, Fetch, FetchKind, PathStep, Shape, ShapeKind, Symbols};

impl Execution {
    /// Rewrites an error of fetch `index` from the subgraph's view to the client's.
    pub(super) fn attribute(
        &mut self,
        environment: Environment<'_>,
        index: usize,
        represented: &[Represented],
        mut error: GraphqlError,
    ) {
        let plan = environment.plan;
        let fetch = &plan.fetches[index];
        // they are places in a document that the client has never seen
        error.locations.clear();
        let path = std::mem::take(&mut error.path);
        let error = error.from_subgraph(plan.subgraph(fetch));
        let path = kept_path(&fetch.shape, &plan.symbols, path);
        let FetchKind::Entities(batches) = &fetch.kind else {
            let path = if path.is_empty() {
                only_field(fetch, &plan.symbols)
            } else {
                path
            };
            self.fail(error.at(path));
            return;
        };
        if let [
            PathSegment::Key(alias),
            PathSegment::Index(entity),
            below @ ..,
        ] = path.as_slice()
            && let Some((batch, represented)) = batches
                .iter()
                .zip(represented)
                .find(|(batch, _)| plan.symbols.shown(batch.alias) == alias)
        {
            let mut places = self.places(batch, represented, Some(*entity as u32), &plan.symbols);
            if let Some(last) = places.pop() {
                for mut place in places {
                    place.extend_from_slice(below);
                    self.fail(error.clone().at(place));
                }
                let mut place = last;
                place.extend_from_slice(below);
                self.fail(error.at(place));
                return;
            }
        }
        let place = batches
            .first()
            .map(|batch| common_path(batch, &plan.symbols))
            .unwrap_or_default();
        self.fail(error.at(place));
    }

    /// Paths of the objects that a representation, or any, was made for.
    fn places(
        &self,
        batch: &EntityBatch,
        represented: &Represented,
        wanted: Option<u32>,
        symbols: &Symbols,
    ) -> Vec<Vec<PathSegment>> {
        let mut places = Vec::new();
        for (path, assigned) in batch.paths.iter().zip(&represented.assignment) {
            let mut assigned = assigned.iter();
            locate::visit(
                &self.data,
                path,
                &mut Vec::new(),
                true,
                &mut |_, _, at: &[Step]| {
                    let entity = assigned.next().copied().flatten();
                    if entity.is_some() && (wanted.is_none() || entity == wanted) {
                        places.push(public_path(at, symbols));
                    }
                },
            );
        }
        places
    }
}

/// The path with the keys under which values are kept, where the planner made aliases of its own.
fn kept_path(shape: &Shape, symbols: &Symbols, path: Vec<PathSegment>) -> Vec<PathSegment> {
    let mut shape = Some(shape);
    path.into_iter()
        .map(|segment| match segment {
            PathSegment::Key(key) => {
                let field =
                    shape.and_then(|shape| shape.fields.iter().find(|field| *field.key == *key));
                shape = match field.map(|field| &field.kind) {
                    Some(ShapeKind::Composite(below)) => Some(below),
                    _ => None,
                };
                field.map_or(PathSegment::Key(key), |field| {
                    PathSegment::from(symbols.shown(field.symbol))
                })
            }
            index => index,
        })
        .collect()
}

/// A fetch of one root field failed as a whole: the error belongs to that field.
fn only_field(fetch: &Fetch, symbols: &Symbols) -> Vec<PathSegment> {
    match fetch.shape.fields.as_slice() {
        [only] => vec![PathSegment::from(symbols.shown(only.symbol))],
        _ => Vec::new(),
    }
}

/// The part of a batch's path that all its entities share.
fn common_path(batch: &EntityBatch, symbols: &Symbols) -> Vec<PathSegment> {
    batch
        .paths
        .first()
        .into_iter()
        .flatten()
        .filter_map(|step| match step {
            PathStep::Field(symbol) => Some(PathSegment::from(symbols.shown(*symbol))),
            PathStep::Type(_) => None,
        })
        .collect()
}
