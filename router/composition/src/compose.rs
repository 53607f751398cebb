//! The way from subgraphs to a supergraph

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{CompositionError, CompositionErrors, ErrorCode, Location};
use crate::hint::Hint;
use crate::merge::merge;
use crate::satisfiability;
use crate::subgraph::Subgraph;
use crate::supergraph::Supergraph;

/// A subgraph to compose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubgraphInput {
    /// Its name: unique, not empty.
    pub name: String,
    /// Its address; it may be empty for a subgraph that is reached in another way.
    pub url: String,
    /// Its schema.
    pub sdl: String,
}

/// What composition gives.
#[derive(Clone, Debug)]
pub struct Composition {
    /// The supergraph as SDL.
    pub supergraph_sdl: String,
    /// The supergraph as a structure.
    pub supergraph: Arc<Supergraph>,
    /// Remarks.
    pub hints: Vec<Hint>,
}

/// Composes subgraphs into a supergraph. The order of the subgraphs has no influence.
///
/// # Errors
/// All reasons why they do not compose.
pub fn compose(subgraphs: &[SubgraphInput]) -> Result<Composition, CompositionErrors> {
    let mut read: Vec<Arc<Subgraph>> = subgraphs
        .iter()
        .map(|input| Arc::new(Subgraph::read(&input.name, &input.url, &input.sdl)))
        .collect();
    read.sort_by(|a, b| a.name.cmp(&b.name));
    compose_read(&read)
}

/// Composes again and again: a subgraph that did not change is not read again.
#[derive(Debug, Default)]
pub struct Composer {
    read: HashMap<String, (SubgraphInput, Arc<Subgraph>)>,
}

impl Composer {
    /// A composer that has read nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Like [`compose`], and remembers these subgraphs, and only these, for the next time.
    ///
    /// # Errors
    /// All reasons why they do not compose.
    pub fn compose(
        &mut self,
        subgraphs: &[SubgraphInput],
    ) -> Result<Composition, CompositionErrors> {
        let mut before = std::mem::take(&mut self.read);
        let mut read = Vec::with_capacity(subgraphs.len());
        for input in subgraphs {
            let known = before
                .remove(&input.name)
                .filter(|(known, _)| known == input);
            let (input, subgraph) = known.unwrap_or_else(|| {
                (
                    input.clone(),
                    Arc::new(Subgraph::read(&input.name, &input.url, &input.sdl)),
                )
            });
            read.push(subgraph.clone());
            self.read.insert(input.name.clone(), (input, subgraph));
        }
        read.sort_by(|a, b| a.name.cmp(&b.name));
        compose_read(&read)
    }
}

fn compose_read(subgraphs: &[Arc<Subgraph>]) -> Result<Composition, CompositionErrors> {
    let mut errors: Vec<CompositionError> = names(subgraphs);
    for subgraph in subgraphs {
        for fault in &subgraph.faults {
            let (line, column) = subgraph.source.position(fault.at);
            errors.push(CompositionError {
                code: fault.code,
                message: format!("[{}] {}", subgraph.name, fault.message),
                help: fault.code.help().to_owned(),
                coordinate: fault.coordinate.clone(),
                locations: vec![Location {
                    subgraph: subgraph.name.to_string(),
                    line,
                    column,
                }],
            });
        }
    }
    if !errors.is_empty() {
        return Err(CompositionErrors {
            errors,
            hints: Vec::new(),
        });
    }
    let (supergraph, errors, hints) = merge(subgraphs);
    if !errors.is_empty() {
        return Err(CompositionErrors { errors, hints });
    }
    let outcome = satisfiability::check(&supergraph);
    let mut errors: Vec<CompositionError> = outcome
        .errors
        .into_iter()
        .map(|unsatisfiable| {
            let code = unsatisfiable.code;
            CompositionError {
                code,
                message: unsatisfiable.message,
                help: code.help().to_owned(),
                locations: places(subgraphs, &unsatisfiable.coordinate),
                coordinate: Some(unsatisfiable.coordinate),
            }
        })
        .collect();
    if outcome.exceeded {
        let code = ErrorCode::MaxValidationSubgraphPathsExceeded;
        errors.push(CompositionError {
            code,
            message: "there are too many ways through the subgraphs to check them all".to_owned(),
            help: code.help().to_owned(),
            coordinate: None,
            locations: Vec::new(),
        });
    }
    if !errors.is_empty() {
        return Err(CompositionErrors { errors, hints });
    }
    Ok(Composition {
        supergraph_sdl: supergraph.to_sdl(),
        supergraph: Arc::new(supergraph),
        hints,
    })
}

/// Where subgraphs declare `Type.field`.
fn places(subgraphs: &[Arc<Subgraph>], coordinate: &str) -> Vec<Location> {
    let Some((ty, field)) = coordinate.split_once('.') else {
        return Vec::new();
    };
    subgraphs
        .iter()
        .filter_map(|subgraph| {
            let field = subgraph.types.get(ty)?.fields.get(field)?;
            let (line, column) = subgraph.source.position(field.at);
            Some(Location {
                subgraph: subgraph.name.to_string(),
                line,
                column,
            })
        })
        .collect()
}

/// Subgraph names are unique, not empty and not `__`-reserved.
fn names(subgraphs: &[Arc<Subgraph>]) -> Vec<CompositionError> {
    let mut errors = Vec::new();
    let mut error = |message: String| {
        let code = ErrorCode::InvalidSubgraphName;
        errors.push(CompositionError {
            code,
            message,
            help: code.help().to_owned(),
            coordinate: None,
            locations: Vec::new(),
        });
    };
    for pair in subgraphs.windows(2) {
        if pair[0].name == pair[1].name {
            error(format!(
                "a subgraph named \"{}\" is given twice",
                pair[0].name
            ));
        }
    }
    for subgraph in subgraphs {
        if subgraph.name.is_empty() {
            error("a subgraph has an empty name".to_owned());
        } else if subgraph.name.as_str() == "__all__" || subgraph.name.as_str() == "_" {
            error(format!(
                "invalid name \"{}\" for a subgraph: this name is reserved",
                subgraph.name
            ));
        }
    }
    errors
}
