//! The data of an operation while it is put together. Objects and lists live in one arena and refer to each other by
//! number, leaves are slices of the subgraphs' own bytes: a value is copied by copying sixteen bytes.

use bytes::Bytes;
use smallvec::SmallVec;

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

impl ObjectId {
    /// The place as a number.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl ListId {
    /// The place as a number.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

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
    /// One bit for every key that it has; keys share bits where a plan has more than 64 of them.
    keys: u64,
    /// Its fields in the order of arrival, one part per answer; a key stands there once. Objects may have parts in
    /// common.
    parts: SmallVec<[Part; 3]>,
}

/// Fields that arrived together: a range of the arena's fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    start: u32,
    length: u32,
}

/// A list of the answer: a range of the arena's items.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List {
    /// Whether several parents refer to it.
    pub(crate) shared: bool,
    start: u32,
    length: u32,
}

/// Parts of an object that a cursor follows.
const FOLLOWED: usize = 4;

/// Where look-ups of an object's fields left off: in which part, and where in each of the first parts. Every answer has its
/// fields in the order in which they are looked up.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cursor {
    part: usize,
    next: [u32; FOLLOWED],
}

/// A text of leaves that were no text goes on up to here; then another one is begun.
const FULL: usize = 1 << 30;

/// The bit that stands for a key.
fn bit(symbol: Symbol) -> u64 {
    1 << (symbol.0 % 64)
}

/// All objects, lists and sources of one operation.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    objects: Vec<Object>,
    fields: Vec<(Symbol, Value)>,
    lists: Vec<List>,
    items: Vec<Value>,
    sources: Vec<Bytes>,
    /// The text of leaves that were no text before, and which source it is: its place in the list is empty.
    written: Vec<u8>,
    written_source: Option<u32>,
}

impl Tree {
    /// A tree with room for what most operations answer: growing step by step up to there costs more.
    pub(crate) fn roomy() -> Self {
        let mut tree = Self::default();
        tree.objects.reserve(48);
        tree.fields.reserve(192);
        tree.lists.reserve(24);
        tree.items.reserve(64);
        tree.sources.reserve(8);
        tree
    }

    /// Takes up the bytes of an answer and gives their number.
    pub(crate) fn add_source(&mut self, bytes: Bytes) -> u32 {
        self.sources.push(bytes);
        (self.sources.len() - 1) as u32
    }

    /// Begins to write leaves. Gives the source that [`Tree::written`] is until the next call; `expected` bytes will come,
    /// more or less.
    pub(crate) fn begin_writing(&mut self, expected: usize) -> u32 {
        match self.written_source {
            Some(source) if self.written.len() < FULL => source,
            full => {
                if let Some(source) = full {
                    self.sources[source as usize] = std::mem::take(&mut self.written).into();
                }
                self.written.reserve(expected);
                let source = self.add_source(Bytes::new());
                self.written_source = Some(source);
                source
            }
        }
    }

    /// Where leaves are written. What stands there stays.
    pub(crate) fn written(&mut self) -> &mut Vec<u8> {
        &mut self.written
    }

    /// The JSON text of a leaf.
    pub(crate) fn text(&self, slice: Slice) -> &[u8] {
        let source = match self.written_source == Some(slice.source) {
            true => self.written.as_slice(),
            false => &self.sources[slice.source as usize],
        };
        &source[slice.start as usize..slice.end as usize]
    }

    pub(crate) fn add_object(
        &mut self,
        type_id: Option<TypeId>,
        fields: &[(Symbol, Value)],
    ) -> ObjectId {
        let mut object = Object {
            type_id,
            ..Object::default()
        };
        if !fields.is_empty() {
            let part = self.add_part(fields);
            object.keys = self.keys(part);
            object.parts.push(part);
        }
        self.objects.push(object);
        ObjectId((self.objects.len() - 1) as u32)
    }

