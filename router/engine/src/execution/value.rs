//! The data of an operation while it is put together: a tree whose leaves are slices of the subgraphs' own bytes.

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

/// All bytes that leaves point into.
#[derive(Debug, Default)]
pub(crate) struct Sources(Vec<Bytes>);

impl Sources {
    /// Takes up the bytes of an answer and gives their number.
    pub(crate) fn add(&mut self, bytes: Bytes) -> u32 {
        self.0.push(bytes);
        (self.0.len() - 1) as u32
    }

    /// The number that the next answer will have.
    pub(crate) fn next(&self) -> u32 {
        self.0.len() as u32
    }

    /// The JSON text of a leaf.
    pub(crate) fn text(&self, slice: Slice) -> &[u8] {
        &self.0[slice.source as usize][slice.start as usize..slice.end as usize]
    }
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

/// A value of the answer.
#[derive(Debug, Clone, Default)]
pub(crate) enum Value {
    #[default]
    Null,
    Leaf(Slice),
    List(Vec<Value>),
    Object(Object),
}

/// An object of the answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object {
    /// What `__typename` said.
    pub(crate) type_id: Option<TypeId>,
    /// In the order of arrival; a key stands there once.
    pub(crate) fields: Vec<(Symbol, Value)>,
}

impl Object {
    pub(crate) fn get(&self, symbol: Symbol) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(key, _)| *key == symbol)
            .map(|(_, value)| value)
    }

    /// Like [`Object::get`], looking first where the last look-up left off.
    pub(crate) fn get_next(&self, symbol: Symbol, hint: &mut usize) -> Option<&Value> {
        if let Some((key, value)) = self.fields.get(*hint)
            && *key == symbol
        {
            *hint += 1;
            return Some(value);
        }
        let index = self.fields.iter().position(|(key, _)| *key == symbol)?;
        *hint = index + 1;
        Some(&self.fields[index].1)
    }

    pub(crate) fn get_mut(&mut self, symbol: Symbol) -> Option<&mut Value> {
        self.fields
            .iter_mut()
            .find(|(key, _)| *key == symbol)
            .map(|(_, value)| value)
    }

    /// Takes a field's value out, leaving null.
    pub(crate) fn take(&mut self, symbol: Symbol) -> Value {
        self.get_mut(symbol).map(std::mem::take).unwrap_or_default()
    }
}
