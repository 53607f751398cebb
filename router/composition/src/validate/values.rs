//! Does a constant fit a type, or an argument of a directive that every schema has?

use crate::ast::{Kind, Known, TypeRef, Value};
use crate::subgraph::Subgraph;

pub(crate) fn fits(subgraph: &Subgraph, value: &Value, ty: &TypeRef) -> bool {
    fits_with(value, ty, &|value, name| named(subgraph, value, name))
}

/// Like [`fits`]; `named` judges the types that GraphQL does not bring along.
pub(crate) fn fits_with(value: &Value, ty: &TypeRef, named: &dyn Fn(&Value, &str) -> bool) -> bool {
    match (value, ty) {
        (Value::Null, TypeRef::NonNull(_)) => false,
        (Value::Null, _) => true,
        (_, TypeRef::NonNull(inner)) => fits_with(value, inner, named),
        (Value::List(items), TypeRef::List(inner)) => {
            items.iter().all(|item| fits_with(item, inner, named))
        }
        (_, TypeRef::List(inner)) => fits_with(value, inner, named),
        (_, TypeRef::Named(name)) => match name.as_str() {
            "Int" => value.as_int().is_some_and(|int| i32::try_from(int).is_ok()),
            "Float" => matches!(value, Value::Int(_) | Value::Float(_)),
            "String" => matches!(value, Value::String(_)),
            "Boolean" => matches!(value, Value::Boolean(_)),
            "ID" => matches!(value, Value::String(_) | Value::Int(_)),
            _ => named(value, name),
        },
    }
}

fn named(subgraph: &Subgraph, value: &Value, name: &str) -> bool {
    let Some(ty) = subgraph.types.get(name) else {
        return true;
    };
    match (ty.kind, value) {
        (Kind::Enum, Value::Enum(value)) => ty.values.contains_key(value),
        (Kind::InputObject, Value::Object(fields)) => {
            let each = fields.iter().all(|(name, value)| {
                ty.fields
                    .get(name)
                    .is_some_and(|field| fits(subgraph, value, &field.ty))
            });
            let one = !ty.has(Known::OneOf)
                || matches!(fields.as_slice(), [(_, value)] if *value != Value::Null);
            each && one
                && ty.fields.values().all(|field| {
                    !field.is_required() || fields.iter().any(|(name, _)| *name == field.name)
                })
        }
        (Kind::Enum | Kind::InputObject, _) => false,
        _ => true,
    }
}

/// Name of an argument, whether it must be given, and which values fit.
pub(crate) type Rule = (&'static str, bool, fn(&Value) -> bool);

fn any(_: &Value) -> bool {
    true
}
fn text(value: &Value) -> bool {
    matches!(value, Value::String(_))
}
fn maybe_text(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Null)
}
fn boolean(value: &Value) -> bool {
    matches!(value, Value::Boolean(_) | Value::Null)
}
fn int(value: &Value) -> bool {
    value.as_int().is_some_and(|int| i32::try_from(int).is_ok())
}
fn maybe_int(value: &Value) -> bool {
    *value == Value::Null || int(value)
}
fn texts(value: &Value) -> bool {
    *value == Value::Null || value.items().iter().all(text)
}
fn sets(value: &Value) -> bool {
    *value != Value::Null
        && value
            .items()
            .iter()
            .all(|set| *set != Value::Null && set.items().iter().all(text))
}

/// The arguments of a directive that needs no definition; none for one whose arguments are checked
/// where it is read.
pub(crate) fn known_arguments(known: Known) -> Option<&'static [Rule]> {
    Some(match known {
        Known::Key => &[("fields", true, any), ("resolvable", false, boolean)],
        Known::Requires | Known::Provides => &[("fields", true, any)],
        Known::External => &[("reason", false, maybe_text)],
        Known::Override => &[("from", true, text), ("label", false, maybe_text)],
        Known::Tag | Known::Context => &[("name", true, text)],
        Known::ComposeDirective => &[("name", false, any)],
        Known::RequiresScopes => &[("scopes", true, sets)],
        Known::Policy => &[("policies", true, sets)],
        Known::Cost => &[("weight", true, int)],
        Known::ListSize => &[
            ("assumedSize", false, maybe_int),
            ("slicingArguments", false, texts),
            ("sizedFields", false, texts),
            ("requireOneSlicingArgument", false, boolean),
        ],
        Known::FromContext => &[("field", false, maybe_text)],
        Known::CacheTag => &[("format", true, text)],
        Known::Deprecated => &[("reason", false, maybe_text)],
        Known::SpecifiedBy => &[("url", true, text)],
        Known::Link | Known::Custom => return None,
        Known::Extends
        | Known::Shareable
        | Known::Inaccessible
        | Known::InterfaceObject
        | Known::Authenticated
        | Known::OneOf => &[],
    })
}
