//! Where keys lead, and what can be resolved from there

mod closure;
mod found;
mod runtime;

use std::sync::Arc;

use super::model::{Item, Model, Resolver, TypeInfo, TypeIx};
use crate::ast::Name;
use crate::supergraph::GraphId;

pub(super) use found::{Above, Child, Found, Known};

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
    pub(super) ty: TypeIx,
    pub(super) provided: usize,
}

/// Steps after which the walk gives up.
const MAX_WORK: u64 = 200_000_000;
/// How deep conditions may depend on conditions.
const MAX_DEPTH: usize = 64;

/// A field that nothing answers, or that subgraphs answer with different types.
pub(super) struct Failure {
    pub(super) field: u32,
    /// Why the types do not fit together; none when nothing answers.
    pub(super) disjoint: Option<String>,
}

pub(super) struct Reach<'m> {
    model: &'m Model,
    labels_on: u64,
    found: &'m mut Found,
    /// Closures being computed, with what they have so far.
    open: Vec<((TypeIx, Place), Vec<Place>)>,
    /// The lowest open closure that the current computation looked into.
    lowest: usize,
    /// Fields whose `@requires` are being checked.
    pending: Vec<(TypeIx, Name, GraphId)>,
    /// The contexts above the object that is being expanded; all where no path is known.
    above: Above,
    /// Types that the computations under way looked at.
    touched: Vec<TypeIx>,
    work: u64,
}

impl<'m> Reach<'m> {
    pub(super) fn new(model: &'m Model, found: &'m mut Found, labels_on: u64) -> Self {
        Self {
            model,
            labels_on,
            found,
            open: Vec::new(),
            lowest: usize::MAX,
            pending: Vec::new(),
            above: Above::MAX,
            touched: Vec::new(),
            work: 0,
        }
    }

    pub(super) fn exhausted(&self) -> bool {
        self.work > MAX_WORK
    }

