//! Can every operation that the supergraph accepts be answered?
//!
//! A breadth-first walk over all selections. A *state* is an object type and the set of places
//! (subgraph, and what `@provides` brought along) in which a query can be when it gets there.
//! From a place the keys lead to further places; a field is answered when one of them resolves
//! it. Because places only ever add answers, a state is skipped when one with fewer places was
//! already found good. Breadth first means that the operation of an error is a shortest one.

mod model;
mod reach;
mod report;

use std::collections::{HashMap, HashSet, VecDeque};

use crate::ast::{Known, Root, find};
use crate::error::ErrorCode;
use crate::supergraph::Supergraph;
use model::{Model, TypeIx};
use reach::{Place, Reach};

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

/// Checks every operation under every state of the progressive overrides.
pub(crate) fn check(supergraph: &Supergraph) -> Outcome {
    let model = Model::new(supergraph);
    let labels = model.labels.len();
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
    for labels_on in assumptions {
        let one = walk(&model, labels_on);
        outcome.exceeded |= one.exceeded;
        for error in one.errors {
            if !outcome
                .errors
                .iter()
                .any(|other| other.coordinate == error.coordinate)
            {
                outcome.errors.push(error);
            }
        }
        if outcome.errors.len() >= MAX_ERRORS || outcome.exceeded {
            break;
        }
    }
    outcome
}

/// How the walk came to a state.
struct Step {
    parent: Option<usize>,
    /// Field of the parent, and the type condition below it when its type is abstract.
    field: String,
    condition: Option<TypeIx>,
}

struct State {
    ty: TypeIx,
    places: Vec<Place>,
    step: usize,
}

fn walk(model: &Model<'_>, labels_on: u64) -> Outcome {
    let mut reach = Reach::new(model, labels_on);
    let mut steps: Vec<Step> = Vec::new();
    let mut queue: VecDeque<State> = VecDeque::new();
    let mut visited: HashMap<TypeIx, Vec<Vec<Place>>> = HashMap::new();
    let mut outcome = Outcome {
        errors: Vec::new(),
        exceeded: false,
    };
    let mut reported: HashSet<String> = HashSet::new();
    for root in Root::ALL {
        let Some(ty) = model.index(root.type_name()) else {
            continue;
        };
        let places = model
            .graphs_of(ty)
            .map(|graph| Place {
                graph,
                declared: ty,
                provided: 0,
            })
            .collect();
        steps.push(Step {
            parent: None,
            field: root.keyword().to_owned(),
            condition: None,
        });
        queue.push_back(State {
            ty,
            places,
            step: steps.len() - 1,
        });
    }
    let mut count = 0;
    while let Some(state) = queue.pop_front() {
        count += 1;
        if count > MAX_STATES || reach.exhausted() {
            outcome.exceeded = true;
            break;
        }
        let ty = model.ty(state.ty);
        for (name, field) in &ty.super_type.fields {
            if find(&field.field.directives, Known::Inaccessible).is_some() {
                continue;
            }
            let targets = reach.targets(state.ty, &state.places, name);
            if targets.is_empty() {
                let coordinate = format!("{}.{name}", ty.super_type.name);
                if reported.insert(coordinate.clone()) {
                    let message = report::message(
                        model,
                        &mut reach,
                        &steps,
                        &state.places,
                        state.ty,
                        state.step,
                        name,
                    );
                    outcome.errors.push(Unsatisfiable {
                        code: ErrorCode::SatisfiabilityError,
                        coordinate,
                        message,
                    });
                    if outcome.errors.len() >= MAX_ERRORS {
                        return outcome;
                    }
                }
                continue;
            }
            let Some(target) = model.index(field.field.ty.base()) else {
                continue;
            };
            if let Some(sentence) = reach.disjoint(target, &targets) {
                let coordinate = format!("{}.{name}", ty.super_type.name);
                if reported.insert(coordinate.clone()) {
                    outcome.errors.push(Unsatisfiable {
                        code: ErrorCode::ShareableHasMismatchedRuntimeTypes,
                        message: format!("for field \"{coordinate}\", {sentence}"),
                        coordinate,
                    });
                }
                continue;
            }
            for (runtime, mut places) in reach.runtime_places(target, &targets) {
                places.sort_unstable();
                places.dedup();
                let seen = visited.entry(runtime).or_default();
                if seen.iter().any(|other| is_subset(other, &places)) {
                    continue;
                }
                seen.push(places.clone());
                steps.push(Step {
                    parent: Some(state.step),
                    field: name.to_string(),
                    condition: (runtime != target).then_some(runtime),
                });
                queue.push_back(State {
                    ty: runtime,
                    places,
                    step: steps.len() - 1,
                });
            }
        }
    }
    outcome
}

/// Both sorted: is every element of `small` in `large`?
fn is_subset(small: &[Place], large: &[Place]) -> bool {
    let mut rest = large.iter();
    small.len() <= large.len() && small.iter().all(|place| rest.any(|other| other == place))
}
