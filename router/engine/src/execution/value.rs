//! The data of an operation while it is put together. Objects and lists live in one arena and refer to each other by
//! number, leaves are slices of the subgraphs' own bytes: a value is copied by copying sixteen bytes.

use bytes::Bytes;

use crate::plan::Symbol;
use crate::schema::TypeId;

/// Bytes of one source: JSON text of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slice {
    source: u32,
    start: u32,
    end: u32,
}

impl Slice {
    /// Bytes `start..end` of a source; answers are bounded far below 4 GiB, so the offsets fit.
    pub(crate) fn new(source: u32, start: usize, end: usize) -> Self {
        Self {
            source,
            start: start as u32,
            end: end as u32,
        }
    }
}

/// An object's place in the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ObjectId(u32);

/// A list's place in the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ListId(u32);

/// A value of the answer.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Value {
    #[default]
    Null,
    Leaf(Slice),
    List(ListId),
    Object(ObjectId),
}

/// An object of the answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object {
    /// What `__typename` said.
    pub(crate) type_id: Option<TypeId>,
    /// Whether several parents refer to it.
    pub(crate) shared: bool,
    /// In the order of arrival; a key stands there once.
    pub(crate) fields: Vec<(Symbol, Value)>,
}

/// A list of the answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct List {
    /// Whether several parents refer to it.
    pub(crate) shared: bool,
    pub(crate) items: Vec<Value>,
}

impl Object {
    pub(crate) fn get(&self, symbol: Symbol) -> Option<Value> {
        self.fields
            .iter()
            .find(|(key, _)| *key == symbol)
            .map(|(_, value)| *value)
    }

    /// Like [`Object::get`], looking first where the last look-up left off.
    pub(crate) fn get_next(&self, symbol: Symbol, hint: &mut usize) -> Option<Value> {
        if let Some((key, value)) = self.fields.get(*hint)
            && *key == symbol
        {
            *hint += 1;
            return Some(*value);
        }
        let index = self.fields.iter().position(|(key, _)| *key == symbol)?;
        *hint = index + 1;
        Some(self.fields[index].1)
    }

    pub(crate) fn get_mut(&mut self, symbol: Symbol) -> Option<&mut Value> {
        self.fields
            .iter_mut()
            .find(|(key, _)| *key == symbol)
            .map(|(_, value)| value)
    }
}

/// All objects, lists and sources of one operation.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    objects: Vec<Object>,
    lists: Vec<List>,
    sources: Vec<Bytes>,
}

impl Tree {
    /// Takes up the bytes of an answer and gives their number.
    pub(crate) fn add_source(&mut self, bytes: Bytes) -> u32 {
        self.sources.push(bytes);
        (self.sources.len() - 1) as u32
    }

    /// The number that the next source will have.
    pub(crate) fn next_source(&self) -> u32 {
        self.sources.len() as u32
    }

    /// The JSON text of a leaf.
    pub(crate) fn text(&self, slice: Slice) -> &[u8] {
        &self.sources[slice.source as usize][slice.start as usize..slice.end as usize]
    }

    pub(crate) fn add_object(&mut self, object: Object) -> ObjectId {
        self.objects.push(object);
        ObjectId((self.objects.len() - 1) as u32)
    }

    pub(crate) fn add_list(&mut self, items: Vec<Value>) -> ListId {
        self.lists.push(List {
            shared: false,
            items,
        });
        ListId((self.lists.len() - 1) as u32)
    }

    pub(crate) fn object(&self, id: ObjectId) -> &Object {
        &self.objects[id.0 as usize]
    }

    pub(crate) fn object_mut(&mut self, id: ObjectId) -> &mut Object {
        &mut self.objects[id.0 as usize]
    }

    pub(crate) fn list(&self, id: ListId) -> &List {
        &self.lists[id.0 as usize]
    }

    pub(crate) fn list_mut(&mut self, id: ListId) -> &mut List {
        &mut self.lists[id.0 as usize]
    }

    /// Notes that several parents refer to a value.
    pub(crate) fn share(&mut self, value: Value) {
        match value {
            Value::Object(id) => self.object_mut(id).shared = true,
            Value::List(id) => self.list_mut(id).shared = true,
            Value::Null | Value::Leaf(_) => {}
        }
    }

    /// A copy of a value with everything below it, for a parent that must not share it.
    pub(crate) fn copy(&mut self, value: Value) -> Value {
        match value {
            Value::Null | Value::Leaf(_) => value,
            Value::List(id) => {
                let mut items = self.list(id).items.clone();
                for item in &mut items {
                    *item = self.copy(*item);
                }
                Value::List(self.add_list(items))
            }
            Value::Object(id) => {
                let mut object = self.object(id).clone();
                object.shared = false;
                for (_, value) in &mut object.fields {
                    *value = self.copy(*value);
                }
                Value::Object(self.add_object(object))
            }
        }
    }
}
