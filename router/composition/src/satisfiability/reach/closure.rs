//! Where keys lead from one place, and from where they lead

use std::sync::Arc;

use super::{Above, Known, MAX_DEPTH, Place, Reach};
use crate::satisfiability::model::TypeIx;

impl Reach<'_> {
    /// All places that are reached for the object `ty` from a place, by any number of keys.
    pub(in crate::satisfiability) fn closure(&mut self, ty: TypeIx, start: Place) -> Arc<[Place]> {
        // conditions of keys are looked up on their own
        let above = std::mem::replace(&mut self.above, Above::MAX);
        let places = self.closure_anywhere(ty, start);
        self.above = above;
        places
    }

    pub(super) fn closure_anywhere(&mut self, ty: TypeIx, start: Place) -> Arc<[Place]> {
        if let Some(known) = self.found.closures.get(&(ty, start)) {
            self.touched.extend_from_slice(&known.depends);
            return known.found.clone();
        }
        if let Some(at) = self.open.iter().position(|(key, _)| *key == (ty, start)) {
            self.lowest = self.lowest.min(at);
            return Arc::from(self.open[at].1.as_slice());
        }
        let mark = self.touched.len();
        let Some(info) = self.get(ty) else {
            return Arc::from([start]);
        };
        if info.root {
            let places = self.model.graphs_of(ty).map(|graph| Place {
                graph,
                declared: ty,
                provided: 0,
            });
            let all: Vec<Place> = std::iter::once(start)
                .chain(places.filter(|place| *place != start))
                .collect();
            let found: Arc<[Place]> = Arc::from(all);
            let depends = self.depends(mark);
            self.found.closures.insert(
                (ty, start),
                Known {
                    found: found.clone(),
                    depends,
                },
            );
            return found;
        }
        let depth = self.open.len();
        if depth > MAX_DEPTH || self.exhausted() {
            self.lowest = 0;
            return Arc::from([start]);
        }
        let outer = std::mem::replace(&mut self.lowest, usize::MAX);
        self.open.push(((ty, start), vec![start]));
        loop {
            let before = self.open[depth].1.len();
            self.extend(ty, depth);
            if self.open[depth].1.len() == before {
                break;
            }
        }
        // the entry was pushed above, and inner computations pop their own
        let places: Arc<[Place]> = Arc::from(
            self.open
                .pop()
                .map(|(_, places)| places)
                .unwrap_or_default(),
        );
        if self.lowest >= depth {
            let depends = self.depends(mark);
            let found = places.clone();
            self.found
                .closures
                .insert((ty, start), Known { found, depends });
            self.lowest = outer;
        } else {
            self.lowest = self.lowest.min(outer);
        }
        places
    }

    /// One round: follows every key that can be followed from what is reached.
    pub(super) fn extend(&mut self, ty: TypeIx, depth: usize) {
        let Some(info) = self.get(ty) else { return };
        let own = std::iter::once(ty).chain(info.interfaces.iter().copied());
        for keyed in own {
            let Some(keyed_info) = self.get(keyed) else {
                continue;
            };
            for key in &keyed_info.keys {
                self.work += 1;
                if !key.resolvable {
                    continue;
                }
                let target = if keyed == ty {
                    Place {
                        graph: key.graph,
                        declared: ty,
                        provided: 0,
                    }
                } else if key.interface_object {
                    Place {
                        graph: key.graph,
                        declared: keyed,
                        provided: 0,
                    }
                } else if self.possible_in(keyed, key.graph).contains(&ty) {
                    Place {
                        graph: key.graph,
                        declared: ty,
                        provided: 0,
                    }
                } else {
                    continue;
                };
                let reached = &self.open[depth].1;
                if reached.contains(&target) {
                    continue;
                }
                // behind an interface object only the interface's name is known
                let knows_type = reached.iter().any(|place| place.declared == ty);
                if keyed == ty && !knows_type {
                    continue;
                }
                let reached = reached.clone();
                if self.selection(ty, &reached, key.selection) {
                    self.open[depth].1.push(target);
                }
            }
        }
    }
}
