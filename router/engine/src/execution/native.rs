//! Takes up the values of an in-process subgraph along the shape that its fetch expects.

use async_graphql_value::ConstValue;

use super::value::{Slice, Tree, Value};
use crate::plan::{Shape, ShapeKind, Symbol};
use crate::schema::Schema;

/// Turns values into the engine's tree. Leaves are written once, as the bytes that the client will get, into `text`,
/// which has to become source number `source`.
pub(crate) fn take_up(
    data: ConstValue,
    shape: &Shape,
    source: u32,
    text: &mut Vec<u8>,
    tree: &mut Tree,
    schema: &Schema,
) -> Value {
    match data {
        ConstValue::Null => Value::Null,
        ConstValue::List(items) => {
            let items: Vec<Value> = items
                .into_iter()
                .map(|item| take_up(item, shape, source, text, tree, schema))
                .collect();
            Value::List(tree.add_list(&items))
        }
        ConstValue::Object(fields) => {
            let mut taken: Vec<(Symbol, Value)> = Vec::with_capacity(shape.fields.len());
            let mut type_id = None;
            let mut hint = 0;
            for (key, value) in fields {
                let Some(index) = shape.find(key.as_bytes(), hint) else {
                    continue;
                };
                hint = index + 1;
                let field = &shape.fields[index];
                let value = match &field.kind {
                    ShapeKind::Typename => {
                        if let ConstValue::String(name) = &value {
                            type_id = schema.id(name).or(type_id);
                        }
                        continue;
                    }
                    ShapeKind::Leaf => leaf(&value, source, text),
                    ShapeKind::Composite(below) => {
                        take_up(value, below, source, text, tree, schema)
                    }
                };
                match taken.iter_mut().find(|(symbol, _)| *symbol == field.symbol) {
                    Some((_, known)) if matches!(known, Value::Null) => *known = value,
                    Some(_) => {}
                    None => taken.push((field.symbol, value)),
                }
            }
            Value::Object(tree.add_object(type_id, &taken))
        }
        other => leaf(&other, source, text),
    }
}

fn leaf(value: &ConstValue, source: u32, text: &mut Vec<u8>) -> Value {
    if matches!(value, ConstValue::Null) {
        return Value::Null;
    }
    let start = text.len();
    match serde_json::to_writer(&mut *text, value) {
        Ok(()) => Value::Leaf(Slice::new(source, start, text.len())),
        // binary values and maps with odd keys have no JSON form
        Err(_) => {
            text.truncate(start);
            Value::Null
        }
    }
}
