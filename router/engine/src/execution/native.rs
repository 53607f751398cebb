//! Takes up the values of an in-process subgraph along the shape that its fetch expects.

use async_graphql_value::indexmap::IndexMap;
use async_graphql_value::{ConstValue, Name};

use super::again::Resembling;
use super::value::{ObjectId, Slice, Tree, Value};
use crate::plan::{Shape, ShapeKind, Symbol};
use crate::schema::{Schema, TypeId};

/// Turns values into the engine's tree. Leaves are written once, as the bytes that the client will get, into a text that
/// becomes the tree's next source.
pub(crate) fn take_up(data: &ConstValue, shape: &Shape, tree: &mut Tree, schema: &Schema) -> Value {
    let mut taker = Taker {
        source: tree.next_source(),
        text: Vec::new(),
        schema,
        fields: Vec::new(),
        items: Vec::new(),
        last_type: None,
        seen: Vec::new(),
    };
    let value = taker.composite(data, shape, tree);
    tree.add_source(taker.text.into());
    value
}

struct Taker<'a> {
    source: u32,
    text: Vec<u8>,
    schema: &'a Schema,
    /// Fields and items of objects and lists that are being taken up, the innermost last.
    fields: Vec<(Symbol, Value)>,
    items: Vec<Value>,
    /// The last type name that came: the next one is often the same.
    last_type: Option<(&'a str, TypeId)>,
    /// Objects that may come again, by the number of their place.
    seen: Vec<Resembling<'a>>,
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
            other => self.leaf(other),
        }
    }

    /// An object of a shape, or the same one again.
    fn shaped(
        &mut self,
        object: &'a IndexMap<Name, ConstValue>,
        shape: &Shape,
        tree: &mut Tree,
    ) -> Value {
        let Some(place) = shape.same.map(usize::from) else {
            return Value::Object(self.fresh(object, shape, tree));
        };
        if place >= self.seen.len() {
            self.seen.resize_with(place + 1, Resembling::default);
        }
        let hash = match self.seen[place].find(object) {
            Ok(id) => {
                tree.object_mut(id).shared = true;
                return Value::Object(id);
            }
            Err(hash) => hash,
        };
        let id = self.fresh(object, shape, tree);
        if let Some(hash) = hash {
            self.seen[place].keep(hash, object, id);
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
                ShapeKind::Leaf => self.leaf(value),
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
            && known == name
        {
            return Some(id);
        }
        let id = self.schema.id(name)?;
        self.last_type = Some((name, id));
        Some(id)
    }

    fn leaf(&mut self, value: &ConstValue) -> Value {
        let start = self.text.len();
        match value {
            ConstValue::Null => return Value::Null,
            ConstValue::String(string) if is_plain(string) => {
                self.text.reserve(string.len() + 2);
                self.text.push(b'"');
                self.text.extend_from_slice(string.as_bytes());
                self.text.push(b'"');
            }
            other => {
                if serde_json::to_writer(&mut self.text, other).is_err() {
                    // maps with odd keys have no JSON form
                    self.text.truncate(start);
                    return Value::Null;
                }
            }
        }
        Value::Leaf(Slice::new(self.source, start, self.text.len()))
    }
}

/// Whether a string stands in JSON as it is.
fn is_plain(string: &str) -> bool {
    // without a way out in between, so that many bytes are looked at at once
    string.bytes().fold(true, |plain, byte| {
        plain & (byte >= 0x20) & (byte != b'"') & (byte != b'\\')
    })
}
