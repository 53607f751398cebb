//! From the planner's waves to a dependency graph: a fetch waits only for what it reads.

use super::{Fetch, FetchKind, PathStep, Representation, Shape, ShapeKind, Symbol};
use crate::request::OperationKind;

/// Fills `needs` and `feeds` of all fetches. They must come in an order in which every fetch stands after all that it
/// can depend on; `waves` says which of them the planner lets run together.
///
/// A fetch needs an earlier one when that one writes a field which it reads: a field on the way to its entities, or one
/// of their representations. Type conditions are ignored, which can only add edges.
pub(crate) fn connect(fetches: &mut [Fetch], waves: &[usize]) {
    for index in 0..fetches.len() {
        let (before, rest) = fetches.split_at_mut(index);
        let fetch = &mut rest[0];
        for (other_index, other) in before.iter_mut().enumerate() {
            if waves[other_index] == waves[index] {
                continue;
            }
            // a mutation's fields run strictly in order
            let in_order = fetch.operation == OperationKind::Mutation
                || other.operation == OperationKind::Subscription;
            if in_order || reads_from(fetch, other) {
                fetch.needs.push(other_index);
                other.feeds.push(index);
            }
        }
    }
}

fn reads_from(reader: &Fetch, writer: &Fetch) -> bool {
    let FetchKind::Entities(batches) = &reader.kind else {
        return false;
    };
    batches.iter().any(|batch| {
        batch.paths.iter().any(|path| {
            let keys: Vec<Symbol> = field_steps(path).collect();
            outputs(writer)
                .iter()
                .any(|(prefix, shape)| writes(prefix, shape, &keys, &batch.representation))
        })
    })
}

fn field_steps(path: &[PathStep]) -> impl Iterator<Item = Symbol> + '_ {
    path.iter().filter_map(|step| match step {
        PathStep::Field(symbol) => Some(*symbol),
        PathStep::Type(_) => None,
    })
}

/// Where a fetch's answer lands, and what it looks like there.
fn outputs(fetch: &Fetch) -> Vec<(Vec<Symbol>, &Shape)> {
    match &fetch.kind {
        FetchKind::Root => vec![(Vec::new(), &fetch.shape)],
        FetchKind::Entities(batches) => batches
            .iter()
            .filter_map(|batch| {
                let field = fetch
                    .shape
                    .fields
                    .iter()
                    .find(|field| field.symbol == batch.alias)?;
                match &field.kind {
                    ShapeKind::Composite(shape) => Some((batch, shape)),
                    _ => None,
                }
            })
            .flat_map(|(batch, shape)| {
                batch
                    .paths
                    .iter()
                    .map(move |path| (field_steps(path).collect(), shape))
            })
            .collect(),
    }
}

/// Whether an answer of this shape at `prefix` has a field on the way `keys` or below it in `representation`.
fn writes(
    prefix: &[Symbol],
    shape: &Shape,
    keys: &[Symbol],
    representation: &Representation,
) -> bool {
    let shared = prefix.iter().zip(keys).take_while(|(a, b)| a == b).count();
    if shared < prefix.len() {
        // the writer's place lies below the reader's: it may write what nested representations read
        return shared == keys.len() && reaches(representation, &prefix[shared..]);
    }
    match keys.get(shared) {
        // on the way to the reader's entities: they cannot be found before
        Some(key) => shape.fields.iter().any(|field| field.symbol == *key),
        None => overlaps(shape, representation),
    }
}

fn overlaps(shape: &Shape, representation: &Representation) -> bool {
    representation.fields.iter().any(|read| {
        shape
            .fields
            .iter()
            .any(|written| written.symbol == read.source)
    })
}

fn reaches(representation: &Representation, keys: &[Symbol]) -> bool {
    let Some((first, rest)) = keys.split_first() else {
        return true;
    };
    representation.fields.iter().any(|field| {
        field.source == *first
            && field
                .below
                .as_ref()
                .is_some_and(|below| rest.is_empty() || reaches(below, rest))
    })
}
