//! Putting the answers of several fetches into one tree.

use super::value::{ObjectId, Tree, Value};
use crate::plan::Symbol;
use crate::schema::{Schema, TypeId, TypeKind};

/// What stands at a place after `source` has come to what is there. What is there stays unless it is null.
pub(crate) fn merge(tree: &mut Tree, target: Value, source: Value, schema: &Schema) -> Value {
    match (target, source) {
        (Value::Null, source) => source,
        (Value::Object(into), Value::Object(from)) => {
            if into != from {
                let object = tree.object(from);
                let (type_id, fields) = (object.type_id, object.fields.clone());
                merge_fields(tree, into, type_id, &fields, schema);
            }
            target
        }
        (Value::List(into), Value::List(from)) => {
            if into != from {
                for index in 0..tree.list(into).items.len() {
                    let Some(source) = tree.list(from).items.get(index).copied() else {
                        break;
                    };
                    let merged = merge(tree, tree.list(into).items[index], source, schema);
                    tree.list_mut(into).items[index] = merged;
                }
            }
            target
        }
        _ => target,
    }
}

/// Merges fields into an object.
pub(crate) fn merge_fields(
    tree: &mut Tree,
    into: ObjectId,
    type_id: Option<TypeId>,
    fields: &[(Symbol, Value)],
    schema: &Schema,
) {
    let target = tree.object_mut(into);
    if let Some(found) = type_id {
        // an `@interfaceObject` calls its objects by the interface's name; the object's own name is better
        let known = target
            .type_id
            .is_some_and(|known| schema.ty(known).kind == TypeKind::Object);
        if !known {
            target.type_id = Some(found);
        }
    }
    target.fields.reserve(fields.len());
    // what was there before: fields of one answer do not meet each other
    let before = target.fields.len();
    for (symbol, source) in fields {
        let known = tree.object(into).fields[..before]
            .iter()
            .position(|(key, _)| key == symbol);
        match known {
            Some(index) => {
                let merged = merge(tree, tree.object(into).fields[index].1, *source, schema);
                tree.object_mut(into).fields[index].1 = merged;
            }
            None => tree.object_mut(into).fields.push((*symbol, *source)),
        }
    }
}
