//! Canned data: one object per id, referenced by `{"$ref": "Type:id"}`, and the roots.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::schema::Schema;

/// All data of a universe.
pub(crate) struct Store {
    objects: Map<String, Value>,
}

const NULL: &Value = &Value::Null;

impl Store {
    pub(crate) fn parse(text: &str) -> Self {
        let Value::Object(mut objects) = serde_json::from_str(text).expect("data") else {
            panic!("no object")
        };
        for (name, object) in &mut objects {
            let (ty, _) = name.split_once(':').unwrap_or((name, ""));
            if let Value::Object(fields) = object {
                fields.entry("__typename").or_insert_with(|| json!(ty));
            }
        }
        Self { objects }
    }

    pub(crate) fn root(&self, name: &str) -> &Value {
        self.objects.get(name).unwrap_or(NULL)
    }

    pub(crate) fn dereference<'v>(&'v self, value: &'v Value) -> &'v Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(name) => self.objects.get(name).unwrap_or(NULL),
            None => value,
        }
    }

    /// A field of an object. Arguments matter: `{"$lookup": "Type"}` finds an object by the argument `id`, lists are cut
    /// to `first`, and texts show the arguments they were asked with.
    pub(crate) fn resolve<'v>(
        &'v self,
        object: &'v Value,
        field: &str,
        arguments: &Map<String, Value>,
    ) -> Option<Cow<'v, Value>> {
        let value = object.get(field)?;
        if let Some(ty) = value.get("$lookup").and_then(Value::as_str) {
            let id = arguments
                .get("id")
                .map(|id| id.as_str().map_or(id.to_string(), str::to_owned));
            let name = format!("{ty}:{}", id.unwrap_or_default());
            return Some(match self.objects.contains_key(&name) {
                true => Cow::Owned(json!({ "$ref": name })),
                false => Cow::Borrowed(NULL),
            });
        }
        match value {
            Value::Array(items) => match arguments.get("first").and_then(Value::as_u64) {
                Some(first) => Some(Cow::Owned(
                    items.iter().take(first as usize).cloned().collect(),
                )),
                None => Some(Cow::Borrowed(value)),
            },
            Value::String(text) if !arguments.is_empty() => {
                let mut sorted: Vec<_> = arguments
                    .iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect();
                sorted.sort();
                Some(Cow::Owned(json!(format!("{text}({})", sorted.join(",")))))
            }
            _ => Some(Cow::Borrowed(value)),
        }
    }

    /// The object of a type, or of one below it, that has everything a representation says.
    pub(crate) fn find(&self, schema: &Schema, ty: &str, representation: &Value) -> Option<&Value> {
        let interface_object = schema
            .types
            .get(ty)
            .is_some_and(|info| info.interface_object);
        self.objects.values().find(|object| {
            let name = object["__typename"].as_str().unwrap_or_default();
            let fits = name == ty
                || schema.is_a(name, ty)
                || (interface_object && !schema.types.contains_key(name));
            fits && self.has(object, representation)
        })
    }

    fn has(&self, data: &Value, representation: &Value) -> bool {
        let data = self.dereference(data);
        match (data, representation) {
            (data, Value::Object(fields)) => {
                data.is_object()
                    && fields
                        .iter()
                        .filter(|(key, _)| *key != "__typename")
                        .all(|(key, value)| self.has(data.get(key).unwrap_or(NULL), value))
            }
            (Value::Array(items), Value::Array(wanted)) => {
                items.len() == wanted.len()
                    && items
                        .iter()
                        .zip(wanted)
                        .all(|(item, wanted)| self.has(item, wanted))
            }
            // texts show the arguments that they were asked with
            (Value::String(text), Value::String(wanted)) => {
                text == wanted
                    || wanted
                        .strip_prefix(text.as_str())
                        .is_some_and(|rest| rest.starts_with('('))
            }
            (data, wanted) => data == wanted,
        }
    }
}
