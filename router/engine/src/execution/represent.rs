//! What an entity fetch sends: a representation for every different entity at its paths.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use async_graphql_value::{ConstValue, Name, indexmap::IndexMap};
use smallvec::{SmallVec, smallvec};
use xxhash_rust::xxh3::xxh3_64;

use super::locate::objects_at;
use super::value::{Object, ObjectId, Tree, Value};
use crate::plan::{EntityBatch, PathStep, Representation, RepresentationField, TypenameSetter};
use crate::schema::{Schema, TypeId};

/// Where the answers will go: for every path of a batch, objects with the numbers of their representations.
pub(crate) type Assignment = Vec<Vec<(ObjectId, u32)>>;

/// The different representations of one batch.
#[derive(Debug, Default)]
pub(crate) struct Represented {
    /// JSON texts, one after the other without separators.
    text: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    pub(crate) assignment: Assignment,
}

impl Represented {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Objects that all take the one answer to root fields.
    pub(super) fn standing(paths: &[Vec<PathStep>], ground: Ground<'_>) -> Self {
        let assignment: Assignment = paths
            .iter()
            .map(|path| {
                let objects = objects_at(ground.tree, ground.data, path);
                objects.into_iter().map(|object| (object, 0)).collect()
            })
            .collect();
        let is_empty = assignment.iter().all(Vec::is_empty);
        Self {
            text: Vec::new(),
            ends: if is_empty { Vec::new() } else { vec![0] },
            assignment,
        }
    }

    fn text(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[index]]
    }

    /// Writes the list that a remote subgraph gets.
    pub(crate) fn write_list(&self, out: &mut Vec<u8>) {
        out.reserve(self.text.len() + self.ends.len() + 2);
        out.push(b'[');
        for index in 0..self.len() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(self.text(index));
        }
        out.push(b']');
    }
}

/// What representations are made from.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) data: Value,
    pub(crate) tree: &'a Tree,
    pub(crate) schema: &'a Schema,
}

/// Collects the different representations of a batch as JSON texts.
pub(crate) fn represent(
    batch: &EntityBatch,
    ground: Ground<'_>,
    values: Option<&mut Vec<ConstValue>>,
) -> Represented {
    let paths = batch.paths.iter();
    let objects = paths.map(|path| objects_at(ground.tree, ground.data, path));
    represent_objects(batch, ground, objects, values)
}

/// Room for different representations to begin with.
const EXPECTED: usize = 16;

/// Collects the different representations of these objects, given for every path of a batch. For an in-process subgraph `values` gets the same
/// as values.
pub(super) fn represent_objects(
    batch: &EntityBatch,
    ground: Ground<'_>,
    objects: impl Iterator<Item = Vec<ObjectId>>,
    mut values: Option<&mut Vec<ConstValue>>,
) -> Represented {
    let mut represented = Represented {
        text: Vec::with_capacity(EXPECTED * 32),
        ends: Vec::with_capacity(EXPECTED),
        assignment: Vec::with_capacity(batch.paths.len()),
    };
    let mut known: HashMap<u64, u32, BuildHasherDefault<Hashed>> =
        HashMap::with_capacity_and_hasher(EXPECTED, BuildHasherDefault::default());
    if let Some(values) = values.as_deref_mut() {
        values.reserve(EXPECTED);
    }
    let roots: Below<'_> = smallvec![&batch.representation];
    let writer = Json {
        ground,
        setters: &batch.setters,
    };
    let flat = is_flat(&batch.representation);
    let mut pattern = IndexMap::default();
    for objects in objects {
        let mut assigned = Vec::with_capacity(objects.len());
        for id in objects {
            let object = ground.tree.object(id);
            let start = represented.text.len();
            let written = if flat {
                writer.flat(object, &batch.representation, &mut represented.text)
            } else {
                writer.object(object, &roots, &mut represented.text)
            };
            if written.is_none() {
                represented.text.truncate(start);
                continue;
            }
            let text = &represented.text[start..];
            let hash = xxh3_64(text);
            let same = known
                .get(&hash)
                .copied()
                .filter(|index| represented.text(*index as usize) == text);
            let index = match same {
                Some(index) => {
                    represented.text.truncate(start);
                    index
                }
                None => {
                    let index = represented.ends.len() as u32;
                    represented.ends.push(represented.text.len());
                    known.entry(hash).or_insert(index);
                    if let Some(values) = values.as_deref_mut() {
                        let value = if flat {
                            writer.flat_value(object, &batch.representation, &mut pattern)
                        } else {
                            writer.object_value(object, &roots)
                        };
                        // what could be written as text can be made as a value
                        values.push(value.unwrap_or_default());
                    }
                    index
                }
            };
            assigned.push((id, index));
        }
        represented.assignment.push(assigned);
    }
    represented
}

/// A field, and everything that is required below its key.
pub(super) type Fields<'r> = SmallVec<[(&'r RepresentationField, Below<'r>); 8]>;
pub(super) type Below<'r> = SmallVec<[&'r Representation; 2]>;

/// Whether no field has fields of its own and no key stands there twice, as in nearly all keys of entities.
fn is_flat(representation: &Representation) -> bool {
    let fields = &representation.fields;
    fields.iter().enumerate().all(|(index, field)| {
        field.below.is_none() && fields[..index].iter().all(|other| other.key != field.key)
    })
}

/// Whether a field is sent for an object.
fn applies(field: &RepresentationField, object: &Object) -> bool {
    field
        .when
        .as_ref()
        .is_none_or(|set| object.type_id.is_some_and(|id| set.contains(id)))
}

