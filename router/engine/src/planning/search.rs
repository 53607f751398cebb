//! Which subgraphs to ask: the fewest fetches that complete a selection, estimated before anything is built.
//!
//! A place in the answer is seen by *visits*: subgraphs that have the object in hand. A field is resolved by one of
//! them, or by another subgraph that a key leads to, whose fields may have to be fetched first. Every sub-problem is
//! solved once; a sub-problem that needs itself has no solution on that way. All work is counted, so that an
//! operation made to be hard ends in an error.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Instant;

use graphql_tools::static_graphql::query::{Selection, SelectionSet};
use smallvec::{SmallVec, smallvec};

use super::graph::{FieldGraph, Graph, Side, Subgraph, is_abstract};
use super::operation::{FieldId, Selections, SetId};
use crate::schema::{Schema, TypeId};

/// A subgraph that has objects in hand, the type by which it knows them, and what is provided of them there.
pub(super) type VisitKey = (Subgraph, TypeId, Provision);
/// All subgraphs that have the objects of a place in hand.
pub(super) type Visits = SmallVec<[VisitKey; 2]>;
/// Subgraphs that may not be asked at a place, because they wait for what is looked for.
pub(super) type Banned = SmallVec<[Subgraph; 4]>;

/// The number of a list of provided selections; 0 for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Provision(pub(super) u32);

/// The cost of one more fetch. Smaller numbers tell fetches that have to wait from those that need not.
const FETCH: u32 = 1000;
const WAIT: u32 = 10;
/// Fetches that travel together count this many times less.
const MANY: u32 = 100;
/// The most that the size of a selection counts for when it is fetched elsewhere.
const MAX_SIZE: u32 = 100;

/// Sub-problems per operation; large operations over large supergraphs take some ten thousand.
const MAX_WORK: usize = 400_000;
/// More subgraphs than this are not tried in every combination.
const MAX_COMBINED: usize = 6;

/// Where the fields of a list come from.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) cost: u32,
    /// For every field, the subgraphs that resolve it: several when no one knows all that is selected below.
    pub(super) sources: Vec<SmallVec<[Subgraph; 2]>>,
}

/// The way to a subgraph.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route<'a> {
    pub(super) cost: u32,
    /// The type by which the subgraph knows the entity.
    pub(super) entity: TypeId,
    /// What it is asked with; none at the root.
    pub(super) key: Option<&'a SelectionSet>,
}

/// A field as a visit resolves it.
#[derive(Clone, Copy)]
pub(super) struct Resolution<'a> {
    pub(super) field: &'a FieldGraph,
    /// What must be sent before it is resolved.
    pub(super) requires: Option<&'a SelectionSet>,
}

struct Candidate {
    sources: SmallVec<[Subgraph; 2]>,
    cost: u32,
}

type ChoiceKey = (Visits, TypeId, Vec<FieldId>, Banned);
type RouteKey = (Visits, TypeId, Subgraph, Banned);

