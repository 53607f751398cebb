//! Values that entities are given from above (`@fromContext`): the entities are grouped by their values, and each group
//! has a request of its own.

use std::collections::HashMap;

use super::represent::{Ground, fields_of};
use super::value::{ObjectId, Value};
use crate::plan::{Contextual, EntityBatch, Fetch, PathStep, Representation};

/// The values of a fetch's contextual variables, as JSON.
pub(super) type Given = Vec<Vec<u8>>;

/// Entities that are given the same.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) given: Given,
    /// For every path of the batch.
    pub(super) objects: Vec<Vec<ObjectId>>,
}

/// The entities of a batch, grouped by what they are given. An entity for which a value is not there is left out, as
/// one without its key is.
pub(super) fn parties(fetch: &Fetch, batch: &EntityBatch, ground: Ground<'_>) -> Vec<Party> {
    let mut walk = Walk {
        ground,
        contexts: &fetch.contexts,
        paths: batch.paths.len(),
        above: Vec::new(),
        known: HashMap::new(),
        parties: Vec::new(),
    };
    for (number, path) in batch.paths.iter().enumerate() {
        walk.go(ground.data, path, number);
    }
    walk.parties
}

struct Walk<'a> {
    ground: Ground<'a>,
    contexts: &'a [Contextual],
    paths: usize,
    /// The objects on the way, from the root.
    above: Vec<ObjectId>,
    known: HashMap<Given, usize>,
    parties: Vec<Party>,
}

impl Walk<'_> {
    fn go(&mut self, value: Value, path: &[PathStep], number: usize) {
        match value {
            Value::Null | Value::Leaf(_) => {}
            Value::List(id) => {
                for item in self.ground.tree.items(id) {
                    self.go(*item, path, number);
                }
            }
            Value::Object(id) => {
                let object = self.ground.tree.object(id);
                let mut path = path;
                while let Some((PathStep::Type(set), rest)) = path.split_first() {
                    if !object.type_id.is_none_or(|id| set.contains(id)) {
                        return;
                    }
                    path = rest;
                }
                match path.split_first() {
                    Some((PathStep::Field(symbol), rest)) => {
                        if let Some(value) = self.ground.tree.get(object, *symbol) {
                            self.above.push(id);
                            self.go(value, rest, number);
                            self.above.pop();
                        }
                    }
                    _ => self.found(id, number),
                }
            }
        }
    }

    fn found(&mut self, id: ObjectId, number: usize) {
        let values = self.contexts.iter().map(|context| self.value(context));
        let Some(given) = values.collect::<Option<Given>>() else {
            return;
        };
        let party = match self.known.get(&given) {
            Some(party) => *party,
            None => {
                self.known.insert(given.clone(), self.parties.len());
                self.parties.push(Party {
                    given,
                    objects: vec![Vec::new(); self.paths],
                });
                self.parties.len() - 1
            }
        };
        self.parties[party].objects[number].push(id);
    }

    /// The value from the nearest object above that has it to give.
    fn value(&self, context: &Contextual) -> Option<Vec<u8>> {
        let nearest = context.sources.iter().find_map(|source| {
            let id = *self.above.get(source.depth)?;
            let ty = self.ground.tree.object(id).type_id;
            let fits = source
                .when
                .as_ref()
                .is_none_or(|set| ty.is_some_and(|ty| set.contains(ty)));
            fits.then_some((id, &source.selection))
        });
        let (id, selection) = nearest?;
        let mut out = Vec::new();
        self.write(Value::Object(id), &[selection], &mut out)?;
        (context.nullable || out != b"null").then_some(out)
    }

    /// Writes the one leaf that is selected of a value.
    fn write(&self, value: Value, selection: &[&Representation], out: &mut Vec<u8>) -> Option<()> {
        match value {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Leaf(slice) => out.extend_from_slice(self.ground.tree.text(slice)),
            Value::List(id) => {
                out.push(b'[');
                for (index, item) in self.ground.tree.items(id).iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    self.write(*item, selection, out)?;
                }
                out.push(b']');
            }
            Value::Object(id) => {
                let object = self.ground.tree.object(id);
                let fields = fields_of(object, selection);
                let (field, below) = fields.iter().find(|(field, _)| !field.typename)?;
                let value = self.ground.tree.get(object, field.source)?;
                self.write(value, below, out)?;
            }
        }
        Some(())
    }
}
