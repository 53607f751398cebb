//! Writes merged data along a projection, with nulls where the specification (section 6.4.4) wants them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::Ordering;

use super::{FieldSource, Leaf, OutputType, ProjectedField, Selection};
use crate::error::{GraphqlError, PathSegment, code};
use crate::execution::{Cursor, Execution, ListId, Object, ObjectId, Tree, Value, elements};
use crate::introspection;
use crate::plan::Plan;
use crate::request::Variables;
use crate::schema::{Schema, TypeId, TypeKind};

/// Begins a response: `{"data":…`, still open. Errors of the writing join those of the execution.
pub(crate) fn write_data(
    execution: &mut Execution,
    plan: &Plan,
    schema: &Schema,
    variables: &Variables,
) -> Vec<u8> {
    let Execution { data, tree, errors } = execution;
    let mut writer = Writer {
        schema,
        variables,
        tree,
        errors,
        written: HashMap::default(),
        out: Vec::with_capacity(plan.response_bytes.load(Ordering::Relaxed) + 64),
        path: Vec::new(),
    };
    writer.out.extend_from_slice(b"{\"data\":");
    let start = writer.out.len();
    let empty = Object::default();
    let root = match data {
        Value::Object(id) => tree.object(*id),
        _ => &empty,
    };
    if writer.object(root, &plan.projection.root).is_err() {
        writer.out.truncate(start);
        writer.out.extend_from_slice(b"null");
    }
    plan.response_bytes
        .store(writer.out.len(), Ordering::Relaxed);
    writer.out
}

/// Writes an object of the data along a selection: a part of an answer that comes in several. `at` is where it stands.
/// Errors of the writing join those of the execution.
pub(crate) fn write_part<'a>(
    execution: &'a mut Execution,
    object: Option<ObjectId>,
    selection: &'a Selection,
    at: Vec<Place<'a>>,
    (schema, variables): (&'a Schema, &'a Variables),
) -> Vec<u8> {
    let Execution { tree, errors, .. } = execution;
    let mut writer = Writer {
        schema,
        variables,
        tree,
        errors,
        written: HashMap::default(),
        out: Vec::new(),
        path: at,
    };
    let empty = Object::default();
    let object = object.map_or(&empty, |id| tree.object(id));
    if writer.object(object, selection).is_err() {
        writer.out.clear();
        writer.out.extend_from_slice(b"null");
    }
    writer.out
}

/// More errors than this help nobody.
const MAX_ERRORS: usize = 256;

/// Room for shared values to begin with.
const EXPECTED_SHARED: usize = 64;

/// The value is null where it must not be: whoever stands above has to become null.
struct Nulled;

struct Writer<'a> {
    schema: &'a Schema,
    variables: &'a Variables,
    tree: &'a Tree,
    errors: &'a mut Vec<GraphqlError>,
    out: Vec<u8>,
    path: Vec<Place<'a>>,
    /// Where shared values stand that are written already, by their type: they are copied from there.
    written: HashMap<(Shared, *const OutputType), (usize, usize), BuildHasherDefault<Places>>,
}

/// A value that several parents refer to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Shared {
    Object(ObjectId),
    List(ListId),
}

/// Hashes places in the arena and addresses of types. Nobody outside chooses them, so the hash needs no secret.
#[derive(Default)]
struct Places(u64);

impl Hasher for Places {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        // the golden ratio spreads what is close together
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }
}

