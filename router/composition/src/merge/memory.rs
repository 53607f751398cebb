//! Merging again when little changed: what was merged is kept per type

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ast::{HashMap, HashSet, Name};
use crate::error::{CompositionError, ErrorCode};
use crate::hint::Hint;
use crate::merge::applied::{Applied, KnownSet};
use crate::merge::composed::Composed;
use crate::merge::facts::Facts;
use crate::merge::{Merger, Source, graphs};
use crate::print;
use crate::subgraph::Subgraph;
use crate::supergraph::{GraphId, SuperType, Supergraph};
use crate::validate;

/// One merged type, before the rules that look at the whole supergraph.
struct Part {
    merged: Option<Printed>,
    errors: Vec<CompositionError>,
    hints: Vec<Hint>,
    used: KnownSet,
    reads: HashSet<Name>,
}

/// A type and its text.
#[derive(Clone)]
struct Printed {
    ty: Arc<SuperType>,
    text: Arc<str>,
}

impl Printed {
    /// Keeps what was there before when it has the same text: who looks at types can then tell by
    /// the pointer that nothing changed.
    fn new(ty: Arc<SuperType>, supergraph: &Supergraph, before: Option<&Self>) -> Self {
        let mut text = String::with_capacity(512);
        print::type_definition(&mut text, &supergraph.graphs, &ty);
        match before {
            Some(before) if *before.text == *text => before.clone(),
            _ => Self {
                ty,
                text: Arc::from(text),
            },
        }
    }
}

/// What merging remembers from one time to the next.
#[derive(Default)]
pub(crate) struct Memory {
    subgraphs: Vec<Arc<Subgraph>>,
    facts: Facts,
    applied: Applied,
    composed: BTreeMap<Name, Composed>,
    parts: BTreeMap<Name, Part>,
    /// Types that the rules on the whole supergraph changed.
    spread: HashMap<Name, Printed>,
}

/// What merging gives.
pub(crate) struct Outcome {
    pub(crate) supergraph: Supergraph,
    pub(crate) errors: Vec<CompositionError>,
    pub(crate) hints: Vec<Hint>,
    /// The texts of the types, in order.
    pub(crate) texts: Vec<Arc<str>>,
}

impl Memory {
    /// Merges subgraphs, which must be sorted by name.
    pub(crate) fn merge(&mut self, subgraphs: &[Arc<Subgraph>]) -> Outcome {
        let stale = self.replace(subgraphs);
        let facts = std::mem::take(&mut self.facts);
        let mut merger = Merger {
            subgraphs,
            errors: Vec::new(),
            hints: Vec::new(),
            facts: &facts,
            applied: Applied::default(),
            composed: BTreeMap::new(),
            reads: HashSet::default(),
        };
        merger.survey_names();
        merger.survey_composed();
        let stale = stale.filter(|_| {
            merger.applied.same_names(&self.applied)
                && same_composed(&merger.composed, &self.composed)
        });
        let mut supergraph = Supergraph {
            graphs: graphs(subgraphs),
            ..Supergraph::default()
        };
        self.merge_types(&mut merger, &supergraph, stale);
        let mut types: Vec<(Name, Arc<SuperType>)> = Vec::with_capacity(self.parts.len());
        for (name, part) in &self.parts {
            merger.errors.extend_from_slice(&part.errors);
            merger.hints.extend_from_slice(&part.hints);
            merger.applied.add(part.used);
            if let Some(merged) = &part.merged {
                types.push((name.clone(), merged.ty.clone()));
            }
        }
        supergraph.types = types.into_iter().collect();
        finish(&mut merger, &mut supergraph);
        let texts = self.settle(&mut supergraph);
        let (errors, hints) = (merger.errors, merger.hints);
        self.applied = merger.applied;
        self.composed = merger.composed;
        self.facts = facts;
        Outcome {
            supergraph,
            errors,
            hints,
            texts,
        }
    }

    /// Takes in the new subgraphs. Gives the names of the types that may merge differently now;
    /// none when everything may.
    fn replace(&mut self, subgraphs: &[Arc<Subgraph>]) -> Option<BTreeSet<Name>> {
        let before = std::mem::replace(&mut self.subgraphs, subgraphs.to_vec());
        let alike = before.len() == subgraphs.len()
            && before
                .iter()
                .zip(subgraphs)
                .all(|(before, after)| before.name == after.name);
        let mut changed = HashSet::default();
        if !alike {
            // types hold numbers of subgraphs, which mean other subgraphs now
            self.parts.clear();
            self.spread.clear();
            self.facts = Facts::default();
            for (at, subgraph) in subgraphs.iter().enumerate() {
                self.facts.insert(at as GraphId, subgraph, &mut changed);
            }
            return None;
        }
        let mut stale = BTreeSet::new();
        for (at, (before, after)) in before.iter().zip(subgraphs).enumerate() {
            if Arc::ptr_eq(before, after) {
                continue;
            }
            // what goes and comes back did not change, but telling so costs more than merging it
            self.facts.remove(at as GraphId, before, &mut changed);
            self.facts.insert(at as GraphId, after, &mut changed);
            stale.extend(before.types.keys().cloned());
            stale.extend(after.types.keys().cloned());
        }
        for (name, part) in &self.parts {
            if changed.contains(name) || part.reads.iter().any(|read| changed.contains(read)) {
                stale.insert(name.clone());
            }
        }
        Some(stale)
    }

