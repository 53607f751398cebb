//! Directives on merged elements

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::{Directive, DirectiveDef, Field, Known, Name, TypeRef, Value};
use crate::error::ErrorCode;
use crate::hint::HintLevel;
use crate::merge::Merger;
use crate::supergraph::{GraphId, SuperLink, Supergraph};

/// Which known directives the supergraph ended up with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applied {
    used: BTreeSet<Known>,
    /// Other names than the usual ones.
    renamed: BTreeMap<Known, String>,
}

/// Known directives that are merged, and their usual names.
const MERGED: [(Known, &str); 8] = [
    (Known::Tag, "tag"),
    (Known::Inaccessible, "inaccessible"),
    (Known::Authenticated, "authenticated"),
    (Known::RequiresScopes, "requiresScopes"),
    (Known::Policy, "policy"),
    (Known::Cost, "cost"),
    (Known::ListSize, "listSize"),
    (Known::Context, "context"),
];

impl Applied {
    /// What the supergraph calls a known directive.
    pub(super) fn name(&self, known: Known) -> String {
        self.renamed.get(&known).cloned().unwrap_or_else(|| {
            MERGED
                .iter()
                .find(|(other, _)| *other == known)
                .map_or("", |(_, name)| name)
                .to_owned()
        })
    }

    pub(super) fn any_authorisation(&self) -> bool {
        [Known::Authenticated, Known::RequiresScopes, Known::Policy]
            .iter()
            .any(|known| self.used.contains(known))
    }
}

/// Directives of one element, per subgraph.
pub(crate) type AppliedSources<'d> = [(GraphId, &'d [Directive])];

