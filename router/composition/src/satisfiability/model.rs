//! The supergraph, indexed for the walk

use std::collections::HashMap;
use std::sync::Arc;

use crate::ast::{Kind, Known, Name, find};
use crate::field_set::{self, Selection};
use crate::supergraph::{GraphId, SuperType, Supergraph};

pub(super) type TypeIx = u32;

/// How one subgraph resolves a field.
pub(super) struct Resolver {
    pub(super) graph: GraphId,
    pub(super) external: bool,
    pub(super) requires: Option<usize>,
    pub(super) provides: Option<usize>,
    /// The base type of the field there.
    pub(super) target: Option<TypeIx>,
    /// `(label, state of the label under which this subgraph resolves it)`
    pub(super) label: Option<(usize, bool)>,
}

pub(super) struct Key {
    pub(super) graph: GraphId,
    pub(super) selection: usize,
    pub(super) resolvable: bool,
    pub(super) interface_object: bool,
}

pub(super) struct TypeInfo<'a> {
    pub(super) super_type: &'a SuperType,
    pub(super) fields: HashMap<&'a str, Vec<Resolver>>,
    pub(super) keys: Vec<Key>,
    /// Object types that it can be at run time, all subgraphs together.
    pub(super) possible: Vec<TypeIx>,
    /// Interfaces it implements.
    pub(super) interfaces: Vec<TypeIx>,
    pub(super) root: bool,
}

/// One list of selections in the arena; 0 is the empty list.
pub(super) struct Selected {
    pub(super) items: Vec<Item>,
    pub(super) text: String,
}

pub(super) enum Item {
    Field {
        name: Name,
        inner: usize,
    },
    On {
        condition: Option<Name>,
        inner: usize,
    },
}

pub(super) struct Model<'a> {
    pub(super) supergraph: &'a Supergraph,
    index: HashMap<&'a str, TypeIx>,
    types: Vec<TypeInfo<'a>>,
    pub(super) selections: Vec<Selected>,
    by_text: HashMap<Arc<str>, usize>,
    pub(super) labels: Vec<Arc<str>>,
}

impl<'a> Model<'a> {
    pub(super) fn new(supergraph: &'a Supergraph) -> Self {
        let mut model = Self {
            supergraph,
            index: HashMap::new(),
            types: Vec::new(),
            selections: vec![Selected {
                items: Vec::new(),
                text: String::new(),
            }],
            by_text: HashMap::new(),
            labels: Vec::new(),
        };
        let composite: Vec<&SuperType> = supergraph
            .types
            .values()
            .filter(|ty| ty.kind.is_composite())
            .collect();
        for (at, ty) in composite.iter().enumerate() {
            model.index.insert(&ty.name, at as TypeIx);
        }
        let mut possible: Vec<Vec<TypeIx>> = composite.iter().map(|_| Vec::new()).collect();
        for (at, ty) in composite.iter().enumerate() {
            match ty.kind {
                Kind::Object => {
                    possible[at].push(at as TypeIx);
                    for interface in ty.interfaces().filter_map(|name| model.index(name)) {
                        possible[interface as usize].push(at as TypeIx);
                    }
                }
                Kind::Union => {
                    possible[at] = ty
                        .union_members()
                        .filter_map(|name| model.index(name))
                        .collect();
                }
                _ => {}
            }
        }
        for (ty, possible) in composite.into_iter().zip(possible) {
            let keys = ty
                .joins
                .iter()
                .filter_map(|join| {
                    Some(Key {
                        graph: join.graph,
                        selection: model.selection(join.key.as_ref()?),
                        resolvable: join.resolvable,
                        interface_object: join.is_interface_object,
                    })
                })
                .collect();
            let fields = ty
                .fields
                .values()
                .map(|field| {
                    (
                        field.field.name.as_str(),
                        model.resolvers(ty, &field.field.name),
                    )
                })
                .collect();
            let interfaces = ty
                .interfaces()
                .filter_map(|name| model.index(name))
                .collect();
            let root = matches!(ty.name.as_str(), "Query" | "Mutation" | "Subscription");
            model.types.push(TypeInfo {
                super_type: ty,
                fields,
                keys,
                possible,
                interfaces,
                root,
            });
        }
        model
    }

