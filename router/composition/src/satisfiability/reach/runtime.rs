//! The objects behind a field, and whether subgraphs that share it have some in common

use super::{Place, Reach, Target};
use crate::ast::{HashMap, Kind};
use crate::satisfiability::model::TypeIx;

impl Reach<'_> {
    /// Do the subgraphs that share a field have no runtime type of it in common? Gives a sentence.
    pub(super) fn disjoint(&mut self, ty: TypeIx, targets: &[Target]) -> Option<String> {
        let object = self
            .get(ty)
            .is_none_or(|info| info.super_type.kind == Kind::Object);
        if targets.len() < 2 || object {
            return None;
        }
        let mut common: Option<Vec<TypeIx>> = None;
        let mut any = false;
        for target in targets {
            self.get(target.ty)?;
            if self.is_interface_object(target.ty, target.graph) {
                return None;
            }
            let possible = self.possible_in(target.ty, target.graph);
            any |= !possible.is_empty();
            match &mut common {
                None => common = Some(possible.to_vec()),
                Some(common) => common.retain(|ty| possible.contains(ty)),
            }
        }
        if !any || common.is_none_or(|common| !common.is_empty()) {
            return None;
        }
        let parts: Vec<String> = targets
            .iter()
            .map(|target| {
                let names: Vec<&str> = self
                    .possible_in(target.ty, target.graph)
                    .iter()
                    .map(|ty| self.model.name(*ty))
                    .collect();
                format!(
                    "in subgraph \"{}\" it can be {}",
                    self.model.graph_name(target.graph),
                    names.join(", ")
                )
            })
            .collect();
        Some(format!(
            "which is shared, the subgraphs have no runtime type in common: {}",
            parts.join(" and ")
        ))
    }

    /// The object types behind a type, and the places in which each can be met.
    pub(super) fn runtime_places(
        &mut self,
        ty: TypeIx,
        targets: &[Target],
    ) -> Vec<(TypeIx, Vec<Place>)> {
        let mut out: Vec<(TypeIx, Vec<Place>)> = Vec::new();
        let mut index: HashMap<TypeIx, usize> = HashMap::default();
        let mut add = |runtime: TypeIx, place: Place| {
            let at = *index.entry(runtime).or_insert_with(|| {
                out.push((runtime, Vec::new()));
                out.len() - 1
            });
            let places = &mut out[at].1;
            if !places.contains(&place) {
                places.push(place);
            }
        };
        let overall = self.possible(ty);
        for target in targets {
            self.work += 1;
            let Some(info) = self.get(target.ty) else {
                continue;
            };
            let place = |declared: TypeIx| Place {
                graph: target.graph,
                declared,
                provided: target.provided,
            };
            if info.interface_object_in.contains(&target.graph) {
                for runtime in self.possible(target.ty) {
                    if self.get(*runtime).is_some_and(|info| !info.hidden) {
                        add(*runtime, place(target.ty));
                    }
                }
            } else if info.super_type.kind == Kind::Object {
                add(target.ty, place(target.ty));
            } else {
                for runtime in self.possible_in(target.ty, target.graph) {
                    if self.get(*runtime).is_some_and(|info| !info.hidden)
                        && (target.ty == ty || overall.contains(runtime))
                    {
                        add(*runtime, place(*runtime));
                    }
                }
            }
        }
        out
    }
}
