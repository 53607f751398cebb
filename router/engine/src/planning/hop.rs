//! Fetches: where they begin, what they are sent, and what they wait for.

use std::collections::BTreeSet;

use crate::syntax::query::{Selection, SelectionSet};
use smallvec::smallvec;

use super::PlanningError;
use super::build::Builder;
use super::contextual::{ContextArgument, Taken};
use super::graph::{FieldInfo, Subgraph, is_abstract};
use super::operation::FieldId;
use super::place::{Deps, Visit, keys};
use super::search::{Banned, Provision};
use super::tree::NodeId;
use crate::request::OperationKind;
use crate::schema::TypeId;

/// A fetch while it grows.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) subgraph: Subgraph,
    /// Where its entities stand; none for an operation's own root fields.
    pub(super) place: Option<usize>,
    /// Whether it asks for root fields of the query type, which stands at its place.
    pub(super) query: bool,
    pub(super) root: NodeId,
    pub(super) deps: Deps,
    /// For objects of a type, what is sent, and the name by which the subgraph knows the type.
    pub(super) sent: Vec<(TypeId, &'a SelectionSet)>,
    pub(super) renamed: Vec<(TypeId, TypeId)>,
    /// What comes from above the entities.
    pub(super) taken: Vec<Taken<'a>>,
}

impl<'a> Builder<'a, '_> {
    /// The first visit that gives a field with all that is selected below it. Later ones would make what needs the
    /// field wait.
    pub(super) fn at_hand(&mut self, place: usize, ty: TypeId, id: FieldId) -> Option<Visit> {
        let field = self.search.selections.field(id);
        // most of many visits know nothing of the field, which is soon told from the few that do
        let mut knows: Option<(TypeId, Option<&FieldInfo>)> = None;
        self.visits(place, ty).into_iter().find(|visit| {
            let (subgraph, known, _) = visit.key;
            let info = match knows {
                Some((last, info)) if last == known => info,
                _ => {
                    let info = self.search.graph.ty(known);
                    let info = info.and_then(|info| info.fields.get(field.name));
                    knows = Some((known, info));
                    info
                }
            };
            if !info.is_some_and(|info| info.graphs.iter().any(|one| one.subgraph == subgraph)) {
                return false;
            }
            let Some(resolution) = self
                .search
                .resolve(visit.key, field.name)
                .filter(|resolution| resolution.is_plain())
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
    pub(super) fn visit(
        &mut self,
        place: usize,
        ty: TypeId,
        subgraph: Subgraph,
        field: &str,
        banned: &Banned,
    ) -> Result<Visit, PlanningError> {
        let mut requires = None;
        let mut contexts: &'a [ContextArgument] = &[];
        for visit in self.visits(place, ty) {
            if visit.key.0 != subgraph {
                continue;
            }
            match self.search.resolve(visit.key, field) {
                Some(resolution) if resolution.is_plain() => return Ok(visit),
                Some(resolution) => {
                    requires = resolution.requires;
                    contexts = resolution.contexts;
                }
                None => {}
            }
        }
        if self.places[place].path.is_empty() {
            return Ok(self.root(place, ty, subgraph));
        }
        if requires.is_none()
            && contexts.is_empty()
            && let Some(route) =
                self.search
                    .route(&keys(&self.visits(place, ty)), ty, subgraph, banned)
        {
            let there = (subgraph, route.entity, Provision(0));
            if let Some(resolution) = self.search.resolve(there, field) {
                requires = resolution.requires;
                contexts = resolution.contexts;
            }
        }
        self.hop(place, ty, subgraph, banned, (requires, contexts))
    }

    /// Leads objects of a type to a subgraph, after what is required of them and taken from above was fetched.
    pub(super) fn hop(
        &mut self,
        place: usize,
        ty: TypeId,
        subgraph: Subgraph,
        banned: &Banned,
        (requires, contexts): (Option<&'a SelectionSet>, &'a [ContextArgument]),
    ) -> Result<Visit, PlanningError> {
        let visits = keys(&self.visits(place, ty));
        let route = self
            .search
            .route(&visits, ty, subgraph, banned)
            .ok_or_else(|| self.no_way(ty, "a key"))?;
        let Some(key) = route.key else {
            return Ok(self.query(place, ty, subgraph));
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
        let (taken, above) = self.take(place, contexts)?;
        deps.extend(above);
        let group = self.group(place, (ty, route.entity), subgraph, requires, deps);
        self.note_taken(group, taken);
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
    pub(super) fn root(&mut self, place: usize, ty: TypeId, subgraph: Subgraph) -> Visit {
        let deps = if self.kind == OperationKind::Mutation {
            (0..self.groups.len()).collect()
        } else {
            Deps::new()
        };
        let root = self.forest.new_node();
        self.groups.push(Group {
            subgraph,
            place: None,
            query: false,
            root,
            deps,
            sent: Vec::new(),
            renamed: Vec::new(),
            taken: Vec::new(),
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
                && !known.query
                && (self.late_from == usize::MAX || self.is_late(*group))
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
        self.new_group(place, subgraph, deps)
    }

    fn new_group(&mut self, place: usize, subgraph: Subgraph, deps: Deps) -> usize {
        let root = self.forest.new_node();
        self.groups.push(Group {
            subgraph,
            place: Some(place),
            query: false,
            root,
            deps,
            sent: Vec::new(),
            renamed: Vec::new(),
            taken: Vec::new(),
        });
        let group = self.groups.len() - 1;
        self.places[place].groups.push(group);
        group
    }

    /// A fetch of root fields for objects of the query type that stand at a place below the root: no key is needed, but
    /// what gives the objects comes first.
    fn query(&mut self, place: usize, ty: TypeId, subgraph: Subgraph) -> Visit {
        let mut deps = self.places[place].typed.clone();
        if let Some(namer) = self.namer(place, ty) {
            if is_abstract(self.search.schema.ty(self.places[place].ty).kind) {
                let node = self.node(namer);
                self.forest.add_typename(node, None);
            }
            deps.insert(namer.group);
        }
        let known = self.places[place].groups.iter().copied().find(|group| {
            let known = &self.groups[*group];
            known.subgraph == subgraph
                && known.query
                && (self.late_from == usize::MAX || self.is_late(*group))
                && !deps.iter().any(|dep| depends(&self.groups, *dep, *group))
        });
        let group = match known {
            Some(group) => {
                self.groups[group].deps.extend(deps);
                group
            }
            None => self.new_group(place, subgraph, deps),
        };
        self.groups[group].query = true;
        let visit = Visit {
            key: (subgraph, ty, Provision(0)),
            group,
            node: self.groups[group].root,
            narrow: None,
            by_key: true,
        };
        let by_type = &mut self.places[place].by_type;
        if !by_type.iter().any(|(_, known)| known.node == visit.node) {
            by_type.push((ty, visit));
        }
        visit
    }
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
