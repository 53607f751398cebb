//! Can every operation that the supergraph accepts be answered?
//!
//! A breadth-first walk over all selections. A *state* is an object type and the set of places
//! (subgraph, and what `@provides` brought along) in which a query can be when it gets there.
//! From a place the keys lead to further places; a field is answered when one of them resolves
//! it. Because places only ever add answers, a state is skipped when one with fewer places was
//! already found good. Breadth first means that the operation of an error is a shortest one.
//!
//! What can be selected in a state is remembered together with the types that it depends on, so
//! that after a change only the states that depend on a changed type are worked out again.

mod model;
mod reach;
mod report;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::ast::{HashMap, HashSet, Root};
use crate::error::ErrorCode;
use crate::supergraph::Printed;
use model::{Model, TypeIx};
use reach::{Above, Found, Place, Reach};

/// An operation that cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsatisfiable {
    pub(crate) code: ErrorCode,
    pub(crate) coordinate: String,
    pub(crate) message: String,
}

/// More labels than this are tried one by one instead of in all combinations.
const ALL_COMBINATIONS: usize = 4;
/// States that are looked at before the walk gives up.
const MAX_STATES: usize = 2_000_000;
/// Errors after which the walk stops: more would not help anybody.
const MAX_ERRORS: usize = 100;

/// What the walk found.
pub(crate) struct Outcome {
    pub(crate) errors: Vec<Unsatisfiable>,
    /// The walk gave up.
    pub(crate) exceeded: bool,
}

/// What the walk remembers from one time to the next.
pub(crate) struct Memory {
    model: Model,
    /// By the state of the labels.
    found: HashMap<u64, Found>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            model: Model::new(),
            found: HashMap::default(),
        }
    }
}

impl Memory {
    /// Checks every operation under every state of the progressive overrides.
    pub(crate) fn check(&mut self, printed: &Printed) -> Outcome {
        if let Some(numbers) = self.model.renumber(printed) {
            for found in self.found.values_mut() {
                found.renumber(&numbers);
            }
        }
        let remembers = match self.model.replace(printed) {
            Some(changed) => {
                for found in self.found.values_mut() {
                    found.forget(&changed);
                }
                true
            }
            None => {
                self.found.clear();
                false
            }
        };
        let outcome = self.walks();
        if remembers && (outcome.exceeded || !outcome.errors.is_empty()) {
            // indexes have a history; an error reads as if there had been none
            *self = Self::default();
            return self.check(printed);
        }
        outcome
    }

    fn walks(&mut self) -> Outcome {
        let labels = self.model.labels.len();
        let full: u64 = if labels >= 64 {
            u64::MAX
        } else {
            (1 << labels) - 1
        };
        let assumptions: Vec<u64> = if labels <= ALL_COMBINATIONS {
            (0..=full).collect()
        } else {
            let singles = (0..labels.min(64)).map(|label| 1u64 << label);
            [0, full]
                .into_iter()
                .chain(singles.clone())
                .chain(singles.map(|single| full & !single))
                .collect()
        };
        let mut outcome = Outcome {
            errors: Vec::new(),
            exceeded: false,
        };
        let mut reported: HashSet<String> = HashSet::default();
        for labels_on in assumptions {
            let found = self.found.entry(labels_on).or_default();
            outcome.exceeded |= walk(&self.model, found, labels_on, &mut |error| {
                if reported.insert(error.coordinate.clone()) {
                    outcome.errors.push(error);
                }
                outcome.errors.len() < MAX_ERRORS
            });
            if outcome.errors.len() >= MAX_ERRORS || outcome.exceeded {
                break;
            }
        }
        outcome
    }
}

/// How the walk came to a state.
struct Step {
    parent: Option<usize>,
    /// Type of the parent and the position of the field in it; none for a root.
    field: Option<(TypeIx, u32)>,
    /// The type condition below the field when its type is abstract.
    condition: Option<TypeIx>,
    ty: TypeIx,
}

/// In which places, and below which contexts, an object was met already.
type Good = (Arc<[Place]>, Above);

struct State {
    ty: TypeIx,
    places: Arc<[Place]>,
    above: Above,
    step: usize,
}

/// Gives whether the walk gave up. `report` says whether to go on.
fn walk(
    model: &Model,
    found: &mut Found,
    labels_on: u64,
    report: &mut dyn FnMut(Unsatisfiable) -> bool,
) -> bool {
    let mut reach = Reach::new(model, found, labels_on);
    let mut steps: Vec<Step> = Vec::new();
    let mut queue: VecDeque<State> = VecDeque::new();
    let mut visited: HashMap<TypeIx, Vec<Good>> = HashMap::default();
    for root in Root::ALL {
        let Some(ty) = model.composite(root.type_name()) else {
            continue;
        };
        let places: Vec<Place> = model
            .graphs_of(ty)
            .map(|graph| Place {
                graph,
                declared: ty,
                provided: 0,
            })
            .collect();
        steps.push(Step {
            parent: None,
            field: None,
            condition: None,
            ty,
        });
        queue.push_back(State {
            ty,
            places: Arc::from(places),
            above: 0,
            step: steps.len() - 1,
        });
    }
    let mut count = 0;
    let mut failures = Vec::new();
    while let Some(state) = queue.pop_front() {
        count += 1;
        if count > MAX_STATES || reach.exhausted() {
            return true;
        }
        let children = reach.expand(state.ty, &state.places, state.above, &mut failures);
        for failure in failures.drain(..) {
            let error = report::unsatisfiable(model, &mut reach, &steps, &state, failure);
            if !error.is_none_or(&mut *report) {
                return false;
            }
        }
        let above = reach.below(state.ty, &state.places, state.above);
        for child in children.iter() {
            let seen = visited.entry(child.runtime).or_default();
            let worse = |(other, contexts): &Good| {
                contexts & !above == 0 && is_subset(other, &child.places)
            };
            if seen.iter().any(worse) {
                continue;
            }
            seen.push((child.places.clone(), above));
            steps.push(Step {
                parent: Some(state.step),
                field: Some((state.ty, child.field)),
                condition: child.narrowed.then_some(child.runtime),
                ty: child.runtime,
            });
            queue.push_back(State {
                ty: child.runtime,
                places: child.places.clone(),
                above,
                step: steps.len() - 1,
            });
        }
    }
    false
}

/// Both sorted: is every element of `small` in `large`?
fn is_subset(small: &[Place], large: &[Place]) -> bool {
    let mut rest = large.iter();
    small.len() <= large.len() && small.iter().all(|place| rest.any(|other| other == place))
}
