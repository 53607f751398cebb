//! Directives that are not federation's: `@composeDirective`, and those of operations

use std::collections::BTreeMap;

use crate::ast::{Directive, DirectiveDef, Field, Known, Map, Name};
use crate::error::ErrorCode;
use crate::hint::HintLevel;
use crate::merge::Merger;
use crate::merge::coordinate::Coordinate;
use crate::supergraph::{GraphId, SuperLink, Supergraph};
use crate::syntax::print::directive_definition;

/// Places in operations.
const EXECUTABLE: &[&str] = &[
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
];

/// A directive that subgraphs ask to compose.
#[derive(Clone, Debug)]
pub(crate) struct Composed {
    identity: String,
    version: Option<(u32, u32)>,
    url: String,
    /// Its name in its specification.
    original: String,
    definition: DirectiveDef,
}

impl Composed {
    /// Is it the same but for where it stands?
    pub(super) fn same(&self, other: &Self) -> bool {
        let text = |composed: &Self| {
            let mut out = String::new();
            directive_definition(&mut out, &composed.definition);
            out
        };
        self.url == other.url && self.original == other.original && text(self) == text(other)
    }
}

impl<'a> Merger<'a> {
    /// Finds out which custom directives go into the supergraph.
    pub(super) fn survey_composed(&mut self) {
        let subgraphs = self.subgraphs;
        let mut composed: BTreeMap<Name, Composed> = BTreeMap::new();
        for (at, subgraph) in subgraphs.iter().enumerate() {
            for asked in subgraph
                .schema_directives
                .iter()
                .filter(|directive| directive.known == Known::ComposeDirective)
            {
                let place = vec![(at as GraphId, asked.at)];
                let fail = |merger: &mut Self, message: String| {
                    merger.error(
                        ErrorCode::DirectiveCompositionError,
                        message,
                        None,
                        place.clone(),
                    );
                };
                let Some(argument) = asked.text("name") else {
                    fail(
                        self,
                        "argument to @composeDirective must be the name of a directive".to_owned(),
                    );
                    continue;
                };
                let Some(name) = argument.strip_prefix('@').filter(|name| !name.is_empty()) else {
                    fail(
                        self,
                        format!(
                            "argument to @composeDirective \"{argument}\" in subgraph \"{}\" must have a leading \"@\"",
                            subgraph.name
                        ),
                    );
                    continue;
                };
                if subgraph.vocabulary.known(name) != Known::Custom {
                    if matches!(
                        subgraph.vocabulary.known(name),
                        Known::Tag
                            | Known::Inaccessible
                            | Known::Authenticated
                            | Known::RequiresScopes
                            | Known::Policy
                            | Known::Cost
                            | Known::ListSize
                    ) {
                        self.hint(
                            "DIRECTIVE_COMPOSITION_INFO",
                            HintLevel::Info,
                            format!("directive \"@{name}\" is composed by default"),
                            Some(format!("@{name}")),
                            place,
                        );
                    } else {
                        fail(
                            self,
                            format!(
                                "composing federation directive \"{argument}\" in subgraph \"{}\" is not supported",
                                subgraph.name
                            ),
                        );
                    }
                    continue;
                }
                let Some(definition) = subgraph.directives.get(name) else {
                    fail(
                        self,
                        format!(
                            "could not find matching directive definition for argument to @composeDirective \"{argument}\" in subgraph \"{}\"",
                            subgraph.name
                        ),
                    );
                    continue;
                };
                let link = subgraph
                    .links
                    .iter()
                    .filter(|link| link.is_foreign())
                    .find_map(|link| Some((link, link.original(name)?)));
                let Some((link, original)) = link else {
                    fail(
                        self,
                        format!(
                            "directive \"{argument}\" in subgraph \"{}\" cannot be composed because it is not a member of a linked specification",
                            subgraph.name
                        ),
                    );
                    continue;
                };
                let found = Composed {
                    identity: link.identity.clone(),
                    version: link.version,
                    url: link.url.clone(),
                    original,
                    definition: definition.clone(),
                };
                match composed.get_mut(name) {
                    None => {
                        composed.insert(Name::from(name), found);
                    }
                    Some(other) if other.identity != found.identity => {
                        let message = format!(
                            "composed directive \"{argument}\" is linked by different specifications (\"{}\" and \"{}\")",
                            other.identity, found.identity
                        );
                        fail(self, message);
                    }
                    Some(other) if other.version.map(|v| v.0) != found.version.map(|v| v.0) => {
                        let message = format!(
                            "specification \"{}\" requested in subgraph \"{}\" has major version mismatch",
                            found.identity, subgraph.name
                        );
                        fail(self, message);
                    }
                    Some(other) if found.version > other.version => *other = found,
                    Some(_) => {}
                }
            }
        }
        self.composed = composed;
        self.check_composed_names();
    }