    /// Everything that may be known of a type comes from here, so that it is known who asked.
    fn get(&mut self, ty: TypeIx) -> Option<&'m TypeInfo> {
        self.touched.push(ty);
        self.model.get(ty)
    }

    fn possible_in(&mut self, ty: TypeIx, graph: GraphId) -> &'m [TypeIx] {
        self.touched.push(ty);
        self.model.possible_in(ty, graph)
    }

    fn possible(&mut self, ty: TypeIx) -> &'m [TypeIx] {
        self.touched.push(ty);
        self.model.possible(ty)
    }

    fn matches(&mut self, ty: TypeIx, condition: TypeIx) -> bool {
        self.touched.push(condition);
        self.model.matches(ty, condition)
    }

    fn is_interface_object(&mut self, ty: TypeIx, graph: GraphId) -> bool {
        self.get(ty)
            .is_some_and(|info| info.interface_object_in.contains(&graph))
    }

    /// The types looked at since a mark, each once; they stay noted for whoever asked.
    fn depends(&mut self, mark: usize) -> Arc<[TypeIx]> {
        let mut since = self.touched.split_off(mark);
        since.sort_unstable();
        since.dedup();
        let depends = Arc::from(since.as_slice());
        self.touched.append(&mut since);
        depends
    }

    /// What can be selected on the object in these places, which are sorted. Failures are found
    /// again each time.
    pub(super) fn expand(
        &mut self,
        ty: TypeIx,
        places: &Arc<[Place]>,
        above: Above,
        failures: &mut Vec<Failure>,
    ) -> Arc<[Child]> {
        let key = (ty, places.clone(), above);
        if let Some(known) = self.found.expansions.get(&key) {
            return known.found.clone();
        }
        self.touched.clear();
        let mut children: Vec<Child> = Vec::new();
        let info = self.get(ty);
        for (at, (field, name)) in info
            .into_iter()
            .flat_map(|info| info.fields.iter().zip(info.super_type.fields.keys()))
            .enumerate()
            .filter(|(_, (field, _))| !field.hidden)
        {
            let at = at as u32;
            self.above = above;
            let targets = self.targets(ty, places, name);
            self.above = Above::MAX;
            if targets.is_empty() {
                failures.push(Failure {
                    field: at,
                    disjoint: None,
                });
                continue;
            }
            if self.get(field.target).is_none() {
                continue;
            }
            if let Some(sentence) = self.disjoint(field.target, &targets) {
                failures.push(Failure {
                    field: at,
                    disjoint: Some(sentence),
                });
                continue;
            }
            for (runtime, mut places) in self.runtime_places(field.target, &targets) {
                places.sort_unstable();
                places.dedup();
                children.push(Child {
                    field: at,
                    runtime,
                    narrowed: runtime != field.target,
                    places: Arc::from(places),
                });
            }
        }
        let children: Arc<[Child]> = Arc::from(children);
        if failures.is_empty() {
            let depends = self.depends(0);
            let found = children.clone();
            self.found.expansions.insert(key, Known { found, depends });
        }
        children
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
                    let Some(declared) = self.field_type(ty, name) else {
                        return false;
                    };
                    self.runtime_places(declared, &targets)
                        .into_iter()
                        .all(|(runtime, starts)| self.selection_from(runtime, &starts, *inner))
                }
                Item::On { condition, inner } => match condition {
                    Some(condition) if !self.matches(ty, *condition) => true,
                    _ => self.selection(ty, places, *inner),
                },
            })
    }

    /// The object, interface or union behind a field.
    fn field_type(&mut self, ty: TypeIx, field: &str) -> Option<TypeIx> {
        let target = self.get(ty)?.field(field)?.target;
        self.get(target).map(|_| target)
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
                    let Some(declared) = self.field_type(ty, name) else {
                        return false;
                    };
                    self.runtime_places(declared, &targets)
                        .into_iter()
                        .all(|(runtime, starts)| self.selection_from(runtime, &starts, *inner))
                }
                Item::On { condition, inner } => match condition {
                    Some(condition) if !self.matches(ty, *condition) => true,
                    _ => self.selection_from(ty, starts, *inner),
                },
            })
    }

    /// Where the field leads from any of the places and what their keys reach.
    pub(super) fn targets(&mut self, ty: TypeIx, starts: &[Place], field: &str) -> Vec<Target> {
        let mut out = Vec::new();
        // from a root every subgraph's root is reached, wherever one starts
        let starts = if self.get(ty).is_some_and(|info| info.root) {
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
        let mut looked_up: Option<(TypeIx, &'m [Resolver])> = None;
        for place in places {
            self.work += 1;
            let resolvers = match looked_up {
                Some((declared, resolvers)) if declared == place.declared => resolvers,
                _ => {
                    let resolvers = self
                        .get(place.declared)
                        .and_then(|info| info.field(field))
                        .map_or(&[][..], |field| field.resolvers.as_slice());
                    looked_up = Some((place.declared, resolvers));
                    resolvers
                }
            };
            let Some(resolver) = resolvers
                .iter()
                .find(|resolver| resolver.graph == place.graph)
            else {
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
            if !resolver.contexts.is_empty() && !self.context_holds(ty, places, *place, resolver) {
                continue;
            }
            if let Some(requires) = resolver.requires
                && !self.requirement(ty, *place, field, requires)
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

    /// Are the contexts set above, and can the subgraph be entered again with what they gave?
    fn context_holds(
        &mut self,
        ty: TypeIx,
        places: &[Place],
        place: Place,
        resolver: &Resolver,
    ) -> bool {
        let set = |context: &usize| *context >= 64 || (self.above >> context) & 1 == 1;
        if !resolver.contexts.iter().all(set) {
            return false;
        }
        let above = std::mem::replace(&mut self.above, Above::MAX);
        let enters = self.can_enter(ty, places, place);
        self.above = above;
        enters
    }

    /// The contexts above what is selected on an object: its own, and those above it that it does
    /// not set anew.
    pub(super) fn below(&mut self, ty: TypeIx, places: &[Place], above: Above) -> Above {
        let model = self.model;
        let mut below = above;
        for (at, context) in model.contexts.iter().enumerate().take(64) {
            if model.sets(ty, context) {
                below &= !(1 << at);
                if self.selection_from(ty, places, context.selection) {
                    below |= 1 << at;
                }
            }
        }
        below
    }

    fn label_holds(&self, resolver: &Resolver) -> bool {
        resolver
            .label
            .is_none_or(|(label, on)| label >= 64 || ((self.labels_on >> label) & 1 == 1) == on)
    }

    /// Is the field among what was provided? Gives what is provided below it.
    fn provided(&mut self, ty: TypeIx, provided: usize, field: &str) -> Option<usize> {
        let model = self.model;
        for item in &model.selections[provided].items {
            match item {
                Item::Field { name, inner } if name == field => return Some(*inner),
                Item::On { condition, inner }
                    if condition.is_none_or(|condition| self.matches(ty, condition)) =>
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
    fn requirement(&mut self, ty: TypeIx, place: Place, field: &str, requires: usize) -> bool {
        let asked = (ty, Name::from(field), place.graph);
        if self.pending.contains(&asked) || self.pending.len() > MAX_DEPTH {
            return false;
        }
        self.pending.push(asked);
        let above = std::mem::replace(&mut self.above, Above::MAX);
        // routers look for what is required from the subgraph that requires it: what the way there
        // passed counts only when a key leads back
        let met = self.selection(ty, &[place], requires) || {
            let around = self.closure(ty, place);
            self.selection(ty, &around, requires) && self.can_enter(ty, &around, place)
        };
        self.above = above;
        self.pending.pop();
        met
    }

    /// Does a key of the place's subgraph lead back into it?
    fn can_enter(&mut self, ty: TypeIx, places: &[Place], place: Place) -> bool {
        let interfaces = self.get(ty).map_or(&[][..], |info| &info.interfaces);
        std::iter::once(place.declared)
            .chain(interfaces.iter().copied())
            .any(|keyed| {
                let keys = self.get(keyed).map_or(&[][..], |info| &info.keys);
                keys.iter()
                    .filter(|key| key.graph == place.graph && key.resolvable)
                    .any(|key| self.selection(ty, places, key.selection))
            })
    }
}
