//! Which subgraphs to take the fields of one type from.

use std::collections::HashMap;
use std::rc::Rc;

use crate::syntax::query::SelectionSet;
use smallvec::{SmallVec, smallvec};

use super::graph::{Subgraph, is_abstract};
use super::operation::{FieldId, SetId};
use super::search::{Banned, FETCH, Provision, Search, VisitKey, Visits, WAIT};
use crate::schema::TypeId;

/// More subgraphs than this are not tried in every combination.
const MAX_COMBINED: usize = 6;
/// The most that the size of a selection counts for when it is fetched elsewhere.
const MAX_SIZE: u32 = 100;

/// Where the fields of a list come from.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) cost: u32,
    /// For every field, the subgraphs that resolve it: several when no one knows all that is selected below.
    pub(super) sources: Vec<SmallVec<[Subgraph; 2]>>,
}

/// One way to a field.
struct Candidate {
    sources: SmallVec<[Subgraph; 2]>,
    cost: u32,
}

impl<'a> Search<'a> {
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
        // the engine answers `__schema` and `__type` itself
        if field.name.starts_with("__") && !visits.is_empty() {
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
            } else if !resolution.contexts.is_empty() {
                let Some(again) = self.route(visits, ty, visit.0, banned) else {
                    continue;
                };
                cost = again.cost.max(FETCH) + WAIT;
            }
            if let Some(below) = field.below {
                let child = self.child(*visit, resolution.field, field.name);
                if resolution.is_plain() {
                    partial.push((visit.0, child));
                }
                let Some(nested) = self.estimate(&smallvec![child], below) else {
                    continue;
                };
                cost += nested;
            }
            let candidate = Candidate {
                sources: smallvec![visit.0],
                cost,
            };
            if cost == 0 {
                // no other is better
                return vec![candidate];
            }
            found.push(candidate);
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
                if resolution.is_plain() {
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
}
