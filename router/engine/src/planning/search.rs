//! Which subgraphs to ask: the fewest fetches that complete a selection, estimated before anything is built.
//!
//! A place in the answer is seen by *visits*: subgraphs that have the object in hand. A field is resolved by one of
//! them, or by another subgraph that a key leads to, whose fields may have to be fetched first. Every sub-problem is
//! solved once; a sub-problem that needs itself has no solution on that way. All work is counted, so that an
//! operation made to be hard ends in an error.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Instant;

use crate::syntax::query::{Selection, SelectionSet};
use smallvec::SmallVec;

use super::PlanningError;
use super::choice::Choice;
use super::contextual::ContextArgument;
use super::graph::{FieldGraph, Graph, Side, Subgraph, is_abstract};
use super::operation::{FieldId, Selections, SetId};
use super::route::Route;
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
pub(super) const FETCH: u32 = 1000;
pub(super) const WAIT: u32 = 10;
/// Fetches that travel together count this many times less.
const MANY: u32 = 100;

/// Sub-problems per operation; large operations over large supergraphs take some ten thousand.
const MAX_WORK: usize = 400_000;

/// A field as a visit resolves it.
#[derive(Clone, Copy)]
pub(super) struct Resolution<'a> {
    pub(super) field: &'a FieldGraph,
    /// What must be sent before it is resolved.
    pub(super) requires: Option<&'a SelectionSet>,
    /// What must be taken from above.
    pub(super) contexts: &'a [ContextArgument],
}

impl Resolution<'_> {
    /// Whether nothing has to be fetched before.
    pub(super) fn is_plain(&self) -> bool {
        self.requires.is_none() && self.contexts.is_empty()
    }
}

pub(super) type ChoiceKey = (Visits, TypeId, Vec<FieldId>, Banned);
pub(super) type RouteKey = (Visits, TypeId, Subgraph, Banned);

/// Hashes keys as long as an operation has subgraphs; they are numbers of our own, seeded for each process.
type State = foldhash::fast::RandomState;

/// The search for one operation.
pub(super) struct Search<'a> {
    pub(super) graph: &'a Graph,
    pub(super) schema: &'a Schema,
    pub(super) side: Side<'a>,
    pub(super) selections: Selections<'a>,
    /// Whether root fields may be asked twice: not those that change something.
    pub(super) repeatable: bool,
    pub(super) provisions: Vec<Vec<&'a SelectionSet>>,
    pub(super) provision_ids: HashMap<Vec<usize>, Provision>,
    pub(super) sets: HashMap<(Visits, SetId), Option<u32>, State>,
    pub(super) choices: HashMap<ChoiceKey, Option<Rc<Choice>>, State>,
    pub(super) routes: HashMap<RouteKey, Option<Route<'a>>, State>,
    pub(super) open_sets: HashSet<(Visits, SetId), State>,
    pub(super) open_choices: HashSet<ChoiceKey, State>,
    /// How often a sub-problem met itself.
    pub(super) cuts: usize,
    pub(super) work: usize,
    pub(super) deadline: Instant,
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
            sets: HashMap::default(),
            choices: HashMap::default(),
            routes: HashMap::default(),
            open_sets: HashSet::default(),
            open_choices: HashSet::default(),
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

    /// The limit that was reached when there was too much work.
    pub(super) fn reached(&self) -> &'static str {
        if self.work > MAX_WORK {
            "work"
        } else {
            PlanningError::TIME
        }
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
                        if self.schema.applies(fragment.type_condition.as_ref(), ty) =>
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
                    .is_some_and(|resolution| resolution.is_plain())
            });
            return everywhere.then_some(Resolution {
                field,
                requires: None,
                contexts: &[],
            });
        }
        if provision.0 != 0 && self.provided(provision, ty, name).is_some() {
            return Some(Resolution {
                field,
                requires: None,
                contexts: &field.contexts,
            });
        }
        (!field.external && field.is_on(self.side)).then_some(Resolution {
            field,
            requires: field.requires.as_ref(),
            contexts: &field.contexts,
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

    /// Whether it is the type of a query's root: its fields can be asked of every subgraph, wherever an object of it
    /// stands.
    pub(super) fn is_query(&self, ty: TypeId) -> bool {
        ty == self.schema.query
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
}
