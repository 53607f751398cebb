//! What a fetch's answer looks like: guides reading it, so that nothing is kept that nobody asked for.

use super::Symbol;
use crate::equal::same_bytes;

/// The fields that an object of the answer can have, over all types it can be of.
#[derive(Debug, Default, Clone)]
pub(crate) struct Shape {
    /// In the order of the document, which is the order in which a subgraph answers.
    pub(crate) fields: Vec<ShapeField>,
    /// Whether it was put together from several selections of one field.
    pub(crate) merged: bool,
    /// Where objects with the same text are the same object: the number of the place within the answer.
    pub(crate) same: Option<u16>,
}

#[derive(Debug, Clone)]
pub(crate) struct ShapeField {
    /// The response key that the subgraph uses.
    pub(crate) key: Box<str>,
    /// The key as it stands in an answer without spaces: in quotes, with a colon.
    pub(crate) written: Box<[u8]>,
    /// The key under which the value is kept: another one where the planner made an alias of its own.
    pub(crate) symbol: Symbol,
    /// Whether another field of the object is kept under the same symbol.
    pub(crate) twin: bool,
    pub(crate) kind: ShapeKind,
}

#[derive(Debug, Clone)]
pub(crate) enum ShapeKind {
    /// The name of the object's type.
    Typename,
    /// A scalar, an enum, or lists of them: kept as JSON text.
    Leaf,
    /// An object or lists of objects.
    Composite(Shape),
}

impl ShapeField {
    pub(crate) fn new(key: &str, symbol: Symbol, kind: ShapeKind) -> Self {
        Self {
            key: key.into(),
            written: format!("\"{key}\":").into_bytes().into(),
            symbol,
            twin: false,
            kind,
        }
    }
}

impl Shape {
    /// The field for a response key. Answers come in document order, so `hint`, the index after the last hit, is
    /// nearly always right.
    #[inline]
    pub(crate) fn find(&self, key: &[u8], hint: usize) -> Option<usize> {
        if self
            .fields
            .get(hint)
            .is_some_and(|field| same_bytes(field.key.as_bytes(), key))
        {
            return Some(hint);
        }
        self.search(key)
    }

    fn search(&self, key: &[u8]) -> Option<usize> {
        self.fields
            .iter()
            .position(|field| field.key.as_bytes() == key)
    }

    /// Adds a field; one with the same key takes up the new one's fields.
    pub(crate) fn add(&mut self, field: ShapeField) {
        let Some(known) = self.fields.iter_mut().find(|known| known.key == field.key) else {
            let twins = self.fields.iter_mut();
            let mut field = field;
            for twin in twins.filter(|known| known.symbol == field.symbol) {
                (twin.twin, field.twin) = (true, true);
            }
            self.fields.push(field);
            return;
        };
        match (&mut known.kind, field.kind) {
            (ShapeKind::Composite(known), ShapeKind::Composite(more)) => {
                known.merged = true;
                for field in more.fields {
                    known.add(field);
                }
            }
            // keys of different types may hold a leaf in one and an object in the other: the data decides
            (ShapeKind::Leaf, kind @ ShapeKind::Composite(_)) => known.kind = kind,
            _ => {}
        }
    }
}
