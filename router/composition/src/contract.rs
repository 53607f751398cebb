//! Contracts: what of a supergraph its readers may see
//!
//! A contract marks elements `@inaccessible`; the way in which they are resolved stays, so that
//! keys and requirements keep working and one planner can serve every contract. Making one costs
//! a copy of the structure and a few passes over it: no parsing, no merging, no walk.

use crate::ast::HashSet;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ast::{Directive, Field, Kind, Known, Name, Root, find, is_builtin_scalar};
use crate::error::{CompositionError, CompositionErrors, ErrorCode};
use crate::supergraph::{GraphId, SuperField, SuperLink, SuperType, Supergraph};

/// What a contract lets through.
///
/// ```
/// use router_composition::{Contract, SubgraphInput, compose};
///
/// let sdl = r#"
///     extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@tag"])
///     type Query { shown: Int hidden: Int @tag(name: "internal") }
/// "#;
/// let (name, url, sdl) = ("a".into(), String::new(), sdl.into());
/// let composition = compose(&[SubgraphInput { name, url, sdl }])?;
/// let contract = Contract {
///     exclude_tags: ["internal".to_owned()].into(),
///     ..Contract::default()
/// };
/// let filtered = contract.apply(&composition.supergraph)?.to_sdl();
/// assert!(filtered.contains("hidden: Int @tag(name: \"internal\") @inaccessible"));
/// # Ok::<(), router_composition::CompositionErrors>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contract {
    /// Only what these subgraphs resolve; all when there is none.
    pub subgraphs: Option<BTreeSet<String>>,
    /// Only output fields that carry one of these tags, or whose type does; all when empty.
    pub include_tags: BTreeSet<String>,
    /// Nothing that carries one of these tags.
    pub exclude_tags: BTreeSet<String>,
    /// Hide types to which no visible field leads.
    pub hide_unreachable: bool,
}

impl Contract {
    /// The supergraph with everything hidden that the contract does not let through.
    ///
    /// # Errors
    /// `NO_QUERIES` when no query field is left.
    pub fn apply(&self, supergraph: &Supergraph) -> Result<Supergraph, CompositionErrors> {
        let mut out = supergraph.clone();
        let graphs: Option<HashSet<GraphId>> = self.subgraphs.as_ref().map(|names| {
            names
                .iter()
                .filter_map(|name| supergraph.graph(name))
                .collect()
        });
        self.hide_chosen(&mut out, graphs.as_ref());
        while hide_consequences(&mut out) {}
        if self.hide_unreachable {
            hide_unreachable(&mut out);
            while hide_consequences(&mut out) {}
        }
        link(&mut out);
        let visible = out.types.get(Root::Query.type_name()).is_some_and(|query| {
            query
                .fields
                .values()
                .any(|field| !hidden(&field.field.directives))
                && !hidden(&query.directives)
        });
        if visible {
            return Ok(out);
        }
        let code = ErrorCode::NoQueries;
        let error = CompositionError {
            code,
            message: "the contract lets no query field through".to_owned(),
            help: "let at least one query field through".to_owned(),
            coordinate: Some("Query".to_owned()),
            locations: Vec::new(),
        };
        Err(CompositionErrors {
            errors: vec![error],
            hints: Vec::new(),
        })
    }

    fn excluded(&self, directives: &[Directive]) -> bool {
        tagged(directives, &self.exclude_tags)
    }

