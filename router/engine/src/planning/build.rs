//! Builds fetches along the cheapest choices: walks the places of the answer, puts every field into the fetch of a
//! subgraph that has the object in hand, and begins a fetch where a key leads to another subgraph.

use std::rc::Rc;

use crate::syntax::query::SelectionSet;
use smallvec::SmallVec;

use super::PlanningError;
use super::graph::is_abstract;
use super::hop::Group;
use super::operation::{FieldId, SetId};
use super::place::{Deps, Place, Visit, keys};
use super::search::{Banned, Search, Visits};
use super::tree::Forest;
use crate::plan::{PathStep, Symbols};
use crate::request::OperationKind;
use crate::schema::{TypeId, TypeSet};

/// Selections of a plan; more come from a document that was made to blow up.
const MAX_NODES: usize = 100_000;
/// Fetches of a plan.
const MAX_GROUPS: usize = 2_000;
/// Keys and requirements that wait for each other.
const MAX_DEPTH: usize = 256;

/// Builds the fetches of one operation.
pub(super) struct Builder<'a, 's> {
    pub(super) search: Search<'a>,
    pub(super) symbols: &'s mut Symbols,
    pub(super) forest: Forest<'a>,
    pub(super) groups: Vec<Group<'a>>,
    pub(super) places: Vec<Place>,
    pub(super) kind: OperationKind,
    /// Fetches from this one on are only for deferred fragments.
    pub(super) late_from: usize,
    root: Option<usize>,
    depth: usize,
}

impl<'a, 's> Builder<'a, 's> {
    pub(super) fn new(search: Search<'a>, symbols: &'s mut Symbols, kind: OperationKind) -> Self {
        Self {
            search,
            symbols,
            forest: Forest::default(),
            groups: Vec::new(),
            places: Vec::new(),
            kind,
            late_from: usize::MAX,
            root: None,
            depth: 0,
        }
    }

    /// Builds everything for the root selection.
    pub(super) fn operation(
        &mut self,
        root: TypeId,
        set: &'a SelectionSet,
    ) -> Result<(), PlanningError> {
        self.search.repeatable = self.kind == OperationKind::Query;
        let set = self.search.selections.set(vec![set], false);
        let fields = self.search.selections.fields(set, root).to_vec();
        let place = match self.root {
            Some(place) => place,
            None => self.new_place(Vec::new(), root, Vec::new(), Deps::new()),
        };
        self.root = Some(place);
        if self.kind != OperationKind::Mutation {
            self.fields(place, root, &fields, &Banned::new())?;
            return Ok(());
        }
        // strictly in order: a field begins when everything before it is done, in the same fetch where it can be
        for field in fields {
            let last = self.places[place].visits.pop();
            self.places[place].visits.clear();
            // root fields below the one before are read before this one changes anything
            if let Some(last) = last
                && !self.groups[last.group..].iter().any(|group| group.query)
            {
                let here: Visits = SmallVec::from_slice(&[last.key]);
                let choice = self.search.choose(&here, root, vec![field], &Banned::new());
                if choice.is_some_and(|choice| choice.sources[0].as_slice() == [last.key.0]) {
                    self.places[place].visits.push(last);
                }
            }
            self.fields(place, root, &[field], &Banned::new())?;
        }
        Ok(())
    }

    /// Everything that is built from now on is only for deferred fragments.
    pub(super) fn begin_late(&mut self) {
        self.late_from = self.groups.len();
    }

    pub(super) fn is_late(&self, group: usize) -> bool {
        group >= self.late_from
    }

    /// Completes a selection at a place and gives the fetches that it comes from.
    fn set(&mut self, place: usize, set: SetId) -> Result<Deps, PlanningError> {
        let visits = keys(&self.places[place].visits);
        let all_interface_objects = visits
            .iter()
            .all(|visit| self.search.is_interface_object(*visit));
        if all_interface_objects {
            let Some(interface) = visits.first().map(|visit| visit.1) else {
                return Ok(Deps::new());
            };
            if !self.search.needs_type(interface, set) {
                let fields = self.search.selections.fields(set, interface).to_vec();
                return self.fields(place, interface, &fields, &Banned::new());
            }
            let (_, subgraph) = self
                .search
                .unveil(&visits, set)
                .ok_or_else(|| self.no_way(interface, "__typename"))?;
            self.hop(place, interface, subgraph, &Banned::new(), (None, &[]))?;
        }
        let visits = keys(&self.places[place].visits);
        let mut deps = Deps::new();
        let is_varied = |ty: TypeId| is_abstract(self.search.schema.ty(ty).kind);
        let first = self.places[place]
            .visits
            .iter()
            .find(|visit| !self.search.is_interface_object(visit.key))
            .copied();
        if let Some(first) = first
            && (is_varied(self.places[place].ty) || is_varied(first.key.1))
        {
            self.forest.add_typename(first.node, None);
            deps.insert(first.group);
        }
        let mut common = Vec::new();
        if let Some((interface, fields)) = self.search.common(&visits, set) {
            deps.extend(self.fields(place, interface, &fields, &Banned::new())?);
            common = fields;
        }
        for object in self.objects(place, &visits, set) {
            let fields = self.search.special(set, object, &common);
            deps.extend(self.fields(place, object, &fields, &Banned::new())?);
        }
        Ok(deps)
    }

