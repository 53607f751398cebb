//! Whether a subgraph's answer is the client's as it stands: the same keys in the same order and no others, nothing missing,
//! null only where it may be. What a subgraph gives beyond that or falls short of is for the projection to mend.

use async_graphql_value::{ConstValue, Name, indexmap::IndexMap};

use super::scan::{Scan, Stop};
use crate::response::{FieldSource, OutputType, Selection};
use crate::schema::Schema;

/// Where the text under `data` stands, when it fits and there are no errors.
pub(crate) fn fitting_text(
    bytes: &[u8],
    root: &Selection,
    schema: &Schema,
) -> Option<(usize, usize)> {
    std::str::from_utf8(bytes).ok()?;
    let mut text = Text {
        scan: Scan::new(bytes),
        schema,
    };
    let (mut data, mut failed) = (None, false);
    let mut goes_on = text.scan.begins(b'{', b'}').ok()?;
    while goes_on {
        let key = text.scan.key().ok()?;
        text.scan.next();
        let start = text.scan.at;
        if key == b"data" {
            text.object(root).ok()?;
            data = Some((start, text.scan.at));
        } else {
            text.scan.skip().ok()?;
            let none = matches!(&bytes[start..text.scan.at], b"null" | b"[]");
            failed |= key == b"errors" && !none;
        }
        goes_on = text.scan.goes_on(b'}').ok()?;
    }
    data.filter(|_| !failed && text.scan.next().is_none())
}

/// Whether the value of an in-process subgraph fits.
pub(crate) fn fitting_value(data: &ConstValue, root: &Selection, schema: &Schema) -> bool {
    match data {
        ConstValue::Object(fields) => fitting_object(fields, root, schema),
        _ => false,
    }
}

struct Text<'a> {
    scan: Scan<'a>,
    schema: &'a Schema,
}

const UNFIT: &str = "the value does not fit";

impl Text<'_> {
    fn object(&mut self, selection: &Selection) -> Result<(), Stop> {
        let mut goes_on = self.scan.begins(b'{', b'}')?;
        for field in selection.fallback.iter() {
            if !goes_on || self.scan.key()? != field.key.as_bytes() {
                return Err(self.scan.stop(UNFIT));
            }
            match field.source {
                FieldSource::Typename => self.type_name(selection)?,
                _ => self.value(&field.ty)?,
            }
            goes_on = self.scan.goes_on(b'}')?;
        }
        if goes_on {
            return Err(self.scan.stop(UNFIT));
        }
        Ok(())
    }

    fn type_name(&mut self, selection: &Selection) -> Result<(), Stop> {
        self.scan.next();
        let start = self.scan.at;
        self.scan.string()?;
        let given = &self.scan.bytes[start + 1..self.scan.at - 1];
        if Some(given) != name(selection, self.schema).map(str::as_bytes) {
            return Err(self.scan.stop(UNFIT));
        }
        Ok(())
    }

    fn value(&mut self, ty: &OutputType) -> Result<(), Stop> {
        let (ty, nullable) = match ty {
            OutputType::NonNull(inner) => (&**inner, false),
            nullable => (nullable, true),
        };
        match (self.scan.next(), ty) {
            (Some(b'n'), _) if nullable => self.scan.word(b"null"),
            (Some(b'n'), _) => Err(self.scan.stop(UNFIT)),
            (_, OutputType::Leaf(leaf)) => {
                let start = self.scan.at;
                self.scan.skip()?;
                match leaf.passes(&self.scan.bytes[start..self.scan.at]) {
                    true => Ok(()),
                    false => Err(self.scan.stop(UNFIT)),
                }
            }
            (_, OutputType::Composite(selection)) => self.object(selection),
            (_, OutputType::List(inner)) => {
                let mut goes_on = self.scan.begins(b'[', b']')?;
                while goes_on {
                    self.value(inner)?;
                    goes_on = self.scan.goes_on(b']')?;
                }
                Ok(())
            }
            // a type is non-null once
            (_, OutputType::NonNull(_)) => Err(self.scan.stop(UNFIT)),
        }
    }
}

/// What objects of a selection are called.
fn name<'a>(selection: &Selection, schema: &'a Schema) -> Option<&'a str> {
    selection.only.map(|id| &*schema.ty(id).name)
}

fn fitting_object(
    fields: &IndexMap<Name, ConstValue>,
    selection: &Selection,
    schema: &Schema,
) -> bool {
    fields.len() == selection.fallback.len()
        && fields
            .iter()
            .zip(selection.fallback.iter())
            .all(|((key, value), field)| {
                *key.as_str() == *field.key
                    && match (&field.source, value) {
                        (FieldSource::Typename, ConstValue::String(given)) => {
                            Some(given.as_str()) == name(selection, schema)
                        }
                        (FieldSource::Typename, _) => false,
                        (_, value) => fits(value, &field.ty, schema),
                    }
            })
}

fn fits(value: &ConstValue, ty: &OutputType, schema: &Schema) -> bool {
    let (ty, nullable) = match ty {
        OutputType::NonNull(inner) => (&**inner, false),
        nullable => (nullable, true),
    };
    match (value, ty) {
        (ConstValue::Null, _) => nullable,
        (value, OutputType::Leaf(leaf)) => leaf.passes_value(value),
        (ConstValue::Object(fields), OutputType::Composite(selection)) => {
            fitting_object(fields, selection, schema)
        }
        (ConstValue::List(items), OutputType::List(inner)) => {
            items.iter().all(|item| fits(item, inner, schema))
        }
        _ => false,
    }
}
