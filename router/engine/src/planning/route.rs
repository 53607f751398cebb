//! By which keys objects are led from one subgraph to another.

use crate::syntax::query::SelectionSet;

use super::graph::{Graph, Subgraph};
use super::operation::SetId;
use super::search::{Banned, FETCH, Provision, Search, Visits, WAIT};
use crate::schema::TypeId;

/// The way to a subgraph.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route<'a> {
    pub(super) cost: u32,
    /// The type by which the subgraph knows the entity.
    pub(super) entity: TypeId,
    /// What it is asked with; none for root fields.
    pub(super) key: Option<&'a SelectionSet>,
}

impl<'a> Search<'a> {
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

    /// Subgraphs that know a field of a type, or of an interface that they take for an object.
    pub(super) fn elsewhere(&self, ty: TypeId, field: &str) -> Vec<Subgraph> {
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
    pub(super) fn entity(
        &mut self,
        visits: &Visits,
        ty: TypeId,
        subgraph: Subgraph,
    ) -> Option<TypeId> {
        if visits.is_empty() || self.is_query(ty) {
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
        if visits.is_empty() || self.is_query(ty) {
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
