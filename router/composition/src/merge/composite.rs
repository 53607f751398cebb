//! Objects and interfaces, field by field

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Directive, Facts, Field, Kind, Known, Name, Root};
use crate::error::ErrorCode;
use crate::field_set;
use crate::hint::HintLevel;
use crate::merge::authorisation::context_arguments;
use crate::merge::coordinate::Coordinate;
use crate::merge::kept::FieldPart;
use crate::merge::reference::Merged;
use crate::merge::{Fact, Merger, Source};
use crate::supergraph::{GraphId, JoinField, SuperField, SuperType};

/// A field as one subgraph has it, and what `@override` makes of it.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) graph: GraphId,
    pub(super) field: &'a Field,
    /// Moved to another subgraph for good.
    pub(super) overridden: bool,
    /// Moved to another subgraph under a label.
    pub(super) moving: bool,
    /// The label under which it moves, here or from here.
    pub(super) label: Option<&'a str>,
}

impl Entry<'_> {
    pub(super) fn resolves(&self) -> bool {
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
        // facts about interface objects of its interfaces go into who may resolve its fields
        for (_, interface) in &merged.implements {
            self.reads.insert(Fact::InterfaceObjects(interface.clone()));
        }
        let entry = |graph: GraphId, field: &'a Field| Entry {
            graph,
            field,
            overridden: false,
            moving: false,
            label: None,
        };
        if let [(graph, ty)] = sources {
            for field in ty.fields.values() {
                if let Some(merged_field) =
                    self.merge_field(merged, &field.name, sources, vec![entry(*graph, field)])
                {
                    merged
                        .fields
                        .insert(field.name.clone(), Arc::new(merged_field));
                }
            }
            return;
        }
        let mut by_name: IndexMap<&'a Name, Vec<Entry<'a>>, foldhash::fast::RandomState> =
            IndexMap::default();
        for (graph, ty) in sources {
            for field in ty.fields.values() {
                by_name
                    .entry(&field.name)
                    .or_default()
                    .push(entry(*graph, field));
            }
        }
        let keyed = self.survey_keys(merged, sources);
        self.kept.expect(merged);
        merged.fields.reserve(by_name.len());
        for (name, entries) in by_name {
            if !keyed {
                self.survey_value_field(merged, name, sources, &entries);
            }
            if let Some(field) = self.merge_or_keep(merged, name, sources, entries) {
                merged.fields.insert(name.clone(), field);
            }
        }
    }

    /// Takes the field as it was where no changed subgraph declares it.
    fn merge_or_keep(
        &mut self,
        parent: &SuperType,
        name: &Name,
        sources: &[Source<'a>],
        entries: Vec<Entry<'a>>,
    ) -> Option<Arc<SuperField>> {
        if !self.kept.keeps() {
            return self
                .merge_field(parent, name, sources, entries)
                .map(Arc::new);
        }
        let everywhere = self.is_everywhere(parent, sources, entries.len());
        let part = match self.kept.take(name, everywhere) {
            Some(part) => {
                if let Some((errors, hints)) = part.remarks.as_deref() {
                    self.errors.extend_from_slice(errors);
                    self.hints.extend_from_slice(hints);
                }
                self.applied.add(part.used);
                self.reads.extend(part.reads.iter().cloned());
                part
            }
            None => {
                let (errors, hints) = (self.errors.len(), self.hints.len());
                let (used, reads) = (self.applied.take(), std::mem::take(&mut self.reads));
                let field = self
                    .merge_field(parent, name, sources, entries)
                    .map(Arc::new);
                let remarks = self.errors.len() > errors || self.hints.len() > hints;
                let part = FieldPart {
                    field,
                    text: None,
                    everywhere,
                    remarks: remarks.then(|| {
                        Box::new((self.errors[errors..].to_vec(), self.hints[hints..].to_vec()))
                    }),
                    used: self.applied.take(),
                    reads: std::mem::replace(&mut self.reads, reads)
                        .into_iter()
                        .collect(),
                };
                self.applied.add(used);
                self.applied.add(part.used);
                self.reads.extend(part.reads.iter().cloned());
                part
            }
        };
        let field = part.field.clone();
        self.kept.put(name, part);
        field
    }

    /// Does every subgraph that has the type have the field?
    fn is_everywhere(&self, parent: &SuperType, sources: &[Source<'a>], entries: usize) -> bool {
        // the query root exists in every subgraph
        entries == sources.len()
            && (parent.name != Root::Query.type_name() || sources.len() == self.subgraphs.len())
    }

    fn merge_field(
        &mut self,
        parent: &SuperType,
        name: &Name,
        sources: &[Source<'a>],
        mut entries: Vec<Entry<'a>>,
    ) -> Option<SuperField> {
        let coordinate = Coordinate::of(&parent.name).member(name);
        let interface = parent.kind == Kind::Interface;
        self.apply_overrides(coordinate, parent, &mut entries);
        let external = entries.iter().all(|entry| entry.field.facts.external);
        if external && !self.comes_from_interface_object(parent, name) {
            let list =
                self.graph_names(&entries.iter().map(|entry| entry.graph).collect::<Vec<_>>());
            self.error(
                ErrorCode::ExternalMissingOnBase,
                format!("field \"{coordinate}\" is marked @external on all the subgraphs in which it is listed ({list})"),
                Some(coordinate.to_string()),
                entries.iter().map(|entry| (entry.graph, entry.field.at)).collect(),
            );
            return None;
        }
        self.check_sharing(coordinate, parent, &entries);
        self.survey_runtime_types(coordinate, &entries);
        // what moved away must fit as well: clients must not notice the move
        let active: Vec<Entry<'a>> = entries
            .iter()
            .filter(|entry| !entry.field.facts.external)
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
                    Some(coordinate.to_string()),
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
                    Some(coordinate.to_string()),
                    base.iter().map(|entry| (entry.graph, entry.field.at)).collect(),
                );
                return None;
            }
        };
        let equal = equal && entries.iter().all(|entry| entry.field.ty == ty);
        self.check_external(coordinate, &entries, &ty);
        let arguments = self.merge_arguments(coordinate, base);
        let description = self.description(
            coordinate,
            base.iter()
                .map(|entry| (entry.graph, entry.field.description.as_ref())),
        );
        let applied: Vec<(GraphId, &[Directive])> = base
            .iter()
            .map(|entry| (entry.graph, entry.field.directives.as_slice()))
            .collect();
        let directives = self.merge_applied(coordinate, "FIELD_DEFINITION", &applied);
        let join_directives = self.cache_tags(&applied);
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
            join_directives,
        })
    }

    fn join_fields(
        &self,
        parent: &SuperType,
        sources: &[Source<'a>],
        entries: &[Entry<'a>],
        equal: bool,
        interface: bool,
    ) -> Vec<JoinField> {
        let mut trivial = equal && self.is_everywhere(parent, sources, entries.len());
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
                override_label: entry.label.map(Arc::from),
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
