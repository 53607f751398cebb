//! What was valid in every subgraph and is no longer when they are one: implementations of
//! interfaces, default values, the arguments of what `@requires` selects
//!
//! Fields of output types merge to the weaker type, arguments to those that all subgraphs have,
//! enums of inputs to the values that all know.

use crate::ast::{Field, Kind, Known, Name, TypeRef, Value, find, is_builtin_scalar};
use crate::error::ErrorCode;
use crate::field_set::{self, Selection};
use crate::merge::{Coordinate, Merger};
use crate::supergraph::{GraphId, SuperType};
use crate::validate::scope::{Scope, View};
use crate::validate::values;

/// Checks what `@requires` selects against the merged fields.
pub(crate) fn requirements(merger: &mut Merger<'_>, scope: &Scope<'_>) {
    for ty in scope.types() {
        for field in ty.fields.values() {
            for join in &field.joins {
                let (Some(graph), Some(text)) = (join.graph, &join.requires) else {
                    continue;
                };
                let Ok(selections) = field_set::parse(text) else {
                    continue;
                };
                if let Some(sentence) = selected(scope.seen_from(&ty.name), ty, &selections) {
                    let coordinate = Coordinate::of(&ty.name).member(&field.field.name);
                    report(
                        merger,
                        ErrorCode::RequiresInvalidFields,
                        format!(
                            "on field \"{coordinate}\", for @requires(fields: \"{text}\"): {sentence}"
                        ),
                        &ty.name,
                        &field.field.name,
                        Some(graph),
                    );
                }
            }
        }
    }
}

/// What is wrong with the arguments of the selected fields.
fn selected(view: View<'_, '_>, ty: &SuperType, selections: &[Selection]) -> Option<String> {
    selections.iter().find_map(|selection| match selection {
        Selection::Field {
            name,
            arguments,
            inner,
            ..
        } => {
            let field = &ty.fields.get(name)?.field;
            let known = |name: &Name| field.argument(name).is_some();
            if let Some((argument, _)) = arguments.iter().find(|(name, _)| !known(name)) {
                return Some(format!(
                    "cannot provide a value for argument \"{argument}\" of field \"{}.{name}\", which not all subgraphs of the field define",
                    ty.name
                ));
            }
            let given = |argument: &Field| arguments.iter().any(|(name, _)| *name == argument.name);
            if let Some(argument) = field
                .arguments
                .iter()
                .find(|argument| argument.is_required() && !given(argument))
            {
                return Some(format!(
                    "no value provided for argument \"{}\" of field \"{}.{name}\", which a subgraph requires",
                    argument.name, ty.name
                ));
            }
            selected(view, view.get(field.ty.base())?, inner)
        }
        Selection::On {
            condition, inner, ..
        } => {
            let condition = condition.as_ref().unwrap_or(&ty.name);
            selected(view, view.get(condition)?, inner)
        }
    })
}

/// Checks that the merged schema is valid GraphQL where merging may have made it invalid.
pub(crate) fn schema(merger: &mut Merger<'_>, scope: &Scope<'_>) {
    for ty in scope.types() {
        let view = scope.seen_from(&ty.name);
        for interface in ty.interfaces() {
            if let Some(interface) = view.get(interface) {
                implementation(merger, view, ty, interface);
            }
        }
        for field in ty.fields.values() {
            let owner = Coordinate::of(&ty.name).member(&field.field.name);
            for value in std::iter::once(&field.field).chain(&field.field.arguments) {
                let Some(default) = &value.default else {
                    continue;
                };
                if is_builtin_scalar(value.ty.base()) || fits(view, default, &value.ty) {
                    continue;
                }
                let text = crate::syntax::print::value_text(default);
                let coordinate = if std::ptr::eq(value, &raw const field.field) {
                    owner.to_string()
                } else {
                    owner.argument(&value.name).to_string()
                };
                report(
                    merger,
                    ErrorCode::InvalidGraphql,
                    format!(
                        "invalid default value (got: {text}) provided for {coordinate} of type {}: the subgraphs together do not allow it",
                        value.ty
                    ),
                    &ty.name,
                    &field.field.name,
                    None,
                );
            }
        }
    }
}

