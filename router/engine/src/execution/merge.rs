//! Putting the answers of several fetches into one tree.

use super::value::{Object, Value};
use crate::schema::{Schema, TypeKind};

/// Merges what a fetch found into the data at the same place. What is there stays unless it is null.
pub(crate) fn merge(target: &mut Value, source: Value, schema: &Schema) {
    match (target, source) {
        (_, Value::Null) => {}
        (target @ Value::Null, source) => *target = source,
        (Value::Object(target), Value::Object(source)) => merge_objects(target, source, schema),
        (Value::List(target), Value::List(source)) => {
            for (target, source) in target.iter_mut().zip(source) {
                merge(target, source, schema);
            }
        }
        _ => {}
    }
}

/// Merges an object into another one.
pub(crate) fn merge_objects(target: &mut Object, source: Object, schema: &Schema) {
    if let Some(found) = source.type_id {
        // an `@interfaceObject` calls its objects by the interface's name; the object's own name is better
        let known = target
            .type_id
            .is_some_and(|known| schema.ty(known).kind == TypeKind::Object);
        if !known {
            target.type_id = Some(found);
        }
    }
    if target.fields.is_empty() {
        target.fields = source.fields;
        return;
    }
    for (symbol, value) in source.fields {
        match target.get_mut(symbol) {
            Some(known) => merge(known, value, schema),
            None => target.fields.push((symbol, value)),
        }
    }
}
