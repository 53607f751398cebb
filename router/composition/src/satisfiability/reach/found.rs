//! What was found, to be taken again as long as nothing that it depends on changes

use std::sync::Arc;

use super::Place;
use crate::ast::HashMap;
use crate::merge::numbers::Numbers;
use crate::satisfiability::model::TypeIx;

/// What a computation gave, and the types that it looked at.
pub(in crate::satisfiability) struct Known<T> {
    pub(super) found: T,
    pub(super) depends: Arc<[TypeIx]>,
}

/// Places by the object and the place from which keys lead to them.
type Closures = HashMap<(TypeIx, Place), Known<Arc<[Place]>>>;
/// What can be selected on an object, by the object, the places in which it is met,
/// and what the contexts above give.
type Expansions = HashMap<(TypeIx, Arc<[Place]>, Above), Known<Arc<[Child]>>>;

/// The contexts that are set above an object and can be read, one bit for each of
/// `Model::contexts`; those beyond the last bit are taken to be.
pub(in crate::satisfiability) type Above = u64;

/// Where selecting a field leads.
#[derive(Clone, Debug)]
pub(in crate::satisfiability) struct Child {
    /// Position of the field in its type.
    pub(in crate::satisfiability) field: u32,
    pub(in crate::satisfiability) runtime: TypeIx,
    /// Is the runtime type another one than the field's?
    pub(in crate::satisfiability) narrowed: bool,
    /// Sorted.
    pub(in crate::satisfiability) places: Arc<[Place]>,
}

/// What was found under one state of the labels.
#[derive(Default)]
pub(in crate::satisfiability) struct Found {
    pub(super) closures: Closures,
    pub(super) expansions: Expansions,
}

impl Found {
    /// Takes over other numbers of the subgraphs, and forgets what was found in those that are gone.
    pub(in crate::satisfiability) fn renumber(&mut self, numbers: &Numbers) {
        let place = |place: &Place| {
            let graph = numbers.of(place.graph)?;
            Some(Place { graph, ..*place })
        };
        let places = |places: &[Place]| places.iter().map(place).collect::<Option<Arc<[Place]>>>();
        self.closures = std::mem::take(&mut self.closures)
            .into_iter()
            .filter_map(|((ty, start), known)| {
                let found = places(&known.found)?;
                let depends = known.depends;
                Some(((ty, place(&start)?), Known { found, depends }))
            })
            .collect();
        let child = |child: &Child| {
            Some(Child {
                places: places(&child.places)?,
                ..child.clone()
            })
        };
        self.expansions = std::mem::take(&mut self.expansions)
            .into_iter()
            .filter_map(|((ty, from, above), known)| {
                let found = known.found.iter().map(child).collect::<Option<_>>()?;
                let depends = known.depends;
                Some(((ty, places(&from)?, above), Known { found, depends }))
            })
            .collect();
    }

    /// Forgets what depends on a type that changed.
    pub(in crate::satisfiability) fn forget(&mut self, changed: &[bool]) {
        let holds = |depends: &[TypeIx]| {
            depends
                .iter()
                .all(|ty| changed.get(*ty as usize).is_some_and(|changed| !changed))
        };
        self.closures.retain(|_, known| holds(&known.depends));
        self.expansions.retain(|_, known| holds(&known.depends));
    }
}
