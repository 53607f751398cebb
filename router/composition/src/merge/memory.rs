//! Merging again when little changed: what was merged is kept per type, and per field where several
//! subgraphs have the type

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ast::{HashMap, HashSet, Map, Name, Root};
use crate::error::{CompositionError, ErrorCode};
use crate::hint::Hint;
use crate::merge::applied::{Applied, KnownSet};
use crate::merge::composed::Composed;
use crate::merge::facts::{Fact, Facts};
use crate::merge::kept::{Before, FieldPart, Kept};
use crate::merge::numbers::Numbers;
use crate::merge::{Merger, Source, graphs};
use crate::print;
use crate::subgraph::Subgraph;
use crate::supergraph::{GraphId, Printed, SuperType, Supergraph};
use crate::validate;
use crate::validate::scope::{Checked, Scope};

/// One merged type, before the rules that look at the whole supergraph.
struct Part {
    merged: Option<PrintedType>,
    errors: Vec<CompositionError>,
    hints: Vec<Hint>,
    used: KnownSet,
    reads: Box<[Fact]>,
    /// Of a type that several subgraphs have.
    fields: Map<FieldPart>,
}

/// A type and its text.
#[derive(Clone)]
struct PrintedType {
    ty: Arc<SuperType>,
    text: Arc<str>,
}

impl PrintedType {
    /// Keeps what was there before when it has the same text: who looks at types can then tell by
    /// the pointer that nothing changed.
    fn new(ty: Arc<SuperType>, supergraph: &Supergraph, before: Option<&Self>) -> Self {
        let mut text = String::with_capacity(512);
        print::type_definition(&mut text, &supergraph.graphs, &ty);
        Self::with_text(ty, &text, before)
    }

    /// The same with texts of fields that are known; those that are not will be.
    fn with_fields(
        ty: Arc<SuperType>,
        supergraph: &Supergraph,
        before: Option<&Self>,
        fields: &mut Map<FieldPart>,
    ) -> Self {
        if fields.is_empty() {
            return Self::new(ty, supergraph, before);
        }
        let graphs = &supergraph.graphs;
        let mut text = String::with_capacity(before.map_or(512, |before| before.text.len() + 512));
        // what did not merge is no field of the type; the others are in the same order
        let mut parts = fields.values_mut().filter(|part| part.field.is_some());
        print::type_with(&mut text, graphs, &ty, &mut |out, field| {
            let start = out.len();
            match parts.next() {
                Some(FieldPart {
                    text: Some(known), ..
                }) => out.push_str(known),
                Some(part) => {
                    print::field_definition(out, graphs, ty.kind, field);
                    part.text = Some(Arc::from(&out[start..]));
                }
                None => print::field_definition(out, graphs, ty.kind, field),
            }
        });
        Self::with_text(ty, &text, before)
    }

    fn with_text(ty: Arc<SuperType>, text: &str, before: Option<&Self>) -> Self {
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
    spread: HashMap<Name, PrintedType>,
    checked: Checked,
    /// Nothing will be merged again.
    once: bool,
}

/// Types that may merge differently now, with the fields that changed subgraphs declare; none
/// where every field may.
type Stale = BTreeMap<Name, Option<HashSet<Name>>>;

/// What merging gives.
pub(crate) struct Outcome {
    pub(crate) printed: Printed,
    pub(crate) errors: Vec<CompositionError>,
    pub(crate) hints: Vec<Hint>,
}

impl Memory {
    /// A memory for one time.
    pub(crate) fn once() -> Self {
        Self {
            once: true,
            ..Self::default()
        }
    }

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
            kept: Kept::default(),
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
        let implementations = Implementations::new(&supergraph);
        finish(&mut merger, &mut supergraph, &implementations);
        let texts = self.settle(&mut supergraph);
        let printed = Printed {
            supergraph: Arc::new(supergraph),
            texts: Arc::from(texts),
        };
        self.check(&mut merger, &printed, &implementations);
        let (errors, hints) = (merger.errors, merger.hints);
        self.applied = merger.applied;
        self.composed = merger.composed;
        self.facts = facts;
        Outcome {
            printed,
            errors,
            hints,
        }
    }

