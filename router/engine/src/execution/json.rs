//! Reads a subgraph's JSON along the shape that its fetch expects. Leaves are not decoded, only delimited;
//! what nobody asked for is skipped.

use super::again::Seen;
use super::scan::{Scan, Stop};
use super::value::{ObjectId, Slice, Tree, Value};
use crate::error::GraphqlError;
use crate::plan::{Shape, ShapeKind, Symbol};
use crate::schema::{Schema, TypeId};

/// A subgraph's answer, read.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// None when there is no `data` entry.
    pub(crate) data: Option<Value>,
    pub(crate) errors: Vec<GraphqlError>,
}

/// The answer is no GraphQL response.
#[derive(Debug, thiserror::Error)]
#[error("no usable GraphQL response: {reason} at byte {at}")]
pub(crate) struct Malformed {
    reason: &'static str,
    at: usize,
}

/// Reads `{"data": …, "errors": …}`; leaves will point into source number `source`, which must hold `bytes`.
pub(crate) fn read_answer(
    bytes: &[u8],
    source: u32,
    tree: &mut Tree,
    shape: &Shape,
    schema: &Schema,
) -> Result<Answer, Malformed> {
    let mut reader = Reader::new(bytes, source, schema);
    if std::str::from_utf8(bytes).is_err() {
        reader.scan.reason = "no UTF-8";
        return Err(reader.malformed());
    }
    reader
        .answer(tree, shape)
        .map_err(|Stop| reader.malformed())
}

/// The elements of a JSON list, as ranges of its text; none when the text is no list.
pub(crate) fn elements(text: &[u8]) -> Option<Vec<(usize, usize)>> {
    let mut scan = Scan::new(text);
    let mut elements = Vec::new();
    let mut goes_on = scan.begins(b'[', b']').ok()?;
    while goes_on {
        scan.next();
        let start = scan.at;
        scan.skip().ok()?;
        elements.push((start, scan.at));
        goes_on = scan.goes_on(b']').ok()?;
    }
    Some(elements)
}

/// Lists of lists deeper than this are nobody's data.
const MAX_LIST_DEPTH: usize = 32;