    fn hide_chosen(&self, supergraph: &mut Supergraph, graphs: Option<&HashSet<GraphId>>) {
        for ty in supergraph.types.values_mut().map(Arc::make_mut) {
            let elsewhere = graphs
                .is_some_and(|graphs| !ty.joins.iter().any(|join| graphs.contains(&join.graph)));
            if (elsewhere && !is_builtin_scalar(&ty.name)) || self.excluded(&ty.directives) {
                hide(&mut ty.directives);
                continue;
            }
            let whole = self.include_tags.is_empty() || tagged(&ty.directives, &self.include_tags);
            let (kind, interface_objects) = (ty.kind, &ty.joins);
            let type_graphs: HashSet<GraphId> =
                interface_objects.iter().map(|join| join.graph).collect();
            for field in ty.fields.values_mut() {
                let output = kind != Kind::InputObject;
                let missing = graphs
                    .is_some_and(|graphs| output && !resolved_in(field, &type_graphs, graphs));
                let untagged =
                    output && !whole && !tagged(&field.field.directives, &self.include_tags);
                if missing || untagged || self.excluded(&field.field.directives) {
                    hide_field(field);
                }
                for at in 0..field.field.arguments.len() {
                    let directives = &field.field.arguments[at].directives;
                    if self.excluded(directives) && !hidden(directives) {
                        hide(&mut Arc::make_mut(field).field.arguments[at].directives);
                    }
                }
            }
            for value in ty.values.values_mut() {
                let missing = graphs
                    .is_some_and(|graphs| !value.graphs.iter().any(|graph| graphs.contains(graph)));
                if missing || self.excluded(&value.directives) {
                    hide(&mut value.directives);
                }
            }
        }
        if let Some(graphs) = graphs {
            self.hide_interface_object_fields(supergraph, graphs);
        }
    }

    /// Fields that implementations have from interface objects go where the interface's field goes.
    fn hide_interface_object_fields(&self, supergraph: &mut Supergraph, graphs: &HashSet<GraphId>) {
        let mut gone: Vec<(Name, Name)> = Vec::new();
        for ty in supergraph.types.values() {
            for (name, field) in &ty.fields {
                if !field.joins.iter().any(|join| join.graph.is_none()) {
                    continue;
                }
                let kept = ty
                    .interfaces()
                    .filter_map(|interface| supergraph.types.get(interface))
                    .any(|interface| {
                        let of: HashSet<GraphId> =
                            interface.joins.iter().map(|join| join.graph).collect();
                        interface
                            .fields
                            .get(name)
                            .is_some_and(|field| resolved_in(field, &of, graphs))
                    });
                if !kept {
                    gone.push((ty.name.clone(), name.clone()));
                }
            }
        }
        for (ty, field) in gone {
            if let Some(field) = supergraph
                .types
                .get_mut(&ty)
                .and_then(|ty| Arc::make_mut(ty).fields.get_mut(&field))
            {
                hide_field(field);
            }
        }
    }
}

fn resolved_in(
    field: &SuperField,
    type_graphs: &HashSet<GraphId>,
    graphs: &HashSet<GraphId>,
) -> bool {
    if field.joins.is_empty() {
        return type_graphs.iter().any(|graph| graphs.contains(graph));
    }
    field.joins.iter().any(|join| match join.graph {
        Some(graph) => graphs.contains(&graph) && !join.external && !join.used_overridden,
        None => true,
    })
}

fn hidden(directives: &[Directive]) -> bool {
    find(directives, Known::Inaccessible).is_some()
}

fn hide(directives: &mut Vec<Directive>) {
    if !hidden(directives) {
        let mut directive = Directive::new("inaccessible", Vec::new());
        directive.known = Known::Inaccessible;
        directives.push(directive);
    }
}

/// Copies the field only when it was to be seen.
fn hide_field(field: &mut Arc<SuperField>) -> bool {
    let visible = !hidden(&field.field.directives);
    if visible {
        hide(&mut Arc::make_mut(field).field.directives);
    }
    visible
}

fn tagged(directives: &[Directive], tags: &BTreeSet<String>) -> bool {
    !tags.is_empty()
        && directives.iter().any(|directive| {
            directive.known == Known::Tag
                && directive
                    .text("name")
                    .is_some_and(|name| tags.contains(name))
        })
}