    fn add_part(&mut self, fields: &[(Symbol, Value)]) -> Part {
        let start = self.fields.len() as u32;
        self.fields.extend_from_slice(fields);
        Part {
            start,
            length: fields.len() as u32,
        }
    }

    pub(crate) fn add_list(&mut self, items: &[Value]) -> ListId {
        let start = self.items.len() as u32;
        self.items.extend_from_slice(items);
        self.lists.push(List {
            shared: false,
            start,
            length: items.len() as u32,
        });
        ListId((self.lists.len() - 1) as u32)
    }

    /// How many objects there are.
    pub(crate) fn object_count(&self) -> usize {
        self.objects.len()
    }

    pub(crate) fn object(&self, id: ObjectId) -> &Object {
        &self.objects[id.0 as usize]
    }

    pub(crate) fn object_mut(&mut self, id: ObjectId) -> &mut Object {
        &mut self.objects[id.0 as usize]
    }

    pub(crate) fn list(&self, id: ListId) -> List {
        self.lists[id.0 as usize]
    }

    /// The items of a list.
    pub(crate) fn items(&self, id: ListId) -> &[Value] {
        let List { start, length, .. } = self.list(id);
        &self.items[start as usize..(start + length) as usize]
    }

    /// Puts something else into a place of a list.
    pub(crate) fn set_item(&mut self, id: ListId, index: usize, value: Value) {
        let start = self.list(id).start as usize;
        self.items[start + index] = value;
    }

    /// The fields of a part.
    pub(crate) fn fields(&self, part: Part) -> &[(Symbol, Value)] {
        &self.fields[part.start as usize..(part.start + part.length) as usize]
    }

    /// How many parts an object has.
    pub(crate) fn parts(&self, id: ObjectId) -> usize {
        self.object(id).parts.len()
    }

    /// A part of an object.
    pub(crate) fn part(&self, id: ObjectId, index: usize) -> Part {
        self.object(id).parts[index]
    }

    fn keys(&self, part: Part) -> u64 {
        let fields = self.fields(part).iter();
        fields.fold(0, |keys, (symbol, _)| keys | bit(*symbol))
    }

    /// Whether an object has none of the fields of a part. The bits tell it for most objects, however many parts they have.
    pub(crate) fn lacks(&self, object: &Object, part: Part) -> bool {
        object.keys & self.keys(part) == 0
            || self
                .fields(part)
                .iter()
                .all(|(symbol, _)| self.get(object, *symbol).is_none())
    }

    /// A field of an object.
    pub(crate) fn get(&self, object: &Object, symbol: Symbol) -> Option<Value> {
        if object.keys & bit(symbol) == 0 {
            return None;
        }
        for part in &object.parts {
            for (key, value) in self.fields(*part) {
                if *key == symbol {
                    return Some(*value);
                }
            }
        }
        None
    }

    /// Like [`Tree::get`], looking first where the same field of another object was found: its part and its place there.
    #[inline]
    pub(crate) fn get_at(
        &self,
        object: &Object,
        symbol: Symbol,
        place: &mut (u32, u32),
    ) -> Option<Value> {
        if let Some(part) = object.parts.get(place.0 as usize)
            && let Some((key, value)) = self.fields(*part).get(place.1 as usize)
            && *key == symbol
        {
            return Some(*value);
        }
        if object.keys & bit(symbol) == 0 {
            return None;
        }
        self.search(object, symbol, place)
    }

    /// A field of an object, and where it is.
    fn search(&self, object: &Object, symbol: Symbol, place: &mut (u32, u32)) -> Option<Value> {
        for (part, known) in object.parts.iter().enumerate() {
            for (index, (key, value)) in self.fields(*known).iter().enumerate() {
                if *key == symbol {
                    *place = (part as u32, index as u32);
                    return Some(*value);
                }
            }
        }
        None
    }

