//! Finding the objects that an entity fetch is about.

use super::value::{Object, Value};
use crate::error::PathSegment;
use crate::plan::{PathStep, Symbol, Symbols};

/// One step of a place in the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Key(Symbol),
    Index(usize),
}

/// The path as an error shows it.
pub(crate) fn public_path(steps: &[Step], symbols: &Symbols) -> Vec<PathSegment> {
    steps
        .iter()
        .map(|step| match step {
            Step::Key(symbol) => PathSegment::from(symbols.shown(*symbol)),
            Step::Index(index) => PathSegment::Index(*index),
        })
        .collect()
}

/// Visits every object at the end of `path` in a fixed order, whether or not the path's type conditions hold; `visit`
/// learns whether they do. So the order stays the same when types become known between two visits.
pub(crate) fn visit<'v>(
    value: &'v Value,
    path: &[PathStep],
    at: &mut Vec<Step>,
    holds: bool,
    visitor: &mut impl FnMut(&'v Object, bool, &[Step]),
) {
    match value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                at.push(Step::Index(index));
                visit(item, path, at, holds, visitor);
                at.pop();
            }
        }
        Value::Object(object) => match path.split_first() {
            None => visitor(object, holds, at),
            Some((PathStep::Field(symbol), rest)) => {
                if let Some(value) = object.get(*symbol) {
                    at.push(Step::Key(*symbol));
                    visit(value, rest, at, holds, visitor);
                    at.pop();
                }
            }
            Some((PathStep::Type(set), rest)) => {
                let holds = holds && object.type_id.is_none_or(|id| set.contains(id));
                visit(value, rest, at, holds, visitor);
            }
        },
        Value::Null | Value::Leaf(_) => {}
    }
}

/// Like [`visit`], for changing the objects.
pub(crate) fn visit_mut(
    value: &mut Value,
    path: &[PathStep],
    visitor: &mut impl FnMut(&mut Object),
) {
    match (value, path.split_first()) {
        (Value::List(items), _) => {
            for item in items {
                visit_mut(item, path, visitor);
            }
        }
        (Value::Object(object), None) => visitor(object),
        (Value::Object(object), Some((PathStep::Field(symbol), rest))) => {
            if let Some(value) = object.get_mut(*symbol) {
                visit_mut(value, rest, visitor);
            }
        }
        (value @ Value::Object(_), Some((PathStep::Type(_), rest))) => {
            visit_mut(value, rest, visitor)
        }
        (Value::Null | Value::Leaf(_), _) => {}
    }
}
