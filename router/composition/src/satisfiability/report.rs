//! The operation that can't be answered, and why not, per subgraph

use std::fmt::Write as _;

use super::Step;
use super::model::{Model, TypeIx};
use super::reach::{Place, Reach};
use crate::ast::{Kind, TypeRef};

pub(super) fn message(
    model: &Model<'_>,
    reach: &mut Reach<'_, '_>,
    steps: &[Step],
    places: &[Place],
    ty: TypeIx,
    step: usize,
    field: &str,
) -> String {
    let mut out =
        String::from("the following supergraph API query cannot be satisfied by the subgraphs:\n");
    out.push_str(&operation(model, steps, step, ty, field));
    out.push_str("because:\n");
    for reason in reasons(model, reach, places, ty, field) {
        let _ = writeln!(out, "- {reason}");
    }
    out.truncate(out.trim_end().len());
    out
}

/// The operation as text, with placeholders for required arguments.
fn operation(model: &Model<'_>, steps: &[Step], step: usize, ty: TypeIx, field: &str) -> String {
    let mut path: Vec<&Step> = Vec::new();
    let mut at = Some(step);
    while let Some(index) = at {
        path.push(&steps[index]);
        at = steps[index].parent;
    }
    path.reverse();
    let mut lines: Vec<String> = Vec::new();
    let mut current: Option<TypeIx> = None;
    for (depth, step) in path.iter().enumerate() {
        if depth == 0 {
            lines.push(if step.field == "query" {
                "{".to_owned()
            } else {
                format!("{} {{", step.field)
            });
            current = match step.field.as_str() {
                "query" => model.index("Query"),
                "mutation" => model.index("Mutation"),
                _ => model.index("Subscription"),
            };
            continue;
        }
        lines.push(format!(
            "{}{} {{",
            step.field,
            arguments(model, current, &step.field)
        ));
        current = current
            .and_then(|ty| model.ty(ty).super_type.fields.get(step.field.as_str()))
            .and_then(|field| model.index(field.field.ty.base()));
        if let Some(condition) = step.condition {
            lines.push(format!("... on {} {{", model.ty(condition).super_type.name));
            current = Some(condition);
        }
    }
    let composite = model
        .ty(ty)
        .super_type
        .fields
        .get(field)
        .and_then(|field| model.index(field.field.ty.base()))
        .is_some();
    let mut out = String::new();
    for (depth, line) in lines.iter().enumerate() {
        let _ = writeln!(out, "{:indent$}{line}", "", indent = depth * 2);
    }
    let _ = writeln!(
        out,
        "{:indent$}{field}{}{}",
        "",
        arguments(model, Some(ty), field),
        if composite { " { ... }" } else { "" },
        indent = lines.len() * 2
    );
    for depth in (0..lines.len()).rev() {
        let _ = writeln!(out, "{:indent$}}}", "", indent = depth * 2);
    }
    out
}

fn arguments(model: &Model<'_>, ty: Option<TypeIx>, field: &str) -> String {
    let Some(field) = ty.and_then(|ty| model.ty(ty).super_type.fields.get(field)) else {
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

fn placeholder(model: &Model<'_>, ty: &TypeRef) -> String {
    if ty.is_list() {
        return "[]".to_owned();
    }
    let base = ty.base();
    match base.as_str() {
        "Int" => "0".to_owned(),
        "Float" => "0.1".to_owned(),
        "Boolean" => "true".to_owned(),
        "ID" | "String" => "\"\"".to_owned(),
        _ => match model.supergraph.types.get(base.as_str()) {
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
    model: &Model<'_>,
    reach: &mut Reach<'_, '_>,
    places: &[Place],
    ty: TypeIx,
    field: &str,
) -> Vec<String> {
    let info = model.ty(ty);
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
            .resolver(start.declared, field, start.graph)
            .is_none_or(|resolver| resolver.external);
        if lacks {
            say(format!(
                "from subgraph \"{from}\": cannot find field \"{name}.{field}\""
            ));
        }
        let resolving: Vec<_> = std::iter::once(ty)
            .chain(info.interfaces.iter().copied())
            .flat_map(|owner| {
                model
                    .ty(owner)
                    .fields
                    .get(field)
                    .into_iter()
                    .flatten()
                    .filter(|r| !r.external)
                    .map(move |r| (owner, r))
            })
            .collect();
        for (owner, resolver) in resolving {
            let to = model.graph_name(resolver.graph);
            if reached.iter().any(|place| place.graph == resolver.graph) {
                if let Some(requires) = resolver.requires {
                    say(format!(
                        "from subgraph \"{from}\": cannot satisfy @requires(fields: \"{}\") of field \"{name}.{field}\" in subgraph \"{to}\"",
                        model.selections[requires].text
                    ));
                }
                continue;
            }
            let keys: Vec<_> = model
                .ty(owner)
                .keys
                .iter()
                .filter(|key| key.graph == resolver.graph)
                .collect();
            if keys.is_empty() {
                say(format!(
                    "from subgraph \"{from}\": cannot move to subgraph \"{to}\", which has field \"{name}.{field}\", because type \"{}\" has no @key defined in subgraph \"{to}\"",
                    model.ty(owner).super_type.name
                ));
            }
            for key in keys {
                let text = &model.selections[key.selection].text;
                if key.resolvable {
                    say(format!(
                        "from subgraph \"{from}\": cannot move to subgraph \"{to}\" using @key(fields: \"{text}\") of \"{}\", the key field(s) cannot be resolved from subgraph \"{from}\"",
                        model.ty(owner).super_type.name
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
