//! Builds fetches along the cheapest choices: walks the places of the answer, puts every field into the fetch of a
//! subgraph that has the object in hand, and begins a fetch where a key leads to another subgraph.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use graphql_tools::static_graphql::query::{Selection, SelectionSet};
use smallvec::{SmallVec, smallvec};

use super::PlanningError;
use super::graph::{Subgraph, is_abstract};
use super::operation::{FieldId, SetId};
use super::search::{Banned, Provision, Search, VisitKey, Visits};
use super::tree::{Forest, NodeId};
use crate::plan::{PathStep, Symbols};
use crate::request::OperationKind;
use crate::schema::{TypeId, TypeKind, TypeSet};

/// Fetches that something depends on.
type Deps = BTreeSet<usize>;

/// Selections of a plan; more come from a document that was made to blow up.
const MAX_NODES: usize = 100_000;
/// Fetches of a plan.
const MAX_GROUPS: usize = 2_000;
/// Keys and requirements that wait for each other.
const MAX_DEPTH: usize = 256;

/// A fetch while it grows.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) subgraph: Subgraph,
    /// Where its entities stand; none for root fields.
    pub(super) place: Option<usize>,
    pub(super) root: NodeId,
    pub(super) deps: Deps,
    /// For objects of a type, what is sent, and the name by which the subgraph knows the type.
    pub(super) sent: Vec<(TypeId, &'a SelectionSet)>,
    pub(super) renamed: Vec<(TypeId, TypeId)>,
}

/// A subgraph that has the objects of a place in hand.
#[derive(Debug, Clone, Copy)]
struct Visit {
    key: VisitKey,
    group: usize,
    node: NodeId,
    /// The type of the objects that are meant, where the selection is about more.
    narrow: Option<TypeId>,
    /// Whether a key led here.
    by_key: bool,
}

/// A place in the answer.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) path: Vec<PathStep>,
    /// The type that clients know.
    pub(super) ty: TypeId,
    /// Visits of everything that stands here.
    visits: Vec<Visit>,
    /// Visits of the objects of one type.
    by_type: Vec<(TypeId, Visit)>,
    /// Fetches of entities that stand here.
    groups: Vec<usize>,
    children: HashMap<(Rc<str>, TypeId), usize>,
    /// Fetches that tell the types on which the path depends.
    typed: Deps,
    /// Subgraphs that could give what stands here, with the types that they give.
    givers: Vec<(Subgraph, TypeId)>,
}