impl Merger<'_> {
    /// Finds out under which name subgraphs import each directive; it must be one.
    pub(super) fn survey_names(&mut self) {
        let subgraphs = self.subgraphs;
        for (known, usual) in MERGED {
            let mut names: Vec<(GraphId, String, u32)> = Vec::new();
            for (at, subgraph) in subgraphs.iter().enumerate() {
                for link in &subgraph.links {
                    let import = link
                        .imports
                        .iter()
                        .find(|(theirs, _)| theirs.strip_prefix('@') == Some(usual));
                    if let Some((_, ours)) =
                        import.filter(|(_, ours)| subgraph.vocabulary.known(&ours[1..]) == known)
                    {
                        names.push((at as GraphId, ours[1..].to_owned(), link.at));
                    }
                }
            }
            let Some((_, first, _)) = names.first() else {
                continue;
            };
            if names.iter().any(|(_, name, _)| name != first) {
                let list = self.listing(
                    names
                        .iter()
                        .map(|(graph, name, _)| (*graph, format!("\"@{name}\""))),
                );
                self.error(
                    ErrorCode::LinkImportNameMismatch,
                    format!("the \"@{usual}\" directive is imported with mismatched name between subgraphs: it is imported as {list}"),
                    None,
                    names.iter().map(|(graph, _, at)| (*graph, *at)).collect(),
                );
            } else if first != usual {
                self.applied.renamed.insert(known, first.clone());
            }
        }
    }

    /// Merges the directives of one element of all subgraphs.
    pub(crate) fn merge_applied(
        &mut self,
        coordinate: &str,
        _location: &'static str,
        sources: &AppliedSources<'_>,
    ) -> Vec<Directive> {
        if sources.iter().all(|(_, directives)| directives.is_empty()) {
            return Vec::new();
        }
        let mut groups: BTreeMap<Known, Vec<(GraphId, &Directive)>> = BTreeMap::new();
        for (graph, directives) in sources {
            for directive in *directives {
                groups
                    .entry(directive.known)
                    .or_default()
                    .push((*graph, directive));
            }
        }
        let mut out = Vec::new();
        for (known, applications) in groups {
            let before = out.len();
            let name = self.applied.name(known);
            let each = || applications.iter().map(|(_, directive)| *directive);
            match known {
                Known::Inaccessible => out.push(Directive::new(&name, Vec::new())),
                Known::Authenticated => out.push(Directive::new(&name, Vec::new())),
                Known::OneOf => out.push(Directive::new("oneOf", Vec::new())),
                Known::Tag => {
                    let names: BTreeSet<&str> = applications
                        .iter()
                        .filter_map(|(_, tag)| tag.text("name"))
                        .collect();
                    out.extend(
                        names
                            .into_iter()
                            .map(|tag| Directive::new(&name, vec![("name", Value::string(tag))])),
                    );
                }
                Known::RequiresScopes => out.push(conjunction(&name, "scopes", each())),
                Known::Policy => out.push(conjunction(&name, "policies", each())),
                Known::Context => {
                    for (graph, context) in &applications {
                        let subgraph = &self.subgraphs[usize::from(*graph)].name;
                        let text =
                            format!("{subgraph}__{}", context.text("name").unwrap_or_default());
                        out.push(Directive::new(&name, vec![("name", Value::string(&text))]));
                    }
                }
                Known::Custom => {
                    let composed = self.merge_composed(&applications);
                    out.extend(composed);
                }
                Known::Deprecated | Known::SpecifiedBy => {
                    out.push(self.most_frequent(coordinate, sources.len(), &applications));
                }
                Known::Cost => {
                    let weight = applications
                        .iter()
                        .filter_map(|(_, cost)| cost.argument("weight")?.as_int())
                        .max();
                    if let Some(weight) = weight {
                        let weight = Value::Int(Name::from(weight.to_string()));
                        out.push(Directive::new(&name, vec![("weight", weight)]));
                    }
                }
                Known::ListSize => out.push(list_size(&name, &applications)),
                _ => {}
            }
            if out.len() > before {
                self.applied.used.insert(known);
                for directive in &mut out[before..] {
                    directive.known = known;
                }
            }
        }
        out
    }

    /// For directives that stand once: the arguments that most subgraphs give.
    fn most_frequent(
        &mut self,
        coordinate: &str,
        sources: usize,
        applications: &[(GraphId, &Directive)],
    ) -> Directive {
        let mut counts: Vec<(&Directive, usize)> = Vec::new();
        for (_, directive) in applications {
            match counts.iter_mut().find(|(other, _)| *other == *directive) {
                Some((_, count)) => *count += 1,
                None => counts.push((directive, 1)),
            }
        }
        if counts.len() > 1 || applications.len() < sources {
            let name = &counts[0].0.name;
            self.hint(
                "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
                HintLevel::Warn,
                format!("directive @{name} is applied to \"{coordinate}\" in different ways in different subgraphs; the most frequent is taken"),
                Some(coordinate.to_owned()),
                applications.iter().map(|(graph, directive)| (*graph, directive.at)).collect(),
            );
        }
        let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
        // a group is made of at least one application
        let (chosen, _) = counts
            .into_iter()
            .find(|(_, count)| *count == most)
            .unwrap_or((applications[0].1, 1));
        let mut chosen = chosen.clone();
        if chosen.known == Known::Deprecated {
            chosen.name = Name::from("deprecated");
        }
        chosen
    }

    /// Links and definitions for everything that was applied.
    pub(super) fn finish_schema(&mut self, supergraph: &mut Supergraph) {
        let subgraphs = self.subgraphs;
        supergraph.description = self.description(
            "schema",
            subgraphs
                .iter()
                .enumerate()
                .map(|(at, s)| (at as GraphId, s.schema_description.as_ref())),
        );
        let directives: Vec<_> = subgraphs
            .iter()
            .enumerate()
            .map(|(at, s)| (at as GraphId, s.schema_directives.as_slice()))
            .collect();
        supergraph.directives = self.merge_applied("schema", "SCHEMA", &directives);
        self.spread_authorisation(supergraph);
        let used = self.applied.used.clone();
        for (known, url, purpose) in [
            (Known::Tag, "https://specs.apollo.dev/tag/v0.3", None),
            (
                Known::Inaccessible,
                "https://specs.apollo.dev/inaccessible/v0.2",
                Some("SECURITY"),
            ),
            (
                Known::Authenticated,
                "https://specs.apollo.dev/authenticated/v0.1",
                Some("SECURITY"),
            ),
            (
                Known::RequiresScopes,
                "https://specs.apollo.dev/requiresScopes/v0.1",
                Some("SECURITY"),
            ),
            (
                Known::Policy,
                "https://specs.apollo.dev/policy/v0.1",
                Some("SECURITY"),
            ),
            (
                Known::Context,
                "https://specs.apollo.dev/context/v0.1",
                Some("SECURITY"),
            ),
        ] {
            if used.contains(&known) {
                let imports = self
                    .applied
                    .renamed
                    .get(&known)
                    .map(|name| (format!("@{}", usual(known)), format!("@{name}")))
                    .into_iter()
                    .collect();
                supergraph.links.push(SuperLink {
                    url: url.to_owned(),
                    purpose,
                    imports,
                });
            }
        }
        let costs: Vec<(String, String)> = [Known::Cost, Known::ListSize]
            .into_iter()
            .filter(|known| used.contains(known))
            .map(|known| {
                (
                    format!("@{}", usual(known)),
                    format!("@{}", self.applied.name(known)),
                )
            })
            .collect();
        if !costs.is_empty() {
            let url = "https://specs.apollo.dev/cost/v0.1".to_owned();
            supergraph.links.push(SuperLink {
                url,
                purpose: None,
                imports: costs,
            });
        }
        for known in used {
            let name = Name::from(self.applied.name(known));
            supergraph
                .directive_definitions
                .extend(definition(known).map(|definition| DirectiveDef { name, ..definition }));
            match known {
                Known::RequiresScopes => {
                    supergraph.scalars.push(Name::from("requiresScopes__Scope"))
                }
                Known::Policy => supergraph.scalars.push(Name::from("policy__Policy")),
                Known::Context => {
                    supergraph
                        .scalars
                        .push(Name::from("context__ContextFieldValue"));
                    supergraph
                        .directive_definitions
                        .extend(definition(Known::FromContext));
                }
                _ => {}
            }
        }
        self.finish_composed(supergraph);
        self.check_transitive_authorisation(supergraph);
    }
}

