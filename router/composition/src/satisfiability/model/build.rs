//! Types of the supergraph as the walk looks at them, under indexes that stay the same

use std::sync::Arc;

use super::{FieldInfo, Item, Key, Model, Possible, Resolver, Selected, TypeInfo, TypeIx};
use crate::ast::{Kind, Known, Name, find};
use crate::field_set::{self, Selection};
use crate::supergraph::{GraphId, SuperType};

impl Model {
    pub(super) fn intern(&mut self, name: &Name) -> TypeIx {
        if let Some(ix) = self.index.get(name) {
            return *ix;
        }
        let ix = self.types.len() as TypeIx;
        self.index.insert(name.clone(), ix);
        self.types.push(None);
        self.possible.push(Possible::default());
        ix
    }

    pub(super) fn info(&mut self, ix: TypeIx, ty: &Arc<SuperType>) -> TypeInfo {
        let keys = ty
            .joins
            .iter()
            .filter_map(|join| {
                Some(Key {
                    graph: join.graph,
                    selection: self.selection(join.key.as_ref()?),
                    resolvable: join.resolvable,
                    interface_object: join.is_interface_object,
                })
            })
            .collect();
        let fields = ty
            .fields
            .values()
            .map(|field| {
                let target = self.intern(field.field.ty.base());
                FieldInfo {
                    target,
                    hidden: find(&field.field.directives, Known::Inaccessible).is_some(),
                    resolvers: self.resolvers(ty, field, target),
                }
            })
            .collect();
        let interfaces = ty.interfaces().map(|name| self.intern(name)).collect();
        TypeInfo {
            ix,
            super_type: ty.clone(),
            fields,
            keys,
            interfaces,
            root: matches!(ty.name.as_str(), "Query" | "Mutation" | "Subscription"),
            hidden: find(&ty.directives, Known::Inaccessible).is_some(),
            interface_object_in: ty
                .joins
                .iter()
                .filter(|join| join.is_interface_object)
                .map(|join| join.graph)
                .collect(),
        }
    }

    pub(super) fn resolvers(
        &mut self,
        ty: &SuperType,
        field: &crate::supergraph::SuperField,
        target: TypeIx,
    ) -> Vec<Resolver> {
        if field.joins.is_empty() {
            let mut graphs: Vec<GraphId> = ty.joins.iter().map(|join| join.graph).collect();
            graphs.dedup();
            return graphs
                .into_iter()
                .map(|graph| Resolver {
                    graph,
                    external: false,
                    requires: None,
                    provides: None,
                    target,
                    label: None,
                    contexts: Vec::new(),
                })
                .collect();
        }
        let mut out: Vec<Resolver> = Vec::new();
        for join in &field.joins {
            let Some(graph) = join.graph else { continue };
            let label = join.override_label.as_ref().and_then(|label| {
                let at = self.labels.iter().position(|other| other == label)?;
                Some((at, join.override_from.is_some()))
            });
            out.push(Resolver {
                graph,
                external: join.external || join.used_overridden,
                requires: join.requires.as_ref().map(|text| self.selection(text)),
                provides: join.provides.as_ref().map(|text| self.selection(text)),
                target: join.ty.as_ref().map_or(target, |ty| self.intern(ty.base())),
                label,
                contexts: join
                    .context_arguments
                    .iter()
                    .filter_map(|argument| {
                        self.contexts.iter().position(|context| {
                            context.name == argument.context && context.text == argument.selection
                        })
                    })
                    .collect(),
            });
        }
        out
    }

    pub(super) fn selection(&mut self, text: &Arc<str>) -> usize {
        if let Some(at) = self.by_text.get(text) {
            return *at;
        }
        let at = field_set::parse(text).map_or(0, |parsed| self.store(&parsed));
        self.by_text.insert(text.clone(), at);
        at
    }

    pub(super) fn store(&mut self, selections: &[Selection]) -> usize {
        if selections.is_empty() {
            return 0;
        }
        let items = selections
            .iter()
            .map(|selection| match selection {
                Selection::Field { name, inner, .. } => Item::Field {
                    name: name.clone(),
                    inner: self.store(inner),
                },
                Selection::On {
                    condition, inner, ..
                } => Item::On {
                    condition: condition.as_ref().map(|condition| self.intern(condition)),
                    inner: self.store(inner),
                },
            })
            .collect();
        self.selections.push(Selected {
            items,
            text: field_set::text(selections),
        });
        self.selections.len() - 1
    }

    /// What every type can be, from what objects implement and unions list.
    pub(super) fn possible_types(&self) -> Vec<Possible> {
        let mut out: Vec<Possible> = Vec::new();
        out.resize_with(self.types.len(), Possible::default);
        let mut add = |ty: TypeIx, object: TypeIx, graph: GraphId, ordered: bool| {
            let possible = &mut out[ty as usize];
            // what an object implements comes all at once
            if possible.all.last() != Some(&object) && (ordered || !possible.all.contains(&object))
            {
                possible.all.push(object);
            }
            match possible
                .by_graph
                .iter_mut()
                .find(|(other, _)| *other == graph)
            {
                Some((_, types)) => types.push(object),
                None => possible.by_graph.push((graph, vec![object])),
            }
        };
        for ty in self.supergraph().types.values() {
            match ty.kind {
                Kind::Object => {
                    let Some(object) = self.composite(&ty.name) else {
                        continue;
                    };
                    for (graph, interface) in &ty.implements {
                        if let Some(interface) = self.composite(interface) {
                            add(interface, object, *graph, true);
                        }
                    }
                }
                Kind::Union => {
                    let Some(union) = self.composite(&ty.name) else {
                        continue;
                    };
                    for (graph, member) in &ty.members {
                        if let Some(member) = self.composite(member) {
                            add(union, member, *graph, false);
                        }
                    }
                }
                _ => {}
            }
        }
        out
    }
}
