//! What differs between subgraphs in a type as a whole and merges all the same

use crate::ast::{Field, Kind, Known, Name, Root, TypeDef};
use crate::hint::HintLevel;
use crate::merge::composite::Entry;
use crate::merge::coordinate::Coordinate;
use crate::merge::{Merger, Source};
use crate::subgraph::Subgraph;
use crate::supergraph::{GraphId, SuperType};

impl<'a> Merger<'a> {
    /// Remarks that an object is an entity in some subgraphs only. Gives whether it, or an
    /// interface, has a key anywhere.
    pub(super) fn survey_keys(&mut self, merged: &SuperType, sources: &[Source<'a>]) -> bool {
        let keyed = |(_, ty): &&Source<'a>| ty.has(Known::Key);
        let with = sources.iter().filter(keyed).count();
        if merged.kind == Kind::Object && with > 0 && with < sources.len() {
            let without: Vec<&Source<'a>> = sources
                .iter()
                .filter(|source| !source.1.has(Known::Key))
                .collect();
            let name = &merged.name;
            let message = format!(
                "type \"{name}\" is an entity in some but not all subgraphs: it has no @key in {}",
                self.graph_names(&without.iter().map(|source| source.0).collect::<Vec<_>>())
            );
            self.hint(
                "INCONSISTENT_ENTITY",
                HintLevel::Info,
                message,
                Some(name.to_string()),
                without
                    .iter()
                    .map(|source| (source.0, source.1.at))
                    .collect(),
            );
        }
        with > 0
    }

    /// Remarks that a field of a type without keys is missing somewhere: who gets the type there
    /// cannot get the field elsewhere.
    pub(super) fn survey_value_field(
        &mut self,
        merged: &SuperType,
        name: &Name,
        sources: &[Source<'a>],
        entries: &[Entry<'a>],
    ) {
        if entries.len() == sources.len() || Root::ALL.iter().any(|r| merged.name == r.type_name())
        {
            return;
        }
        let interface = merged.kind == Kind::Interface;
        let from_interface_object = sources.iter().any(|(_, ty)| {
            let field = ty.fields.get(name);
            ty.is_interface_object() && field.is_some_and(|field| !field.facts.external)
        });
        if interface && from_interface_object {
            return;
        }
        let lacks = |(_, ty): &&Source<'a>| {
            let external = |field: &Field| field.facts.external;
            let only_external = !ty.fields.is_empty() && ty.fields.values().all(external);
            !ty.is_interface_object() && !ty.fields.contains_key(name) && !only_external
        };
        let missing: Vec<GraphId> = sources.iter().filter(lacks).map(|s| s.0).collect();
        if missing.is_empty() {
            return;
        }
        let coordinate = Coordinate::of(&merged.name).member(name);
        let message = format!(
            "field \"{coordinate}\" is defined in some but not all subgraphs that define \"{}\": it is missing in {}",
            merged.name,
            self.graph_names(&missing)
        );
        self.hint(
            if interface {
                "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD"
            } else {
                "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD"
            },
            HintLevel::Debug,
            message,
            Some(merged.name.to_string()),
            entries
                .iter()
                .map(|entry| (entry.graph, entry.field.at))
                .collect(),
        );
    }

    /// Remarks that the subgraphs that share a field can give different types behind it. That they
    /// have none in common is an error of satisfiability.
    pub(super) fn survey_runtime_types(
        &mut self,
        coordinate: Coordinate<'_>,
        entries: &[Entry<'a>],
    ) {
        let resolving: Vec<&Entry<'a>> = entries
            .iter()
            .filter(|entry| entry.resolves() && !entry.moving)
            .collect();
        if resolving.len() < 2 {
            return;
        }
        let mut sets: Vec<(GraphId, Vec<&Name>)> = Vec::new();
        for entry in &resolving {
            let subgraph: &'a Subgraph = &self.subgraphs[usize::from(entry.graph)];
            let Some(ty) = subgraph.types.get(entry.field.ty.base()) else {
                return;
            };
            match runtime_types(subgraph, ty) {
                Some(types) => sets.push((entry.graph, types)),
                None => return,
            }
        }
        let common: Vec<&Name> = sets[0]
            .1
            .iter()
            .filter(|name| sets.iter().all(|(_, types)| types.contains(name)))
            .copied()
            .collect();
        if common.is_empty() || sets.iter().all(|(_, types)| types.len() == common.len()) {
            return;
        }
        let list = self.listing(sets.iter().map(|(graph, types)| {
            let names: Vec<&str> = types.iter().map(|name| name.as_str()).collect();
            (*graph, names.join(", "))
        }));
        let names: Vec<&str> = common.iter().map(|name| name.as_str()).collect();
        self.hint(
            "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN",
            HintLevel::Warn,
            format!(
                "shared field \"{coordinate}\" can be of different types: {list}; all of them may only give {}",
                names.join(", ")
            ),
            Some(coordinate.to_string()),
            resolving.iter().map(|entry| (entry.graph, entry.field.at)).collect(),
        );
    }
}

/// The objects that a union or interface can be in a subgraph, by name; none for other types and
/// for interface objects, which can be what others know.
fn runtime_types<'a>(subgraph: &'a Subgraph, ty: &'a TypeDef) -> Option<Vec<&'a Name>> {
    let mut types: Vec<&Name> = match ty.kind {
        Kind::Union => ty.members.iter().map(|member| &member.name).collect(),
        Kind::Interface => subgraph
            .types
            .values()
            .filter(|other| other.kind == Kind::Object && other.implements(&ty.name))
            .map(|other| &other.name)
            .collect(),
        _ => return None,
    };
    types.sort_unstable();
    types.dedup();
    Some(types)
}
