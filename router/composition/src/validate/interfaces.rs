//! Keys on interfaces, interface objects, and interfaces after merging

use std::collections::BTreeSet;

use super::Findings;
use crate::ast::{Directive, Kind, Known, Name, TypeDef, Value};
use crate::error::ErrorCode;
use crate::field_set;
use crate::merge::{Implementations, Merger};
use crate::subgraph::Subgraph;
use crate::supergraph::{GraphId, JoinType, SuperType, Supergraph};
use crate::validate::scope::Scope;

fn resolvable(key: &Directive) -> bool {
    key.argument("resolvable")
        .and_then(Value::as_bool)
        .unwrap_or(true)
}

fn keys(ty: &TypeDef) -> impl Iterator<Item = &Directive> {
    ty.directives
        .iter()
        .filter(|directive| directive.known == Known::Key)
}

/// The key's selection in an order of its own.
fn normal(key: &Directive) -> Option<String> {
    let mut set = field_set::parse(key.text("fields")?).ok()?;
    field_set::sort(&mut set);
    Some(field_set::text(&set))
}

pub(super) fn check(subgraph: &Subgraph, findings: &mut Findings) {
    for ty in subgraph.types.values() {
        if let Some(directive) = ty.directive(Known::InterfaceObject)
            && keys(ty).next().is_none()
        {
            let message = format!(
                "the @interfaceObject directive can only be applied to entity types but type \"{}\" has no @key in this subgraph",
                ty.name
            );
            findings.add(
                ErrorCode::InterfaceObjectUsageError,
                message,
                ty.name.as_str(),
                directive.at,
            );
        }
        if ty.kind != Kind::Interface || subgraph.is_first_version() {
            continue;
        }
        for key in keys(ty) {
            let Some(text) = normal(key) else { continue };
            let has = |object: &TypeDef| {
                keys(object).any(|own| {
                    normal(own).as_deref() == Some(&text) && (!resolvable(key) || resolvable(own))
                })
            };
            let lacking: Vec<&TypeDef> = subgraph
                .types
                .values()
                .filter(|object| {
                    object.kind == Kind::Object && object.implements(&ty.name) && !has(object)
                })
                .collect();
            if let Some(first) = lacking.first() {
                let names: Vec<String> = lacking
                    .iter()
                    .map(|ty| format!("\"{}\"", ty.name))
                    .collect();
                let message = format!(
                    "key \"{text}\" on interface type \"{}\" is missing on implementations {}",
                    ty.name,
                    names.join(", ")
                );
                findings.add(
                    ErrorCode::InterfaceKeyNotOnImplementation,
                    message,
                    ty.name.as_str(),
                    first.at,
                );
            }
        }
    }
}

/// A subgraph that resolves an interface by key must know all its implementations; interface
/// objects need a subgraph that knows the interface, and no implementations beside them.
pub(crate) fn interface_keys(
    merger: &mut Merger<'_>,
    supergraph: &Supergraph,
    implementations: &Implementations,
) {
    for interface in supergraph
        .types
        .values()
        .filter(|ty| ty.kind == Kind::Interface)
    {
        let matters = |join: &JoinType| join.key.is_some() || join.is_interface_object;
        if !interface.joins.iter().any(matters) {
            continue;
        }
        let all: BTreeSet<&Name> = implementations.of(&interface.name).iter().collect();
        interface_key(merger, interface, &all);
    }
}

fn interface_key(merger: &mut Merger<'_>, interface: &SuperType, all: &BTreeSet<&Name>) {
    let name = &interface.name;
    let subgraphs = merger.subgraphs;
    let (mut objects, mut full) = (Vec::new(), false);
    for (at, subgraph) in subgraphs.iter().enumerate() {
        let graph = at as GraphId;
        let Some(ty) = subgraph.types.get(name) else {
            continue;
        };
        if ty.kind != Kind::Interface {
            objects.push((graph, ty.at));
            if let Some(met) = all.iter().find_map(|object| subgraph.types.get(*object)) {
                let message = format!(
                    "interface type \"{name}\" is defined as an @interfaceObject in subgraph \"{}\" so that subgraph should not define any of the implementation types of \"{name}\", but it defines type \"{}\"",
                    subgraph.name, met.name
                );
                merger.error(
                    ErrorCode::InterfaceObjectUsageError,
                    message,
                    Some(name.to_string()),
                    vec![(graph, met.at)],
                );
            }
            continue;
        }
        full = true;
        let Some(key) = keys(ty)
            .find(|key| resolvable(key))
            .filter(|_| !subgraph.is_first_version())
        else {
            continue;
        };
        let lacking: Vec<String> = all
            .iter()
            .filter(|object| !subgraph.types.contains_key(**object))
            .map(|object| format!("\"{object}\""))
            .collect();
        if !lacking.is_empty() {
            let message = format!(
                "interface type \"{name}\" has a resolvable key in subgraph \"{}\" but that subgraph is missing some of the supergraph implementation types of \"{name}\": {}",
                subgraph.name,
                lacking.join(", ")
            );
            merger.error(
                ErrorCode::InterfaceKeyMissingImplementationType,
                message,
                Some(name.to_string()),
                vec![(graph, key.at)],
            );
        }
    }
    if !objects.is_empty() && !full {
        let message = format!(
            "type \"{name}\" is declared with @interfaceObject in all the subgraphs in which it is defined"
        );
        merger.error(
            ErrorCode::InterfaceObjectUsageError,
            message,
            Some(name.to_string()),
            objects,
        );
    }
}

/// After merging, every implementation still has every field of its interfaces.
pub(crate) fn interface_fields(merger: &mut Merger<'_>, scope: &Scope<'_>) {
    for ty in scope
        .types()
        .filter(|ty| matches!(ty.kind, Kind::Object | Kind::Interface))
    {
        for interface in ty.interfaces() {
            let Some(interface) = scope.seen_from(&ty.name).get(interface) else {
                continue;
            };
            for field in interface
                .fields
                .keys()
                .filter(|field| !ty.fields.contains_key(*field))
            {
                let at: Vec<(GraphId, u32)> = merger
                    .subgraphs
                    .iter()
                    .enumerate()
                    .filter_map(|(at, subgraph)| {
                        Some((
                            at as GraphId,
                            subgraph.types.get(&interface.name)?.fields.get(field)?.at,
                        ))
                    })
                    .collect();
                let graphs: Vec<GraphId> = at.iter().map(|(graph, _)| *graph).collect();
                let message = format!(
                    "interface field \"{}.{field}\" is declared in {} but type \"{}\", which implements \"{}\", does not have field \"{field}\"",
                    interface.name,
                    merger.graph_names(&graphs),
                    ty.name,
                    interface.name
                );
                merger.error(
                    ErrorCode::InterfaceFieldNoImplem,
                    message,
                    Some(format!("{}.{field}", ty.name)),
                    at,
                );
            }
        }
    }
}