/// Fields of the object's type, with everything that stands below the same key.
pub(super) fn fields_of<'r>(object: &Object, representations: &[&'r Representation]) -> Fields<'r> {
    let mut fields = Fields::new();
    for field in representations
        .iter()
        .flat_map(|representation| &representation.fields)
    {
        if !applies(field, object) {
            continue;
        }
        match fields.iter_mut().find(|(known, _)| known.key == field.key) {
            Some((_, below)) => below.extend(field.below.as_ref()),
            None => fields.push((field, field.below.iter().collect())),
        }
    }
    fields
}

/// Writes representations. `None` anywhere means that something which is required is not there.
struct Json<'a> {
    ground: Ground<'a>,
    setters: &'a [TypenameSetter],
}

impl Json<'_> {
    fn typename(&self, id: TypeId) -> &str {
        let set = self
            .setters
            .iter()
            .rev()
            .find(|setter| setter.when.contains(id))
            .map(|setter| setter.name.as_ref());
        set.unwrap_or_else(|| &self.ground.schema.ty(id).name)
    }

    /// Writes the same as [`Self::object`] would, without collecting fields first.
    fn flat(
        &self,
        object: &Object,
        representation: &Representation,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let mut before = b'{';
        for field in &representation.fields {
            if applies(field, object) {
                out.push(before);
                before = b',';
                self.field(object, field, &[], out)?;
            }
        }
        if before == b'{' {
            return None;
        }
        out.push(b'}');
        Some(())
    }

    /// Writes a field with its key.
    fn field(
        &self,
        object: &Object,
        field: &RepresentationField,
        below: &[&Representation],
        out: &mut Vec<u8>,
    ) -> Option<()> {
        out.extend_from_slice(&field.written);
        if field.typename {
            out.push(b'"');
            out.extend_from_slice(self.typename(object.type_id?).as_bytes());
            out.push(b'"');
            return Some(());
        }
        self.value(self.ground.tree.get(object, field.source)?, below, out)
    }

    fn object(
        &self,
        object: &Object,
        representations: &[&Representation],
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let fields = fields_of(object, representations);
        if fields.is_empty() {
            return None;
        }
        out.push(b'{');
        for (index, (field, below)) in fields.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            self.field(object, field, below, out)?;
        }
        out.push(b'}');
        Some(())
    }

    fn value(&self, value: Value, below: &[&Representation], out: &mut Vec<u8>) -> Option<()> {
        match value {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Leaf(slice) => out.extend_from_slice(self.ground.tree.text(slice)),
            Value::List(id) => {
                out.push(b'[');
                for (index, item) in self.ground.tree.items(id).iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    self.value(*item, below, out)?;
                }
                out.push(b']');
            }
            Value::Object(id) => {
                let object = self.ground.tree.object(id);
                // `{}` stands for an object of a type that nothing is required of
                if fields_of(object, below).is_empty() {
                    out.extend_from_slice(b"{}");
                } else {
                    self.object(object, below, out)?;
                }
            }
        }
        Some(())
    }

    /// The same as [`Self::object_value`]. A representation mostly has the keys of the one before it, which are then
    /// copied with their places in the map and not hashed again.
    fn flat_value(
        &self,
        object: &Object,
        representation: &Representation,
        pattern: &mut IndexMap<Name, ConstValue>,
    ) -> Option<ConstValue> {
        let fields = || {
            let fields = representation.fields.iter();
            fields.filter(|field| applies(field, object))
        };
        let mut known = pattern.keys();
        let same = fields().all(|field| {
            known
                .next()
                .is_some_and(|known| std::ptr::eq(known.as_str(), field.key.as_str()))
        });
        if !same || known.next().is_some() {
            *pattern = fields()
                .map(|field| (field.key.clone(), ConstValue::Null))
                .collect();
        }
        let mut map = pattern.clone();
        for (value, field) in map.values_mut().zip(fields()) {
            *value = if field.typename {
                ConstValue::String(self.typename(object.type_id?).to_owned())
            } else {
                self.value_value(self.ground.tree.get(object, field.source)?, &[])?
            };
        }
        Some(ConstValue::Object(map))
    }

    fn object_value(
        &self,
        object: &Object,
        representations: &[&Representation],
    ) -> Option<ConstValue> {
        let fields = fields_of(object, representations);
        let mut map = IndexMap::with_capacity(fields.len());
        for (field, below) in fields {
            let value = if field.typename {
                ConstValue::String(self.typename(object.type_id?).to_owned())
            } else {
                self.value_value(self.ground.tree.get(object, field.source)?, &below)?
            };
            map.insert(field.key.clone(), value);
        }
        Some(ConstValue::Object(map))
    }

    fn value_value(&self, value: Value, below: &[&Representation]) -> Option<ConstValue> {
        Some(match value {
            Value::Null => ConstValue::Null,
            Value::Leaf(slice) => decode(self.ground.tree.text(slice))?,
            Value::List(id) => {
                let items = self.ground.tree.items(id).iter();
                ConstValue::List(
                    items
                        .map(|item| self.value_value(*item, below))
                        .collect::<Option<_>>()?,
                )
            }
            Value::Object(id) => self.object_value(self.ground.tree.object(id), below)?,
        })
    }
}

/// Keys that are hashes need no hashing.
#[derive(Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// A leaf's text as a value.
pub(super) fn decode(text: &[u8]) -> Option<ConstValue> {
    match text {
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => Some(ConstValue::String(
            std::str::from_utf8(inner).ok()?.to_owned(),
        )),
        // as many digits as fit in any case, and no sign: `-0` is no whole number
        [b'0'..=b'9', ..] if text.len() < 18 && text.iter().all(u8::is_ascii_digit) => {
            let digits = text.iter();
            let number = digits.fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
            Some(ConstValue::Number(number.into()))
        }
        _ => ConstValue::from_json(serde_json::from_slice(text).ok()?).ok(),
    }
}
