//! Subgraphs to one supergraph, kind by kind

mod applied;
mod arguments;
mod authorisation;
mod composed;
mod composite;
mod coordinate;
mod enums;
mod facts;
mod input;
mod interface_object;
mod kept;
mod leaf;
mod memory;
pub(crate) mod numbers;
mod overrides;
mod reference;
mod schema;
mod sharing;
mod value_types;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ast::{HashMap, HashSet, Kind, Known, Name, Root, TypeDef};
use crate::error::{CompositionError, ErrorCode, Location};
use crate::field_set;
use crate::hint::{Hint, HintLevel};
use crate::subgraph::Subgraph;
use crate::supergraph::{Graph, GraphId, JoinType, SuperType};

pub(crate) use applied::KnownSet;
pub(crate) use coordinate::Coordinate;
pub(crate) use facts::{Fact, Uses};
pub(crate) use memory::{Implementations, Memory};
pub(crate) use schema::inaccessible_definition;

/// A type as one subgraph has it.
pub(crate) type Source<'a> = (GraphId, &'a TypeDef);

/// Merging in progress.
pub(crate) struct Merger<'a> {
    pub(crate) subgraphs: &'a [Arc<Subgraph>],
    pub(crate) errors: Vec<CompositionError>,
    pub(crate) hints: Vec<Hint>,
    pub(crate) facts: &'a facts::Facts,
    pub(crate) applied: applied::Applied,
    pub(crate) composed: BTreeMap<Name, composed::Composed>,
    /// The facts that went into the type that is being merged.
    pub(crate) reads: HashSet<Fact>,
    /// The fields of that type, as they were and as they are.
    pub(crate) kept: kept::Kept,
}

