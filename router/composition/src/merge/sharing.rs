//! Who may resolve a field: `@shareable`, and what `@external` declarations must repeat

use crate::ast::{Field, Kind, Known, Root, TypeRef};
use crate::error::ErrorCode;
use crate::merge::Merger;
use crate::merge::composite::Entry;
use crate::merge::coordinate::Coordinate;
use crate::supergraph::{GraphId, SuperType};

impl<'a> Merger<'a> {
    /// Events come from one subgraph.
    fn check_subscription(&mut self, coordinate: Coordinate<'_>, entries: &[Entry<'a>]) {
        let shared: Vec<(GraphId, u32)> = entries
            .iter()
            .filter_map(|entry| Some((entry.graph, entry.field.directive(Known::Shareable)?.at)))
            .collect();
        if !shared.is_empty() {
            self.error(
                ErrorCode::InvalidFieldSharing,
                format!(
                    "field \"{coordinate}\" of the subscription root cannot be marked as shareable"
                ),
                Some(coordinate.to_string()),
                shared,
            );
        }
    }

    /// A field that several subgraphs resolve must be shareable in all of them.
    pub(super) fn check_sharing(
        &mut self,
        coordinate: Coordinate<'_>,
        parent: &SuperType,
        entries: &[Entry<'a>],
    ) {
        let mut resolving: Vec<(GraphId, &'a Field)> = entries
            .iter()
            .filter(|entry| {
                // what `@provides` names is resolved there too, on some ways
                let provided = entry.field.facts.in_provides && !entry.overridden;
                (entry.resolves() || provided) && !entry.moving
            })
            .map(|entry| (entry.graph, entry.field))
            .collect();
        if parent.kind == Kind::Object {
            self.add_interface_objects(parent, entries, &mut resolving);
        }
        if parent.name == Root::Subscription.type_name() {
            self.check_subscription(coordinate, entries);
        }
        if resolving.len() < 2 {
            return;
        }
        let closed: Vec<GraphId> = resolving
            .iter()
            .filter(|(graph, field)| {
                !field.facts.shareable
                    && !field.facts.external
                    && (parent.kind == Kind::Object || self.is_interface_object(parent, *graph))
            })
            .map(|(graph, _)| *graph)
            .collect();
        if closed.is_empty() {
            return;
        }
        let graphs: Vec<GraphId> = resolving.iter().map(|(graph, _)| *graph).collect();
        let bad = if closed.len() == resolving.len() {
            "all of them".to_owned()
        } else {
            self.graph_names(&closed)
        };
        let message = format!(
            "non-shareable field \"{coordinate}\" is resolved from multiple subgraphs: it is resolved from {} and defined as non-shareable in {bad}",
            self.graph_names(&graphs)
        );
        let at = resolving
            .iter()
            .map(|(graph, field)| (*graph, field.at))
            .collect();
        self.error(
            ErrorCode::InvalidFieldSharing,
            message,
            Some(coordinate.to_string()),
            at,
        );
    }

    /// Does an interface object resolve the field for the implementation of its interface?
    pub(super) fn comes_from_interface_object(&self, parent: &SuperType, field: &str) -> bool {
        let mut interfaces = parent.interfaces();
        interfaces.any(|interface| {
            let mut graphs = self.facts.interface_objects(interface).iter();
            graphs.any(|graph| {
                let ty = self.subgraphs[usize::from(*graph)].types.get(interface);
                let field = ty.and_then(|ty| ty.fields.get(field));
                field.is_some_and(|field| !field.facts.external)
            })
        })
    }

    /// The interface objects that resolve the field for every implementation of their interface.
    fn add_interface_objects(
        &self,
        parent: &SuperType,
        entries: &[Entry<'a>],
        resolving: &mut Vec<(GraphId, &'a Field)>,
    ) {
        let Some(first) = entries.first() else { return };
        for interface in parent.interfaces() {
            for graph in self.facts.interface_objects(interface) {
                let field = self.subgraphs[usize::from(*graph)]
                    .types
                    .get(interface)
                    .and_then(|ty| ty.fields.get(&first.field.name));
                if let Some(field) = field.filter(|field| !field.facts.external)
                    && resolving.iter().all(|(other, _)| other != graph)
                {
                    resolving.push((*graph, field));
                }
            }
        }
    }

    pub(super) fn is_interface_object(&self, parent: &SuperType, graph: GraphId) -> bool {
        parent
            .joins
            .iter()
            .any(|join| join.graph == graph && join.is_interface_object)
    }

    /// External declarations must agree with the field that resolves them.
    pub(super) fn check_external(
        &mut self,
        coordinate: Coordinate<'_>,
        entries: &[Entry<'a>],
        ty: &TypeRef,
    ) {
        for external in entries.iter().filter(|entry| entry.field.facts.external) {
            if *ty != external.field.ty {
                self.error(
                    ErrorCode::ExternalTypeMismatch,
                    format!("type of field \"{coordinate}\" is incompatible across subgraphs (where marked @external): it has type \"{ty}\" but is declared external with type \"{}\"", external.field.ty),
                    Some(coordinate.to_string()),
                    vec![(external.graph, external.field.at)],
                );
            }
            if let Some(owner) = entries.iter().find(|entry| entry.resolves()) {
                for argument in &owner.field.arguments {
                    let place = vec![(external.graph, external.field.at)];
                    let argument_at = coordinate.argument(&argument.name);
                    let Some(declared) = external.field.argument(&argument.name) else {
                        let message = format!(
                            "field \"{coordinate}\" is missing argument \"{}\" where it is marked @external",
                            argument.name
                        );
                        self.error(
                            ErrorCode::ExternalArgumentMissing,
                            message,
                            Some(argument_at.to_string()),
                            place,
                        );
                        continue;
                    };
                    if !self.is_subtype(&declared.ty, &argument.ty)
                        && !self.is_subtype(&argument.ty, &declared.ty)
                    {
                        let message = format!(
                            "type of argument \"{argument_at}\" is incompatible where it is marked @external: \"{}\" instead of \"{}\"",
                            declared.ty, argument.ty
                        );
                        self.error(
                            ErrorCode::ExternalArgumentTypeMismatch,
                            message,
                            Some(argument_at.to_string()),
                            place,
                        );
                    } else if declared.default.as_ref().is_some_and(|default| {
                        argument
                            .default
                            .as_ref()
                            .is_none_or(|other| !default.same(other))
                    }) || (declared.default.is_none() && argument.default.is_some())
                    {
                        let message = format!(
                            "argument \"{argument_at}\" has another default value where it is marked @external"
                        );
                        self.error(
                            ErrorCode::ExternalArgumentDefaultMismatch,
                            message,
                            Some(argument_at.to_string()),
                            place,
                        );
                    }
                }
            }
        }
    }
}
