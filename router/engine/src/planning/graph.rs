//! What every subgraph can do, read from the join directives of a supergraph (join specification 0.3 to 0.5).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::syntax::parse_selection;
use crate::syntax::query::SelectionSet;
use crate::syntax::schema::{Directive, Document, EnumValue, Field, TypeDefinition, Value};

use super::Endpoint;
use super::contextual::{self, ContextArgument};
use crate::schema::{Schema, TypeId, TypeKind, TypeSet, fields, type_definitions, type_name};

/// A subgraph's place in the list of the planner.
pub(super) type Subgraph = u16;

/// Progressive overrides count percentages in units this small: eight digits after the point are allowed.
pub(super) const PER_CENT: u64 = 100_000_000;

/// All types of a supergraph, by what the subgraphs know of them.
#[derive(Debug, Default)]
pub(super) struct Graph {
    types: HashMap<TypeId, TypeInfo>,
    /// The types that set a context, with everything below them.
    contexts: HashMap<String, TypeSet>,
}

/// One type.
#[derive(Debug, Default)]
pub(super) struct TypeInfo {
    /// The subgraphs that define it.
    pub(super) graphs: HashMap<Subgraph, TypeGraph>,
    pub(super) fields: HashMap<String, FieldInfo>,
    /// Interfaces of the whole supergraph that it implements.
    pub(super) interfaces: Vec<TypeId>,
}

/// A type in one subgraph.
#[derive(Debug, Default)]
pub(super) struct TypeGraph {
    /// Field sets by which the subgraph resolves an entity.
    pub(super) keys: Vec<SelectionSet>,
    pub(super) interface_object: bool,
    /// Objects of the subgraph that stand below it, itself for an object.
    pub(super) possible: Vec<TypeId>,
}

/// A field, and how the subgraphs that define it give it.
#[derive(Debug)]
pub(super) struct FieldInfo {
    /// The type that clients know.
    pub(super) named: TypeId,
    pub(super) graphs: Vec<FieldGraph>,
}

/// A field in one subgraph.
#[derive(Debug)]
pub(super) struct FieldGraph {
    pub(super) subgraph: Subgraph,
    /// The type that the subgraph gives, without wrappers.
    pub(super) named: TypeId,
    /// The same with wrappers, as text.
    pub(super) signature: Box<str>,
    pub(super) external: bool,
    pub(super) requires: Option<SelectionSet>,
    pub(super) provides: Option<SelectionSet>,
    /// Arguments that come from objects above.
    pub(super) contexts: Vec<ContextArgument>,
    /// Resolved elsewhere now; still there for the subgraph's own use.
    used_overridden: bool,
    /// The label under which this subgraph takes the field over.
    takes_over: Option<Box<str>>,
    /// The labels under which others take the field over; none for always.
    taken_over: Vec<Option<Box<str>>>,
}

/// Which progressive overrides are on for an operation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) labels: &'a HashSet<String>,
    /// Percentages above it are on; in units of the planner's thresholds.
    pub(super) value: u64,
}

impl Side<'_> {
    fn is_on(&self, label: &str) -> bool {
        match percentage(label) {
            Some(percentage) => self.value < percentage,
            None => self.labels.contains(label),
        }
    }
}

/// The percentage of a label like `percent(12.5)`, in units of [`PER_CENT`].
pub(super) fn percentage(label: &str) -> Option<u64> {
    let number = label.strip_prefix("percent(")?.strip_suffix(')')?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 8 {
        return None;
    }
    let fraction: u64 = format!("{fraction:0<8}").parse().ok()?;
    Some(whole.parse::<u64>().ok()?.checked_mul(PER_CENT)? + fraction)
}

/// Names and addresses of the subgraphs of a supergraph.
pub(super) fn subgraphs(supergraph: &Document) -> Vec<Endpoint> {
    graph_values(supergraph)
        .filter_map(|value| {
            let directive = named(&value.directives, "join__graph").next()?;
            Some(Endpoint {
                name: text(directive, "name")?.to_owned(),
                url: text(directive, "url").unwrap_or_default().to_owned(),
            })
        })
        .collect()
}

fn graph_values(supergraph: &Document) -> impl Iterator<Item = &EnumValue> {
    type_definitions(supergraph)
        .filter_map(|definition| match definition {
            TypeDefinition::Enum(definition) if definition.name == "join__Graph" => {
                Some(&definition.values)
            }
            _ => None,
        })
        .flatten()
}

impl FieldGraph {
    /// Whether the subgraph resolves the field for anybody who comes, external ones aside.
    pub(super) fn is_on(&self, side: Side<'_>) -> bool {
        let active =
            |label: &Option<Box<str>>| label.as_deref().is_none_or(|label| side.is_on(label));
        if self.taken_over.iter().any(active) {
            return false;
        }
        if self.used_overridden && self.taken_over.is_empty() {
            return false;
        }
        self.takes_over
            .as_deref()
            .is_none_or(|label| side.is_on(label))
    }
}