    /// The rules that look at the whole supergraph: where nothing was found the last time, at what
    /// may have become wrong since.
    fn check(
        &mut self,
        merger: &mut Merger<'_>,
        printed: &Printed,
        implementations: &Implementations,
    ) {
        if !merger.errors.is_empty() {
            // what does not merge has no fields to compare
            return;
        }
        let used = merger.applied.used;
        let mut scope = self.checked.scope(printed, used);
        rules(merger, &scope, implementations);
        if scope.is_partial() && !merger.errors.is_empty() {
            // all errors there are, in the order in which they are found from nothing
            merger.errors.clear();
            scope = Scope::whole(&printed.supergraph);
            rules(merger, &scope, implementations);
        }
        if merger.errors.is_empty() && !self.once {
            self.checked.accept(scope.finished(), printed, used);
        }
    }

    /// Takes in the new subgraphs. Gives what may merge differently now; none when everything may.
    fn replace(&mut self, subgraphs: &[Arc<Subgraph>]) -> Option<Stale> {
        let before = std::mem::replace(&mut self.subgraphs, subgraphs.to_vec());
        let names = |subgraph: &'_ Arc<Subgraph>| subgraph.name.clone();
        let (old, new): (Vec<Name>, Vec<Name>) = (
            before.iter().map(names).collect(),
            subgraphs.iter().map(names).collect(),
        );
        let numbers = Numbers::between(old.iter(), new.iter());
        let mut changed = HashSet::default();
        if before.is_empty()
            || (old != new && !numbers.keep_names(&graphs(&before), &graphs(subgraphs)))
        {
            self.parts.clear();
            self.spread.clear();
            self.facts = Facts::default();
            for (at, subgraph) in subgraphs.iter().enumerate() {
                let graph = at as GraphId;
                self.facts
                    .exchange(graph, None, Some(subgraph), &mut changed);
            }
            return None;
        }
        let mut stale = Stale::new();
        if old != new {
            // every subgraph has a part in the query root
            let root = Name::from(Root::Query.type_name());
            stale.insert(root, Some(HashSet::default()));
        }
        let mut last: Vec<Option<&Arc<Subgraph>>> = vec![None; subgraphs.len()];
        for (at, subgraph) in before.iter().enumerate() {
            let graph = at as GraphId;
            if let Some(now) = numbers.of(graph) {
                last[usize::from(now)] = Some(subgraph);
                continue;
            }
            self.facts
                .exchange(graph, Some(subgraph), None, &mut changed);
            changed.insert(Fact::Subgraph(subgraph.name.clone()));
            touch(&mut stale, subgraph);
            for name in subgraph.types.keys() {
                // a new subgraph may be called the same in the supergraph: not even the same text
                // would be the same type
                self.spread.remove(name);
                let part = self.parts.get_mut(name);
                if let Some(printed) = part.and_then(|part| part.merged.as_mut()) {
                    printed.text = Arc::default();
                }
            }
        }
        if !numbers.stay() {
            self.renumber(&numbers);
        }
        for (at, (before, after)) in last.into_iter().zip(subgraphs).enumerate() {
            if before.is_some_and(|before| Arc::ptr_eq(before, after)) {
                continue;
            }
            self.facts.exchange(
                at as GraphId,
                before.map(|before| &**before),
                Some(after),
                &mut changed,
            );
            match before {
                Some(before) => touch(&mut stale, before),
                None => {
                    changed.insert(Fact::Subgraph(after.name.clone()));
                }
            }
            touch(&mut stale, after);
        }
        if !changed.is_empty() {
            for (name, part) in &self.parts {
                if part.reads.iter().any(|read| changed.contains(read)) {
                    stale.insert(name.clone(), None);
                }
            }
        }
        Some(stale)
    }

