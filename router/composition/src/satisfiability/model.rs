//! The supergraph, indexed for the walk. Indexes stay the same when the supergraph changes, so that
//! what was found about unchanged types stays true

mod build;

use std::sync::Arc;

use crate::ast::{HashMap, Kind, Known, Name};
use crate::merge::numbers::Numbers;
use crate::supergraph::{GraphId, JoinField, Printed, SuperType, Supergraph};

pub(super) type TypeIx = u32;

/// How one subgraph resolves a field.
pub(super) struct Resolver {
    pub(super) graph: GraphId,
    pub(super) external: bool,
    pub(super) requires: Option<usize>,
    pub(super) provides: Option<usize>,
    /// The base type of the field there.
    pub(super) target: TypeIx,
    /// `(label, state of the label under which this subgraph resolves it)`
    pub(super) label: Option<(usize, bool)>,
    /// What arguments of the field read from above, as indexes of [`Model::contexts`].
    pub(super) contexts: Vec<usize>,
}

pub(super) struct Key {
    pub(super) graph: GraphId,
    pub(super) selection: usize,
    pub(super) resolvable: bool,
    pub(super) interface_object: bool,
}

/// A field, in the position that it has in its type.
pub(super) struct FieldInfo {
    /// Its base type.
    pub(super) target: TypeIx,
    pub(super) hidden: bool,
    pub(super) resolvers: Vec<Resolver>,
}

/// An object, interface or union.
pub(super) struct TypeInfo {
    ix: TypeIx,
    pub(super) super_type: Arc<SuperType>,
    pub(super) fields: Vec<FieldInfo>,
    pub(super) keys: Vec<Key>,
    /// Interfaces it implements.
    pub(super) interfaces: Vec<TypeIx>,
    pub(super) root: bool,
    pub(super) hidden: bool,
    /// Subgraphs in which it is an interface object.
    pub(super) interface_object_in: Vec<GraphId>,
}

impl TypeInfo {
    pub(super) fn field(&self, name: &str) -> Option<&FieldInfo> {
        self.fields.get(self.super_type.fields.get_index_of(name)?)
    }
}

/// What an abstract type can be at run time.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Possible {
    /// All subgraphs together, in the order of names.
    pub(super) all: Vec<TypeIx>,
    /// In one subgraph.
    by_graph: Vec<(GraphId, Vec<TypeIx>)>,
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
        condition: Option<TypeIx>,
        inner: usize,
    },
}

/// Everything that the walk looks at.
pub(super) struct Model {
    /// Names of the subgraphs.
    graphs: Vec<Name>,
    printed: Printed,
    index: HashMap<Name, TypeIx>,
    types: Vec<Option<TypeInfo>>,
    possible: Vec<Possible>,
    pub(super) selections: Vec<Selected>,
    by_text: HashMap<Arc<str>, usize>,
    /// Labels in the order in which types and fields name them.
    pub(super) labels: Vec<Arc<str>>,
    /// What arguments read from above, in the order in which types and fields name it.
    pub(super) contexts: Vec<ContextRead>,
}

/// A context and what is read from the types that set it.
#[derive(PartialEq, Eq)]
pub(super) struct ContextRead {
    name: Arc<str>,
    text: Arc<str>,
    pub(super) selection: usize,
    /// The types that set the context.
    setters: Vec<TypeIx>,
}

impl Model {
    pub(super) fn new() -> Self {
        Self {
            graphs: Vec::new(),
            printed: Printed::default(),
            index: HashMap::default(),
            types: Vec::new(),
            possible: Vec::new(),
            selections: vec![Selected {
                items: Vec::new(),
                text: String::new(),
            }],
            by_text: HashMap::default(),
            labels: Vec::new(),
            contexts: Vec::new(),
        }
    }

    /// Kinds and values of the types that are leaves, for placeholders in messages.
    pub(super) fn supergraph(&self) -> &Supergraph {
        &self.printed.supergraph
    }

