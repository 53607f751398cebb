//! The structured supergraph: what composition makes, what contracts filter, what is printed

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ast::{Directive, DirectiveDef, Field, Kind, Map, Name, TypeRef, Value};

/// Index of a subgraph in [`Supergraph::graphs`].
pub type GraphId = u16;

/// A composed schema and where each part of it comes from.
#[derive(Clone, Debug, Default)]
pub struct Supergraph {
    /// The subgraphs, by name.
    pub graphs: Vec<Graph>,
    /// Description of the schema. The printed supergraph is without it: planners do not read it.
    pub description: Option<Arc<str>>,
    /// Directives of the schema element, without `@link`.
    pub directives: Vec<Directive>,
    /// Linked specifications beside `link` and `join`.
    pub links: Vec<SuperLink>,
    /// Definitions of directives that stay in the supergraph.
    pub directive_definitions: Vec<DirectiveDef>,
    /// Scalars of linked specifications.
    pub scalars: Vec<Name>,
    /// All types, by name.
    pub types: BTreeMap<Name, Arc<SuperType>>,
}

/// A subgraph of a supergraph.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The name given to composition.
    pub name: Name,
    /// Its value in `enum join__Graph`.
    pub enum_name: Name,
    /// Its address.
    pub url: Arc<str>,
}

/// A specification whose directives are in the supergraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuperLink {
    /// Its address with version.
    pub url: String,
    /// `for:`, when a router must understand it.
    pub purpose: Option<&'static str>,
    /// `import:` elements, `(name, as)`.
    pub imports: Vec<(String, String)>,
}

/// A type of the supergraph.
#[derive(Clone, Debug)]
pub struct SuperType {
    /// Its name.
    pub name: Name,
    /// Its kind.
    pub kind: Kind,
    /// Its description.
    pub description: Option<Arc<str>>,
    /// Merged directives.
    pub directives: Vec<Directive>,
    /// Directives that the router is told of as subgraphs apply them.
    pub join_directives: Vec<JoinDirective>,
    /// Where it is defined, once per subgraph and key.
    pub joins: Vec<JoinType>,
    /// Interfaces that it implements, and in which subgraph.
    pub implements: Vec<(GraphId, Name)>,
    /// Fields of an object, interface or input object.
    pub fields: Map<Arc<SuperField>>,
    /// Members of a union, and in which subgraph.
    pub members: Vec<(GraphId, Name)>,
    /// Values of an enum.
    pub values: Map<SuperValue>,
}

impl SuperType {
    /// Names of the implemented interfaces, each once.
    pub fn interfaces(&self) -> impl Iterator<Item = &Name> {
        distinct(&self.implements)
    }

    /// Names of the members of a union, each once.
    pub fn union_members(&self) -> impl Iterator<Item = &Name> {
        distinct(&self.members)
    }

    /// Is it defined in the subgraph?
    #[must_use]
    pub fn is_in(&self, graph: GraphId) -> bool {
        self.joins.iter().any(|join| join.graph == graph)
    }
}

/// The names of a list of `(graph, name)`, each once, in order of appearance.
fn distinct(pairs: &[(GraphId, Name)]) -> impl Iterator<Item = &Name> {
    pairs
        .iter()
        .enumerate()
        .filter(|(at, (_, name))| pairs[..*at].iter().all(|(_, other)| other != name))
        .map(|(_, (_, name))| name)
}

/// `@join__type`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinType {
    /// The subgraph.
    pub graph: GraphId,
    /// One of its keys there.
    pub key: Option<Arc<str>>,
    /// Is it but an extension there?
    pub extension: bool,
    /// Can the subgraph resolve references by this key?
    pub resolvable: bool,
    /// Is it an `@interfaceObject` there?
    pub is_interface_object: bool,
}

/// A field of the supergraph.
#[derive(Clone, Debug)]
pub struct SuperField {
    /// The merged field with its merged directives.
    pub field: Field,
    /// Where it is resolved; empty means in every subgraph that defines the type.
    pub joins: Vec<JoinField>,
    /// Directives that the router is told of as subgraphs apply them.
    pub join_directives: Vec<JoinDirective>,
}

/// `@join__directive`: a directive that is not merged but kept, with who applies it.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinDirective {
    /// The subgraphs that apply it with the same arguments.
    pub graphs: Vec<GraphId>,
    /// Its name with the prefix of its specification.
    pub name: &'static str,
    /// Its arguments.
    pub arguments: Vec<(Name, Value)>,
}

/// `@join__field`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JoinField {
    /// The subgraph; none for a field that comes from an interface object.
    pub graph: Option<GraphId>,
    /// What it requires there.
    pub requires: Option<Arc<str>>,
    /// What it provides there.
    pub provides: Option<Arc<str>>,
    /// Its type there, when it differs somewhere.
    pub ty: Option<TypeRef>,
    /// Declared there, resolved elsewhere.
    pub external: bool,
    /// The subgraph from which it moved away.
    pub override_from: Option<Arc<str>>,
    /// Moved away, but still read there.
    pub used_overridden: bool,
    /// Under which condition it moves.
    pub override_label: Option<Arc<str>>,
    /// Arguments that are filled from a context there.
    pub context_arguments: Vec<ContextArgument>,
}

/// An argument that the router fills from a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextArgument {
    /// The argument's name.
    pub name: Name,
    /// Its type.
    pub ty: TypeRef,
    /// The context's name, with its subgraph's name in front.
    pub context: Arc<str>,
    /// What is read from the context.
    pub selection: Arc<str>,
}

/// An enum value of the supergraph.
#[derive(Clone, Debug)]
pub struct SuperValue {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<Arc<str>>,
    /// Merged directives.
    pub directives: Vec<Directive>,
    /// The subgraphs that define it.
    pub graphs: Vec<GraphId>,
}

/// A supergraph with the texts of its types, in order. Texts that are shared are the same type,
/// whatever the numbers of its subgraphs are.
#[derive(Clone, Default)]
pub(crate) struct Printed {
    pub(crate) supergraph: Arc<Supergraph>,
    pub(crate) texts: Arc<[Arc<str>]>,
}

/// A type that is new, other than before, or gone.
pub(crate) type Difference<'s> = (&'s Name, Option<&'s Arc<SuperType>>);

impl Printed {
    fn types(&self) -> impl Iterator<Item = ((&Name, &Arc<SuperType>), &Arc<str>)> {
        self.supergraph.types.iter().zip(self.texts.iter())
    }

    /// The types that are not the same in a later supergraph.
    pub(crate) fn differences<'s>(&'s self, after: &'s Self) -> Vec<Difference<'s>> {
        let mut out: Vec<Difference<'s>> = Vec::new();
        let mut old = self.types().peekable();
        for ((name, ty), text) in after.types() {
            while let Some(((gone, _), _)) = old.next_if(|((other, _), _)| *other < name) {
                out.push((gone, None));
            }
            match old.next_if(|((other, _), _)| *other == name) {
                Some((_, other)) if Arc::ptr_eq(other, text) => {}
                _ => out.push((name, Some(ty))),
            }
        }
        out.extend(old.map(|((gone, _), _)| (gone, None)));
        out
    }
}

impl Supergraph {
    /// The subgraph with this name.
    #[must_use]
    pub fn graph(&self, name: &str) -> Option<GraphId> {
        self.graphs
            .iter()
            .position(|graph| graph.name == name)
            .map(|at| at as GraphId)
    }
}