impl Graph {
    /// Reads a supergraph.
    ///
    /// # Errors
    /// What is wrong with it, for people, when a field set in it does not parse.
    pub(super) fn new(
        supergraph: &Document,
        schema: &Schema,
        subgraphs: &[Arc<str>],
    ) -> Result<Self, String> {
        let mut graph = Self::default();
        let names = Names::read(supergraph, subgraphs);
        for definition in type_definitions(supergraph) {
            if let Some(id) = schema.id(type_name(definition)) {
                let info = graph.types.entry(id).or_default();
                read_type(info, definition, schema, &names)?;
                for directive in named(directives(definition), "context") {
                    if let Some(name) = text(directive, "name") {
                        let setters = graph.contexts.entry(name.to_owned()).or_default();
                        setters.extend(&schema.ty(id).matches);
                    }
                }
            }
        }
        // what stands below abstract types
        for definition in type_definitions(supergraph) {
            let Some(id) = schema.id(type_name(definition)) else {
                continue;
            };
            graph.read_possible(definition, id, schema, &names);
        }
        for info in graph.types.values_mut() {
            for known in info.graphs.values_mut() {
                known.possible.sort_unstable();
                known.possible.dedup();
            }
        }
        Ok(graph)
    }

    /// All labels of progressive overrides.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        self.types
            .values()
            .flat_map(|info| info.fields.values())
            .flat_map(|field| &field.graphs)
            .filter_map(|known| known.takes_over.as_deref())
    }

    fn read_possible(
        &mut self,
        definition: &TypeDefinition,
        id: TypeId,
        schema: &Schema,
        names: &Names,
    ) {
        let mut below = |upper: TypeId, subgraph: Subgraph, lower: TypeId| {
            if let Some(known) = self
                .types
                .get_mut(&upper)
                .and_then(|info| info.graphs.get_mut(&subgraph))
            {
                known.possible.push(lower);
            }
        };
        match definition {
            TypeDefinition::Object(object) => {
                for directive in named(&object.directives, "join__type") {
                    if let Some(subgraph) = names.graph(directive) {
                        below(id, subgraph, id);
                    }
                }
                for directive in named(&object.directives, "join__implements") {
                    if let (Some(subgraph), Some(interface)) = (
                        names.graph(directive),
                        text(directive, "interface").and_then(|name| schema.id(name)),
                    ) {
                        below(interface, subgraph, id);
                    }
                }
            }
            TypeDefinition::Union(union) => {
                for directive in named(&union.directives, "join__unionMember") {
                    if let (Some(subgraph), Some(member)) = (
                        names.graph(directive),
                        text(directive, "member").and_then(|name| schema.id(name)),
                    ) {
                        below(id, subgraph, member);
                    }
                }
            }
            _ => {}
        }
    }

    /// Types whose objects set a context.
    pub(super) fn setters(&self, context: &str) -> Option<&TypeSet> {
        self.contexts.get(context)
    }

    pub(super) fn ty(&self, id: TypeId) -> Option<&TypeInfo> {
        self.types.get(&id)
    }

    /// A type as one subgraph knows it.
    pub(super) fn type_in(&self, id: TypeId, subgraph: Subgraph) -> Option<&TypeGraph> {
        self.types.get(&id)?.graphs.get(&subgraph)
    }

    /// A field as one subgraph knows it.
    pub(super) fn field_in(
        &self,
        ty: TypeId,
        field: &str,
        subgraph: Subgraph,
    ) -> Option<&FieldGraph> {
        self.types
            .get(&ty)?
            .fields
            .get(field)?
            .graphs
            .iter()
            .find(|known| known.subgraph == subgraph)
    }

    /// Whether the subgraph takes the interface for an object.
    pub(super) fn is_interface_object(&self, id: TypeId, subgraph: Subgraph) -> bool {
        self.type_in(id, subgraph)
            .is_some_and(|known| known.interface_object)
    }

    /// Objects that the subgraph may give for a type; none for an interface that it takes for an object.
    pub(super) fn possible(&self, id: TypeId, subgraph: Subgraph) -> &[TypeId] {
        match self.type_in(id, subgraph) {
            Some(known) if !known.interface_object => &known.possible,
            _ => &[],
        }
    }
}

/// The values of `join__Graph`, and the subgraphs that they stand for.
struct Names {
    by_value: HashMap<String, Subgraph>,
    by_name: HashMap<String, Subgraph>,
}

impl Names {
    fn read(supergraph: &Document, subgraphs: &[Arc<str>]) -> Self {
        let by_name: HashMap<String, Subgraph> = subgraphs
            .iter()
            .zip(0..)
            .map(|(name, index)| (name.to_string(), index))
            .collect();
        let mut by_value = HashMap::new();
        for value in graph_values(supergraph) {
            let name = named(&value.directives, "join__graph")
                .find_map(|directive| text(directive, "name"));
            if let Some(index) = name.and_then(|name| by_name.get(name)) {
                by_value.insert(value.name.clone(), *index);
            }
        }
        Self { by_value, by_name }
    }

    fn graph(&self, directive: &Directive) -> Option<Subgraph> {
        self.by_value.get(text(directive, "graph")?).copied()
    }
}

