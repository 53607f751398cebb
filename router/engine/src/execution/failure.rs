//! Puts a subgraph's errors where they belong in the client's answer.

use std::collections::HashSet;

use super::represent::Represented;
use super::value::ObjectId;
use super::{Environment, Execution, MAX_ERRORS, Step, locate, public_path};
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
        let root_path = |path: Vec<PathSegment>| match path.is_empty() {
            true => only_field(fetch, &plan.symbols),
            false => path,
        };
        let batches = match &fetch.kind {
            FetchKind::Root => {
                self.fail(error.at(root_path(path)));
                return;
            }
            FetchKind::Query(paths) => {
                let below = root_path(path);
                for represented in represented {
                    let places = self.places(paths, represented, 0, &plan.symbols);
                    self.fail_at(places, &below, &error);
                }
                return;
            }
            FetchKind::Entities(batches) => batches,
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
            let places = self.places(&batch.paths, represented, *entity as u32, &plan.symbols);
            if !places.is_empty() {
                self.fail_at(places, below, &error);
                return;
            }
        }
        let place = batches
            .first()
            .map(|batch| common_path(batch, &plan.symbols))
            .unwrap_or_default();
        self.fail(error.at(place));
    }

    /// Notes an error below each of these places.
    fn fail_at(
        &mut self,
        places: Vec<Vec<PathSegment>>,
        below: &[PathSegment],
        error: &GraphqlError,
    ) {
        for mut place in places {
            place.extend_from_slice(below);
            self.fail(error.clone().at(place));
        }
    }

    /// Paths of the objects that a representation was made for.
    fn places(
        &self,
        paths: &[Vec<PathStep>],
        represented: &Represented,
        wanted: u32,
        symbols: &Symbols,
    ) -> Vec<Vec<PathSegment>> {
        let mut places = Vec::new();
        for (path, assigned) in paths.iter().zip(&represented.assignment) {
            let objects: HashSet<ObjectId> = assigned
                .iter()
                .filter(|(_, entity)| *entity == wanted)
                .map(|(id, _)| *id)
                .collect();
            if objects.is_empty() {
                continue;
            }
            locate::places(
                &self.tree,
                self.data,
                path,
                &mut Vec::new(),
                &mut |id, at: &[Step]| {
                    if objects.contains(&id) && places.len() < MAX_ERRORS {
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
pub(super) fn common_path(batch: &EntityBatch, symbols: &Symbols) -> Vec<PathSegment> {
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