fn implementation(
    merger: &mut Merger<'_>,
    view: View<'_, '_>,
    ty: &SuperType,
    interface: &SuperType,
) {
    for (name, promised) in &interface.fields {
        let Some(own) = ty.fields.get(name) else {
            continue;
        };
        let (promised, own) = (&promised.field, &own.field);
        let wrong = if !is_subtype(view, &own.ty, &promised.ty) {
            Some(format!(
                "interface field {}.{name} expects type {} but {}.{name} of type {} is not a proper subtype",
                interface.name, promised.ty, ty.name, own.ty
            ))
        } else {
            arguments(ty, interface, own, promised)
        };
        if let Some(message) = wrong {
            report(
                merger,
                ErrorCode::InvalidGraphql,
                message,
                &ty.name,
                name,
                None,
            );
        }
    }
}

fn arguments(
    ty: &SuperType,
    interface: &SuperType,
    own: &Field,
    promised: &Field,
) -> Option<String> {
    let name = &own.name;
    for argument in &promised.arguments {
        match own.argument(&argument.name) {
            None => {
                return Some(format!(
                    "interface field argument {}.{name}({}:) expected but {}.{name} does not provide it",
                    interface.name, argument.name, ty.name
                ));
            }
            Some(given) if given.ty != argument.ty => {
                return Some(format!(
                    "interface field argument {}.{name}({}:) expects type {} but {}.{name}({}:) is type {}",
                    interface.name, argument.name, argument.ty, ty.name, argument.name, given.ty
                ));
            }
            Some(_) => {}
        }
    }
    let added = own
        .arguments
        .iter()
        .find(|argument| argument.is_required() && promised.argument(&argument.name).is_none())?;
    Some(format!(
        "field {}.{name} includes required argument {} that is missing from the interface field {}.{name}",
        ty.name, added.name, interface.name
    ))
}

fn is_subtype(view: View<'_, '_>, small: &TypeRef, large: &TypeRef) -> bool {
    match (small, large) {
        (TypeRef::NonNull(small), TypeRef::NonNull(large)) => is_subtype(view, small, large),
        (TypeRef::NonNull(small), large) => is_subtype(view, small, large),
        (TypeRef::List(small), TypeRef::List(large)) => is_subtype(view, small, large),
        (TypeRef::Named(small), TypeRef::Named(large)) => {
            let implements = || {
                let small = view.get(small)?;
                Some(small.interfaces().any(|interface| interface == large))
            };
            let belongs = || {
                let large = view.get(large)?;
                Some(large.union_members().any(|member| member == small))
            };
            small == large || implements() == Some(true) || belongs() == Some(true)
        }
        _ => false,
    }
}

fn fits(view: View<'_, '_>, value: &Value, ty: &TypeRef) -> bool {
    values::fits_with(value, ty, &|value, name| {
        let Some(ty) = view.get(name) else {
            return true;
        };
        match (ty.kind, value) {
            (Kind::Enum, Value::Enum(value)) => ty.values.contains_key(value),
            (Kind::InputObject, Value::Object(fields)) => {
                let one = find(&ty.directives, Known::OneOf).is_none()
                    || matches!(fields.as_slice(), [(_, value)] if *value != Value::Null);
                let each = one
                    && fields.iter().all(|(name, value)| {
                        let field = ty.fields.get(name);
                        field.is_some_and(|field| fits(view, value, &field.field.ty))
                    });
                let given = |field: &Field| fields.iter().any(|(name, _)| *name == field.name);
                let mut all = ty.fields.values().map(|field| &field.field);
                each && all.all(|field| !field.is_required() || given(field))
            }
            (Kind::Enum | Kind::InputObject, _) => false,
            _ => true,
        }
    })
}

/// Adds an error of a field, with the places where subgraphs declare it.
fn report(
    merger: &mut Merger<'_>,
    code: ErrorCode,
    message: String,
    ty: &Name,
    field: &Name,
    only: Option<GraphId>,
) {
    let at: Vec<(GraphId, u32)> = merger
        .subgraphs
        .iter()
        .enumerate()
        .filter(|(at, _)| only.is_none_or(|only| usize::from(only) == *at))
        .filter_map(|(at, subgraph)| {
            let field = subgraph.types.get(ty)?.fields.get(field)?;
            Some((at as GraphId, field.at))
        })
        .collect();
    let coordinate = format!("{ty}.{field}");
    merger.error(code, message, Some(coordinate), at);
}
