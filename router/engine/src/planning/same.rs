//! Where equal texts of an answer may become one object of the data.
//!
//! Answers repeat themselves: the author of every review is one of few. Objects with the same text at the same place are
//! the same for everything that comes later, if everything that comes later goes by the object itself. So they are read
//! once, asked about once and written once. That holds where
//!
//! - one answer only gives something at the place: what another one gives comes by the object above, and objects above
//!   that differ may be given different things for what was the same before;
//! - the place is reached in one way only: not by several paths of a batch, and not by a type of an object above,
//!   for two ways lead to different fetches;
//! - the field is selected once: under two types it may be another field of the same name.

use std::collections::HashMap;

use crate::plan::{EntityBatch, Fetch, FetchKind, PathStep, Shape, ShapeKind, Symbol};

/// Marks the places of all answers whose objects may be the same.
pub(super) fn mark(fetches: &mut [Fetch]) {
    let typed_above = fetches
        .iter()
        .flat_map(paths)
        .any(|path| is_typed_above(path));
    // what is given may depend on the object above
    let contextual = fetches.iter().any(|fetch| !fetch.contexts.is_empty());
    if typed_above || contextual {
        return;
    }
    let mut places = Places::default();
    for fetch in &*fetches {
        match &fetch.kind {
            FetchKind::Root => places.count(Places::ROOT, &fetch.shape),
            FetchKind::Query(paths) => {
                for path in paths {
                    let place = places.find(path);
                    places.count(place, &fetch.shape);
                }
            }
            FetchKind::Entities(batches) => {
                for batch in batches {
                    let Some(entity) = entity(&fetch.shape, batch.alias) else {
                        continue;
                    };
                    for path in &batch.paths {
                        let place = places.find(path);
                        places.count(place, entity);
                    }
                }
            }
        }
    }
    for fetch in fetches {
        let mut next = 0;
        match &fetch.kind {
            FetchKind::Root => places.settle(Places::ROOT, &mut fetch.shape, &mut next),
            FetchKind::Query(paths) => {
                if let [path] = paths.as_slice() {
                    let place = places.find(path);
                    places.settle(place, &mut fetch.shape, &mut next);
                }
            }
            FetchKind::Entities(batches) => {
                for batch in batches {
                    let [path] = batch.paths.as_slice() else {
                        continue;
                    };
                    let place = places.find(path);
                    if let Some(field) = fetch
                        .shape
                        .fields
                        .iter_mut()
                        .find(|field| field.symbol == batch.alias)
                        && let ShapeKind::Composite(entity) = &mut field.kind
                    {
                        places.settle(place, entity, &mut next);
                    }
                }
            }
        }
    }
}

/// Where the answer of a fetch goes.
fn paths(fetch: &Fetch) -> impl Iterator<Item = &Vec<PathStep>> {
    let (batches, paths): (&[EntityBatch], &[Vec<PathStep>]) = match &fetch.kind {
        FetchKind::Root => (&[], &[]),
        FetchKind::Query(paths) => (&[], paths),
        FetchKind::Entities(batches) => (batches, &[]),
    };
    batches.iter().flat_map(|batch| &batch.paths).chain(paths)
}

/// Whether a path goes by the type of an object and then on to a field of it.
fn is_typed_above(path: &[PathStep]) -> bool {
    let last = path
        .iter()
        .rposition(|step| matches!(step, PathStep::Field(_)));
    last.is_some_and(|last| {
        path[..last]
            .iter()
            .any(|step| matches!(step, PathStep::Type(_)))
    })
}

fn entity(shape: &Shape, alias: Symbol) -> Option<&Shape> {
    let field = shape.fields.iter().find(|field| field.symbol == alias)?;
    match &field.kind {
        ShapeKind::Composite(entity) => Some(entity),
        _ => None,
    }
}

/// Places of the data, and how many answers give something there.
struct Places {
    below: HashMap<(usize, Symbol), usize>,
    answers: Vec<usize>,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            below: HashMap::new(),
            answers: vec![0],
        }
    }
}

impl Places {
    const ROOT: usize = 0;

    fn step(&mut self, place: usize, symbol: Symbol) -> usize {
        let next = self.answers.len();
        let place = *self.below.entry((place, symbol)).or_insert(next);
        if place == next {
            self.answers.push(0);
        }
        place
    }

    fn find(&mut self, path: &[PathStep]) -> usize {
        path.iter().fold(Self::ROOT, |place, step| match step {
            PathStep::Field(symbol) => self.step(place, *symbol),
            PathStep::Type(_) => place,
        })
    }

    /// Counts an answer at everything below a place that it gives something at.
    fn count(&mut self, place: usize, shape: &Shape) {
        for field in &shape.fields {
            if let ShapeKind::Composite(below) = &field.kind {
                let place = self.step(place, field.symbol);
                self.answers[place] += 1;
                self.count(place, below);
            }
        }
    }

    /// Marks everything below a place where no other answer gives anything, with numbers from `next` on.
    fn settle(&mut self, place: usize, shape: &mut Shape, next: &mut u16) {
        for field in &mut shape.fields {
            if let ShapeKind::Composite(below) = &mut field.kind
                && !below.merged
            {
                let place = self.step(place, field.symbol);
                if self.answers[place] == 1 && *next < u16::MAX {
                    below.same = Some(*next);
                    *next += 1;
                }
                self.settle(place, below, next);
            }
        }
    }
}