struct Reader<'a> {
    scan: Scan<'a>,
    source: u32,
    schema: &'a Schema,
    /// Fields and items of objects and lists that are being read, the innermost last.
    fields: Vec<(Symbol, Value)>,
    items: Vec<Value>,
    /// The last type name that was read: the next one is often the same.
    last_type: Option<(&'a [u8], TypeId)>,
    /// Objects that may come again, by the number of their place.
    seen: Vec<Seen>,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], source: u32, schema: &'a Schema) -> Self {
        Self {
            scan: Scan::new(bytes),
            source,
            schema,
            fields: Vec::with_capacity(32),
            items: Vec::with_capacity(32),
            last_type: None,
            seen: Vec::new(),
        }
    }

    fn malformed(&self) -> Malformed {
        Malformed {
            reason: self.scan.reason,
            at: self.scan.at,
        }
    }

    fn answer(&mut self, tree: &mut Tree, shape: &Shape) -> Result<Answer, Stop> {
        let mut answer = Answer::default();
        let mut goes_on = self.scan.begins(b'{', b'}')?;
        while goes_on {
            let key = self.scan.key()?;
            self.scan.next();
            match key {
                b"data" => answer.data = Some(self.composite(tree, shape, 0)?),
                b"errors" => answer.errors = self.errors()?,
                _ => self.scan.skip()?,
            }
            goes_on = self.scan.goes_on(b'}')?;
        }
        if self.scan.next().is_some() {
            return Err(self.scan.stop("more after the end"));
        }
        Ok(answer)
    }

    fn errors(&mut self) -> Result<Vec<GraphqlError>, Stop> {
        let start = self.scan.at;
        self.scan.skip()?;
        // `null` and an empty list both mean no errors
        serde_json::from_slice::<Option<_>>(&self.scan.bytes[start..self.scan.at])
            .map(Option::unwrap_or_default)
            .map_err(|_| self.scan.stop("unreadable errors"))
    }

    /// An object, or lists of objects, or null. Depth of objects is bounded by the shape, that of lists by a constant.
    fn composite(&mut self, tree: &mut Tree, shape: &Shape, lists: usize) -> Result<Value, Stop> {
        match self.scan.peek() {
            Some(b'{') => self.shaped(tree, shape),
            Some(b'[') if lists < MAX_LIST_DEPTH => {
                let start = self.items.len();
                let mut goes_on = self.scan.begins(b'[', b']')?;
                while goes_on {
                    self.scan.next();
                    let item = self.composite(tree, shape, lists + 1)?;
                    self.items.push(item);
                    goes_on = self.scan.goes_on(b']')?;
                }
                let list = tree.add_list(&self.items[start..]);
                self.items.truncate(start);
                Ok(Value::List(list))
            }
            Some(b'[') => Err(self.scan.stop("lists are nested too deeply")),
            _ => self.leaf(),
        }
    }

    /// An object of a shape, or the same one again.
    fn shaped(&mut self, tree: &mut Tree, shape: &Shape) -> Result<Value, Stop> {
        let Some(place) = shape.same.map(usize::from) else {
            return self.fresh(tree, shape).map(Value::Object);
        };
        if place >= self.seen.len() {
            self.seen.resize_with(place + 1, Seen::default);
        }
        let start = self.scan.at;
        if let Some((length, id)) = self.seen[place].find(self.scan.bytes, start) {
            self.scan.at += length;
            tree.object_mut(id).shared = true;
            return Ok(Value::Object(id));
        }
        let id = self.fresh(tree, shape)?;
        self.seen[place].keep(self.scan.bytes, start..self.scan.at, id);
        Ok(Value::Object(id))
    }

    /// An object that has not been seen.
    fn fresh(&mut self, tree: &mut Tree, shape: &Shape) -> Result<ObjectId, Stop> {
        let start = self.fields.len();
        let mut type_id = None;
        let mut hint = 0;
        let mut goes_on = self.scan.begins(b'{', b'}')?;
        while goes_on {
            // keys mostly come in the order in which they were asked for, without spaces
            let field = match shape.fields.get(hint) {
                Some(field) if self.scan.rest().starts_with(&field.written) => {
                    self.scan.at += field.written.len();
                    Some((hint, field))
                }
                _ => {
                    let key = self.scan.key()?;
                    let index = shape.find(key, hint);
                    index.map(|index| (index, &shape.fields[index]))
                }
            };
            let first = self.scan.next();
            match field {
                None => self.scan.skip()?,
                Some((index, field)) => {
                    let value = match &field.kind {
                        ShapeKind::Typename => None,
                        ShapeKind::Leaf => Some(self.leaf()?),
                        ShapeKind::Composite(below) => Some(match first {
                            Some(b'{') => self.shaped(tree, below)?,
                            _ => self.composite(tree, below, 0)?,
                        }),
                    };
                    match value {
                        None => type_id = self.type_name()?.or(type_id),
                        // what comes in order has not come before
                        Some(value) if index >= hint && !field.twin => {
                            self.fields.push((field.symbol, value));
                        }
                        Some(value) => self.add(start, field.symbol, value),
                    }
                    hint = index + 1;
                }
            }
            goes_on = self.scan.goes_on(b'}')?;
        }
        let object = tree.add_object(type_id, &self.fields[start..]);
        self.fields.truncate(start);
        Ok(object)
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

    /// The name of an object's type.
    fn type_name(&mut self) -> Result<Option<TypeId>, Stop> {
        let start = self.scan.at;
        self.scan.skip()?;
        let text = &self.scan.bytes[start..self.scan.at];
        if let Some((known, id)) = self.last_type
            && known == text
        {
            return Ok(Some(id));
        }
        let id = match text {
            [b'"', name @ .., b'"'] => std::str::from_utf8(name)
                .ok()
                .and_then(|name| self.schema.id(name)),
            _ => None,
        };
        if let Some(id) = id {
            self.last_type = Some((text, id));
        }
        Ok(id)
    }

    fn leaf(&mut self) -> Result<Value, Stop> {
        let start = self.scan.at;
        match self.scan.peek() {
            Some(b'"') => self.scan.string()?,
            Some(b'n') => {
                self.scan.word(b"null")?;
                return Ok(Value::Null);
            }
            _ => self.scan.skip()?,
        }
        Ok(Value::Leaf(Slice::new(self.source, start, self.scan.at)))
    }
}