    /// Completes fields of objects of one type at a place.
    pub(super) fn fields(
        &mut self,
        place: usize,
        ty: TypeId,
        fields: &[FieldId],
        banned: &Banned,
    ) -> Result<Deps, PlanningError> {
        self.depth += 1;
        let limit = if self.depth > MAX_DEPTH {
            Some("depth")
        } else if self.forest.len() > MAX_NODES {
            Some("selections")
        } else if self.groups.len() > MAX_GROUPS {
            Some("fetches")
        } else if !self.search.step() {
            Some(self.search.reached())
        } else {
            None
        };
        let deps = match limit {
            Some(limit) => Err(PlanningError::TooMuch(limit)),
            None => self.fields_within(place, ty, fields, banned),
        };
        self.depth -= 1;
        deps
    }

    fn fields_within(
        &mut self,
        place: usize,
        ty: TypeId,
        fields: &[FieldId],
        banned: &Banned,
    ) -> Result<Deps, PlanningError> {
        let mut deps = Deps::new();
        if fields.is_empty() {
            return Ok(deps);
        }
        // every subgraph can be asked at the root
        let visits = if self.places[place].path.is_empty() {
            Visits::new()
        } else {
            keys(&self.visits(place, ty))
        };
        let Some(choice) = self.search.choose(&visits, ty, fields.to_vec(), banned) else {
            if self.search.exhausted {
                return Err(PlanningError::TooMuch(self.search.reached()));
            }
            let lost = fields.iter().copied().find(|field| {
                self.search
                    .choose(&visits, ty, vec![*field], banned)
                    .is_none()
            });
            let name = lost.map_or("", |field| self.search.selections.field(field).name);
            return Err(self.no_way(ty, name));
        };
        let mut below = Vec::new();
        for (id, sources) in fields.iter().zip(&choice.sources) {
            let field = self.search.selections.field(*id);
            if field.name == "__typename" {
                let first = self.namer(place, ty);
                if let Some(first) = first {
                    let node = self.node(first);
                    self.forest.add_typename(node, Some(&field.key));
                    deps.insert(first.group);
                }
                continue;
            }
            if field.name.starts_with("__") {
                continue;
            }
            let mut found = Vec::with_capacity(sources.len());
            if let Some(visit) = self.at_hand(place, ty, *id) {
                found.push(visit);
            } else {
                for source in sources {
                    found.push(self.visit(place, ty, *source, field.name, banned)?);
                }
            }
            deps.extend(found.iter().map(|visit| visit.group));
            if let Some(child) = self.add(place, ty, *id, &found)? {
                below.push(child);
            }
        }
        for (child, set) in below {
            deps.extend(self.set(child, set)?);
        }
        Ok(deps)
    }

    /// Adds a field to the fetches of these visits. What is selected below it comes later.
    fn add(
        &mut self,
        place: usize,
        ty: TypeId,
        id: FieldId,
        visits: &[Visit],
    ) -> Result<Option<(usize, SetId)>, PlanningError> {
        let field = self.search.selections.field(id);
        let mut children = Vec::with_capacity(visits.len());
        for visit in visits {
            let node = self.node(*visit);
            let resolution = self
                .search
                .resolve(visit.key, field.name)
                .ok_or_else(|| self.no_way(ty, field.name))?;
            let taken = self.taken(visit.group, resolution.contexts);
            let below = self.forest.add(node, &field, resolution.field, taken);
            if let Some(below) = below {
                let key = self.search.child(visit.key, resolution.field, field.name);
                children.push(Visit {
                    key,
                    group: visit.group,
                    node: below,
                    narrow: None,
                    by_key: false,
                });
            }
        }
        let Some(set) = field.below else {
            return Ok(None);
        };
        let known = self.places[place]
            .children
            .get(&(Rc::clone(&field.key), ty))
            .copied();
        let child = match known {
            Some(child) => {
                for visit in children {
                    let visits = &mut self.places[child].visits;
                    if !visits.iter().any(|known| known.node == visit.node) {
                        visits.push(visit);
                    }
                }
                child
            }
            None => {
                let parent = &self.places[place];
                let mut path = parent.path.clone();
                let mut typed = parent.typed.clone();
                let above = self.search.schema.ty(parent.ty);
                if is_abstract(above.kind) && !is_abstract(self.search.schema.ty(ty).kind) {
                    path.push(PathStep::Type(only(ty)));
                    typed.extend(self.namer(place, ty).map(|namer| namer.group));
                }
                path.push(PathStep::Field(self.symbols.intern(&field.key)));
                let named = self
                    .search
                    .graph
                    .ty(ty)
                    .and_then(|info| info.fields.get(field.name))
                    .map_or_else(|| children[0].key.1, |info| info.named);
                let givers = self.givers(place, ty, field.name);
                let child = self.new_place(path, named, children, typed);
                self.places[child].givers = givers;
                self.places[child].parent = Some((place, ty));
                self.places[place]
                    .children
                    .insert((Rc::clone(&field.key), ty), child);
                child
            }
        };
        Ok(Some((child, set)))
    }

    pub(super) fn no_way(&self, ty: TypeId, field: &str) -> PlanningError {
        PlanningError::NoWay(format!("{}.{field}", self.search.schema.ty(ty).name))
    }
}

pub(super) fn only(ty: TypeId) -> TypeSet {
    let mut set = TypeSet::default();
    set.insert(ty);
    set
}
