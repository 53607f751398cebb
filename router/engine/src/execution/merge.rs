//! Putting the answers of several fetches into one tree.

use smallvec::SmallVec;

use super::value::{ObjectId, Part, Tree, Value};
use crate::plan::Symbol;
use crate::schema::{Schema, TypeId, TypeKind};

/// What stands at a place after `source` has come to what is there. What is there stays unless it is null.
pub(crate) fn merge(tree: &mut Tree, target: Value, source: Value, schema: &Schema) -> Value {
    match (target, source) {
        (Value::Null, source) => source,
        (Value::Object(into), Value::Object(from)) => {
            if into != from {
                merge_objects(tree, into, from, schema);
            }
            target
        }
        (Value::List(into), Value::List(from)) => {
            if into != from {
                for index in 0..tree.items(into).len() {
                    let Some(source) = tree.items(from).get(index).copied() else {
                        break;
                    };
                    let merged = merge(tree, tree.items(into)[index], source, schema);
                    tree.set_item(into, index, merged);
                }
            }
            target
        }
        _ => target,
    }
}

/// Merges an object into another one.
fn merge_objects(tree: &mut Tree, into: ObjectId, from: ObjectId, schema: &Schema) {
    let type_id = tree.object(from).type_id;
    merge_type(tree, into, type_id, schema);
    for index in 0..tree.parts(from) {
        let part = tree.part(from, index);
        merge_part(tree, into, part, schema);
    }
}

/// Merges what is known of an object's type.
pub(crate) fn merge_type(
    tree: &mut Tree,
    into: ObjectId,
    type_id: Option<TypeId>,
    schema: &Schema,
) {
    let target = tree.object_mut(into);
    // an `@interfaceObject` calls its objects by the interface's name; the object's own name is better
    let known = target
        .type_id
        .is_some_and(|known| schema.ty(known).kind == TypeKind::Object);
    if !known {
        target.type_id = type_id.or(target.type_id);
    }
}

/// Merges fields into an object. Fields that it does not have are not copied: it refers to the part.
pub(crate) fn merge_part(tree: &mut Tree, into: ObjectId, part: Part, schema: &Schema) {
    if tree.lacks(tree.object(into), part) {
        tree.append(into, part);
        return;
    }
    let mut new: SmallVec<[(Symbol, Value); 8]> = SmallVec::new();
    for index in 0..tree.fields(part).len() {
        let (symbol, source) = tree.fields(part)[index];
        match tree.get(tree.object(into), symbol) {
            None => new.push((symbol, source)),
            Some(Value::Null) => {
                if !matches!(source, Value::Null) {
                    tree.set(into, symbol, source);
                }
            }
            Some(known) => {
                // what is not null stays where it is; only what stands below it grows
                merge(tree, known, source, schema);
            }
        }
    }
    if !new.is_empty() {
        tree.append_fields(into, &new);
    }
}
