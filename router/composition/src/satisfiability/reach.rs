//! Where keys lead, and what can be resolved from there

use std::collections::HashMap;
use std::rc::Rc;

use super::model::{Item, Model, Resolver, TypeIx};
use crate::ast::Kind;
use crate::supergraph::GraphId;

/// Where a query can be: in a subgraph, on a type as that subgraph declares it (the object type,
/// or its interface when it is an interface object there), with what `@provides` brought along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) graph: GraphId,
    pub(super) declared: TypeIx,
    pub(super) provided: usize,
}

/// Where a field leads: the subgraph, the base type there, what is provided below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) graph: GraphId,
    pub(super) ty: Option<TypeIx>,
    pub(super) provided: usize,
}

/// Steps after which the walk gives up.
const MAX_WORK: u64 = 200_000_000;
/// How deep conditions may depend on conditions.
const MAX_DEPTH: usize = 64;

pub(super) struct Reach<'m, 'a> {
    model: &'m Model<'a>,
    labels_on: u64,
    closures: HashMap<(TypeIx, Place), Rc<Vec<Place>>>,
    /// Closures being computed, with what they have so far.
    open: Vec<((TypeIx, Place), Vec<Place>)>,
    /// The lowest open closure that the current computation looked into.
    lowest: usize,
    /// Fields whose `@requires` are being checked.
    pending: Vec<(TypeIx, String, GraphId)>,
    work: u64,
}

impl<'m, 'a> Reach<'m, 'a> {
    pub(super) fn new(model: &'m Model<'a>, labels_on: u64) -> Self {
        Self {
            model,
            labels_on,
            closures: HashMap::new(),
            open: Vec::new(),
            lowest: usize::MAX,
            pending: Vec::new(),
            work: 0,
        }
    }

    pub(super) fn exhausted(&self) -> bool {
        self.work > MAX_WORK
    }

    /// All places that are reached for the object `ty` from a place, by any number of keys.
    pub(super) fn closure(&mut self, ty: TypeIx, start: Place) -> Rc<Vec<Place>> {
        if let Some(known) = self.closures.get(&(ty, start)) {
            return known.clone();
        }
        if let Some(at) = self.open.iter().position(|(key, _)| *key == (ty, start)) {
            self.lowest = self.lowest.min(at);
            return Rc::new(self.open[at].1.clone());
        }
        let info = self.model.ty(ty);
        if info.root {
            let places: Vec<Place> = self
                .model
                .graphs_of(ty)
                .map(|graph| Place {
                    graph,
                    declared: ty,
                    provided: 0,
                })
                .collect();
            let mut all = vec![start];
            all.extend(places.into_iter().filter(|place| *place != start));
            let all = Rc::new(all);
            self.closures.insert((ty, start), all.clone());
            return all;
        }
        let depth = self.open.len();
        if depth > MAX_DEPTH || self.exhausted() {
            self.lowest = 0;
            return Rc::new(vec![start]);
        }
        let outer = std::mem::replace(&mut self.lowest, usize::MAX);
        self.open.push(((ty, start), vec![start]));
        loop {
            let before = self.open[depth].1.len();
            self.extend(ty, depth);
            if self.open[depth].1.len() == before {
                break;
            }
        }
        // the entry was pushed above, and inner computations pop their own
        let places = Rc::new(
            self.open
                .pop()
                .map(|(_, places)| places)
                .unwrap_or_default(),
        );
        if self.lowest >= depth {
            self.closures.insert((ty, start), places.clone());
            self.lowest = outer;
        } else {
            self.lowest = self.lowest.min(outer);
        }
        places
    }

    /// One round: follows every key that can be followed from what is reached.
    fn extend(&mut self, ty: TypeIx, depth: usize) {
        let model = self.model;
        let own = std::iter::once(ty).chain(model.ty(ty).interfaces.iter().copied());
        for keyed in own {
            for key in &model.ty(keyed).keys {
                self.work += 1;
                if !key.resolvable {
                    continue;
                }
                let target = if keyed == ty {
                    Place {
                        graph: key.graph,
                        declared: ty,
                        provided: 0,
                    }
                } else if key.interface_object {
                    Place {
                        graph: key.graph,
                        declared: keyed,
                        provided: 0,
                    }
                } else if model.possible_in(keyed, key.graph).contains(&ty) {
                    Place {
                        graph: key.graph,
                        declared: ty,
                        provided: 0,
                    }
                } else {
                    continue;
                };
                let reached = &self.open[depth].1;
                if reached.contains(&target) {
                    continue;
                }
                // behind an interface object only the interface's name is known
                let knows_type = reached.iter().any(|place| place.declared == ty);
                if keyed == ty && !knows_type {
                    continue;
                }
                let reached = reached.clone();
                if self.selection(ty, &reached, key.selection) {
                    self.open[depth].1.push(target);
                }
            }
        }
    }