    /// Takes over the numbers that subgraphs have in another supergraph; none when they are the
    /// same. What is not the same type there is not looked at.
    pub(super) fn renumber(&mut self, printed: &Printed) -> Option<Numbers> {
        let after = &printed.supergraph.graphs;
        let numbers = Numbers::between(self.graphs.iter(), after.iter().map(|graph| &graph.name));
        self.graphs = after.iter().map(|graph| graph.name.clone()).collect();
        if numbers.stay() {
            return None;
        }
        for info in self.types.iter_mut().flatten() {
            if let Some(ty) = printed.supergraph.types.get(&info.super_type.name) {
                info.super_type = ty.clone();
            }
            info.keys
                .retain_mut(|key| renumber(&mut key.graph, &numbers));
            for field in &mut info.fields {
                field
                    .resolvers
                    .retain_mut(|resolver| renumber(&mut resolver.graph, &numbers));
            }
            info.interface_object_in
                .retain_mut(|graph| renumber(graph, &numbers));
        }
        for possible in &mut self.possible {
            possible
                .by_graph
                .retain_mut(|(graph, _)| renumber(graph, &numbers));
        }
        Some(numbers)
    }

    /// Takes in another supergraph. Gives which types are different; none when indexes changed
    /// their meaning and nothing that was found before holds.
    pub(super) fn replace(&mut self, printed: &Printed) -> Option<Vec<bool>> {
        let supergraph = &printed.supergraph;
        // selections and names that nothing uses any more stay behind
        let grown = self.types.len() > 2 * supergraph.types.len() + 1000
            || self.selections.len() > 4 * supergraph.types.len() + 10_000;
        let before = std::mem::replace(&mut self.printed, printed.clone());
        let mut differ = before.differences(printed);
        let some = |ty: &Arc<SuperType>| type_conditions(ty).next().is_some();
        let conditional = !self.labels.is_empty()
            || !self.contexts.is_empty()
            || differ.iter().any(|(_, ty)| ty.is_some_and(some));
        let (labels, reads) = if conditional {
            conditions(supergraph)
        } else {
            (Vec::new(), Vec::new())
        };
        let known_reads = std::mem::take(&mut self.contexts);
        let same = !self.types.is_empty()
            && !grown
            && labels == self.labels
            && reads.len() == known_reads.len()
            && reads
                .iter()
                .zip(&known_reads)
                .all(|((name, text), known)| *name == known.name && *text == known.text);
        if !same {
            let graphs = std::mem::take(&mut self.graphs);
            *self = Self::new();
            self.printed = printed.clone();
            self.graphs = graphs;
            differ = supergraph
                .types
                .iter()
                .map(|(name, ty)| (name, Some(ty)))
                .collect();
        }
        self.labels = labels;
        for (name, text) in reads {
            let selection = self.selection(&text);
            self.contexts.push(ContextRead {
                name,
                text,
                selection,
                setters: Vec::new(),
            });
        }
        let mut changed: Vec<bool> = Vec::new();
        for (name, ty) in &differ {
            let ix = self.intern(name);
            let info = ty
                .filter(|ty| ty.kind.is_composite())
                .map(|ty| self.info(ix, ty));
            self.types[ix as usize] = info;
        }
        changed.resize(self.types.len(), false);
        for (name, _) in &differ {
            if let Some(ix) = self.index.get(*name) {
                changed[*ix as usize] = true;
            }
        }
        let possible = self.possible_types();
        for (at, (before, after)) in self.possible.iter().zip(&possible).enumerate() {
            changed[at] |= before != after;
        }
        self.possible = possible;
        self.find_setters();
        same.then_some(changed)
    }

    /// Which types set each context.
    fn find_setters(&mut self) {
        if self.contexts.is_empty() {
            return;
        }
        for info in self.types.iter().flatten() {
            for directive in &info.super_type.directives {
                if directive.known != Known::Context {
                    continue;
                }
                for context in &mut self.contexts {
                    if directive.text("name") == Some(&context.name) {
                        context.setters.push(info.ix);
                    }
                }
            }
        }
    }