    fn resolvers(&mut self, ty: &'a SuperType, name: &str) -> Vec<Resolver> {
        let Some(field) = ty.fields.get(name) else {
            return Vec::new();
        };
        let target = self.index(field.field.ty.base());
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
                })
                .collect();
        }
        let mut out: Vec<Resolver> = Vec::new();
        for join in &field.joins {
            let Some(graph) = join.graph else { continue };
            let label = join.override_label.as_ref().map(|label| {
                let at = self
                    .labels
                    .iter()
                    .position(|other| other == label)
                    .unwrap_or_else(|| {
                        self.labels.push(label.clone());
                        self.labels.len() - 1
                    });
                (at, join.override_from.is_some())
            });
            out.push(Resolver {
                graph,
                external: join.external || join.used_overridden,
                requires: join.requires.as_ref().map(|text| self.selection(text)),
                provides: join.provides.as_ref().map(|text| self.selection(text)),
                target: join.ty.as_ref().map_or(target, |ty| self.index(ty.base())),
                label,
            });
        }
        out
    }

    fn selection(&mut self, text: &Arc<str>) -> usize {
        if let Some(at) = self.by_text.get(text) {
            return *at;
        }
        let at = field_set::parse(text).map_or(0, |parsed| self.store(&parsed));
        self.by_text.insert(text.clone(), at);
        at
    }

    fn store(&mut self, selections: &[Selection]) -> usize {
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
                    condition: condition.clone(),
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

    pub(super) fn index(&self, name: &str) -> Option<TypeIx> {
        self.index.get(name).copied()
    }

    pub(super) fn ty(&self, ty: TypeIx) -> &TypeInfo<'a> {
        &self.types[ty as usize]
    }

    /// The subgraphs that define the type.
    pub(super) fn graphs_of(&self, ty: TypeIx) -> impl Iterator<Item = GraphId> + '_ {
        let joins = &self.ty(ty).super_type.joins;
        joins
            .iter()
            .enumerate()
            .filter(|(at, join)| *at == 0 || joins[at - 1].graph != join.graph)
            .map(|(_, join)| join.graph)
    }

    pub(super) fn graph_name(&self, graph: GraphId) -> &str {
        self.supergraph
            .graphs
            .get(usize::from(graph))
            .map_or("", |graph| graph.name.as_str())
    }

    pub(super) fn resolver(&self, ty: TypeIx, field: &str, graph: GraphId) -> Option<&Resolver> {
        self.ty(ty)
            .fields
            .get(field)?
            .iter()
            .find(|resolver| resolver.graph == graph)
    }

    /// What the abstract or object type can be at run time in one subgraph.
    pub(super) fn possible_in(&self, ty: TypeIx, graph: GraphId) -> Vec<TypeIx> {
        let info = self.ty(ty);
        match info.super_type.kind {
            Kind::Object => vec![ty],
            Kind::Union => info
                .super_type
                .members
                .iter()
                .filter(|(member_of, _)| *member_of == graph)
                .filter_map(|(_, name)| self.index(name))
                .collect(),
            _ => info
                .possible
                .iter()
                .copied()
                .filter(|object| {
                    let name = &info.super_type.name;
                    self.ty(*object)
                        .super_type
                        .implements
                        .iter()
                        .any(|(by, interface)| *by == graph && interface == name)
                })
                .collect(),
        }
    }

    /// Is the type an interface object in the subgraph?
    pub(super) fn is_interface_object(&self, ty: TypeIx, graph: GraphId) -> bool {
        self.ty(ty)
            .super_type
            .joins
            .iter()
            .any(|join| join.graph == graph && join.is_interface_object)
    }

    /// Is the object type, or one of its interfaces or unions, the named type?
    pub(super) fn matches(&self, object: TypeIx, condition: &str) -> bool {
        let info = self.ty(object);
        info.super_type.name == condition
            || self
                .index(condition)
                .is_some_and(|condition| self.ty(condition).possible.contains(&object))
    }

    pub(super) fn is_inaccessible(&self, ty: TypeIx) -> bool {
        find(&self.ty(ty).super_type.directives, Known::Inaccessible).is_some()
    }
}
