//! Directives on merged elements

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::{Directive, Known, Name, Value};
use crate::error::ErrorCode;
use crate::hint::HintLevel;
use crate::merge::Merger;
use crate::merge::coordinate::Coordinate;
use crate::supergraph::{GraphId, JoinDirective};

/// A set of known directives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownSet(u32);

impl KnownSet {
    fn bit(known: Known) -> u32 {
        1 << (known as u32)
    }

    fn insert(&mut self, known: Known) {
        self.0 |= Self::bit(known);
    }

    /// The merged ones among them, in order.
    pub(super) fn iter(self) -> impl Iterator<Item = Known> {
        MERGED
            .into_iter()
            .map(|(known, _)| known)
            .filter(move |known| self.contains(*known))
    }

    pub(crate) fn contains(self, known: Known) -> bool {
        self.0 & Self::bit(known) != 0
    }
}

/// Which known directives the supergraph ended up with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applied {
    pub(super) used: KnownSet,
    /// Other names than the usual ones.
    pub(super) renamed: BTreeMap<Known, String>,
}

/// Known directives that are merged, and their usual names.
const MERGED: [(Known, &str); 8] = [
    (Known::Inaccessible, "inaccessible"),
    (Known::Tag, "tag"),
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
            .any(|known| self.used.contains(*known))
    }

    pub(super) fn any_inaccessible(&self) -> bool {
        self.used.contains(Known::Inaccessible)
    }

    pub(super) fn same_names(&self, other: &Self) -> bool {
        self.renamed == other.renamed
    }

    /// What was used since the last call.
    pub(super) fn take(&mut self) -> KnownSet {
        std::mem::take(&mut self.used)
    }

    pub(super) fn add(&mut self, used: KnownSet) {
        self.used.0 |= used.0;
    }
}

/// Directives of one element, per subgraph.
pub(crate) type AppliedSources<'d> = [(GraphId, &'d [Directive])];

impl Merger<'_> {
    /// Finds out under which name subgraphs apply each directive; it must be one.
    pub(super) fn survey_names(&mut self) {
        let subgraphs = self.subgraphs;
        for (known, usual) in MERGED {
            let names: Vec<(GraphId, &Name, u32)> = subgraphs
                .iter()
                .enumerate()
                .filter_map(|(at, subgraph)| {
                    let (_, name, offset) = subgraph
                        .applied
                        .iter()
                        .find(|(applied, ..)| *applied == known)?;
                    Some((at as GraphId, name, *offset))
                })
                .collect();
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
                    format!("the \"@{usual}\" directive has different names in the subgraphs that apply it: it is {list}"),
                    None,
                    names.iter().map(|(graph, _, at)| (*graph, *at)).collect(),
                );
            } else if *first != usual {
                self.applied.renamed.insert(known, first.to_string());
            }
        }
    }

    /// Merges the directives of one element of all subgraphs.
    pub(crate) fn merge_applied(
        &mut self,
        coordinate: Coordinate<'_>,
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
            self.survey_arguments(coordinate, known, &applications);
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
                    let composed = self.merge_composed(coordinate, &applications);
                    out.extend(composed);
                }
                Known::Deprecated | Known::SpecifiedBy => {
                    out.push(self.most_frequent(coordinate, &applications));
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

    /// Remarks that subgraphs say different things of which the supergraph says the sum.
    fn survey_arguments(
        &mut self,
        coordinate: Coordinate<'_>,
        known: Known,
        applications: &[(GraphId, &Directive)],
    ) {
        let rule = match known {
            Known::RequiresScopes | Known::Policy => "all of them must be met",
            Known::Cost => "the greatest weight is taken",
            Known::ListSize => "the greatest size is taken, and all arguments and fields",
            _ => return,
        };
        if applications.windows(2).all(|pair| pair[0].1 == pair[1].1) {
            return;
        }
        self.hint(
            "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
            HintLevel::Info,
            format!("directive @{} is applied to \"{coordinate}\" in different ways in different subgraphs; {rule}", usual(known)),
            Some(coordinate.to_string()),
            applications.iter().map(|(graph, directive)| (*graph, directive.at)).collect(),
        );
    }

    /// `@cacheTag` stays with the subgraphs that apply it.
    pub(crate) fn cache_tags(&mut self, sources: &AppliedSources<'_>) -> Vec<JoinDirective> {
        let mut out: Vec<JoinDirective> = Vec::new();
        for (graph, directives) in sources {
            for tag in directives.iter().filter(|d| d.known == Known::CacheTag) {
                let same = |other: &&mut JoinDirective| other.arguments == tag.arguments;
                match out.iter_mut().find(same) {
                    Some(other) if other.graphs.contains(graph) => {}
                    Some(other) => other.graphs.push(*graph),
                    None => out.push(JoinDirective {
                        graphs: vec![*graph],
                        name: "federation__cacheTag",
                        arguments: tag.arguments.clone(),
                    }),
                }
            }
        }
        if !out.is_empty() {
            self.applied.used.insert(Known::CacheTag);
        }
        out
    }

    /// For directives that stand once: the arguments that most subgraphs give.
    pub(super) fn most_frequent(
        &mut self,
        coordinate: Coordinate<'_>,
        applications: &[(GraphId, &Directive)],
    ) -> Directive {
        let mut counts: Vec<(&Directive, usize)> = Vec::new();
        for (_, directive) in applications {
            match counts.iter_mut().find(|(other, _)| *other == *directive) {
                Some((_, count)) => *count += 1,
                None => counts.push((directive, 1)),
            }
        }
        if counts.len() > 1 {
            let name = &counts[0].0.name;
            self.hint(
                "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
                HintLevel::Warn,
                format!("directive @{name} is applied to \"{coordinate}\" in different ways in different subgraphs; the most frequent is taken"),
                Some(coordinate.to_string()),
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
}

/// The name of a known directive in its specification.
pub(super) fn usual(known: Known) -> &'static str {
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