    /// Takes over other numbers of the subgraphs.
    fn renumber(&mut self, numbers: &Numbers) {
        self.facts.renumber(numbers);
        for part in self.parts.values_mut() {
            if let Some(printed) = &mut part.merged {
                let ty = numbers.renew(&printed.ty);
                Numbers::renew_parts(&ty, &mut part.fields);
                printed.ty = Arc::new(ty);
            }
        }
        for printed in self.spread.values_mut() {
            printed.ty = Arc::new(numbers.renew(&printed.ty));
        }
    }

    fn merge_types<'a>(
        &mut self,
        merger: &mut Merger<'a>,
        supergraph: &Supergraph,
        stale: Option<Stale>,
    ) {
        let subgraphs = merger.subgraphs;
        let mut by_name: BTreeMap<&'a Name, Vec<Source<'a>>> = BTreeMap::new();
        let mut touched: Stale = Stale::new();
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
                for name in stale.keys() {
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
                touched = stale;
            }
        }
        // the surveys may have found something already
        let (errors, hints) = (
            std::mem::take(&mut merger.errors),
            std::mem::take(&mut merger.hints),
        );
        for (name, sources) in by_name {
            let before = self.parts.remove(name);
            let printed = before.as_ref().and_then(|part| part.merged.clone());
            merger.kept = Kept {
                forgets: self.once || sources.len() < 2,
                before: before.and_then(|part| {
                    Some(Before {
                        merged: part.merged?.ty,
                        fields: part.fields,
                        touched: touched.remove(name)??,
                    })
                }),
                now: Map::default(),
            };
            let ty = merger.merge_type(name, &sources).map(Arc::new);
            let mut fields = std::mem::take(&mut merger.kept).now;
            let part = Part {
                merged: ty.map(|ty| {
                    PrintedType::with_fields(ty, supergraph, printed.as_ref(), &mut fields)
                }),
                errors: std::mem::take(&mut merger.errors),
                hints: std::mem::take(&mut merger.hints),
                used: merger.applied.take(),
                reads: std::mem::take(&mut merger.reads).into_iter().collect(),
                fields,
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
            let printed = PrintedType::new(ty.clone(), supergraph, self.spread.get(name));
            *ty = printed.ty.clone();
            texts.push(printed.text.clone());
            spread.insert(name.clone(), printed);
        }
        supergraph.types = types;
        self.spread = spread;
        texts
    }
}

/// The types of a subgraph that changed may merge differently, in the fields that it declares.
fn touch(stale: &mut Stale, subgraph: &Subgraph) {
    for ty in subgraph.types.values() {
        let touched = stale
            .entry(ty.name.clone())
            .or_insert_with(|| Some(HashSet::default()));
        touched
            .get_or_insert_default()
            .extend(ty.fields.keys().cloned());
    }
}

fn same_composed(one: &BTreeMap<Name, Composed>, other: &BTreeMap<Name, Composed>) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|((name, one), (with, other))| name == with && one.same(other))
}

/// What types get from others, and the schema element.
fn finish(merger: &mut Merger<'_>, supergraph: &mut Supergraph, implementations: &Implementations) {
    merger.spread_interface_objects(supergraph, implementations);
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
    merger.finish_schema(supergraph, implementations);
}

/// The rules that look at the whole supergraph; it was merged without an error.
fn rules(merger: &mut Merger<'_>, scope: &Scope<'_>, implementations: &Implementations) {
    merger.check_transitive_authorisation(scope);
    if merger.errors.is_empty() {
        validate::interface_keys(merger, scope.supergraph, implementations);
        validate::interface_fields(merger, scope);
        validate::merged::requirements(merger, scope);
    }
    if merger.errors.is_empty() {
        validate::merged::schema(merger, scope);
        if merger.errors.is_empty() && merger.applied.any_inaccessible() {
            validate::inaccessible(merger, scope);
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