    /// Does the object, or an interface or union that it belongs to, set the context?
    pub(super) fn sets(&self, object: TypeIx, context: &ContextRead) -> bool {
        let mut setters = context.setters.iter();
        setters.any(|setter| self.matches(object, *setter))
    }

    /// The index of an object, interface or union that exists.
    pub(super) fn composite(&self, name: &str) -> Option<TypeIx> {
        let ix = *self.index.get(name)?;
        self.types[ix as usize].is_some().then_some(ix)
    }

    /// The type, when it is an object, interface or union.
    pub(super) fn get(&self, ty: TypeIx) -> Option<&TypeInfo> {
        self.types[ty as usize].as_ref()
    }

    pub(super) fn name(&self, ty: TypeIx) -> &str {
        self.get(ty).map_or("", |info| &info.super_type.name)
    }

    /// The subgraphs that define the type.
    pub(super) fn graphs_of(&self, ty: TypeIx) -> impl Iterator<Item = GraphId> + '_ {
        let joins = self
            .get(ty)
            .map_or(&[][..], |info| info.super_type.joins.as_slice());
        joins
            .iter()
            .enumerate()
            .filter(|(at, join)| *at == 0 || joins[at - 1].graph != join.graph)
            .map(|(_, join)| join.graph)
    }

    pub(super) fn graph_name(&self, graph: GraphId) -> &str {
        self.graphs
            .get(usize::from(graph))
            .map_or("", |graph| graph.as_str())
    }

    /// The type itself when it is an object.
    fn object(&self, ty: TypeIx) -> Option<&[TypeIx]> {
        let info = self.get(ty)?;
        (info.super_type.kind == Kind::Object).then(|| std::slice::from_ref(&info.ix))
    }

    /// All object types that the type can be.
    pub(super) fn possible(&self, ty: TypeIx) -> &[TypeIx] {
        self.object(ty).unwrap_or(&self.possible[ty as usize].all)
    }

    /// What the type can be in one subgraph.
    pub(super) fn possible_in(&self, ty: TypeIx, graph: GraphId) -> &[TypeIx] {
        self.object(ty).unwrap_or_else(|| {
            self.possible[ty as usize]
                .by_graph
                .iter()
                .find(|(other, _)| *other == graph)
                .map_or(&[], |(_, types)| types.as_slice())
        })
    }

    /// Is the object type, or one of its interfaces or unions, this type?
    pub(super) fn matches(&self, object: TypeIx, condition: TypeIx) -> bool {
        object == condition || self.possible(condition).contains(&object)
    }
}

/// Gives whether the subgraph is still there.
fn renumber(graph: &mut GraphId, numbers: &Numbers) -> bool {
    numbers.of(*graph).map(|now| *graph = now).is_some()
}

/// The joins of a type's fields of which the use depends on more than the place.
fn type_conditions(ty: &SuperType) -> impl Iterator<Item = &JoinField> {
    ty.fields
        .values()
        .flat_map(|field| &field.joins)
        .filter(|join| join.override_label.is_some() || !join.context_arguments.is_empty())
}

/// A context, and what is read from the types that set it.
type Read = (Arc<str>, Arc<str>);

/// The labels of a supergraph, and its contexts with what is read from them, in order.
fn conditions(supergraph: &Supergraph) -> (Vec<Arc<str>>, Vec<Read>) {
    let mut labels: Vec<Arc<str>> = Vec::new();
    let mut reads: Vec<Read> = Vec::new();
    for join in supergraph.types.values().flat_map(|ty| type_conditions(ty)) {
        if let Some(label) = &join.override_label
            && !labels.contains(label)
        {
            labels.push(label.clone());
        }
        for argument in &join.context_arguments {
            let read = (argument.context.clone(), argument.selection.clone());
            if !reads.contains(&read) {
                reads.push(read);
            }
        }
    }
    (labels, reads)
}
