//! Places of the answer, and who has in hand what stands there.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::build::Builder;
use super::graph::{Subgraph, is_abstract};
use super::operation::SetId;
use super::search::{VisitKey, Visits};
use super::tree::NodeId;
use crate::plan::PathStep;
use crate::schema::{TypeId, TypeKind};

/// Fetches that something depends on.
pub(super) type Deps = BTreeSet<usize>;

/// A subgraph that has the objects of a place in hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit {
    pub(super) key: VisitKey,
    pub(super) group: usize,
    pub(super) node: NodeId,
    /// The type of the objects that are meant, where the selection is about more.
    pub(super) narrow: Option<TypeId>,
    /// Whether a key led here.
    pub(super) by_key: bool,
}

/// A place in the answer.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) path: Vec<PathStep>,
    /// The place above, and the type that the field stands at there.
    pub(super) parent: Option<(usize, TypeId)>,
    /// The type that clients know.
    pub(super) ty: TypeId,
    /// Visits of everything that stands here.
    pub(super) visits: Vec<Visit>,
    /// Visits of the objects of one type.
    pub(super) by_type: Vec<(TypeId, Visit)>,
    /// Fetches of entities that stand here.
    pub(super) groups: Vec<usize>,
    pub(super) children: HashMap<(Rc<str>, TypeId), usize>,
    /// Fetches that tell the types on which the path depends.
    pub(super) typed: Deps,
    /// Subgraphs that could give what stands here, with the types that they give.
    pub(super) givers: Vec<(Subgraph, TypeId)>,
}

impl Builder<'_, '_> {
    pub(super) fn new_place(
        &mut self,
        path: Vec<PathStep>,
        ty: TypeId,
        visits: Vec<Visit>,
        typed: Deps,
    ) -> usize {
        self.places.push(Place {
            path,
            parent: None,
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

    /// Objects that may stand at a place. A union's members are those that every subgraph knows which could have
    /// given it: which of them is asked must not show.
    pub(super) fn objects(&self, place: usize, visits: &Visits, set: SetId) -> Vec<TypeId> {
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
    pub(super) fn givers(&self, place: usize, ty: TypeId, field: &str) -> Vec<(Subgraph, TypeId)> {
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

    /// All visits that have objects of a type in hand.
    pub(super) fn visits(&self, place: usize, ty: TypeId) -> Vec<Visit> {
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
    pub(super) fn namer(&self, place: usize, ty: TypeId) -> Option<Visit> {
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
    pub(super) fn node(&mut self, visit: Visit) -> NodeId {
        match visit.narrow {
            Some(ty) => self.forest.fragment(visit.node, ty),
            None => visit.node,
        }
    }
}

pub(super) fn keys(visits: &[Visit]) -> Visits {
    let mut keys: Visits = visits.iter().map(|visit| visit.key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
