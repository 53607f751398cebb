//! What merging a type needs to know about other types, counted per subgraph so that one subgraph
//! can be exchanged

use crate::ast::{HashMap, HashSet, Kind, Map, Name, TypeDef};
use crate::merge::numbers::Numbers;
use crate::subgraph::Subgraph;
use crate::supergraph::GraphId;

/// Something about a type that merging another one asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fact {
    /// Is it behind an argument or input field anywhere?
    Input(Name),
    /// Is it behind a field anywhere?
    Output(Name),
    /// What implements it or is a member of it?
    Subtypes(Name),
    /// Where is it an interface object, and with which fields?
    InterfaceObjects(Name),
    /// Is there a subgraph of this name?
    Subgraph(Name),
}

/// What one subgraph contributes: every entry once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uses {
    /// Types behind arguments and input fields.
    input: HashSet<Name>,
    /// Types behind fields.
    output: HashSet<Name>,
    /// `(interface, implementing type)` and `(union, member)`.
    subtypes: HashSet<(Name, Name)>,
    interface_objects: Vec<Name>,
}

impl Uses {
    pub(crate) fn new(types: &Map<TypeDef>) -> Self {
        let mut uses = Self::default();
        for ty in types.values() {
            if ty.is_interface_object() {
                uses.interface_objects.push(ty.name.clone());
            }
            for interface in &ty.interfaces {
                uses.subtypes
                    .insert((interface.name.clone(), ty.name.clone()));
            }
            for member in &ty.members {
                uses.subtypes.insert((ty.name.clone(), member.name.clone()));
            }
            for field in ty.fields.values() {
                if ty.kind == Kind::InputObject {
                    add(&mut uses.input, field.ty.base());
                } else {
                    add(&mut uses.output, field.ty.base());
                    for argument in &field.arguments {
                        add(&mut uses.input, argument.ty.base());
                    }
                }
            }
        }
        uses
    }
}

fn add(set: &mut HashSet<Name>, name: &Name) {
    if !set.contains(name) {
        set.insert(name.clone());
    }
}

/// The contributions of all subgraphs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    input: HashMap<Name, u32>,
    output: HashMap<Name, u32>,
    subtypes: HashMap<Name, HashMap<Name, u32>>,
    interface_objects: HashMap<Name, Vec<GraphId>>,
}

impl Facts {
    /// Is the type behind an argument or input field anywhere?
    pub(super) fn is_input(&self, name: &str) -> bool {
        self.input.contains_key(name)
    }

    /// Is the type behind a field anywhere?
    pub(super) fn is_output(&self, name: &str) -> bool {
        self.output.contains_key(name)
    }

    /// Does `narrow` implement `wide`, or is it a member of it, in any subgraph?
    pub(super) fn is_direct_subtype(&self, narrow: &str, wide: &str) -> bool {
        self.subtypes
            .get(wide)
            .is_some_and(|subtypes| subtypes.contains_key(narrow))
    }

    /// The subgraphs in which the interface is an interface object.
    pub(super) fn interface_objects(&self, interface: &str) -> &[GraphId] {
        self.interface_objects
            .get(interface)
            .map_or(&[], Vec::as_slice)
    }

    /// Takes over other numbers of the subgraphs.
    pub(super) fn renumber(&mut self, numbers: &Numbers) {
        for graphs in self.interface_objects.values_mut() {
            *graphs = graphs
                .iter()
                .filter_map(|graph| numbers.of(*graph))
                .collect();
        }
    }

    /// Exchanges what a subgraph contributes; none when it is new, or gone. `changed` gets what is
    /// different now; whatever interface objects have may be.
    pub(super) fn exchange(
        &mut self,
        graph: GraphId,
        before: Option<&Subgraph>,
        after: Option<&Subgraph>,
        changed: &mut HashSet<Fact>,
    ) {
        let nothing = Uses::default();
        let before = before.map_or(&nothing, |subgraph| &subgraph.uses);
        let after = after.map_or(&nothing, |subgraph| &subgraph.uses);
        let mut note = |fact: Fact| {
            changed.insert(fact);
        };
        recount(&mut self.input, &before.input, &after.input, &mut |name| {
            note(Fact::Input(name));
        });
        recount(
            &mut self.output,
            &before.output,
            &after.output,
            &mut |name| note(Fact::Output(name)),
        );
        for pair in before.subtypes.difference(&after.subtypes) {
            if let Some(subtypes) = self.subtypes.get_mut(&pair.0)
                && release(subtypes, &pair.1)
            {
                changed.insert(Fact::Subtypes(pair.0.clone()));
            }
        }
        for (wide, narrow) in after.subtypes.difference(&before.subtypes) {
            if count(self.subtypes.entry(wide.clone()).or_default(), narrow) {
                changed.insert(Fact::Subtypes(wide.clone()));
            }
        }
        for name in &before.interface_objects {
            if let Some(graphs) = self.interface_objects.get_mut(name) {
                graphs.retain(|other| *other != graph);
            }
            changed.insert(Fact::InterfaceObjects(name.clone()));
        }
        for name in &after.interface_objects {
            let graphs = self.interface_objects.entry(name.clone()).or_default();
            graphs.push(graph);
            graphs.sort_unstable();
            changed.insert(Fact::InterfaceObjects(name.clone()));
        }
    }
}

/// Counts names of one subgraph anew; `note` gets those that are new, or gone.
fn recount(
    counts: &mut HashMap<Name, u32>,
    before: &HashSet<Name>,
    after: &HashSet<Name>,
    note: &mut dyn FnMut(Name),
) {
    for name in before.difference(after) {
        if release(counts, name) {
            note(name.clone());
        }
    }
    for name in after.difference(before) {
        if count(counts, name) {
            note(name.clone());
        }
    }
}

/// Counts one up; gives whether it is the first.
fn count(counts: &mut HashMap<Name, u32>, name: &Name) -> bool {
    if let Some(count) = counts.get_mut(name) {
        *count += 1;
        return false;
    }
    counts.insert(name.clone(), 1);
    true
}

/// Counts one down; gives whether none is left.
fn release(counts: &mut HashMap<Name, u32>, name: &Name) -> bool {
    let Some(count) = counts.get_mut(name) else {
        return false;
    };
    *count -= 1;
    let gone = *count == 0;
    if gone {
        counts.remove(name);
    }
    gone
}