/// A step to what is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Writer<'a> {
    fn object(&mut self, object: &Object, selection: &'a Selection) -> Result<(), Nulled> {
        // whatever the subgraph calls an object where there is only one type
        let known = selection.only.or(object.type_id);
        let fields: &'a [ProjectedField] = match known {
            Some(id) if selection.only.is_none() => match selection.fields_of(id) {
                Some(fields) => fields,
                None if self.schema.ty(id).kind == TypeKind::Object
                    && !selection.allowed.contains(id) =>
                {
                    self.violation("the object is of a type that is not shown here");
                    return Err(Nulled);
                }
                None => &selection.fallback,
            },
            _ => &selection.fallback,
        };
        self.out.push(b'{');
        let mut cursor = Cursor::default();
        for (index, field) in fields.iter().enumerate() {
            self.out.extend_from_slice(if index == 0 {
                &field.written[1..]
            } else {
                &field.written
            });
            let data = match &field.source {
                FieldSource::Data(symbol) => symbol
                    .and_then(|symbol| self.tree.get_next(object, symbol, &mut cursor))
                    .unwrap_or_default(),
                _ => Value::Null,
            };
            // nothing can be wrong with most leaves: they need no path
            if let Some(scalar) = field.scalar
                && let Value::Leaf(slice) = data
                && let text = self.tree.text(slice)
                && scalar.passes(text)
            {
                self.out.extend_from_slice(text);
                continue;
            }
            self.path.push(Place::Key(&field.key));
            let written = match &field.source {
                FieldSource::Data(_) => self.value(data, &field.ty),
                FieldSource::Typename => self.typename(known),
                FieldSource::Meta(meta) => {
                    introspection::write(meta, self.schema, self.variables, &mut self.out);
                    Ok(())
                }
                FieldSource::Denied(error) => self.denied(error, &field.ty),
            };
            // an error above ends the object, so the path is cut there as well
            self.path.pop();
            written?;
        }
        self.out.push(b'}');
        Ok(())
    }

    /// Writes null and the reason; whoever stands above has to become null if the field may not be.
    fn denied(&mut self, error: &GraphqlError, ty: &OutputType) -> Result<(), Nulled> {
        if self.errors.len() < MAX_ERRORS {
            let path = self.place();
            self.errors.push(error.clone().at(path));
        }
        if matches!(ty, OutputType::NonNull(_)) {
            return Err(Nulled);
        }
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn typename(&mut self, id: Option<TypeId>) -> Result<(), Nulled> {
        let Some(id) = id else {
            self.violation("the type of the object is not known");
            return Err(Nulled);
        };
        self.out.push(b'"');
        self.out
            .extend_from_slice(self.schema.ty(id).name.as_bytes());
        self.out.push(b'"');
        Ok(())
    }

    fn value(&mut self, value: Value, ty: &'a OutputType) -> Result<(), Nulled> {
        match ty {
            OutputType::NonNull(inner) => {
                if matches!(value, Value::Null) {
                    self.violation("a non-null field has no value");
                    return Err(Nulled);
                }
                self.complete(value, inner)
            }
            nullable => {
                let start = self.out.len();
                if matches!(value, Value::Null) || self.complete(value, nullable).is_err() {
                    self.take_back(start);
                    self.out.extend_from_slice(b"null");
                }
                Ok(())
            }
        }
    }

    /// Writes a value that is not null.
    fn complete(&mut self, value: Value, ty: &'a OutputType) -> Result<(), Nulled> {
        match (ty, value) {
            (OutputType::NonNull(inner), value) => self.complete(value, inner),
            (OutputType::Composite(selection), Value::Object(id)) => {
                let object = self.tree.object(id);
                let shared = object.shared.then_some(Shared::Object(id));
                self.once(shared, ty, |writer| writer.object(object, selection))
            }
            (OutputType::List(inner), Value::List(id)) => {
                let list = self.tree.list(id);
                let shared = list.shared.then_some(Shared::List(id));
                self.once(shared, ty, |writer| {
                    writer.list(writer.tree.items(id), inner)
                })
            }
            (OutputType::List(_) | OutputType::Leaf(_), Value::Leaf(slice)) => {
                let tree = self.tree;
                self.leaf(tree.text(slice), ty)
            }
            _ => {
                self.violation("the subgraph's value does not fit the field's type");
                Err(Nulled)
            }
        }
    }

    /// Writes a shared value once, and copies what was written when it comes again. What could not be written without a
    /// complaint is written anew, so that the complaint gets every path.
    fn once(
        &mut self,
        shared: Option<Shared>,
        ty: &'a OutputType,
        write: impl FnOnce(&mut Self) -> Result<(), Nulled>,
    ) -> Result<(), Nulled> {
        let Some(shared) = shared else {
            return write(self);
        };
        let key = (shared, std::ptr::from_ref(ty));
        if let Some((start, end)) = self.written.get(&key) {
            self.out.extend_from_within(*start..*end);
            return Ok(());
        }
        let (start, complaints) = (self.out.len(), self.errors.len());
        write(self)?;
        if self.errors.len() == complaints {
            if self.written.is_empty() {
                self.written.reserve(EXPECTED_SHARED);
            }
            self.written.insert(key, (start, self.out.len()));
        }
        Ok(())
    }

    /// Takes back what was written since `start`.
    fn take_back(&mut self, start: usize) {
        if self.out.len() == start {
            return;
        }
        self.out.truncate(start);
        self.written.retain(|_, (_, end)| *end <= start);
    }

    fn list(&mut self, items: &[Value], inner: &'a OutputType) -> Result<(), Nulled> {
        self.out.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.path.push(Place::Index(index));
            let written = self.value(*item, inner);
            self.path.pop();
            written?;
        }
        self.out.push(b']');
        Ok(())
    }

    /// Writes a leaf, or lists of leaves, from JSON text.
    fn leaf(&mut self, text: &[u8], ty: &'a OutputType) -> Result<(), Nulled> {
        match ty {
            OutputType::NonNull(inner) => {
                if text == b"null" {
                    self.violation("a non-null list has an empty place");
                    return Err(Nulled);
                }
                self.leaf(text, inner)
            }
            OutputType::Leaf(_) if text == b"null" => {
                self.out.extend_from_slice(text);
                Ok(())
            }
            OutputType::Leaf(Leaf::Enum(id)) => {
                let values = &self.schema.ty(*id).enum_values;
                if !values.iter().any(|value| **value == *text) {
                    self.violation("the subgraph gave a value that the enum does not have");
                    return Err(Nulled);
                }
                self.out.extend_from_slice(text);
                Ok(())
            }
            OutputType::Leaf(scalar) => {
                if scalar.passes(text) {
                    self.out.extend_from_slice(text);
                } else if let Some(mended) = scalar.mended(text) {
                    self.out.extend_from_slice(mended.as_bytes());
                } else {
                    let message =
                        format!("the subgraph gave something else than {}", scalar.name());
                    self.violation(&message);
                    return Err(Nulled);
                }
                Ok(())
            }
            OutputType::List(inner) => {
                if text == b"null" {
                    self.out.extend_from_slice(text);
                    return Ok(());
                }
                if matches!(**inner, OutputType::Leaf(Leaf::Any)) && text.starts_with(b"[") {
                    self.out.extend_from_slice(text);
                    return Ok(());
                }
                self.leaf_list(text, inner)
            }
            OutputType::Composite(_) => {
                self.violation("the subgraph's value does not fit the field's type");
                Err(Nulled)
            }
        }
    }

    fn leaf_list(&mut self, text: &[u8], inner: &'a OutputType) -> Result<(), Nulled> {
        let Some(elements) = elements(text) else {
            self.violation("the subgraph's value does not fit the field's type");
            return Err(Nulled);
        };
        self.out.push(b'[');
        for (index, (start, end)) in elements.into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            let before = self.out.len();
            self.path.push(Place::Index(index));
            let written = self.leaf(&text[start..end], inner);
            self.path.pop();
            if written.is_err() {
                if matches!(inner, OutputType::NonNull(_)) {
                    return Err(Nulled);
                }
                self.out.truncate(before);
                self.out.extend_from_slice(b"null");
            }
        }
        self.out.push(b']');
        Ok(())
    }

    /// The path of what is being written.
    fn place(&self) -> Vec<PathSegment> {
        self.path
            .iter()
            .map(|place| match place {
                Place::Key(key) => PathSegment::from(*key),
                Place::Index(index) => PathSegment::Index(*index),
            })
            .collect()
    }

    /// Notes why something is null, unless an error tells it already: one at or above the place, or one below it, which
    /// has made the subgraph itself null everything up to here.
    fn violation(&mut self, message: &str) {
        let path = self.place();
        if self.errors.len() >= MAX_ERRORS {
            return;
        }
        let told = self
            .errors
            .iter()
            .any(|error| covers(&error.path, &path) || covers(&path, &error.path));
        if !told {
            self.errors
                .push(GraphqlError::new(message, code::INVALID_RESULT).at(path));
        }
    }
}

/// Whether an error's path tells of a place. Paths of failed entity fetches have no list indices.
fn covers(error: &[PathSegment], place: &[PathSegment]) -> bool {
    if place.starts_with(error) {
        return true;
    }
    let keys = |path: &[PathSegment]| -> Vec<PathSegment> {
        path.iter()
            .filter(|segment| matches!(segment, PathSegment::Key(_)))
            .cloned()
            .collect()
    };
    error
        .iter()
        .all(|segment| matches!(segment, PathSegment::Key(_)))
        && keys(place).starts_with(error)
}