/// The search for one operation.
pub(super) struct Search<'a> {
    pub(super) graph: &'a Graph,
    pub(super) schema: &'a Schema,
    pub(super) side: Side<'a>,
    pub(super) selections: Selections<'a>,
    /// Whether root fields may be asked twice: not those that change something.
    pub(super) repeatable: bool,
    provisions: Vec<Vec<&'a SelectionSet>>,
    provision_ids: HashMap<Vec<usize>, Provision>,
    sets: HashMap<(Visits, SetId), Option<u32>>,
    choices: HashMap<ChoiceKey, Option<Rc<Choice>>>,
    routes: HashMap<RouteKey, Option<Route<'a>>>,
    open_sets: HashSet<(Visits, SetId)>,
    open_choices: HashSet<ChoiceKey>,
    /// How often a sub-problem met itself.
    cuts: usize,
    work: usize,
    deadline: Instant,
    pub(super) exhausted: bool,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        graph: &'a Graph,
        schema: &'a Schema,
        side: Side<'a>,
        selections: Selections<'a>,
        deadline: Instant,
    ) -> Self {
        Self {
            graph,
            schema,
            side,
            selections,
            repeatable: true,
            provisions: vec![Vec::new()],
            provision_ids: HashMap::from([(Vec::new(), Provision(0))]),
            sets: HashMap::new(),
            choices: HashMap::new(),
            routes: HashMap::new(),
            open_sets: HashSet::new(),
            open_choices: HashSet::new(),
            cuts: 0,
            work: 0,
            deadline,
            exhausted: false,
        }
    }

    /// Counts work; false when there was too much.
    pub(super) fn step(&mut self) -> bool {
        self.work += 1;
        if self.work > MAX_WORK || (self.work.is_multiple_of(256) && Instant::now() > self.deadline)
        {
            self.exhausted = true;
        }
        !self.exhausted
    }

    fn provision(&mut self, sets: Vec<&'a SelectionSet>) -> Provision {
        let identity: Vec<usize> = sets
            .iter()
            .map(|set| std::ptr::from_ref(*set) as usize)
            .collect();
        if let Some(id) = self.provision_ids.get(&identity) {
            return *id;
        }
        let id = Provision(self.provisions.len() as u32);
        self.provisions.push(sets);
        self.provision_ids.insert(identity, id);
        id
    }

    /// What of `field` is provided: nothing, or the selections below it.
    fn provided(
        &self,
        provision: Provision,
        ty: TypeId,
        field: &str,
    ) -> Option<Vec<&'a SelectionSet>> {
        let mut found = None;
        let mut open = self.provisions[provision.0 as usize].clone();
        while let Some(set) = open.pop() {
            for selection in &set.items {
                match selection {
                    Selection::Field(known) if known.name == field => {
                        let below: &mut Vec<_> = found.get_or_insert_default();
                        if !known.selection_set.items.is_empty() {
                            below.push(&known.selection_set);
                        }
                    }
                    Selection::InlineFragment(fragment)
                        if self
                            .selections
                            .applies(fragment.type_condition.as_ref(), ty) =>
                    {
                        open.push(&fragment.selection_set);
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// How a visit resolves a field. A field of an interface must be resolved for every object below it.
    pub(super) fn resolve(&self, visit: VisitKey, name: &str) -> Option<Resolution<'a>> {
        let (subgraph, ty, provision) = visit;
        let graph: &'a Graph = self.graph;
        let field = graph.field_in(ty, name, subgraph)?;
        if is_abstract(self.schema.ty(ty).kind) && !graph.is_interface_object(ty, subgraph) {
            let everywhere = graph.possible(ty, subgraph).iter().all(|object| {
                self.resolve((subgraph, *object, provision), name)
                    .is_some_and(|resolution| resolution.requires.is_none())
            });
            return everywhere.then_some(Resolution {
                field,
                requires: None,
            });
        }
        if provision.0 != 0 && self.provided(provision, ty, name).is_some() {
            return Some(Resolution {
                field,
                requires: None,
            });
        }
        (!field.external && field.is_on(self.side)).then_some(Resolution {
            field,
            requires: field.requires.as_ref(),
        })
    }

    /// What the subgraph has in hand below a field.
    pub(super) fn child(&mut self, visit: VisitKey, field: &'a FieldGraph, name: &str) -> VisitKey {
        let (subgraph, ty, provision) = visit;
        let mut sets = if provision.0 == 0 {
            Vec::new()
        } else {
            self.provided(provision, ty, name).unwrap_or_default()
        };
        sets.extend(field.provides.as_ref());
        (subgraph, field.named, self.provision(sets))
    }

    /// A visit's view of the objects of one type; none when it has none of them.
    pub(super) fn narrow(&self, visit: VisitKey, object: TypeId) -> Option<VisitKey> {
        let (subgraph, ty, provision) = visit;
        if ty == object {
            return Some(visit);
        }
        if self.graph.is_interface_object(ty, subgraph) {
            return self.schema.ty(ty).matches.contains(object).then_some(visit);
        }
        self.graph
            .possible(ty, subgraph)
            .contains(&object)
            .then_some((subgraph, object, provision))
    }

    pub(super) fn is_interface_object(&self, visit: VisitKey) -> bool {
        self.graph.is_interface_object(visit.1, visit.0)
    }

    /// Objects that may stand where these visits are: for a client's selection those that clients may see.
    pub(super) fn objects(&self, visits: &[VisitKey], set: SetId) -> Vec<TypeId> {
        let all = self.selections.is_internal(set);
        let mut objects: Vec<TypeId> = visits
            .iter()
            .flat_map(|(subgraph, ty, _)| self.graph.possible(*ty, *subgraph))
            .copied()
            .filter(|object| all || self.schema.ty(*object).public)
            .collect();
        objects.sort_unstable();
        objects.dedup();
        objects
    }

    /// Whether a selection on an interface asks for more than what all objects have in common.
    pub(super) fn needs_type(&mut self, interface: TypeId, set: SetId) -> bool {
        let common = self.selections.fields(set, interface);
        if common
            .iter()
            .any(|field| self.selections.field(*field).name == "__typename")
        {
            return true;
        }
        let objects = self.schema.ty(interface).public_objects.clone();
        objects
            .iter()
            .any(|object| object != interface && self.selections.fields(set, object) != common)
    }

    /// Fields that are fetched alike for whatever stands where these visits are, and the interface that has them.
    pub(super) fn common(&mut self, visits: &Visits, set: SetId) -> Option<(TypeId, Vec<FieldId>)> {
        let interface = visits
            .iter()
            .find(|visit| {
                is_abstract(self.schema.ty(visit.1).kind) && !self.is_interface_object(**visit)
            })?
            .1;
        let objects = self.objects(visits, set);
        let general = self.narrowed(visits, interface);
        if objects.is_empty() {
            // nothing is known to stand there, still the operation must have a meaning
            return Some((interface, self.selections.fields(set, interface).to_vec()));
        }
        let mut common = Vec::new();
        for id in self.selections.fields(set, interface).iter() {
            let field = self.selections.field(*id);
            let everywhere = field.name != "__typename"
                && objects
                    .iter()
                    .all(|object| self.selections.fields(set, *object).contains(id));
            if !everywhere {
                continue;
            }
            let Some(choice) = self.choose(&general, interface, vec![*id], &Banned::new()) else {
                continue;
            };
            let is_here = choice.sources[0]
                .iter()
                .all(|source| general.iter().any(|visit| visit.0 == *source));
            let is_best = is_here
                || objects.iter().any(|object| {
                    let narrowed = self.narrowed(visits, *object);
                    self.choose(&narrowed, *object, vec![*id], &Banned::new())
                        .is_none_or(|special| special.cost >= choice.cost)
                });
            if is_best {
                common.push(*id);
            }
        }
        Some((interface, common))
    }

    /// What these visits have in hand of one type.
    pub(super) fn narrowed(&self, visits: &[VisitKey], ty: TypeId) -> Visits {
        let mut narrowed: Visits = visits
            .iter()
            .filter_map(|visit| self.narrow(*visit, ty))
            .collect();
        narrowed.sort_unstable();
        narrowed.dedup();
        narrowed
    }

    /// Fields of an object's type that are not among those that it has in common with others.
    pub(super) fn special(
        &mut self,
        set: SetId,
        object: TypeId,
        common: &[FieldId],
    ) -> Vec<FieldId> {
        let fields = self.selections.fields(set, object);
        fields
            .iter()
            .filter(|id| !common.contains(id))
            .copied()
            .collect()
    }

    /// The subgraph that knows the objects of an interface by their own types, at the least cost.
    pub(super) fn unveil(&mut self, visits: &Visits, set: SetId) -> Option<(u32, Subgraph)> {
        let interface = visits.first()?.1;
        let mut graphs: Vec<Subgraph> = self
            .graph
            .ty(interface)?
            .graphs
            .iter()
            .filter(|(_, known)| !known.interface_object)
            .map(|(subgraph, _)| *subgraph)
            .collect();
        graphs.sort_unstable();
        let mut best: Option<(u32, Subgraph)> = None;
        for subgraph in graphs {
            let Some(route) = self.route(visits, interface, subgraph, &Banned::new()) else {
                continue;
            };
            let mut more = visits.clone();
            more.push((subgraph, interface, Provision(0)));
            more.sort_unstable();
            let Some(nested) = self.estimate(&more, set) else {
                continue;
            };
            let cost = route.cost + nested;
            if best.is_none_or(|(known, _)| cost < known) {
                best = Some((cost, subgraph));
            }
        }
        best
    }

    /// What it costs to complete a selection where these visits are; none when it cannot be done.
    pub(super) fn estimate(&mut self, visits: &Visits, set: SetId) -> Option<u32> {
        let key = (visits.clone(), set);
        if let Some(known) = self.sets.get(&key) {
            return *known;
        }
        if !self.open_sets.insert(key.clone()) {
            self.cuts += 1;
            return None;
        }
        let cuts = self.cuts;
        let cost = if self.step() {
            self.estimate_anew(visits, set)
        } else {
            None
        };
        self.open_sets.remove(&key);
        if cost.is_some() || self.cuts == cuts {
            self.sets.insert(key, cost);
        }
        cost
    }

    fn estimate_anew(&mut self, visits: &Visits, set: SetId) -> Option<u32> {
        if visits.iter().all(|visit| self.is_interface_object(*visit)) {
            let interface = visits.first()?.1;
            if self.needs_type(interface, set) {
                return self.unveil(visits, set).map(|(cost, _)| cost);
            }
            let fields = self.selections.fields(set, interface).to_vec();
            return Some(self.choose(visits, interface, fields, &Banned::new())?.cost);
        }
        let mut cost = 0;
        let mut common = Vec::new();
        if let Some((interface, fields)) = self.common(visits, set) {
            let general = self.narrowed(visits, interface);
            cost = self
                .choose(&general, interface, fields.clone(), &Banned::new())?
                .cost;
            common = fields;
        }
        let mut most = 0;
        let mut all: u32 = 0;
        for object in self.objects(visits, set) {
            let fields = self.special(set, object, &common);
            let narrowed = self.narrowed(visits, object);
            let special = self.choose(&narrowed, object, fields, &Banned::new())?.cost;
            most = most.max(special);
            all = all.saturating_add(special);
        }
        // fetches for several types travel together; still the fewer types need one the better
        Some(
            cost.saturating_add(most)
                .saturating_add((all - most) / MANY),
        )
    }

    /// Chooses where the fields of one type come from.
    pub(super) fn choose(
        &mut self,
        visits: &Visits,
        ty: TypeId,
        fields: Vec<FieldId>,
        banned: &Banned,
    ) -> Option<Rc<Choice>> {
        let mut visits = visits.clone();
        visits.sort_unstable();
        visits.dedup();
        let key = (visits, ty, fields, banned.clone());
        if let Some(known) = self.choices.get(&key) {
            return known.clone();
        }
        if !self.open_choices.insert(key.clone()) {
            self.cuts += 1;
            return None;
        }
        let cuts = self.cuts;
        let choice = if self.step() {
            self.choose_anew(&key.0, ty, &key.2, banned).map(Rc::new)
        } else {
            None
        };
        self.open_choices.remove(&key);
        if choice.is_some() || self.cuts == cuts {
            self.choices.insert(key, choice.clone());
        }
        choice
    }

    fn choose_anew(
        &mut self,
        visits: &Visits,
        ty: TypeId,
        fields: &[FieldId],
        banned: &Banned,
    ) -> Option<Choice> {
        let mut candidates: Vec<Vec<Candidate>> = Vec::with_capacity(fields.len());
        let mut hops: HashMap<Subgraph, Option<u32>> = HashMap::new();
        for id in fields {
            let found = self.candidates(visits, ty, *id, banned, &mut hops);
            if found.is_empty() {
                return None;
            }
            candidates.push(found);
        }
        let visited = |subgraph: &Subgraph| visits.iter().any(|visit| visit.0 == *subgraph);
        // subgraphs without which some field has no source
        let mut certain: Vec<Subgraph> = Vec::new();
        let mut count: HashMap<Subgraph, usize> = HashMap::new();
        for found in &candidates {
            let new = |candidate: &Candidate| -> Vec<Subgraph> {
                candidate
                    .sources
                    .iter()
                    .copied()
                    .filter(|source| !visited(source))
                    .collect()
            };
            let mut needed = new(&found[0]);
            for candidate in found {
                let sources = new(candidate);
                needed.retain(|source| sources.contains(source));
                for source in sources {
                    *count.entry(source).or_default() += 1;
                }
            }
            for source in needed {
                if !certain.contains(&source) {
                    certain.push(source);
                }
            }
        }
        let mut optional: Vec<Subgraph> = count
            .keys()
            .copied()
            .filter(|subgraph| !certain.contains(subgraph))
            .collect();
        optional.sort_by_key(|subgraph| (usize::MAX - count[subgraph], *subgraph));
        if optional.len() > MAX_COMBINED {
            // every field keeps a source: its cheapest
            let (_, rest) = optional.split_at(MAX_COMBINED);
            let rest = rest.to_vec();
            optional.truncate(MAX_COMBINED);
            for found in &candidates {
                let covered = found.iter().any(|candidate| {
                    candidate.sources.iter().all(|source| {
                        visited(source) || certain.contains(source) || optional.contains(source)
                    })
                });
                if !covered && let Some(first) = found.first() {
                    certain.extend(first.sources.iter().filter(|source| rest.contains(source)));
                }
            }
            certain.sort_unstable();
            certain.dedup();
        }
        let mut best: Option<Choice> = None;
        for mask in 0..1u32 << optional.len() {
            let chosen = |source: &Subgraph| {
                visited(source)
                    || certain.contains(source)
                    || optional
                        .iter()
                        .position(|known| known == source)
                        .is_some_and(|bit| mask >> bit & 1 == 1)
            };
            let mut cost: u32 = 0;
            let mut sources = Vec::with_capacity(fields.len());
            for found in &candidates {
                let cheapest = found
                    .iter()
                    .filter(|candidate| candidate.sources.iter().all(chosen))
                    .min_by_key(|candidate| candidate.cost);
                let Some(cheapest) = cheapest else {
                    break;
                };
                cost = cost.saturating_add(cheapest.cost);
                sources.push(cheapest.sources.clone());
            }
            if sources.len() < fields.len() {
                continue;
            }
            for (subgraph, hop) in &hops {
                if sources.iter().flatten().any(|source| source == subgraph) && !visited(subgraph) {
                    cost = cost.saturating_add(hop.unwrap_or(FETCH));
                }
            }
            if best.as_ref().is_none_or(|known| cost < known.cost) {
                best = Some(Choice { cost, sources });
            }
        }
        best
    }

    /// All ways to one field, those that need no fetch first.
    fn candidates(
        &mut self,
        visits: &Visits,
        ty: TypeId,
        id: FieldId,
        banned: &Banned,
        hops: &mut HashMap<Subgraph, Option<u32>>,
    ) -> Vec<Candidate> {
        let field = self.selections.field(id);
        if field.name == "__typename" && !visits.is_empty() {
            return vec![Candidate {
                sources: SmallVec::new(),
                cost: 0,
            }];
        }
        let mut found = Vec::new();
        // visits below the field, for selections that no single one completes
        let mut partial: Vec<(Subgraph, VisitKey)> = Vec::new();
        for visit in visits {
            let Some(resolution) = self.resolve(*visit, field.name) else {
                continue;
            };
            let mut cost = 0;
            if let Some(requires) = resolution.requires {
                // the subgraph has to be asked again
                let again = self.route(visits, ty, visit.0, banned);
                let required = self.required(visits, ty, requires, banned);
                let (Some(again), Some(required)) = (again, required) else {
                    continue;
                };
                cost = again.cost.max(FETCH) + required + WAIT;
            }
            if let Some(below) = field.below {
                let child = self.child(*visit, resolution.field, field.name);
                if resolution.requires.is_none() {
                    partial.push((visit.0, child));
                }
                let Some(nested) = self.estimate(&smallvec![child], below) else {
                    continue;
                };
                cost += nested;
            }
            found.push(Candidate {
                sources: smallvec![visit.0],
                cost,
            });
        }
        if found.iter().any(|candidate| candidate.cost == 0) {
            found.retain(|candidate| candidate.cost == 0);
            found.truncate(1);
            return found;
        }
        for subgraph in self.elsewhere(ty, field.name) {
            if banned.contains(&subgraph) || visits.iter().any(|visit| visit.0 == subgraph) {
                continue;
            }
            let known = hops.get(&subgraph).copied();
            let hop = match known {
                Some(known) => known,
                None => {
                    let hop = self
                        .route(visits, ty, subgraph, banned)
                        .map(|route| route.cost);
                    hops.insert(subgraph, hop);
                    hop
                }
            };
            let Some(entity) = hop.and_then(|_| self.entity(visits, ty, subgraph)) else {
                continue;
            };
            let visit = (subgraph, entity, Provision(0));
            let Some(resolution) = self.resolve(visit, field.name) else {
                continue;
            };
            let mut cost = self.size(id, ty, 0);
            if let Some(requires) = resolution.requires {
                match self.required(visits, ty, requires, banned) {
                    Some(required) if required > 0 => cost += required + WAIT,
                    Some(_) => {}
                    None => continue,
                }
            }
            if let Some(below) = field.below {
                let child = self.child(visit, resolution.field, field.name);
                if resolution.requires.is_none() {
                    partial.push((subgraph, child));
                }
                let Some(nested) = self.estimate(&smallvec![child], below) else {
                    continue;
                };
                cost += nested;
            }
            found.push(Candidate {
                sources: smallvec![subgraph],
                cost,
            });
        }
        // an object of an abstract type may be of a type that only one of them knows
        partial.retain(|(_, visit)| !is_abstract(self.schema.ty(visit.1).kind));
        if found.is_empty()
            && let Some(below) = field.below
            && (self.repeatable || !visits.is_empty())
        {
            found.extend(self.together(&partial, below));
        }
        found
    }

    /// How much is selected by a field: of two ways with as many fetches, the one that asks less elsewhere is better.
    fn size(&mut self, id: FieldId, ty: TypeId, depth: usize) -> u32 {
        let field = self.selections.field(id);
        let named = self
            .graph
            .ty(ty)
            .and_then(|info| info.fields.get(field.name));
        let (Some(below), Some(named)) = (field.below, named) else {
            return 1;
        };
        if depth > 3 {
            return 1;
        }
        let named = named.named;
        let mut size: u32 = 1;
        for id in self.selections.fields(below, named).iter() {
            size += self.size(*id, named, depth + 1);
            if size > MAX_SIZE {
                return MAX_SIZE;
            }
        }
        size
    }

    fn required(
        &mut self,
        visits: &Visits,
        ty: TypeId,
        requires: &'a SelectionSet,
        banned: &Banned,
    ) -> Option<u32> {
        let set = self.selections.set(vec![requires], true);
        let fields = self.selections.fields(set, ty).to_vec();
        Some(self.choose(visits, ty, fields, banned)?.cost)
    }

    /// Several sources for one field, when none of them knows everything that is selected below it.
    fn together(&mut self, partial: &[(Subgraph, VisitKey)], below: SetId) -> Vec<Candidate> {
        let mut found = Vec::new();
        let mut attempt = |search: &mut Self, members: &[(Subgraph, VisitKey)]| {
            let mut visits: Visits = members.iter().map(|(_, visit)| *visit).collect();
            visits.sort_unstable();
            if let Some(cost) = search.estimate(&visits, below) {
                found.push(Candidate {
                    sources: members.iter().map(|(subgraph, _)| *subgraph).collect(),
                    cost,
                });
            }
        };
        let few = &partial[..partial.len().min(8)];
        for (index, first) in few.iter().enumerate() {
            for second in &few[index + 1..] {
                attempt(self, &[*first, *second]);
            }
        }
        if partial.len() > 2 {
            attempt(self, partial);
        }
        found
    }

    /// Subgraphs that know a field of a type, or of an interface that they take for an object.
    fn elsewhere(&self, ty: TypeId, field: &str) -> Vec<Subgraph> {
        let Some(info) = self.graph.ty(ty) else {
            return Vec::new();
        };
        let mut found: Vec<Subgraph> = Vec::new();
        if let Some(known) = info.fields.get(field) {
            found.extend(known.graphs.iter().map(|known| known.subgraph));
        }
        for interface in &info.interfaces {
            let known = self
                .graph
                .ty(*interface)
                .and_then(|info| info.fields.get(field));
            for known in known.into_iter().flat_map(|known| &known.graphs) {
                if self.graph.is_interface_object(*interface, known.subgraph) {
                    found.push(known.subgraph);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The type by which a subgraph would be asked for an object.
    fn entity(&mut self, visits: &Visits, ty: TypeId, subgraph: Subgraph) -> Option<TypeId> {
        if visits.is_empty() {
            return Some(ty);
        }
        self.entities(ty, subgraph)
            .first()
            .map(|(entity, _)| *entity)
    }

    /// Keys by which a subgraph resolves objects of a type.
    fn entities(&self, ty: TypeId, subgraph: Subgraph) -> Vec<(TypeId, &'a SelectionSet)> {
        let graph: &'a Graph = self.graph;
        let own = graph.type_in(ty, subgraph);
        let mut found: Vec<(TypeId, &'a SelectionSet)> = own
            .into_iter()
            .flat_map(|known| &known.keys)
            .map(|key| (ty, key))
            .collect();
        if own.is_none()
            && let Some(info) = graph.ty(ty)
        {
            for interface in &info.interfaces {
                if let Some(known) = graph
                    .type_in(*interface, subgraph)
                    .filter(|known| known.interface_object)
                {
                    found.extend(known.keys.iter().map(|key| (*interface, key)));
                }
            }
        }
        found
    }

    /// The cheapest way from these visits to a subgraph.
    pub(super) fn route(
        &mut self,
        visits: &Visits,
        ty: TypeId,
        subgraph: Subgraph,
        banned: &Banned,
    ) -> Option<Route<'a>> {
        if visits.is_empty() {
            self.graph.type_in(ty, subgraph)?;
            return Some(Route {
                cost: FETCH,
                entity: ty,
                key: None,
            });
        }
        if banned.contains(&subgraph) {
            return None;
        }
        let key = (visits.clone(), ty, subgraph, banned.clone());
        if let Some(known) = self.routes.get(&key) {
            return *known;
        }
        let cuts = self.cuts;
        let mut more = banned.clone();
        more.push(subgraph);
        more.sort_unstable();
        let mut best: Option<Route<'a>> = None;
        for (entity, set) in self.entities(ty, subgraph) {
            let id = self.selections.set(vec![set], true);
            let fields = self.selections.fields(id, ty).to_vec();
            let Some(choice) = self.choose(visits, ty, fields, &more) else {
                continue;
            };
            let wait = if choice.cost > 0 { WAIT } else { 0 };
            let cost = FETCH + choice.cost + wait;
            if best.is_none_or(|known| cost < known.cost) {
                best = Some(Route {
                    cost,
                    entity,
                    key: Some(set),
                });
            }
            if choice.cost == 0 {
                break;
            }
        }
        if best.is_some() || self.cuts == cuts {
            self.routes.insert(key, best);
        }
        best
    }
}