/// The name of a known directive in its specification.
fn usual(known: Known) -> &'static str {
    MERGED
        .iter()
        .find(|(other, _)| *other == known)
        .map_or("", |(_, name)| name)
}

/// Requirements of several subgraphs on one element must all hold. Each is a choice between sets;
/// so is the conjunction: every combination of one set of each, without sets that contain another.
pub(super) fn conjunction<'d>(
    name: &str,
    argument: &str,
    applications: impl Iterator<Item = &'d Directive>,
) -> Directive {
    let mut merged: Option<Vec<BTreeSet<String>>> = None;
    for directive in applications {
        let Some(value) = directive.argument(argument) else {
            continue;
        };
        let sets: Vec<BTreeSet<String>> = value
            .items()
            .iter()
            .map(|set| {
                set.items()
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect()
            })
            .collect();
        merged = Some(minimal(match merged {
            None => sets,
            Some(before) => before
                .iter()
                .flat_map(|one| {
                    sets.iter()
                        .map(move |other| one.union(other).cloned().collect())
                })
                .collect(),
        }));
    }
    let list =
        |set: BTreeSet<String>| Value::List(set.iter().map(|item| Value::string(item)).collect());
    let value = Value::List(merged.unwrap_or_default().into_iter().map(list).collect());
    Directive::new(name, vec![(argument, value)])
}

/// The sets that contain no other, sorted.
fn minimal(mut sets: Vec<BTreeSet<String>>) -> Vec<BTreeSet<String>> {
    sets.sort();
    sets.dedup();
    let keep: Vec<bool> = sets
        .iter()
        .map(|set| {
            !sets
                .iter()
                .any(|other| other != set && other.is_subset(set))
        })
        .collect();
    sets.into_iter()
        .zip(keep)
        .filter(|(_, keep)| *keep)
        .map(|(set, _)| set)
        .collect()
}

