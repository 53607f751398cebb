//! Objects and interfaces, field by field

use std::sync::Arc;

use crate::ast::{Directive, Facts, Field, Kind, Known, Name, TypeRef};
use crate::error::ErrorCode;
use crate::field_set;
use crate::hint::HintLevel;
use crate::merge::authorisation::context_arguments;
use crate::merge::reference::Merged;
use crate::merge::{Merger, Source};
use crate::supergraph::{GraphId, JoinField, SuperField, SuperType};

/// A field as one subgraph has it, and what `@override` makes of it.
#[derive(Clone, Copy)]
struct Entry<'a> {
    graph: GraphId,
    field: &'a Field,
    /// Moved to another subgraph for good.
    overridden: bool,
    /// Moved to another subgraph under a label.
    moving: bool,
    label: Option<&'a str>,
}

impl Entry<'_> {
    fn resolves(&self) -> bool {
        !self.field.facts.external && !self.overridden
    }
}

impl<'a> Merger<'a> {
    pub(super) fn merge_composite(&mut self, merged: &mut SuperType, sources: &[Source<'a>]) {
        for (graph, ty) in sources {
            for interface in &ty.interfaces {
                merged.implements.push((*graph, interface.name.clone()));
            }
        }
        let mut order: Vec<&'a Name> = Vec::new();
        let mut seen: std::collections::HashSet<&'a str> = std::collections::HashSet::new();
        for (_, ty) in sources {
            for field in ty.fields.keys() {
                if seen.insert(field.as_str()) {
                    order.push(field);
                }
            }
        }
        for name in order {
            if let Some(field) = self.merge_field(merged, name, sources) {
                merged.fields.insert(name.clone(), field);
            }
        }
    }

    fn merge_field(
        &mut self,
        parent: &SuperType,
        name: &Name,
        sources: &[Source<'a>],
    ) -> Option<SuperField> {
        let mut entries: Vec<Entry<'a>> = sources
            .iter()
            .filter_map(|(graph, ty)| {
                Some(Entry {
                    graph: *graph,
                    field: ty.fields.get(name)?,
                    overridden: false,
                    moving: false,
                    label: None,
                })
            })
            .collect();
        let coordinate = format!("{}.{name}", parent.name);
        let interface = parent.kind == Kind::Interface;
        self.apply_overrides(&coordinate, parent, &mut entries);
        if entries.iter().all(|entry| entry.field.facts.external) {
            let list =
                self.graph_names(&entries.iter().map(|entry| entry.graph).collect::<Vec<_>>());
            self.error(
                ErrorCode::ExternalMissingOnBase,
                format!("field \"{coordinate}\" is marked @external on all the subgraphs in which it is listed ({list})"),
                Some(coordinate),
                entries.iter().map(|entry| (entry.graph, entry.field.at)).collect(),
            );
            return None;
        }
        self.check_sharing(&coordinate, parent, &entries);
        let active: Vec<Entry<'a>> = entries
            .iter()
            .filter(|entry| entry.resolves())
            .copied()
            .collect();
        let base: &[Entry<'a>] = if active.is_empty() { &entries } else { &active };
        let (ty, equal) = match self
            .merge_references(base.iter().map(|entry| &entry.field.ty), false)
        {
            Merged::Equal(ty) => (ty, true),
            Merged::Compatible(ty) => {
                let list = self.listing(
                    base.iter()
                        .map(|entry| (entry.graph, format!("\"{}\"", entry.field.ty))),
                );
                self.hint(
                    "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE",
                    HintLevel::Info,
                    format!("type of field \"{coordinate}\" is inconsistent but compatible across subgraphs: it is {list}; \"{ty}\" is taken"),
                    Some(coordinate.clone()),
                    base.iter().map(|entry| (entry.graph, entry.field.at)).collect(),
                );
                (ty, false)
            }
            Merged::Incompatible => {
                let list = self.listing(
                    base.iter()
                        .map(|entry| (entry.graph, format!("\"{}\"", entry.field.ty))),
                );
                self.error(
                    ErrorCode::FieldTypeMismatch,
                    format!("type of field \"{coordinate}\" is incompatible across subgraphs: it has type {list}"),
                    Some(coordinate),
                    base.iter().map(|entry| (entry.graph, entry.field.at)).collect(),
                );
                return None;
            }
        };
        let equal = equal && entries.iter().all(|entry| entry.field.ty == ty);
        self.check_external(&coordinate, &entries, &ty);
        let arguments = self.merge_arguments(&coordinate, base);
        let description = self.description(
            &coordinate,
            base.iter()
                .map(|entry| (entry.graph, entry.field.description.as_ref())),
        );
        let applied: Vec<(GraphId, &[Directive])> = base
            .iter()
            .map(|entry| (entry.graph, entry.field.directives.as_slice()))
            .collect();
        let directives = self.merge_applied(&coordinate, "FIELD_DEFINITION", &applied);
        let joins = self.join_fields(parent, sources, &entries, equal, interface);
        Some(SuperField {
            field: Field {
                name: name.clone(),
                description,
                arguments,
                ty,
                default: None,
                directives,
                at: 0,
                part: 0,
                facts: Facts::default(),
            },
            joins,
        })
    }

    fn apply_overrides(&mut self, coordinate: &str, parent: &SuperType, entries: &mut [Entry<'a>]) {
        if !entries.iter().any(|entry| entry.field.has(Known::Override)) {
            return;
        }
        for at in 0..entries.len() {
            let entry = entries[at];
            let Some(directive) = entry.field.directive(Known::Override) else {
                continue;
            };
            let Some(from) = directive.text("from") else {
                continue;
            };
            let here = vec![(entry.graph, directive.at)];
            if parent.kind == Kind::Interface {
                let message = format!(
                    "@override cannot be used on field \"{coordinate}\": it is not supported on fields of interface types"
                );
                self.error(
                    ErrorCode::OverrideOnInterface,
                    message,
                    Some(coordinate.to_owned()),
                    here,
                );
                continue;
            }
            if *from == *self.subgraphs[usize::from(entry.graph)].name {
                let message = format!(
                    "source and destination subgraphs \"{from}\" are the same for overridden field \"{coordinate}\""
                );
                self.error(
                    ErrorCode::OverrideFromSelfError,
                    message,
                    Some(coordinate.to_owned()),
                    here,
                );
                continue;
            }
            if let Some(other) = entry.field.directive(Known::External) {
                let message = format!(
                    "@override cannot be used on field \"{coordinate}\" together with @{}",
                    other.name
                );
                self.error(
                    ErrorCode::OverrideCollisionWithAnotherDirective,
                    message,
                    Some(coordinate.to_owned()),
                    here,
                );
                continue;
            }
            if let Some(label) = directive.text("label")
                && !valid_label(label)
            {
                let message =
                    format!("invalid @override label \"{label}\" on field \"{coordinate}\"");
                self.error(
                    ErrorCode::OverrideLabelInvalid,
                    message,
                    Some(coordinate.to_owned()),
                    here.clone(),
                );
            }
            let Some(graph) = self
                .subgraphs
                .iter()
                .position(|subgraph| subgraph.name == from)
            else {
                self.hint(
                    "FROM_SUBGRAPH_DOES_NOT_EXIST",
                    HintLevel::Warn,
                    format!("source subgraph \"{from}\" for field \"{coordinate}\" does not exist"),
                    Some(coordinate.to_owned()),
                    here,
                );
                continue;
            };
            let Some(source) = entries
                .iter_mut()
                .find(|other| usize::from(other.graph) == graph)
            else {
                self.hint(
                    "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
                    HintLevel::Info,
                    format!("field \"{coordinate}\" no longer exists in source subgraph \"{from}\": the @override directive can be removed"),
                    Some(coordinate.to_owned()),
                    here,
                );
                continue;
            };
            if source.field.has(Known::Override) {
                let at = vec![(entry.graph, directive.at), (source.graph, source.field.at)];
                let message =
                    format!("field \"{coordinate}\" is overridden in more than one subgraph");
                self.error(
                    ErrorCode::OverrideSourceHasOverride,
                    message,
                    Some(coordinate.to_owned()),
                    at,
                );
                continue;
            }
            if source.field.facts.external {
                continue;
            }
            if let Some(label) = directive.text("label") {
                source.moving = true;
                source.label = Some(label);
            } else {
                source.overridden = true;
            }
        }
    }

    /// A field that several subgraphs resolve must be shareable in all of them.
    fn check_sharing(&mut self, coordinate: &str, parent: &SuperType, entries: &[Entry<'a>]) {
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
            Some(coordinate.to_owned()),
            at,
        );
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
            let Some(graphs) = self.interface_objects.get(interface.as_str()) else {
                continue;
            };
            for graph in graphs {
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

    fn is_interface_object(&self, parent: &SuperType, graph: GraphId) -> bool {
        parent
            .joins
            .iter()
            .any(|join| join.graph == graph && join.is_interface_object)
    }

    /// External declarations must agree with the field that resolves them.
    fn check_external(&mut self, coordinate: &str, entries: &[Entry<'a>], ty: &TypeRef) {
        for external in entries.iter().filter(|entry| entry.field.facts.external) {
            if *ty != external.field.ty {
                self.error(
                    ErrorCode::ExternalTypeMismatch,
                    format!("type of field \"{coordinate}\" is incompatible across subgraphs (where marked @external): it has type \"{ty}\" but is declared external with type \"{}\"", external.field.ty),
                    Some(coordinate.to_owned()),
                    vec![(external.graph, external.field.at)],
                );
            }
            if let Some(owner) = entries.iter().find(|entry| entry.resolves()) {
                for argument in &owner.field.arguments {
                    let place = vec![(external.graph, external.field.at)];
                    let argument_at = format!("{coordinate}({}:)", argument.name);
                    let Some(declared) = external.field.argument(&argument.name) else {
                        let message = format!(
                            "field \"{coordinate}\" is missing argument \"{}\" where it is marked @external",
                            argument.name
                        );
                        self.error(
                            ErrorCode::ExternalArgumentMissing,
                            message,
                            Some(argument_at),
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
                            Some(argument_at),
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
                            Some(argument_at),
                            place,
                        );
                    }
                }
            }
        }
    }

    fn merge_arguments(&mut self, coordinate: &str, base: &[Entry<'a>]) -> Vec<Field> {
        let mut order: Vec<&'a Name> = Vec::new();
        for entry in base {
            for argument in &entry.field.arguments {
                if !order.contains(&&argument.name) {
                    order.push(&argument.name);
                }
            }
        }
        let mut out = Vec::new();
        for name in order {
            let having: Vec<(GraphId, &Field)> = base
                .iter()
                .filter_map(|entry| Some((entry.graph, entry.field.argument(name)?)))
                .collect();
            let argument_at = format!("{coordinate}({name}:)");
            let contextual = having
                .iter()
                .filter(|(_, argument)| argument.has(Known::FromContext))
                .count();
            if contextual > 0 {
                // a context fills it: callers never see it
                let open: Vec<_> = having
                    .iter()
                    .filter(|(_, argument)| {
                        !argument.has(Known::FromContext) && argument.is_required()
                    })
                    .map(|(graph, argument)| (*graph, argument.at))
                    .collect();
                if !open.is_empty() {
                    self.error(
                        ErrorCode::ContextualArgumentNotContextualInAllSubgraphs,
                        format!("argument \"{argument_at}\" is contextual in at least one subgraph but in others it does not have @fromContext, is not nullable and has no default"),
                        Some(argument_at),
                        open,
                    );
                }
                continue;
            }
            if having.len() < base.len() {
                let missing: Vec<GraphId> = base
                    .iter()
                    .map(|entry| entry.graph)
                    .filter(|graph| having.iter().all(|(other, _)| other != graph))
                    .collect();
                let required: Vec<_> = having
                    .iter()
                    .filter(|(_, argument)| argument.is_required())
                    .map(|(graph, argument)| (*graph, argument.at))
                    .collect();
                if required.is_empty() {
                    let message = format!(
                        "optional argument \"{argument_at}\" is left out: it is missing in {}",
                        self.graph_names(&missing)
                    );
                    self.hint(
                        "INCONSISTENT_ARGUMENT_PRESENCE",
                        HintLevel::Warn,
                        message,
                        Some(argument_at),
                        Vec::new(),
                    );
                } else {
                    let message = format!(
                        "argument \"{argument_at}\" is required in some subgraphs but does not appear in all subgraphs: it is missing in {}",
                        self.graph_names(&missing)
                    );
                    self.error(
                        ErrorCode::RequiredArgumentMissingInSomeSubgraph,
                        message,
                        Some(argument_at),
                        required,
                    );
                }
                continue;
            }
            let merged = self.merge_input_value(
                &argument_at,
                "ARGUMENT_DEFINITION",
                &having,
                ErrorCode::FieldArgumentTypeMismatch,
                ErrorCode::FieldArgumentDefaultMismatch,
            );
            out.extend(merged.map(|(argument, _)| argument));
        }
        out
    }

    fn join_fields(
        &self,
        parent: &SuperType,
        sources: &[Source<'a>],
        entries: &[Entry<'a>],
        equal: bool,
        interface: bool,
    ) -> Vec<JoinField> {
        let mut trivial = equal && entries.len() == sources.len();
        // the query root exists in every subgraph
        if parent.name == "Query" && sources.len() < self.subgraphs.len() {
            trivial = false;
        }
        let mut joins = Vec::new();
        for entry in entries {
            let used = entry.field.facts.used();
            if entry.overridden && !used {
                trivial = false;
                continue;
            }
            let selection = |known: Known| -> Option<Arc<str>> {
                let text = entry.field.directive(known)?.text("fields")?;
                Some(Arc::from(field_set::parse(text).map_or_else(
                    |_| text.to_owned(),
                    |set| field_set::text(&set),
                )))
            };
            let moved = entry.field.directive(Known::Override);
            let join = JoinField {
                graph: Some(entry.graph),
                requires: if interface && !self.is_interface_object(parent, entry.graph) {
                    None
                } else {
                    selection(Known::Requires)
                },
                provides: selection(Known::Provides),
                ty: (!equal).then(|| entry.field.ty.clone()),
                external: entry.field.facts.external,
                override_from: moved
                    .and_then(|directive| directive.text("from"))
                    .map(Arc::from),
                used_overridden: entry.overridden,
                override_label: moved
                    .and_then(|directive| directive.text("label"))
                    .or(entry.label)
                    .map(Arc::from),
                context_arguments: context_arguments(
                    &self.subgraphs[usize::from(entry.graph)].name,
                    entry.field,
                ),
            };
            if join
                != (JoinField {
                    graph: Some(entry.graph),
                    ..JoinField::default()
                })
            {
                trivial = false;
            }
            joins.push(join);
        }
        if trivial { Vec::new() } else { joins }
    }
}

/// `percent(0…100)`, or a letter and then letters, digits and `_-:./`.
fn valid_label(label: &str) -> bool {
    if let Some(number) = label
        .strip_prefix("percent(")
        .and_then(|rest| rest.strip_suffix(')'))
    {
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        return !whole.is_empty()
            && whole.len() <= 3
            && !fraction.is_empty()
            && fraction.len() <= 8
            && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && number
                .parse::<f64>()
                .is_ok_and(|percent| (0.0..=100.0).contains(&percent));
    }
    label.starts_with(|c: char| c.is_ascii_alphabetic())
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':' | b'.' | b'/'))
}
