//! The operation that can't be answered, and why not, per subgraph

use std::fmt::Write as _;

use super::model::{Model, TypeIx};
use super::reach::{Failure, Place, Reach};
use super::{State, Step, Unsatisfiable};
use crate::ast::{Kind, Root, TypeRef};
use crate::error::ErrorCode;

/// The error for a field that failed in a state.
pub(super) fn unsatisfiable(
    model: &Model,
    reach: &mut Reach<'_>,
    steps: &[Step],
    state: &State,
    failure: Failure,
) -> Option<Unsatisfiable> {
    let ty = model.get(state.ty)?;
    let (field, _) = ty.super_type.fields.get_index(failure.field as usize)?;
    let coordinate = format!("{}.{field}", ty.super_type.name);
    let (code, message) = match failure.disjoint {
        Some(sentence) => (
            ErrorCode::ShareableHasMismatchedRuntimeTypes,
            format!("for field \"{coordinate}\", {sentence}"),
        ),
        None => (
            ErrorCode::SatisfiabilityError,
            message(model, reach, steps, state, field),
        ),
    };
    Some(Unsatisfiable {
        code,
        coordinate,
        message,
    })
}

fn message(
    model: &Model,
    reach: &mut Reach<'_>,
    steps: &[Step],
    state: &State,
    field: &str,
) -> String {
    let mut out =
        String::from("the following supergraph API query cannot be satisfied by the subgraphs:\n");
    out.push_str(&operation(model, steps, state.step, state.ty, field));
    out.push_str("because:\n");
    for reason in reasons(model, reach, &state.places, state.ty, field) {
        let _ = writeln!(out, "- {reason}");
    }
    out.truncate(out.trim_end().len());
    out
}

/// The operation as text, with placeholders for required arguments.
fn operation(model: &Model, steps: &[Step], step: usize, ty: TypeIx, field: &str) -> String {
    let mut path: Vec<&Step> = Vec::new();
    let mut at = Some(step);
    while let Some(index) = at {
        path.push(&steps[index]);
        at = steps[index].parent;
    }
    path.reverse();
    let mut lines: Vec<String> = Vec::new();
    for step in path {
        let name = |(ty, field): (TypeIx, u32)| {
            let fields = &model.get(ty)?.super_type.fields;
            Some((ty, fields.get_index(field as usize)?.0))
        };
        let Some((parent, field)) = step.field.and_then(name) else {
            let root = Root::ALL
                .into_iter()
                .find(|root| root.type_name() == model.name(step.ty))
                .unwrap_or(Root::Query);
            lines.push(match root {
                Root::Query => "{".to_owned(),
                other => format!("{} {{", other.keyword()),
            });
            continue;
        };
        lines.push(format!("{field}{} {{", arguments(model, parent, field)));
        if let Some(condition) = step.condition {
            lines.push(format!("... on {} {{", model.name(condition)));
        }
    }
    let composite = model
        .get(ty)
        .and_then(|info| info.field(field))
        .is_some_and(|field| model.get(field.target).is_some());
    let mut out = String::new();
    for (depth, line) in lines.iter().enumerate() {
        let _ = writeln!(out, "{:indent$}{line}", "", indent = depth * 2);
    }
    let _ = writeln!(
        out,
        "{:indent$}{field}{}{}",
        "",
        arguments(model, ty, field),
        if composite { " { ... }" } else { "" },
        indent = lines.len() * 2
    );
    for depth in (0..lines.len()).rev() {
        let _ = writeln!(out, "{:indent$}}}", "", indent = depth * 2);
    }
    out
}

fn arguments(model: &Model, ty: TypeIx, field: &str) -> String {
    let Some(field) = model
        .get(ty)
        .and_then(|info| info.super_type.fields.get(field))
    else {
        return String::new();
    };
    let required: Vec<String> = field
        .field
        .arguments
        .iter()
        .filter(|argument| argument.is_required())
        .map(|argument| format!("{}: {}", argument.name, placeholder(model, &argument.ty)))
        .collect();
    if required.is_empty() {
        String::new()
    } else {
        format!("({})", required.join(", "))
    }
}