/// Builds the fetches of one operation.
pub(super) struct Builder<'a, 's> {
    pub(super) search: Search<'a>,
    pub(super) symbols: &'s mut Symbols,
    pub(super) forest: Forest<'a>,
    pub(super) groups: Vec<Group<'a>>,
    pub(super) places: Vec<Place>,
    kind: OperationKind,
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
        let place = self.new_place(Vec::new(), root, Vec::new(), Deps::new());
        if self.kind != OperationKind::Mutation {
            self.fields(place, root, &fields, &Banned::new())?;
            return Ok(());
        }
        // strictly in order: a field begins when everything before it is done, in the same fetch where it can be
        for field in fields {
            let last = self.places[place].visits.pop();
            self.places[place].visits.clear();
            if let Some(last) = last {
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

    fn new_place(
        &mut self,
        path: Vec<PathStep>,
        ty: TypeId,
        visits: Vec<Visit>,
        typed: Deps,
    ) -> usize {
        self.places.push(Place {
            path,
            ty,
            visits,
            by_type: Vec::new(),
            groups: Vec::new(),
            children: HashMap::new(),
            typed,
            givers: Vec::new(),
        });
        self.places.len() - 1
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
            self.hop(place, interface, subgraph, &Banned::new(), None)?;
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

    /// Objects that may stand at a place. A union's members are those that every subgraph knows which could have
    /// given it: which of them is asked must not show.
    fn objects(&self, place: usize, visits: &Visits, set: SetId) -> Vec<TypeId> {
        let mut objects = self.search.objects(visits, set);
        let place = &self.places[place];
        if self.search.schema.ty(place.ty).kind == TypeKind::Union {
            objects.retain(|object| {
                place.givers.iter().all(|(subgraph, ty)| {
                    self.search.graph.possible(*ty, *subgraph).contains(object)
                })
            });
        }
        objects
    }

    /// The subgraphs that could give a field at a place, with the types that they give.
    fn givers(&self, place: usize, ty: TypeId, field: &str) -> Vec<(Subgraph, TypeId)> {
        let graph = self.search.graph;
        let Some(info) = graph.ty(ty) else {
            return Vec::new();
        };
        let place = &self.places[place];
        let could = |subgraph: Subgraph| {
            place.path.is_empty()
                || place.givers.iter().any(|(known, _)| *known == subgraph)
                || graph
                    .type_in(ty, subgraph)
                    .is_some_and(|known| !known.keys.is_empty())
        };
        info.fields
            .get(field)
            .into_iter()
            .flat_map(|known| &known.graphs)
            .filter(|known| !known.external && known.is_on(self.search.side))
            .filter(|known| could(known.subgraph))
            .map(|known| (known.subgraph, known.named))
            .collect()
    }

    /// Completes fields of objects of one type at a place.
    fn fields(
        &mut self,
        place: usize,
        ty: TypeId,
        fields: &[FieldId],
        banned: &Banned,
    ) -> Result<Deps, PlanningError> {
        self.depth += 1;
        let too_much = self.depth > MAX_DEPTH
            || self.forest.len() > MAX_NODES
            || self.groups.len() > MAX_GROUPS
            || !self.search.step();
        let deps = if too_much {
            Err(PlanningError::TooMuch)
        } else {
            self.fields_within(place, ty, fields, banned)
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
        let visits = keys(&self.visits(place, ty));
        let Some(choice) = self.search.choose(&visits, ty, fields.to_vec(), banned) else {
            if self.search.exhausted {
                return Err(PlanningError::TooMuch);
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
            let below = self.forest.add(node, &field, resolution.field);
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
                self.places[place]
                    .children
                    .insert((Rc::clone(&field.key), ty), child);
                child
            }
        };
        Ok(Some((child, set)))
    }

    /// All visits that have objects of a type in hand.
    fn visits(&self, place: usize, ty: TypeId) -> Vec<Visit> {
        let place = &self.places[place];
        let general = place.visits.iter().filter_map(|visit| {
            let key = self.search.narrow(visit.key, ty)?;
            // what a key brought of an interface's objects is for all of them: nothing is added for some
            if visit.by_key && key.1 != ty {
                return None;
            }
            Some(Visit {
                narrow: (key != visit.key).then_some(ty),
                key,
                ..*visit
            })
        });
        let special = place
            .by_type
            .iter()
            .filter(|(known, _)| *known == ty)
            .map(|(_, visit)| *visit);
        general.chain(special).collect()
    }

    /// The visit that knows the names of the objects' types; an interface's name is enough for what is asked of it.
    fn namer(&self, place: usize, ty: TypeId) -> Option<Visit> {
        let visits = self.visits(place, ty);
        if is_abstract(self.search.schema.ty(ty).kind) {
            return visits.first().copied();
        }
        visits
            .iter()
            .find(|visit| !self.search.is_interface_object(visit.key))
            .or(visits.first())
            .copied()
    }

    /// The selection of a visit's objects.
    fn node(&mut self, visit: Visit) -> NodeId {
        match visit.narrow {
            Some(ty) => self.forest.fragment(visit.node, ty),
            None => visit.node,
        }
    }

    /// The first visit that gives a field with all that is selected below it. Later ones would make what needs the
    /// field wait.
    fn at_hand(&mut self, place: usize, ty: TypeId, id: FieldId) -> Option<Visit> {
        let field = self.search.selections.field(id);
        self.visits(place, ty).into_iter().find(|visit| {
            let Some(resolution) = self
                .search
                .resolve(visit.key, field.name)
                .filter(|resolution| resolution.requires.is_none())
            else {
                return false;
            };
            field.below.is_none_or(|below| {
                let child = self.search.child(visit.key, resolution.field, field.name);
                self.search.estimate(&smallvec![child], below) == Some(0)
            })
        })
    }

    /// A visit of a subgraph that resolves a field.
    fn visit(
        &mut self,
        place: usize,
        ty: TypeId,
        subgraph: Subgraph,
        field: &str,
        banned: &Banned,
    ) -> Result<Visit, PlanningError> {
        let mut requires = None;
        for visit in self.visits(place, ty) {
            if visit.key.0 != subgraph {
                continue;
            }
            match self.search.resolve(visit.key, field) {
                Some(resolution) if resolution.requires.is_none() => return Ok(visit),
                Some(resolution) => requires = resolution.requires,
                None => {}
            }
        }
        if self.places[place].path.is_empty() {
            return Ok(self.root(place, ty, subgraph));
        }
        if requires.is_none()
            && let Some(route) =
                self.search
                    .route(&keys(&self.visits(place, ty)), ty, subgraph, banned)
        {
            let there = (subgraph, route.entity, Provision(0));
            requires = self
                .search
                .resolve(there, field)
                .and_then(|resolution| resolution.requires);
        }
        self.hop(place, ty, subgraph, banned, requires)
    }

    /// Leads objects of a type to a subgraph, after what is required was fetched.
    fn hop(
        &mut self,
        place: usize,
        ty: TypeId,
        subgraph: Subgraph,
        banned: &Banned,
        requires: Option<&'a SelectionSet>,
    ) -> Result<Visit, PlanningError> {
        let visits = keys(&self.visits(place, ty));
        let route = self
            .search
            .route(&visits, ty, subgraph, banned)
            .ok_or_else(|| self.no_way(ty, "a key"))?;
        let Some(key) = route.key else {
            return Err(self.no_way(ty, "a key"));
        };
        let mut deps = self.places[place].typed.clone();
        if let Some(namer) = self.namer(place, ty) {
            let node = self.node(namer);
            self.forest.add_typename(node, None);
            deps.insert(namer.group);
        }
        let mut more = banned.clone();
        more.push(subgraph);
        more.sort_unstable();
        let set = self.search.selections.set(vec![key], true);
        let fields = self.search.selections.fields(set, ty).to_vec();
        deps.extend(self.fields(place, ty, &fields, &more)?);
        if let Some(requires) = requires {
            let set = self.search.selections.set(vec![requires], true);
            let fields = self.search.selections.fields(set, ty).to_vec();
            deps.extend(self.fields(place, ty, &fields, banned)?);
        }
        let group = self.group(place, (ty, route.entity), subgraph, requires, deps);
        let sent = &mut self.groups[group].sent;
        let has_key = sent
            .iter()
            .any(|(known, set)| *known == ty && std::ptr::eq(*set, key));
        if !has_key {
            sent.push((ty, key));
        }
        if let Some(requires) = requires
            && !sent
                .iter()
                .any(|(known, set)| *known == ty && std::ptr::eq(*set, requires))
        {
            sent.push((ty, requires));
        }
        let renamed = (ty, route.entity);
        // an interface's objects are renamed even where the interface is all that is known of them
        if (ty != route.entity || is_abstract(self.search.schema.ty(ty).kind))
            && !self.groups[group].renamed.contains(&renamed)
        {
            self.groups[group].renamed.push(renamed);
        }
        let root = self.groups[group].root;
        let node = self.forest.fragment(root, route.entity);
        let visit = Visit {
            key: (subgraph, route.entity, Provision(0)),
            group,
            node,
            narrow: None,
            by_key: true,
        };
        let place = &mut self.places[place];
        if is_abstract(self.search.schema.ty(ty).kind) {
            if !place.visits.iter().any(|known| known.node == node) {
                place.visits.push(visit);
            }
        } else if !place
            .by_type
            .iter()
            .any(|(known, visit)| *known == ty && visit.node == node)
        {
            place.by_type.push((ty, visit));
        }
        Ok(visit)
    }

    /// A fetch of root fields.
    fn root(&mut self, place: usize, ty: TypeId, subgraph: Subgraph) -> Visit {
        let deps = if self.kind == OperationKind::Mutation {
            (0..self.groups.len()).collect()
        } else {
            Deps::new()
        };
        let root = self.forest.new_node();
        self.groups.push(Group {
            subgraph,
            place: None,
            root,
            deps,
            sent: Vec::new(),
            renamed: Vec::new(),
        });
        let visit = Visit {
            key: (subgraph, ty, Provision(0)),
            group: self.groups.len() - 1,
            node: root,
            narrow: None,
            by_key: false,
        };
        self.places[place].visits.push(visit);
        visit
    }

    /// A fetch of entities at a place that can wait for `deps`.
    fn group(
        &mut self,
        place: usize,
        (ty, entity): (TypeId, TypeId),
        subgraph: Subgraph,
        requires: Option<&SelectionSet>,
        deps: Deps,
    ) -> usize {
        let known = self.places[place].groups.iter().copied().find(|group| {
            let known = &self.groups[*group];
            // an interface's objects look the same to a subgraph that takes the interface for an object
            let apart = entity != ty || known.renamed.iter().any(|(_, name)| *name == entity);
            known.subgraph == subgraph
                && (!apart || known.sent.iter().all(|(sent, _)| *sent == ty))
                && requires.is_none_or(|requires| {
                    known
                        .sent
                        .iter()
                        .all(|(_, sent)| !contradict(sent, requires))
                })
                && !deps.iter().any(|dep| depends(&self.groups, *dep, *group))
        });
        if let Some(group) = known {
            self.groups[group].deps.extend(deps);
            return group;
        }
        let root = self.forest.new_node();
        self.groups.push(Group {
            subgraph,
            place: Some(place),
            root,
            deps,
            sent: Vec::new(),
            renamed: Vec::new(),
        });
        let group = self.groups.len() - 1;
        self.places[place].groups.push(group);
        group
    }

    fn no_way(&self, ty: TypeId, field: &str) -> PlanningError {
        PlanningError::NoWay(format!("{}.{field}", self.search.schema.ty(ty).name))
    }
}

fn keys(visits: &[Visit]) -> Visits {
    let mut keys: Visits = visits.iter().map(|visit| visit.key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

pub(super) fn only(ty: TypeId) -> TypeSet {
    let mut set = TypeSet::default();
    set.insert(ty);
    set
}

/// Whether two requirements ask for the same field with different arguments: an entity has room for one value.
fn contradict(one: &SelectionSet, other: &SelectionSet) -> bool {
    one.items.iter().any(|selection| {
        other.items.iter().any(|other| match (selection, other) {
            (Selection::Field(one), Selection::Field(other)) => {
                one.name == other.name
                    && (one.arguments != other.arguments
                        || contradict(&one.selection_set, &other.selection_set))
            }
            (Selection::InlineFragment(one), Selection::InlineFragment(other)) => {
                contradict(&one.selection_set, &other.selection_set)
            }
            _ => false,
        })
    })
}

/// Whether `group` is `other` or waits for it.
pub(super) fn depends(groups: &[Group<'_>], group: usize, other: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![group];
    while let Some(next) = open.pop() {
        if next == other {
            return true;
        }
        if seen.insert(next) {
            open.extend(&groups[next].deps);
        }
    }
    false
}
