//! Finding the objects that an entity fetch is about.

use smallvec::SmallVec;

use super::value::{ObjectId, Tree, Value};
use crate::error::PathSegment;
use crate::plan::{PathStep, Symbol, Symbols};

/// One step of a place in the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Key(Symbol),
    Index(usize),
}

/// The path as an error shows it.
pub(crate) fn public_path(steps: &[Step], symbols: &Symbols) -> Vec<PathSegment> {
    steps
        .iter()
        .map(|step| match step {
            Step::Key(symbol) => PathSegment::from(symbols.shown(*symbol)),
            Step::Index(index) => PathSegment::Index(*index),
        })
        .collect()
}

/// Room for objects that are found, to begin with.
const EXPECTED_OBJECTS: usize = 16;

/// Gives every object at the end of `path` for which the path's type conditions hold, each once.
pub(crate) fn objects_at(tree: &Tree, root: Value, path: &[PathStep]) -> Vec<ObjectId> {
    let mut search = Search {
        tree,
        found: Vec::with_capacity(EXPECTED_OBJECTS),
        lists: Seen::default(),
        objects: Seen::with_room(tree.object_count()),
        steps: SmallVec::from_elem((0, 0), path.len()),
    };
    search.go(root, path);
    search.found
}

struct Search<'a> {
    tree: &'a Tree,
    found: Vec<ObjectId>,
    /// Shared ones that were seen already. They are shared by parents at the same place of the path only.
    lists: Seen,
    objects: Seen,
    /// For every step of the path, counted from its end, where its field was found last: mostly it is there again.
    steps: SmallVec<[(u32, u32); 8]>,
}

/// Places in the arena that were seen, as one bit each.
#[derive(Default)]
struct Seen(Vec<u64>);

impl Seen {
    /// With room for so many places, and more when they come.
    fn with_room(places: usize) -> Self {
        Self(vec![0; places.div_ceil(64)])
    }

    /// Whether the place is new.
    fn insert(&mut self, place: usize) -> bool {
        let (word, bit) = (place / 64, 1 << (place % 64));
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }
}

impl Search<'_> {
    fn go(&mut self, value: Value, path: &[PathStep]) {
        match value {
            Value::Null | Value::Leaf(_) => {}
            Value::List(id) => {
                let list = self.tree.list(id);
                if list.shared && !self.lists.insert(id.index()) {
                    return;
                }
                for item in self.tree.items(id) {
                    self.go(*item, path);
                }
            }
            Value::Object(id) => {
                let object = self.tree.object(id);
                if object.shared && !self.objects.insert(id.index()) {
                    return;
                }
                let mut path = path;
                while let Some((PathStep::Type(set), rest)) = path.split_first() {
                    if !object.type_id.is_none_or(|id| set.contains(id)) {
                        return;
                    }
                    path = rest;
                }
                match path.split_first() {
                    Some((PathStep::Field(symbol), rest)) => {
                        let step = &mut self.steps[rest.len()];
                        if let Some(value) = self.tree.get_at(object, *symbol, step) {
                            self.go(value, rest);
                        }
                    }
                    _ => self.found.push(id),
                }
            }
        }
    }
}

/// Visits every place at the end of `path`, shared objects as often as they are referred to.
pub(crate) fn places(
    tree: &Tree,
    value: Value,
    path: &[PathStep],
    at: &mut Vec<Step>,
    visitor: &mut impl FnMut(ObjectId, &[Step]),
) {
    match value {
        Value::Null | Value::Leaf(_) => {}
        Value::List(id) => {
            for (index, item) in tree.items(id).iter().enumerate() {
                at.push(Step::Index(index));
                places(tree, *item, path, at, visitor);
                at.pop();
            }
        }
        Value::Object(id) => match path.split_first() {
            None => visitor(id, at),
            Some((PathStep::Type(_), rest)) => places(tree, value, rest, at, visitor),
            Some((PathStep::Field(symbol), rest)) => {
                if let Some(value) = tree.get(tree.object(id), *symbol) {
                    at.push(Step::Key(*symbol));
                    places(tree, value, rest, at, visitor);
                    at.pop();
                }
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_new_once() {
        let mut seen = Seen::default();
        for place in [0, 63, 64, 1000, 65] {
            assert!(seen.insert(place), "{place}");
            assert!(!seen.insert(place), "{place}");
        }
        assert!(seen.insert(1));
    }
}
