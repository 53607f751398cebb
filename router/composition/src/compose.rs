//! The way from subgraphs to a supergraph

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::ast::{Kind, Known, Root, TypeDef};
use crate::error::{CompositionError, CompositionErrors, ErrorCode, Location};
use crate::hint::Hint;
use crate::merge;
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
    compose_read(
        &read,
        &mut merge::Memory::once(),
        &mut satisfiability::Memory::default(),
    )
}

/// Composes again and again. What one composition found is kept for the next, per subgraph, per
/// type and per way through the types; only what a changed subgraph touches is worked out again.
/// The result is the same, byte for byte, as that of [`compose`].
///
/// ```
/// use router_composition::{Composer, SubgraphInput};
///
/// let mut composer = Composer::new();
/// let subgraph = |sdl: &str| SubgraphInput {
///     name: "products".into(),
///     url: String::new(),
///     sdl: sdl.into(),
/// };
/// composer.set(subgraph("type Query { top: String }"));
/// composer.compose()?;
/// composer.set(subgraph("type Query { top: String best: String }"));
/// assert!(composer.compose()?.supergraph_sdl.contains("best: String"));
/// # Ok::<(), router_composition::CompositionErrors>(())
/// ```
#[derive(Default)]
pub struct Composer {
    read: BTreeMap<String, (SubgraphInput, Arc<Subgraph>)>,
    merged: merge::Memory,
    satisfied: satisfiability::Memory,
}

impl fmt::Debug for Composer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Composer")
            .field("subgraphs", &self.read.keys())
            .finish_non_exhaustive()
    }
}

impl Composer {
    /// A composer without subgraphs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a subgraph, or exchanges the one of this name. Gives whether something changed: an
    /// equal subgraph is not read again.
    pub fn set(&mut self, input: SubgraphInput) -> bool {
        if self
            .read
            .get(&input.name)
            .is_some_and(|(known, _)| *known == input)
        {
            return false;
        }
        let subgraph = Arc::new(Subgraph::read(&input.name, &input.url, &input.sdl));
        self.read.insert(input.name.clone(), (input, subgraph));
        true
    }

    /// Takes a subgraph out. Gives whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        self.read.remove(name).is_some()
    }

    /// The subgraphs, by name.
    pub fn subgraphs(&self) -> impl Iterator<Item = &SubgraphInput> {
        self.read.values().map(|(input, _)| input)
    }

    /// Composes the subgraphs.
    ///
    /// # Errors
    /// All reasons why they do not compose. What was remembered stays, so that a mended subgraph
    /// composes as fast as any other change.
    pub fn compose(&mut self) -> Result<Composition, CompositionErrors> {
        let subgraphs: Vec<Arc<Subgraph>> = self
            .read
            .values()
            .map(|(_, subgraph)| subgraph.clone())
            .collect();
        compose_read(&subgraphs, &mut self.merged, &mut self.satisfied)
    }
}

fn compose_read(
    subgraphs: &[Arc<Subgraph>],
    merged: &mut merge::Memory,
    satisfied: &mut satisfiability::Memory,
) -> Result<Composition, CompositionErrors> {
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
    // what is said of directives on external fields is said of merging, not of one subgraph
    let late =
        |error: &CompositionError| error.code == ErrorCode::MergedDirectiveApplicationOnExternal;
    let (mut on_external, errors): (Vec<_>, Vec<_>) = errors.into_iter().partition(late);
    if !errors.is_empty() {
        return Err(CompositionErrors {
            errors,
            hints: Vec::new(),
        });
    }
    let errors = extensions_without_base(subgraphs);
    if !errors.is_empty() {
        return Err(CompositionErrors {
            errors,
            hints: Vec::new(),
        });
    }
    let outcome = merged.merge(subgraphs);
    let hints = outcome.hints;
    on_external.extend(outcome.errors);
    if !on_external.is_empty() {
        return Err(CompositionErrors {
            errors: on_external,
            hints,
        });
    }
    let satisfiability = satisfied.check(&outcome.printed);
    let mut errors: Vec<CompositionError> = satisfiability
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
    if satisfiability.exceeded {
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
    let supergraph = outcome.printed.supergraph;
    Ok(Composition {
        supergraph_sdl: supergraph.sdl_of(&outcome.printed.texts),
        supergraph,
        hints,
    })
}

/// In federation 1 an extension of a type that nobody defines says nothing about the type, so that
/// there is nothing to merge with.
fn extensions_without_base(subgraphs: &[Arc<Subgraph>]) -> Vec<CompositionError> {
    let is_extension = |ty: &TypeDef| !ty.defined || ty.has(Known::Extends);
    let mut errors = Vec::new();
    for subgraph in subgraphs.iter().filter(|s| s.is_first_version()) {
        for ty in subgraph.types.values().filter(|ty| is_extension(ty)) {
            let root = Root::ALL.iter().any(|root| ty.name == root.type_name());
            let composite = matches!(ty.kind, Kind::Object | Kind::Interface);
            let mut others = subgraphs.iter().filter_map(|s| s.types.get(&ty.name));
            if root || !composite || others.any(|other| !is_extension(other)) {
                continue;
            }
            let code = ErrorCode::ExtensionWithNoBase;
            let (line, column) = subgraph.source.position(ty.at);
            errors.push(CompositionError {
                code,
                message: format!(
                    "[{}] type \"{}\" is an extension type, but there is no type definition for it in any subgraph",
                    subgraph.name, ty.name
                ),
                help: code.help().to_owned(),
                coordinate: Some(ty.name.to_string()),
                locations: vec![Location {
                    subgraph: subgraph.name.to_string(),
                    line,
                    column,
                }],
            });
        }
    }
    errors
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