    /// One directive of one specification has one name.
    fn check_composed_names(&mut self) {
        let list: Vec<(Name, Composed)> = self
            .composed
            .iter()
            .map(|(name, composed)| (name.clone(), composed.clone()))
            .collect();
        for (at, (name, one)) in list.iter().enumerate() {
            if let Some((other, _)) = list[..at]
                .iter()
                .find(|(_, other)| other.identity == one.identity && other.original == one.original)
            {
                self.error(
                    ErrorCode::DirectiveCompositionError,
                    format!("composed directive is not named consistently in all subgraphs: \"@{other}\" and \"@{name}\""),
                    None,
                    Vec::new(),
                );
            }
        }
    }

    /// Applications of composed directives on one element.
    pub(super) fn merge_composed(
        &mut self,
        coordinate: Coordinate<'_>,
        applications: &[(GraphId, &Directive)],
    ) -> Vec<Directive> {
        let mut out: Vec<Directive> = Vec::new();
        for (_, directive) in applications {
            let Some(composed) = self.composed.get(&directive.name) else {
                continue;
            };
            if composed.definition.repeatable {
                if out.iter().all(|other| *other != **directive) {
                    out.push((*directive).clone());
                }
            } else if out.iter().all(|other| other.name != directive.name) {
                let same: Vec<(GraphId, &Directive)> = applications
                    .iter()
                    .filter(|(_, other)| other.name == directive.name)
                    .copied()
                    .collect();
                out.push(self.most_frequent(coordinate, &same));
            }
        }
        out.sort_by(|a, b| a.name.cmp(&b.name));
        out
    }

    /// Links and definitions of what was composed, and the directives of operations.
    pub(super) fn finish_composed(&mut self, supergraph: &mut Supergraph) {
        let mut links: Vec<SuperLink> = Vec::new();
        for (name, composed) in &self.composed {
            let import = (format!("@{}", composed.original), format!("@{name}"));
            match links
                .iter_mut()
                .find(|link| link.url.starts_with(&composed.identity))
            {
                Some(link) => link.imports.push(import),
                None => links.push(SuperLink {
                    url: composed.url.clone(),
                    purpose: None,
                    imports: vec![import],
                }),
            }
            supergraph
                .directive_definitions
                .push(composed.definition.clone());
        }
        supergraph.links.extend(links);
        self.merge_executable(supergraph);
    }