/// Hides what can't be shown without something hidden. Gives whether anything was.
fn hide_consequences(supergraph: &mut Supergraph) -> bool {
    let gone: HashSet<Name> = supergraph
        .types
        .values()
        .filter(|ty| hidden(&ty.directives))
        .map(|ty| ty.name.clone())
        .collect();
    let broken = broken_implementations(supergraph, &gone);
    let mut changed = false;
    for (interface, field) in broken {
        if let Some(field) = supergraph
            .types
            .get_mut(&interface)
            .and_then(|ty| Arc::make_mut(ty).fields.get_mut(&field))
        {
            changed |= hide_field(field);
        }
    }
    for ty in supergraph.types.values_mut().map(Arc::make_mut) {
        if gone.contains(&ty.name) {
            continue;
        }
        for field in ty.fields.values_mut() {
            let mut lost = gone.contains(field.field.ty.base());
            for at in 0..field.field.arguments.len() {
                let argument = &field.field.arguments[at];
                let was_hidden = hidden(&argument.directives);
                let unusable = was_hidden || gone.contains(argument.ty.base());
                if unusable && argument.is_required() {
                    lost = true;
                } else if unusable && !was_hidden {
                    hide(&mut Arc::make_mut(field).field.arguments[at].directives);
                    changed = true;
                }
            }
            if lost {
                changed |= hide_field(field);
            }
        }
        if is_empty(ty, &gone) && !hidden(&ty.directives) {
            hide(&mut ty.directives);
            changed = true;
        }
    }
    changed
}

/// Visible interface fields that a visible implementation hides.
fn broken_implementations(supergraph: &Supergraph, gone: &HashSet<Name>) -> Vec<(Name, Name)> {
    let mut out = Vec::new();
    for ty in supergraph
        .types
        .values()
        .filter(|ty| !gone.contains(&ty.name))
    {
        for interface in ty.interfaces().filter(|name| !gone.contains(*name)) {
            for field in ty
                .fields
                .values()
                .filter(|field| hidden(&field.field.directives))
            {
                out.push((interface.clone(), field.field.name.clone()));
            }
        }
    }
    out
}

fn is_empty(ty: &SuperType, gone: &HashSet<Name>) -> bool {
    let required_hidden = |field: &Field| hidden(&field.directives) && field.is_required();
    match ty.kind {
        Kind::Scalar => false,
        Kind::Union => ty.union_members().all(|member| gone.contains(member)),
        Kind::Enum => ty.values.values().all(|value| hidden(&value.directives)),
        Kind::InputObject => {
            ty.fields
                .values()
                .all(|field| hidden(&field.field.directives))
                || ty
                    .fields
                    .values()
                    .any(|field| required_hidden(&field.field))
        }
        Kind::Object | Kind::Interface => ty
            .fields
            .values()
            .all(|field| hidden(&field.field.directives)),
    }
}

fn hide_unreachable(supergraph: &mut Supergraph) {
    let mut reached: HashSet<Name> = HashSet::default();
    let mut queue: Vec<Name> = Root::ALL
        .iter()
        .map(|root| Name::from(root.type_name()))
        .collect();
    while let Some(name) = queue.pop() {
        let Some(ty) = supergraph
            .types
            .get(&name)
            .filter(|ty| !hidden(&ty.directives))
        else {
            continue;
        };
        if !reached.insert(name) {
            continue;
        }
        for field in ty
            .fields
            .values()
            .filter(|field| !hidden(&field.field.directives))
        {
            queue.push(field.field.ty.base().clone());
            queue.extend(
                field
                    .field
                    .arguments
                    .iter()
                    .map(|argument| argument.ty.base().clone()),
            );
        }
        queue.extend(ty.union_members().cloned());
        if ty.kind == Kind::Interface {
            let implementing = supergraph
                .types
                .values()
                .filter(|other| other.interfaces().any(|interface| *interface == ty.name));
            queue.extend(implementing.map(|other| other.name.clone()));
        }
        queue.extend(ty.interfaces().cloned());
    }
    for ty in supergraph
        .types
        .values_mut()
        .filter(|ty| !reached.contains(&ty.name))
    {
        hide(&mut Arc::make_mut(ty).directives);
    }
}

/// Makes sure that the supergraph links and defines what contracts use.
fn link(supergraph: &mut Supergraph) {
    if supergraph
        .directive_definitions
        .iter()
        .any(|definition| definition.name == "inaccessible")
    {
        return;
    }
    supergraph.links.push(SuperLink {
        url: "https://specs.apollo.dev/inaccessible/v0.2".to_owned(),
        purpose: Some("SECURITY"),
        imports: Vec::new(),
    });
    supergraph
        .directive_definitions
        .extend(crate::merge::inaccessible_definition());
}
