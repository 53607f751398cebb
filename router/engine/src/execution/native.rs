//! Takes up the values of an in-process subgraph along the shape that its fetch expects.

use async_graphql_value::indexmap::IndexMap;
use async_graphql_value::{ConstValue, Name};

use super::again::Resembling;
use super::scan::is_plain;
use super::value::{ObjectId, Slice, Tree, Value};
use crate::equal::same_bytes;
use crate::plan::{Shape, ShapeKind, Symbol};
use crate::schema::{Schema, TypeId};

/// Room for the text of leaves to begin with.
const EXPECTED_TEXT: usize = 4096;
/// Room for fields and items under way to begin with.
const EXPECTED_FIELDS: usize = 32;

/// Turns values into the engine's tree. Leaves are written once, as the bytes that the client will get.
pub(crate) fn take_up(data: &ConstValue, shape: &Shape, tree: &mut Tree, schema: &Schema) -> Value {
    let mut taker = Taker {
        source: tree.begin_writing(EXPECTED_TEXT),
        schema,
        fields: Vec::with_capacity(EXPECTED_FIELDS),
        items: Vec::with_capacity(EXPECTED_FIELDS),
        last_type: None,
        seen: Resembling::default(),
    };
    taker.composite(data, shape, tree)
}

struct Taker<'a> {
    source: u32,
    schema: &'a Schema,
    /// Fields and items of objects and lists that are being taken up, the innermost last.
    fields: Vec<(Symbol, Value)>,
    items: Vec<Value>,
    /// The last type name that came: the next one is often the same.
    last_type: Option<(&'a str, TypeId)>,
    /// Objects that may come again.
    seen: Resembling<'a>,
}

impl<'a> Taker<'a> {
    fn composite(&mut self, data: &'a ConstValue, shape: &Shape, tree: &mut Tree) -> Value {
        match data {
            ConstValue::Null => Value::Null,
            ConstValue::List(items) => {
                let start = self.items.len();
                for item in items {
                    let item = self.composite(item, shape, tree);
                    self.items.push(item);
                }
                let list = tree.add_list(&self.items[start..]);
                self.items.truncate(start);
                Value::List(list)
            }
            ConstValue::Object(fields) => self.shaped(fields, shape, tree),
            other => self.leaf(other, tree),
        }
    }

    /// An object of a shape, or the same one again.
    fn shaped(
        &mut self,
        object: &'a IndexMap<Name, ConstValue>,
        shape: &Shape,
        tree: &mut Tree,
    ) -> Value {
        let Some(place) = shape.same else {
            return Value::Object(self.fresh(object, shape, tree));
        };
        let hash = match self.seen.find(place, object) {
            Ok(id) => {
                tree.object_mut(id).shared = true;
                return Value::Object(id);
            }
            Err(hash) => hash,
        };
        let id = self.fresh(object, shape, tree);
        if let Some(hash) = hash {
            self.seen.keep(hash, place, object, id);
        }
        Value::Object(id)
    }

    /// An object that has not been seen.
    fn fresh(
        &mut self,
        object: &'a IndexMap<Name, ConstValue>,
        shape: &Shape,
        tree: &mut Tree,
    ) -> ObjectId {
        let start = self.fields.len();
        let mut type_id = None;
        let mut hint = 0;
        for (key, value) in object {
            let Some(index) = shape.find(key.as_bytes(), hint) else {
                continue;
            };
            let field = &shape.fields[index];
            let value = match &field.kind {
                ShapeKind::Typename => {
                    type_id = self.type_name(value).or(type_id);
                    hint = index + 1;
                    continue;
                }
                ShapeKind::Leaf => self.leaf(value, tree),
                ShapeKind::Composite(below) => self.composite(value, below, tree),
            };
            // what comes in order has not come before
            if index >= hint && !field.twin {
                self.fields.push((field.symbol, value));
            } else {
                self.add(start, field.symbol, value);
            }
            hint = index + 1;
        }
        let id = tree.add_object(type_id, &self.fields[start..]);
        self.fields.truncate(start);
        id
    }

    /// Adds a field that may be there already to the object whose fields begin at `start`.
    fn add(&mut self, start: usize, symbol: Symbol, value: Value) {
        let known = self.fields[start..]
            .iter_mut()
            .find(|(known, _)| *known == symbol);
        match known {
            // the second of two aliases for one key belongs to another type: only one of them is there
            Some((_, known)) => {
                if matches!(known, Value::Null) {
                    *known = value;
                }
            }
            None => self.fields.push((symbol, value)),
        }
    }

    fn type_name(&mut self, value: &'a ConstValue) -> Option<TypeId> {
        let ConstValue::String(name) = value else {
            return None;
        };
        if let Some((known, id)) = self.last_type
            && same_bytes(known.as_bytes(), name.as_bytes())
        {
            return Some(id);
        }
        let id = self.schema.id(name)?;
        self.last_type = Some((name, id));
        Some(id)
    }

    #[inline]
    fn leaf(&self, value: &ConstValue, tree: &mut Tree) -> Value {
        let text = tree.written();
        let start = text.len();
        match value {
            ConstValue::Null => return Value::Null,
            ConstValue::String(string) if is_plain(string.as_bytes()) => {
                text.push(b'"');
                text.extend_from_slice(string.as_bytes());
                text.push(b'"');
            }
            ConstValue::Boolean(boolean) => {
                text.extend_from_slice(if *boolean { b"true" } else { b"false" });
            }
            other => {
                if serde_json::to_writer(&mut *text, other).is_err() {
                    // maps with odd keys have no JSON form
                    text.truncate(start);
                    return Value::Null;
                }
            }
        }
        Value::Leaf(Slice::new(self.source, start, text.len()))
    }
}