    /// A directive of operations is kept when every subgraph defines it, for the places that all
    /// of them allow.
    fn merge_executable(&mut self, supergraph: &mut Supergraph) {
        let subgraphs = self.subgraphs;
        let mut names: Map<()> = Map::default();
        for subgraph in subgraphs {
            for (name, definition) in &subgraph.directives {
                if definition
                    .locations
                    .iter()
                    .any(|location| EXECUTABLE.contains(&location.as_str()))
                {
                    names.insert(name.clone(), ());
                }
            }
        }
        names.sort_keys();
        for name in names.into_keys() {
            if supergraph
                .directive_definitions
                .iter()
                .any(|known| known.name == name)
            {
                continue;
            }
            let having: Vec<(GraphId, &DirectiveDef)> = subgraphs
                .iter()
                .enumerate()
                .filter_map(|(at, subgraph)| Some((at as GraphId, subgraph.directives.get(&name)?)))
                .collect();
            let head = format!("@{name}");
            let coordinate = Coordinate::of(&head);
            let Some((_, first)) = having.first() else {
                continue;
            };
            let places: Vec<Name> = first
                .locations
                .iter()
                .filter(|location| {
                    EXECUTABLE.contains(&location.as_str())
                        && having
                            .iter()
                            .all(|(_, definition)| definition.locations.contains(location))
                })
                .cloned()
                .collect();
            let at: Vec<_> = having
                .iter()
                .map(|(graph, definition)| (*graph, definition.at))
                .collect();
            let mut remark = |code: &'static str, sentence: &str| {
                self.hint(
                    code,
                    HintLevel::Warn,
                    format!("executable directive \"{coordinate}\" {sentence}"),
                    Some(coordinate.to_string()),
                    at.clone(),
                );
            };
            if having.len() < subgraphs.len() {
                remark(
                    "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE",
                    "is left out: not all subgraphs define it",
                );
                continue;
            }
            if places.is_empty() {
                remark(
                    "NO_EXECUTABLE_DIRECTIVE_INTERSECTION",
                    "is left out: no place is common to all subgraphs",
                );
                continue;
            }
            let repeatable = |(_, definition): &(GraphId, &DirectiveDef)| definition.repeatable;
            if having.iter().any(repeatable) && !having.iter().all(repeatable) {
                remark(
                    "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE",
                    "is not repeatable in the supergraph: it is in some but not all subgraphs",
                );
            }
            let other_places = |(_, definition): &(GraphId, &DirectiveDef)| {
                let mut locations = definition.locations.iter();
                locations
                    .any(|place| EXECUTABLE.contains(&place.as_str()) && !places.contains(place))
            };
            if having.iter().any(other_places) {
                remark(
                    "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS",
                    "has different places in different subgraphs: those of all are taken",
                );
            }
            let mut merged = (*first).clone();
            merged.locations = places;
            merged.repeatable = having.iter().all(repeatable);
            merged.arguments = self.executable_arguments(coordinate, &having);
            supergraph.directive_definitions.push(merged);
        }
    }

    fn executable_arguments(
        &mut self,
        coordinate: Coordinate<'_>,
        having: &[(GraphId, &DirectiveDef)],
    ) -> Vec<Field> {
        let mut order: Vec<&Name> = Vec::new();
        for (_, definition) in having {
            for argument in &definition.arguments {
                if !order.contains(&&argument.name) {
                    order.push(&argument.name);
                }
            }
        }
        let mut out = Vec::new();
        for name in order {
            let arguments: Vec<(GraphId, &Field)> = having
                .iter()
                .filter_map(|(graph, definition)| {
                    Some((
                        *graph,
                        definition
                            .arguments
                            .iter()
                            .find(|argument| argument.name == *name)?,
                    ))
                })
                .collect();
            let argument_at = coordinate.argument(name);
            if arguments.len() < having.len() {
                let required: Vec<_> = arguments
                    .iter()
                    .filter(|(_, a)| a.is_required())
                    .map(|(graph, a)| (*graph, a.at))
                    .collect();
                if required.is_empty() {
                    self.hint(
                        "INCONSISTENT_ARGUMENT_PRESENCE",
                        HintLevel::Warn,
                        format!("optional argument \"{argument_at}\" is left out: it is missing in some subgraphs"),
                        Some(argument_at.to_string()),
                        arguments.iter().map(|(graph, argument)| (*graph, argument.at)).collect(),
                    );
                } else {
                    self.error(
                        ErrorCode::RequiredArgumentMissingInSomeSubgraph,
                        format!("argument \"{argument_at}\" is required in some subgraphs but does not appear in all subgraphs"),
                        Some(argument_at.to_string()),
                        required,
                    );
                }
                continue;
            }
            let merged = self.merge_input_value(
                argument_at,
                "ARGUMENT_DEFINITION",
                &arguments,
                ErrorCode::FieldArgumentTypeMismatch,
                ErrorCode::FieldArgumentDefaultMismatch,
            );
            out.extend(merged.map(|(argument, _)| argument));
        }
        out
    }
}
