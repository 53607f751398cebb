//! What merging a type needs to know about other types, counted per subgraph so that one subgraph
//! can be exchanged

use crate::ast::{HashMap, HashSet, Kind, Map, Name, TypeDef};
use crate::subgraph::Subgraph;
use crate::supergraph::GraphId;

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

    /// Takes in a subgraph; `changed` gets the names about which something is different now.
    pub(super) fn insert(
        &mut self,
        graph: GraphId,
        subgraph: &Subgraph,
        changed: &mut HashSet<Name>,
    ) {
        let uses = &subgraph.uses;
        for (counts, names) in [
            (&mut self.input, &uses.input),
            (&mut self.output, &uses.output),
        ] {
            for name in names {
                let count = counts.entry(name.clone()).or_default();
                *count += 1;
                if *count == 1 {
                    changed.insert(name.clone());
                }
            }
        }
        for (wide, narrow) in &uses.subtypes {
            let subtypes = self.subtypes.entry(wide.clone()).or_default();
            let count = subtypes.entry(narrow.clone()).or_default();
            *count += 1;
            if *count == 1 {
                changed.insert(wide.clone());
            }
        }
        for name in &uses.interface_objects {
            let graphs = self.interface_objects.entry(name.clone()).or_default();
            graphs.push(graph);
            graphs.sort_unstable();
            changed.insert(name.clone());
        }
    }

    /// Takes out a subgraph that was put in.
    pub(super) fn remove(
        &mut self,
        graph: GraphId,
        subgraph: &Subgraph,
        changed: &mut HashSet<Name>,
    ) {
        let uses = &subgraph.uses;
        for (counts, names) in [
            (&mut self.input, &uses.input),
            (&mut self.output, &uses.output),
        ] {
            for name in names {
                if release(counts, name) {
                    changed.insert(name.clone());
                }
            }
        }
        for (wide, narrow) in &uses.subtypes {
            if let Some(subtypes) = self.subtypes.get_mut(wide)
                && release(subtypes, narrow)
            {
                changed.insert(wide.clone());
            }
        }
        for name in &uses.interface_objects {
            if let Some(graphs) = self.interface_objects.get_mut(name) {
                graphs.retain(|other| *other != graph);
            }
            changed.insert(name.clone());
        }
    }
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
