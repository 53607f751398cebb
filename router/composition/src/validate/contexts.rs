//! `@context` and `@fromContext`

use super::Findings;
use crate::ast::{Field, Kind, Known, Listed, TypeDef, Value};
use crate::error::ErrorCode;
use crate::field_set::{self, Selection};
use crate::subgraph::Subgraph;

pub(super) fn check(subgraph: &Subgraph, findings: &mut Findings) {
    for ty in subgraph.types.values() {
        for context in ty
            .directives
            .iter()
            .filter(|directive| directive.known == Known::Context)
        {
            let Some(name) = context.text("name") else {
                continue;
            };
            if name.contains('_') {
                let message = format!("context name \"{name}\" may not contain an underscore");
                findings.add(
                    ErrorCode::ContextNameInvalid,
                    message,
                    ty.name.as_str(),
                    context.at,
                );
            } else if !name.starts_with(|c: char| c.is_ascii_alphabetic())
                || !name.bytes().all(|b| b.is_ascii_alphanumeric())
            {
                let message = format!(
                    "context name \"{name}\" is invalid: it should have only alphanumeric characters"
                );
                findings.add(
                    ErrorCode::ContextNameInvalid,
                    message,
                    ty.name.as_str(),
                    context.at,
                );
            }
        }
        for field in ty.fields.values() {
            for argument in &field.arguments {
                let Some(directive) = argument.directive(Known::FromContext) else {
                    continue;
                };
                let text = directive.text("field").unwrap_or_default();
                let keyed = ty.directives.iter().any(|key| {
                    key.known == Known::Key
                        && key.argument("resolvable").and_then(Value::as_bool) != Some(false)
                });
                if ty.kind == Kind::Object
                    && !keyed
                    && split(text).is_some_and(|(_, selection)| !selection.is_empty())
                {
                    let message = format!(
                        "object \"{}\" has no resolvable key but has a field with a contextual argument",
                        ty.name
                    );
                    findings.add(
                        ErrorCode::ContextNoResolvableKey,
                        message,
                        ty.name.as_str(),
                        ty.at,
                    );
                }
                if let Err((code, message)) =
                    from_context(subgraph, ty, &field.name, argument, directive.text("field"))
                {
                    let coordinate = format!("{}.{}({}:)", ty.name, field.name, argument.name);
                    findings.add(
                        code,
                        format!("on \"{coordinate}\": {message}"),
                        coordinate.as_str(),
                        argument.at,
                    );
                }
            }
        }
    }
}

/// Splits `$name { selection }`.
pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim().strip_prefix('$')?;
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(rest.len());
    (end > 0).then(|| (&rest[..end], rest[end..].trim()))
}

fn from_context(
    subgraph: &Subgraph,
    ty: &TypeDef,
    field: &str,
    argument: &Field,
    text: Option<&str>,
) -> Result<(), (ErrorCode, String)> {
    let text = text.unwrap_or_default();
    let misplaced = |message: &str| Err((ErrorCode::ContextNotSet, message.to_owned()));
    if ty.kind == Kind::Interface {
        return misplaced("a @fromContext argument cannot be used on a field of an abstract type");
    }
    let of_interface = |interface: &Listed| {
        let interface = subgraph.types.get(&interface.name);
        interface.is_some_and(|interface| interface.fields.contains_key(field))
    };
    if ty.interfaces.iter().any(of_interface) {
        return misplaced(
            "a @fromContext argument cannot be used on a field that implements an interface field",
        );
    }
    let invalid = |message: String| Err((ErrorCode::ContextInvalidSelection, message));
    let Some((name, selection)) = split(text) else {
        return Err((
            ErrorCode::NoContextInSelection,
            format!("@fromContext does not reference a context in \"{text}\""),
        ));
    };
    let sets = |other: &TypeDef| {
        other.directives.iter().any(|directive| {
            directive.known == Known::Context && directive.text("name") == Some(name)
        })
    };
    let setters: Vec<&TypeDef> = subgraph
        .types
        .values()
        .filter(|other| sets(other))
        .collect();
    if setters.is_empty() {
        return Err((
            ErrorCode::ContextNotSet,
            format!("context \"{name}\" is used but is never set"),
        ));
    }
    if selection.is_empty() {
        return Err((
            ErrorCode::NoContextInSelection,
            format!("context \"{name}\" is used without a selection"),
        ));
    }
    if argument.default.is_some() {
        return Err((
            ErrorCode::ContextNotSet,
            "a @fromContext argument may not have a default value".to_owned(),
        ));
    }
    if argument.ty.is_non_null() {
        return invalid("the context may be missing, so the argument must be nullable".to_owned());
    }
    let Ok(selections) = field_set::parse(selection) else {
        return invalid(format!("the selection from context \"{name}\" is invalid"));
    };
    match setters
        .iter()
        .find_map(|setter| leaf(subgraph, setter, &selections, argument))
    {
        Some(message) => invalid(message),
        None => Ok(()),
    }
}

/// Every object behind the setter must give exactly one leaf of the argument's type. Gives what
/// is wrong.
fn leaf(
    subgraph: &Subgraph,
    setter: &TypeDef,
    selections: &[Selection],
    argument: &Field,
) -> Option<String> {
    let conditional = selections
        .iter()
        .all(|selection| matches!(selection, Selection::On { .. }));
    if conditional && matches!(setter.kind, Kind::Union | Kind::Interface) {
        return subgraph
            .types
            .values()
            .filter(|object| {
                object.kind == Kind::Object
                    && (object.implements(&setter.name)
                        || setter
                            .members
                            .iter()
                            .any(|member| member.name == object.name))
            })
            .find_map(|object| leaf(subgraph, object, selections, argument));
    }
    let applicable: Vec<&Selection> = selections
        .iter()
        .filter(|selection| match selection {
            Selection::Field { .. } => true,
            Selection::On { condition, .. } => condition
                .as_ref()
                .is_none_or(|condition| *condition == setter.name || setter.implements(condition)),
        })
        .collect();
    let mismatch = || {
        Some(format!(
            "the selection is invalid for type \"{}\"",
            setter.name
        ))
    };
    match applicable.as_slice() {
        [Selection::Field { alias: Some(_), .. }] => Some("the selection has an alias".to_owned()),
        [Selection::Field { name, inner, .. }] => {
            let Some(field) = setter.fields.get(name) else {
                return mismatch();
            };
            match subgraph
                .types
                .get(field.ty.base())
                .filter(|ty| ty.kind.is_composite())
            {
                Some(target) if !inner.is_empty() => leaf(subgraph, target, inner, argument),
                Some(_) => Some("the selection does not end in a leaf".to_owned()),
                None if !inner.is_empty() => mismatch(),
                None if field.ty.nullable() == argument.ty.nullable() => None,
                None => Some(format!(
                    "the type of the selection \"{}\" does not match the expected type \"{}\"",
                    field.ty, argument.ty
                )),
            }
        }
        [Selection::On { inner, .. }] => leaf(subgraph, setter, inner, argument),
        [] => Some(format!(
            "no type condition matches type \"{}\"",
            setter.name
        )),
        _ => Some("several selections are made".to_owned()),
    }
}