    /// Can all of the selection be resolved on the object from these places together?
    fn selection(&mut self, ty: TypeIx, places: &[Place], selection: usize) -> bool {
        let model = self.model;
        model.selections[selection]
            .items
            .iter()
            .all(|item| match item {
                Item::Field { name, .. } if name == "__typename" => true,
                Item::Field { name, inner } => {
                    let targets = self.targets_among(ty, places, name);
                    if targets.is_empty() {
                        return false;
                    }
                    if *inner == 0 {
                        return true;
                    }
                    let declared = model
                        .ty(ty)
                        .super_type
                        .fields
                        .get(name)
                        .and_then(|field| model.index(field.field.ty.base()));
                    let Some(declared) = declared else {
                        return false;
                    };
                    self.runtime_places(declared, &targets)
                        .into_iter()
                        .all(|(runtime, starts)| self.selection_from(runtime, &starts, *inner))
                }
                Item::On { condition, inner } => match condition {
                    Some(condition) if !model.matches(ty, condition) => true,
                    _ => self.selection(ty, places, *inner),
                },
            })
    }

    /// Like [`Self::selection`], from places of which each counts alone.
    fn selection_from(&mut self, ty: TypeIx, starts: &[Place], selection: usize) -> bool {
        let model = self.model;
        model.selections[selection]
            .items
            .iter()
            .all(|item| match item {
                Item::Field { name, .. } if name == "__typename" => true,
                Item::Field { name, inner } => {
                    let targets = self.targets(ty, starts, name);
                    if targets.is_empty() {
                        return false;
                    }
                    if *inner == 0 {
                        return true;
                    }
                    let declared = model
                        .ty(ty)
                        .super_type
                        .fields
                        .get(name)
                        .and_then(|field| model.index(field.field.ty.base()));
                    let Some(declared) = declared else {
                        return false;
                    };
                    self.runtime_places(declared, &targets)
                        .into_iter()
                        .all(|(runtime, starts)| self.selection_from(runtime, &starts, *inner))
                }
                Item::On { condition, inner } => match condition {
                    Some(condition) if !model.matches(ty, condition) => true,
                    _ => self.selection_from(ty, starts, *inner),
                },
            })
    }

    /// Where the field leads from any of the places and what their keys reach.
    pub(super) fn targets(&mut self, ty: TypeIx, starts: &[Place], field: &str) -> Vec<Target> {
        let mut out = Vec::new();
        // from a root every subgraph's root is reached, wherever one starts
        let starts = if self.model.ty(ty).root {
            &starts[..starts.len().min(1)]
        } else {
            starts
        };
        for start in starts {
            let reached = self.closure(ty, *start);
            for target in self.targets_among(ty, &reached, field) {
                if !out.contains(&target) {
                    out.push(target);
                }
            }
        }
        out
    }

    /// Where the field leads from these places, without further keys.
    fn targets_among(&mut self, ty: TypeIx, places: &[Place], field: &str) -> Vec<Target> {
        let mut out: Vec<Target> = Vec::new();
        for place in places {
            self.work += 1;
            let Some(resolver) = self.model.resolver(place.declared, field, place.graph) else {
                continue;
            };
            let mut provided = resolver.provides.unwrap_or(0);
            if resolver.external || !self.label_holds(resolver) {
                match self.provided(ty, place.provided, field) {
                    Some(inner) => provided = inner,
                    None => continue,
                }
            } else if let Some(inner) = self.provided(ty, place.provided, field)
                && provided == 0
            {
                provided = inner;
            }
            if let Some(requires) = resolver.requires
                && !self.requirement(ty, places, *place, field, requires)
            {
                continue;
            }
            let target = Target {
                graph: place.graph,
                ty: resolver.target,
                provided,
            };
            if !out.contains(&target) {
                out.push(target);
            }
        }
        out
    }

    fn label_holds(&self, resolver: &Resolver) -> bool {
        resolver
            .label
            .is_none_or(|(label, on)| label >= 64 || ((self.labels_on >> label) & 1 == 1) == on)
    }