fn read_type(
    info: &mut TypeInfo,
    definition: &TypeDefinition,
    schema: &Schema,
    names: &Names,
) -> Result<(), String> {
    let interfaces: &[String] = match definition {
        TypeDefinition::Object(ty) => &ty.implements_interfaces,
        TypeDefinition::Interface(ty) => &ty.implements_interfaces,
        TypeDefinition::Union(_) => &[],
        _ => return Ok(()),
    };
    let directives = directives(definition);
    info.interfaces = interfaces
        .iter()
        .filter_map(|name| schema.id(name))
        .collect();
    let mut everywhere = Vec::new();
    for directive in named(directives, "join__type") {
        let Some(subgraph) = names.graph(directive) else {
            continue;
        };
        let known = info.graphs.entry(subgraph).or_default();
        known.interface_object |= flag(directive, "isInterfaceObject") == Some(true);
        if let Some(key) = text(directive, "key").map(field_set).transpose()?
            && flag(directive, "resolvable") != Some(false)
        {
            known.keys.push(key);
        }
        if !everywhere.contains(&subgraph) {
            everywhere.push(subgraph);
        }
    }
    for field in fields(definition) {
        if let Some(field_info) = read_field(field, &everywhere, schema, names)? {
            info.fields.insert(field.name.clone(), field_info);
        }
    }
    Ok(())
}

fn read_field(
    field: &Field,
    everywhere: &[Subgraph],
    schema: &Schema,
    names: &Names,
) -> Result<Option<FieldInfo>, String> {
    let Some(named_type) = schema.id(field.field_type.named()) else {
        return Ok(None);
    };
    let plain = |subgraph| FieldGraph {
        subgraph,
        named: named_type,
        signature: field.field_type.to_string().into(),
        external: false,
        requires: None,
        provides: None,
        contexts: Vec::new(),
        used_overridden: false,
        takes_over: None,
        taken_over: Vec::new(),
    };
    let directives: Vec<&Directive> = named(&field.directives, "join__field").collect();
    if directives.is_empty() {
        return Ok(Some(FieldInfo {
            named: named_type,
            graphs: everywhere.iter().map(|subgraph| plain(*subgraph)).collect(),
        }));
    }
    let mut graphs: Vec<FieldGraph> = Vec::new();
    let mut overridden: Vec<(Subgraph, Option<Box<str>>)> = Vec::new();
    for directive in directives {
        let Some(subgraph) = names.graph(directive) else {
            continue;
        };
        let mut known = plain(subgraph);
        if let Some(ty) = text(directive, "type") {
            known.signature = ty.into();
            let name = ty.trim_matches(|c| matches!(c, '[' | ']' | '!' | ' '));
            known.named = schema.id(name).unwrap_or(named_type);
        }
        known.external = flag(directive, "external") == Some(true);
        known.requires = text(directive, "requires").map(field_set).transpose()?;
        known.provides = text(directive, "provides").map(field_set).transpose()?;
        known.contexts = contextual::read(directive)?;
        known.used_overridden = flag(directive, "usedOverridden") == Some(true);
        if let Some(from) = text(directive, "override") {
            let label: Option<Box<str>> = text(directive, "overrideLabel").map(Box::from);
            known.takes_over = label.clone();
            if let Some(from) = names.by_name.get(from) {
                overridden.push((*from, label));
            }
        }
        graphs.push(known);
    }
    for (from, label) in overridden {
        for known in graphs.iter_mut().filter(|known| known.subgraph == from) {
            known.taken_over.push(label.clone());
        }
    }
    Ok(Some(FieldInfo {
        named: named_type,
        graphs,
    }))
}

fn directives(definition: &TypeDefinition) -> &[Directive] {
    match definition {
        TypeDefinition::Object(ty) => &ty.directives,
        TypeDefinition::Interface(ty) => &ty.directives,
        TypeDefinition::Union(ty) => &ty.directives,
        _ => &[],
    }
}

fn named<'a>(directives: &'a [Directive], name: &'a str) -> impl Iterator<Item = &'a Directive> {
    directives.iter().filter(move |known| known.name == name)
}

pub(super) fn argument<'a>(directive: &'a Directive, name: &str) -> Option<&'a Value> {
    directive
        .arguments
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value)
}

fn text<'a>(directive: &'a Directive, name: &str) -> Option<&'a str> {
    match argument(directive, name)? {
        Value::String(text) | Value::Enum(text) => Some(text),
        _ => None,
    }
}

fn flag(directive: &Directive, name: &str) -> Option<bool> {
    match argument(directive, name)? {
        Value::Boolean(value) => Some(*value),
        _ => None,
    }
}

/// A field set as a selection.
pub(super) fn field_set(text: &str) -> Result<SelectionSet, String> {
    parse_selection(&format!("{{ {text} }}"))
        .map_err(|error| format!("the field set `{text}` does not parse: {error}"))
}

/// Whether objects of several types can stand for a type.
pub(super) fn is_abstract(kind: TypeKind) -> bool {
    matches!(kind, TypeKind::Interface | TypeKind::Union)
}