impl<'a> Merger<'a> {
    fn merge_type(&mut self, name: &Name, sources: &[Source<'a>]) -> Option<SuperType> {
        let kind_of = |ty: &TypeDef| {
            if ty.is_interface_object() {
                Kind::Interface
            } else {
                ty.kind
            }
        };
        let kind = kind_of(sources.first()?.1);
        if sources.iter().any(|(_, ty)| kind_of(ty) != kind) {
            let list = self.listing(
                sources
                    .iter()
                    .map(|(graph, ty)| (*graph, kind_of(ty).noun().to_owned())),
            );
            self.error(
                ErrorCode::TypeKindMismatch,
                format!("type \"{name}\" has mismatched kind: it is defined as {list}"),
                Some(name.to_string()),
                sources.iter().map(|(graph, ty)| (*graph, ty.at)).collect(),
            );
            return None;
        }
        if sources
            .iter()
            .all(|(_, ty)| !ty.defined || (ty.has(Known::Extends)))
        {
            let list =
                self.graph_names(&sources.iter().map(|(graph, _)| *graph).collect::<Vec<_>>());
            let root = matches!(name.as_str(), "Query" | "Mutation" | "Subscription");
            if !root {
                self.error(
                    ErrorCode::ExtensionWithNoBase,
                    format!("type \"{name}\" is an extension type in {list}, but there is no type definition for \"{name}\" in any subgraph"),
                    Some(name.to_string()),
                    sources.iter().map(|(graph, ty)| (*graph, ty.at)).collect(),
                );
            }
        }
        let mut merged = SuperType {
            name: name.clone(),
            kind,
            description: None,
            directives: Vec::new(),
            join_directives: Vec::new(),
            joins: Vec::new(),
            implements: Vec::new(),
            fields: crate::ast::Map::default(),
            members: Vec::new(),
            values: crate::ast::Map::default(),
        };
        merged.description = self.description(
            Coordinate::of(name),
            sources
                .iter()
                .map(|(graph, ty)| (*graph, ty.description.as_ref())),
        );
        self.join_types(&mut merged, sources);
        let directives: Vec<_> = sources
            .iter()
            .map(|(graph, ty)| (*graph, ty.directives.as_slice()))
            .collect();
        merged.directives =
            self.merge_applied(Coordinate::of(name), kind_location(kind), &directives);
        merged.join_directives = self.cache_tags(&directives);
        match kind {
            Kind::Scalar => {}
            Kind::Object | Kind::Interface => self.merge_composite(&mut merged, sources),
            Kind::Union => self.merge_union(&mut merged, sources),
            Kind::Enum => self.merge_enum(&mut merged, sources),
            Kind::InputObject => self.merge_input(&mut merged, sources),
        }
        Some(merged)
    }

    fn join_types(&mut self, merged: &mut SuperType, sources: &[Source<'a>]) {
        // every subgraph answers `_service` and `_entities`: its query root exists
        let root_query = merged.name == Root::Query.type_name();
        let bare = |graph, is_interface_object| JoinType {
            graph,
            key: None,
            extension: false,
            resolvable: true,
            is_interface_object,
        };
        let mut next: GraphId = 0;
        for (graph, ty) in sources {
            let graph = *graph;
            if root_query {
                merged
                    .joins
                    .extend((next..graph).map(|graph| bare(graph, false)));
                next = graph + 1;
            }
            let is_interface_object = ty.is_interface_object();
            let keys: Vec<_> = if matches!(ty.kind, Kind::Object | Kind::Interface) {
                ty.directives
                    .iter()
                    .filter(|directive| directive.known == Known::Key)
                    .collect()
            } else {
                Vec::new()
            };
            if keys.is_empty() {
                merged.joins.push(bare(graph, is_interface_object));
            }
            for key in keys {
                let text = key.text("fields").unwrap_or_default();
                let text = field_set::parse(text)
                    .map_or_else(|_| text.to_owned(), |set| field_set::text(&set));
                merged.joins.push(JoinType {
                    graph,
                    key: Some(Arc::from(text)),
                    extension: key.of_extension || ty.has(Known::Extends) || !ty.defined,
                    resolvable: key
                        .argument("resolvable")
                        .and_then(crate::ast::Value::as_bool)
                        .unwrap_or(true),
                    is_interface_object,
                });
            }
        }
        if root_query {
            let all = self.subgraphs.len() as GraphId;
            merged
                .joins
                .extend((next..all).map(|graph| bare(graph, false)));
        }
    }

    /// The description that most subgraphs give, the first of them when several are as frequent.
    pub(crate) fn description<'d>(
        &mut self,
        coordinate: Coordinate<'_>,
        sources: impl Iterator<Item = (GraphId, Option<&'d Arc<str>>)>,
    ) -> Option<Arc<str>> {
        let mut counts: Vec<(&Arc<str>, usize)> = Vec::new();
        for text in sources
            .filter_map(|(_, text)| text)
            .filter(|text| !text.is_empty())
        {
            match counts.iter_mut().find(|(other, _)| *other == text) {
                Some((_, count)) => *count += 1,
                None => counts.push((text, 1)),
            }
        }
        if counts.len() > 1 {
            self.hint(
                "INCONSISTENT_DESCRIPTION",
                HintLevel::Warn,
                format!("\"{coordinate}\" has different descriptions in different subgraphs; the most frequent is taken"),
                Some(coordinate.to_string()),
                Vec::new(),
            );
        }
        let most = counts.iter().map(|(_, count)| *count).max()?;
        counts
            .into_iter()
            .find(|(_, count)| *count == most)
            .map(|(text, _)| text.clone())
    }

    pub(crate) fn error(
        &mut self,
        code: ErrorCode,
        message: impl Into<String>,
        coordinate: Option<String>,
        at: Vec<(GraphId, u32)>,
    ) {
        let locations = self.locations(at);
        self.errors.push(CompositionError {
            code,
            message: message.into(),
            help: code.help().to_owned(),
            coordinate,
            locations,
        });
    }

    pub(crate) fn hint(
        &mut self,
        code: &'static str,
        level: HintLevel,
        message: impl Into<String>,
        coordinate: Option<String>,
        at: Vec<(GraphId, u32)>,
    ) {
        let locations = self.locations(at);
        self.hints.push(Hint {
            code,
            level,
            message: message.into(),
            coordinate,
            locations,
        });
    }

    fn locations(&self, at: Vec<(GraphId, u32)>) -> Vec<Location> {
        at.into_iter()
            .map(|(graph, at)| {
                let subgraph = &self.subgraphs[usize::from(graph)];
                let (line, column) = subgraph.source.position(at);
                Location {
                    subgraph: subgraph.name.to_string(),
                    line,
                    column,
                }
            })
            .collect()
    }

    /// `X in subgraphs "a" and "b", and Y in subgraph "c"`
    pub(crate) fn listing(&self, what: impl Iterator<Item = (GraphId, String)>) -> String {
        let mut groups: Vec<(String, Vec<GraphId>)> = Vec::new();
        for (graph, text) in what {
            match groups.iter_mut().find(|(other, _)| *other == text) {
                Some((_, graphs)) => graphs.push(graph),
                None => groups.push((text, vec![graph])),
            }
        }
        let parts: Vec<String> = groups
            .into_iter()
            .map(|(text, graphs)| format!("{text} in {}", self.graph_names(&graphs)))
            .collect();
        parts.join(" and ")
    }

    /// `subgraph "a"` or `subgraphs "a", "b"`
    pub(crate) fn graph_names(&self, graphs: &[GraphId]) -> String {
        let names: Vec<String> = graphs
            .iter()
            .map(|graph| format!("\"{}\"", self.subgraphs[usize::from(*graph)].name))
            .collect();
        format!(
            "subgraph{} {}",
            if names.len() == 1 { "" } else { "s" },
            names.join(", ")
        )
    }
}

/// Where a directive on such a type stands.
pub(crate) fn kind_location(kind: Kind) -> &'static str {
    match kind {
        Kind::Scalar => "SCALAR",
        Kind::Object => "OBJECT",
        Kind::Interface => "INTERFACE",
        Kind::Union => "UNION",
        Kind::Enum => "ENUM",
        Kind::InputObject => "INPUT_OBJECT",
    }
}

/// Names of subgraphs as enum values: upper case, `_` for what a name can't hold, numbered when
/// two become the same.
fn graphs(subgraphs: &[Arc<Subgraph>]) -> Vec<Graph> {
    let base = |name: &str| {
        let mut out: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        if out.chars().next().is_none_or(|c| c.is_ascii_digit()) {
            out.insert(0, '_');
        }
        // a trailing `_<digits>` could be mistaken for a number of ours
        if out.rsplit_once('_').is_some_and(|(head, tail)| {
            !head.is_empty() && !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_digit())
        }) {
            out.push('_');
        }
        out
    };
    let mut counts: HashMap<String, usize> = HashMap::default();
    for subgraph in subgraphs {
        *counts.entry(base(&subgraph.name)).or_default() += 1;
    }
    let mut numbers: HashMap<String, usize> = HashMap::default();
    subgraphs
        .iter()
        .map(|subgraph| {
            let base = base(&subgraph.name);
            let enum_name = if counts.get(&base).copied().unwrap_or(0) > 1 {
                let number = numbers.entry(base.clone()).or_default();
                *number += 1;
                format!("{base}_{number}")
            } else {
                base
            };
            Graph {
                name: subgraph.name.clone(),
                enum_name: Name::from(enum_name),
                url: subgraph.url.clone(),
            }
        })
        .collect()
}