/// The greatest assumed size, all slicing arguments, all sized fields.
fn list_size(name: &str, applications: &[(GraphId, &Directive)]) -> Directive {
    let assumed = applications
        .iter()
        .filter_map(|(_, d)| d.argument("assumedSize")?.as_int())
        .max();
    let union = |argument: &str| {
        let mut names: Vec<&str> = Vec::new();
        let mut given = false;
        for (_, directive) in applications {
            if let Some(value) = directive
                .argument(argument)
                .filter(|value| **value != Value::Null)
            {
                given = true;
                for name in value.items().iter().filter_map(Value::as_str) {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
        }
        given.then(|| Value::List(names.into_iter().map(Value::string).collect()))
    };
    let mut arguments = Vec::new();
    if let Some(assumed) = assumed {
        arguments.push(("assumedSize", Value::Int(Name::from(assumed.to_string()))));
    }
    if let Some(value) = union("slicingArguments") {
        arguments.push(("slicingArguments", value));
    }
    if let Some(value) = union("sizedFields") {
        arguments.push(("sizedFields", value));
    }
    let required: Vec<bool> = applications
        .iter()
        .filter_map(|(_, d)| d.argument("requireOneSlicingArgument")?.as_bool())
        .collect();
    if !required.is_empty() {
        let all = required.len() < applications.len() || required.contains(&true);
        arguments.push(("requireOneSlicingArgument", Value::Boolean(all)));
    }
    Directive::new(name, arguments)
}

/// For contracts of supergraphs in which nothing was inaccessible before.
pub(crate) fn inaccessible_definition() -> Option<DirectiveDef> {
    definition(Known::Inaccessible)
}

/// How the supergraph defines a directive that federation knows.
fn definition(known: Known) -> Option<DirectiveDef> {
    let named = |name: &str| TypeRef::Named(Name::from(name));
    let required = |ty: TypeRef| TypeRef::NonNull(Box::new(ty));
    let list = |ty: TypeRef| TypeRef::List(Box::new(ty));
    let argument = |name: &str, ty: TypeRef, default: Option<Value>| Field {
        name: Name::from(name),
        description: None,
        arguments: Vec::new(),
        ty,
        default,
        directives: Vec::new(),
        at: 0,
        part: 0,
        facts: crate::ast::Facts::default(),
    };
    let (name, arguments, repeatable) = match known {
        Known::Tag => (
            "tag",
            vec![argument("name", required(named("String")), None)],
            true,
        ),
        Known::Inaccessible => ("inaccessible", Vec::new(), false),
        Known::Authenticated => ("authenticated", Vec::new(), false),
        Known::RequiresScopes => {
            let ty = required(list(required(list(required(named(
                "requiresScopes__Scope",
            ))))));
            ("requiresScopes", vec![argument("scopes", ty, None)], false)
        }
        Known::Policy => {
            let ty = required(list(required(list(required(named("policy__Policy"))))));
            ("policy", vec![argument("policies", ty, None)], false)
        }
        Known::Cost => (
            "cost",
            vec![argument("weight", required(named("Int")), None)],
            false,
        ),
        Known::ListSize => (
            "listSize",
            vec![
                argument("assumedSize", named("Int"), None),
                argument("slicingArguments", list(required(named("String"))), None),
                argument("sizedFields", list(required(named("String"))), None),
                argument(
                    "requireOneSlicingArgument",
                    named("Boolean"),
                    Some(Value::Boolean(true)),
                ),
            ],
            false,
        ),
        Known::Context => (
            "context",
            vec![argument("name", required(named("String")), None)],
            true,
        ),
        Known::FromContext => (
            "context__fromContext",
            vec![argument("field", named("context__ContextFieldValue"), None)],
            false,
        ),
        _ => return None,
    };
    let locations = crate::link::FEDERATION_DIRECTIVES
        .iter()
        .find(|(_, other, ..)| *other == known)
        .map(|(.., locations)| {
            locations
                .iter()
                .map(|location| Name::from(*location))
                .collect()
        })?;
    Some(DirectiveDef {
        name: Name::from(name),
        description: None,
        arguments,
        repeatable,
        locations,
        at: 0,
    })
}