    /// Is the field among what was provided? Gives what is provided below it.
    fn provided(&self, ty: TypeIx, provided: usize, field: &str) -> Option<usize> {
        for item in &self.model.selections[provided].items {
            match item {
                Item::Field { name, inner } if name == field => return Some(*inner),
                Item::On { condition, inner }
                    if condition
                        .as_ref()
                        .is_none_or(|condition| self.model.matches(ty, condition)) =>
                {
                    if let Some(found) = self.provided(ty, *inner, field) {
                        return Some(found);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Can what a field requires be had, and can its subgraph be entered with it?
    fn requirement(
        &mut self,
        ty: TypeIx,
        places: &[Place],
        place: Place,
        field: &str,
        requires: usize,
    ) -> bool {
        let asked = (ty, field.to_owned(), place.graph);
        if self.pending.contains(&asked) || self.pending.len() > MAX_DEPTH {
            return false;
        }
        self.pending.push(asked);
        let met = self.selection(ty, &[place], requires)
            || (self.selection(ty, places, requires) && self.can_enter(ty, places, place));
        self.pending.pop();
        met
    }

    /// Does a key of the place's subgraph lead back into it?
    fn can_enter(&mut self, ty: TypeIx, places: &[Place], place: Place) -> bool {
        let model = self.model;
        model
            .ty(place.declared)
            .keys
            .iter()
            .chain(
                model
                    .ty(ty)
                    .interfaces
                    .iter()
                    .flat_map(|interface| &model.ty(*interface).keys),
            )
            .filter(|key| key.graph == place.graph && key.resolvable)
            .any(|key| self.selection(ty, places, key.selection))
    }

    /// Do the subgraphs that share a field have no runtime type of it in common? Gives a sentence.
    pub(super) fn disjoint(&self, ty: TypeIx, targets: &[Target]) -> Option<String> {
        if targets.len() < 2 || self.model.ty(ty).super_type.kind == Kind::Object {
            return None;
        }
        let mut common: Option<Vec<TypeIx>> = None;
        let mut parts = Vec::new();
        for target in targets {
            let declared = target.ty?;
            if self.model.is_interface_object(declared, target.graph) {
                return None;
            }
            let possible = self.model.possible_in(declared, target.graph);
            let names: Vec<&str> = possible
                .iter()
                .map(|ty| self.model.ty(*ty).super_type.name.as_str())
                .collect();
            parts.push(format!(
                "in subgraph \"{}\" it can be {}",
                self.model.graph_name(target.graph),
                names.join(", ")
            ));
            common = Some(match common {
                None => possible,
                Some(before) => before
                    .into_iter()
                    .filter(|ty| possible.contains(ty))
                    .collect(),
            });
        }
        common.is_some_and(|common| common.is_empty()).then(|| {
            format!(
                "which is shared, the subgraphs have no runtime type in common: {}",
                parts.join(" and ")
            )
        })
    }

    /// The object types behind a type, and the places in which each can be met.
    pub(super) fn runtime_places(
        &mut self,
        ty: TypeIx,
        targets: &[Target],
    ) -> Vec<(TypeIx, Vec<Place>)> {
        let model = self.model;
        let mut out: Vec<(TypeIx, Vec<Place>)> = Vec::new();
        let mut add = |runtime: TypeIx, place: Place| match out
            .iter_mut()
            .find(|(other, _)| *other == runtime)
        {
            Some((_, places)) => {
                if !places.contains(&place) {
                    places.push(place);
                }
            }
            None => out.push((runtime, vec![place])),
        };
        for target in targets {
            self.work += 1;
            let Some(declared) = target.ty else { continue };
            let place = |declared: TypeIx| Place {
                graph: target.graph,
                declared,
                provided: target.provided,
            };
            if model.is_interface_object(declared, target.graph) {
                for runtime in &model.ty(declared).possible {
                    if !model.is_inaccessible(*runtime) {
                        add(*runtime, place(declared));
                    }
                }
            } else if model.ty(declared).super_type.kind == Kind::Object {
                add(declared, place(declared));
            } else {
                for runtime in model.possible_in(declared, target.graph) {
                    if !model.is_inaccessible(runtime) && model.ty(ty).possible.contains(&runtime) {
                        add(runtime, place(runtime));
                    }
                }
            }
        }
        out
    }
}