    fn merge_types<'a>(
        &mut self,
        merger: &mut Merger<'a>,
        supergraph: &Supergraph,
        stale: Option<BTreeSet<Name>>,
    ) {
        let subgraphs = merger.subgraphs;
        let mut by_name: BTreeMap<&'a Name, Vec<Source<'a>>> = BTreeMap::new();
        match stale {
            None => {
                let mut tables: HashMap<&'a Name, Vec<Source<'a>>> = HashMap::default();
                for (at, subgraph) in subgraphs.iter().enumerate() {
                    for ty in subgraph.types.values() {
                        tables
                            .entry(&ty.name)
                            .or_default()
                            .push((at as GraphId, ty));
                    }
                }
                by_name.extend(tables);
                self.parts.retain(|name, _| by_name.contains_key(name));
            }
            Some(stale) => {
                for name in &stale {
                    let sources: Vec<Source<'a>> = subgraphs
                        .iter()
                        .enumerate()
                        .filter_map(|(at, subgraph)| {
                            Some((at as GraphId, subgraph.types.get(name)?))
                        })
                        .collect();
                    match sources.first() {
                        Some((_, first)) => {
                            by_name.insert(&first.name, sources);
                        }
                        None => {
                            self.parts.remove(name);
                        }
                    }
                }
            }
        }
        // the surveys may have found something already
        let (errors, hints) = (
            std::mem::take(&mut merger.errors),
            std::mem::take(&mut merger.hints),
        );
        for (name, sources) in by_name {
            let ty = merger.merge_type(name, &sources);
            let before = self.parts.get(name).and_then(|part| part.merged.as_ref());
            let part = Part {
                merged: ty.map(|ty| Printed::new(Arc::new(ty), supergraph, before)),
                errors: std::mem::take(&mut merger.errors),
                hints: std::mem::take(&mut merger.hints),
                used: merger.applied.take(),
                reads: std::mem::take(&mut merger.reads),
            };
            self.parts.insert(name.clone(), part);
        }
        merger.errors = errors;
        merger.hints = hints;
    }

    /// The texts of all types. Types that the last rules changed are those of the last time, when
    /// they changed in the same way.
    fn settle(&mut self, supergraph: &mut Supergraph) -> Vec<Arc<str>> {
        let mut spread = HashMap::default();
        let mut texts = Vec::with_capacity(supergraph.types.len());
        let mut types = std::mem::take(&mut supergraph.types);
        for ((name, part), (_, ty)) in self
            .parts
            .iter()
            .filter_map(|(name, part)| Some((name, part.merged.as_ref()?)))
            .zip(types.iter_mut())
        {
            if Arc::ptr_eq(&part.ty, ty) {
                texts.push(part.text.clone());
                continue;
            }
            let printed = Printed::new(ty.clone(), supergraph, self.spread.get(name));
            *ty = printed.ty.clone();
            texts.push(printed.text.clone());
            spread.insert(name.clone(), printed);
        }
        supergraph.types = types;
        self.spread = spread;
        texts
    }
}

fn same_composed(one: &BTreeMap<Name, Composed>, other: &BTreeMap<Name, Composed>) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|((name, one), (with, other))| name == with && one.same(other))
}

/// The rules that look at the whole supergraph.
fn finish(merger: &mut Merger<'_>, supergraph: &mut Supergraph) {
    let implementations = Implementations::new(supergraph);
    merger.spread_interface_objects(supergraph, &implementations);
    if supergraph
        .types
        .get("Query")
        .is_none_or(|query| query.fields.is_empty())
    {
        merger.error(
            ErrorCode::NoQueries,
            "no queries found in any subgraph: a supergraph must have a query root type",
            None,
            Vec::new(),
        );
    }
    merger.finish_schema(supergraph, &implementations);
    if merger.errors.is_empty() {
        validate::interface_keys(merger, supergraph, &implementations);
        validate::interface_fields(merger, supergraph);
        validate::merged::requirements(merger, supergraph);
    }
    if merger.errors.is_empty() {
        validate::merged::schema(merger, supergraph);
        if merger.errors.is_empty() && merger.applied.any_inaccessible() {
            validate::inaccessible(merger, supergraph);
        }
    }
}

/// The object types that implement each interface, by name.
pub(crate) struct Implementations(HashMap<Name, Vec<Name>>);

impl Implementations {
    fn new(supergraph: &Supergraph) -> Self {
        let mut found: HashMap<Name, Vec<Name>> = HashMap::default();
        for ty in supergraph.types.values() {
            if ty.kind == crate::ast::Kind::Object {
                for interface in ty.interfaces() {
                    found
                        .entry(interface.clone())
                        .or_default()
                        .push(ty.name.clone());
                }
            }
        }
        Self(found)
    }

    pub(crate) fn of(&self, interface: &str) -> &[Name] {
        self.0.get(interface).map_or(&[], Vec::as_slice)
    }
}