    /// Like [`Tree::get`], looking first where earlier look-ups left off.
    #[inline]
    pub(crate) fn get_next(
        &self,
        object: &Object,
        symbol: Symbol,
        cursor: &mut Cursor,
    ) -> Option<Value> {
        if object.keys & bit(symbol) == 0 {
            return None;
        }
        if let Some(part) = object.parts.get(cursor.part)
            && let Some((key, value)) = self.fields(*part).get(cursor.next[cursor.part] as usize)
            && *key == symbol
        {
            cursor.next[cursor.part] += 1;
            return Some(*value);
        }
        self.get_in_other_part(object, symbol, cursor)
    }

    fn get_in_other_part(
        &self,
        object: &Object,
        symbol: Symbol,
        cursor: &mut Cursor,
    ) -> Option<Value> {
        for (at, (part, next)) in object.parts.iter().zip(&mut cursor.next).enumerate() {
            if let Some((key, value)) = self.fields(*part).get(*next as usize)
                && *key == symbol
            {
                cursor.part = at;
                *next += 1;
                return Some(*value);
            }
        }
        let mut place = (0, 0);
        let found = self.search(object, symbol, &mut place)?;
        let (at, index) = (place.0 as usize, place.1);
        if at < FOLLOWED {
            cursor.part = at;
            cursor.next[at] = index + 1;
        }
        Some(found)
    }

    /// Gives an object more fields, none of which it has.
    pub(crate) fn append(&mut self, id: ObjectId, part: Part) {
        let keys = self.keys(part);
        let object = self.object_mut(id);
        object.keys |= keys;
        object.parts.push(part);
    }

    /// Gives an object more fields, none of which it has.
    pub(crate) fn append_fields(&mut self, id: ObjectId, fields: &[(Symbol, Value)]) {
        let part = self.add_part(fields);
        self.append(id, part);
    }

    /// Changes a field that an object has, and no other object's.
    pub(crate) fn set(&mut self, id: ObjectId, symbol: Symbol, value: Value) {
        for index in 0..self.parts(id) {
            let part = self.part(id, index);
            if let Some(place) = self.fields(part).iter().position(|(key, _)| *key == symbol) {
                let start = self.fields.len();
                self.fields
                    .extend_from_within(part.start as usize..(part.start + part.length) as usize);
                self.fields[start + place].1 = value;
                self.object_mut(id).parts[index] = Part {
                    start: start as u32,
                    length: part.length,
                };
                return;
            }
        }
    }

    /// Notes that several parents refer to everything in a part.
    pub(crate) fn share(&mut self, part: Part) {
        for index in part.start..part.start + part.length {
            match self.fields[index as usize].1 {
                Value::Object(id) => self.object_mut(id).shared = true,
                Value::List(id) => self.lists[id.0 as usize].shared = true,
                Value::Null | Value::Leaf(_) => {}
            }
        }
    }

    /// Gives an object a copy of everything below it, so that it has nothing in common with what took its parts.
    pub(crate) fn unshare(&mut self, id: ObjectId) {
        for index in 0..self.parts(id) {
            let part = self.part(id, index);
            let copy = self.copy_part(part);
            self.object_mut(id).parts[index] = copy;
        }
    }

    fn copy_part(&mut self, part: Part) -> Part {
        let (start, length) = (self.fields.len(), part.length as usize);
        let from = part.start as usize;
        self.fields.extend_from_within(from..from + length);
        for index in start..start + length {
            let copy = self.copy(self.fields[index].1);
            self.fields[index].1 = copy;
        }
        Part {
            start: start as u32,
            length: part.length,
        }
    }

    fn copy(&mut self, value: Value) -> Value {
        match value {
            Value::Null | Value::Leaf(_) => value,
            Value::List(id) => {
                let mut items = self.items(id).to_vec();
                for item in &mut items {
                    *item = self.copy(*item);
                }
                Value::List(self.add_list(&items))
            }
            Value::Object(id) => {
                let mut object = self.object(id).clone();
                object.shared = false;
                for part in &mut object.parts {
                    *part = self.copy_part(*part);
                }
                self.objects.push(object);
                Value::Object(ObjectId((self.objects.len() - 1) as u32))
            }
        }
    }
}