fn placeholder(model: &Model, ty: &TypeRef) -> String {
    if ty.is_list() {
        return "[]".to_owned();
    }
    let base = ty.base();
    match base.as_str() {
        "Int" => "0".to_owned(),
        "Float" => "0.1".to_owned(),
        "Boolean" => "true".to_owned(),
        "ID" | "String" => "\"\"".to_owned(),
        _ => match model.supergraph().types.get(base.as_str()) {
            Some(ty) if ty.kind == Kind::Enum => ty
                .values
                .keys()
                .next()
                .map(ToString::to_string)
                .unwrap_or_default(),
            Some(ty) if ty.kind == Kind::InputObject => "{}".to_owned(),
            _ => "\"\"".to_owned(),
        },
    }
}

fn reasons(
    model: &Model,
    reach: &mut Reach<'_>,
    places: &[Place],
    ty: TypeIx,
    field: &str,
) -> Vec<String> {
    let Some(info) = model.get(ty) else {
        return Vec::new();
    };
    let name = &info.super_type.name;
    let mut out: Vec<String> = Vec::new();
    let mut say = |text: String| {
        if !out.contains(&text) {
            out.push(text);
        }
    };
    for start in places {
        let from = model.graph_name(start.graph).to_owned();
        let reached = reach.closure(ty, *start);
        let lacks = model
            .get(start.declared)
            .and_then(|info| info.field(field))
            .is_none_or(|field| {
                field
                    .resolvers
                    .iter()
                    .all(|resolver| resolver.graph != start.graph || resolver.external)
            });
        if lacks {
            say(format!(
                "from subgraph \"{from}\": cannot find field \"{name}.{field}\""
            ));
        }
        let resolving: Vec<_> = std::iter::once(ty)
            .chain(info.interfaces.iter().copied())
            .filter_map(|owner| model.get(owner))
            .flat_map(|owner| {
                owner
                    .field(field)
                    .into_iter()
                    .flat_map(|field| &field.resolvers)
                    .filter(|resolver| !resolver.external)
                    .map(move |resolver| (owner, resolver))
            })
            .collect();
        for (owner, resolver) in resolving {
            let to = model.graph_name(resolver.graph);
            if reached.iter().any(|place| place.graph == resolver.graph) {
                if !resolver.contexts.is_empty() {
                    say(format!(
                        "from subgraph \"{to}\": no type above field \"{name}.{field}\" sets the context that it reads, or a key to come back with is missing"
                    ));
                }
                if let Some(requires) = resolver.requires {
                    say(format!(
                        "from subgraph \"{from}\": cannot satisfy @requires(fields: \"{}\") of field \"{name}.{field}\" in subgraph \"{to}\"",
                        model.selections[requires].text
                    ));
                }
                continue;
            }
            let keys: Vec<_> = owner
                .keys
                .iter()
                .filter(|key| key.graph == resolver.graph)
                .collect();
            if keys.is_empty() {
                say(format!(
                    "from subgraph \"{from}\": cannot move to subgraph \"{to}\", which has field \"{name}.{field}\", because type \"{}\" has no @key defined in subgraph \"{to}\"",
                    owner.super_type.name
                ));
            }
            for key in keys {
                let text = &model.selections[key.selection].text;
                if key.resolvable {
                    say(format!(
                        "from subgraph \"{from}\": cannot move to subgraph \"{to}\" using @key(fields: \"{text}\") of \"{}\", the key field(s) cannot be resolved from subgraph \"{from}\"",
                        owner.super_type.name
                    ));
                } else {
                    say(format!(
                        "from subgraph \"{from}\": cannot move to subgraph \"{to}\", which has field \"{name}.{field}\", because its @key(fields: \"{text}\") is not resolvable"
                    ));
                }
            }
        }
    }
    out
}
