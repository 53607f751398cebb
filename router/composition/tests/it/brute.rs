//! Satisfiability against a checker that knows nothing but the rules
//!
//! Small sets of subgraphs are thought up as data. [`World::unanswerable`] spells out every path of
//! selections up to a depth and searches for subgraphs that answer it, remembering nothing between
//! paths; composition must say the same of the SDL.

use std::collections::{BTreeMap, BTreeSet};

use router_composition::{SubgraphInput, compose};

use crate::rng::Rng;
use crate::table::{Verdict, verdict};

/// What a field gives: nothing below it, an object, or one of a union.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gives {
    Leaf,
    Object(usize),
    Union,
}

#[derive(Clone, Default, Debug)]
struct Field {
    external: bool,
    requires: Vec<&'static str>,
    provides: Vec<&'static str>,
}

/// A type in one subgraph.
#[derive(Clone, Default, Debug)]
struct Type {
    /// The fields of each key, and whether the subgraph resolves references by it.
    keys: Vec<(Vec<&'static str>, bool)>,
    fields: BTreeMap<&'static str, Field>,
}

#[derive(Clone, Default, Debug)]
struct Graph {
    types: BTreeMap<usize, Type>,
    /// Members of the union.
    union: BTreeSet<usize>,
    query: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Graph {
    /// Does a `@requires` or `@provides` name the field?
    fn reads(&self, ty: usize, field: &str) -> bool {
        let of_type = self
            .types
            .get(&ty)
            .into_iter()
            .flat_map(|def| def.fields.values());
        let mut requires = of_type.flat_map(|field| &field.requires);
        let links = self.types.values().flat_map(|def| &def.fields);
        let mut provides = links
            .map(|(name, field)| (*name, &field.provides))
            .chain(self.query.iter().map(|(name, provides)| (*name, provides)))
            .filter(|(name, _)| gives(name) == Gives::Object(ty))
            .flat_map(|(_, provides)| provides);
        requires.any(|name| *name == field) || provides.any(|name| *name == field)
    }
}

impl Graph {
    /// Takes the field out of every `@requires` and `@provides`.
    fn forget(&mut self, ty: usize, field: &str) {
        for (other, def) in &mut self.types {
            for (name, link) in &mut def.fields {
                if *other == ty {
                    link.requires.retain(|name| *name != field);
                }
                if gives(name) == Gives::Object(ty) {
                    link.provides.retain(|name| *name != field);
                }
            }
        }
        for (name, provides) in &mut self.query {
            if gives(name) == Gives::Object(ty) {
                provides.retain(|name| *name != field);
            }
        }
    }
}

#[derive(Debug)]
struct World {
    graphs: Vec<Graph>,
}

/// The number of object types.
const TYPES: usize = 3;
/// How many selections deep every path is tried. A shortest unanswerable path visits no state
/// twice, and these worlds have few.
const DEPTH: usize = 6;

fn gives(field: &str) -> Gives {
    match field {
        "r0" | "q0" => Gives::Object(0),
        "r1" | "q1" => Gives::Object(1),
        "r2" | "q2" => Gives::Object(2),
        "u" | "qu" => Gives::Union,
        _ => Gives::Leaf,
    }
}

/// Where a query is on an object: the subgraph, and what `@provides` brought along.
type Place = (usize, Vec<&'static str>);

impl World {
    fn new(rng: &mut Rng) -> Self {
        let count = rng.between(2, 4);
        let mut graphs: Vec<Graph> = (0..count).map(|_| Graph::default()).collect();
        for ty in 0..TYPES {
            for graph in &mut graphs {
                if rng.chance(35) {
                    continue;
                }
                let mut def = Type::default();
                for key in [&["id"][..], &["k"], &["id", "k"]] {
                    if rng.chance(45) {
                        def.keys.push((key.to_vec(), rng.chance(80)));
                        for field in key {
                            def.fields.insert(field, Field::default());
                        }
                    }
                }
                for field in ["id", "k", "a", "b", "c"] {
                    if rng.chance(25) {
                        def.fields.entry(field).or_default();
                    }
                }
                if rng.chance(25) && !def.keys.is_empty() {
                    let requires = rng.some(&["a", "b"], 40);
                    for field in &requires {
                        def.fields.entry(field).or_insert_with(|| Field {
                            external: true,
                            ..Field::default()
                        });
                    }
                    let name = *rng.pick(&["x", "y"]);
                    def.fields.insert(
                        name,
                        Field {
                            requires,
                            ..Field::default()
                        },
                    );
                }
                if !def.fields.is_empty() {
                    graph.types.insert(ty, def);
                }
            }
        }
        // fields that lead on, where the subgraph has where they lead
        for graph in &mut graphs {
            let known: Vec<usize> = graph.types.keys().copied().collect();
            if known.is_empty() {
                continue;
            }
            if rng.chance(30) {
                graph.union = rng.some(&known, 50).into_iter().collect();
            }
            for ty in &known {
                for link in ["r0", "r1", "r2", "u"] {
                    if rng.chance(20) {
                        Self::link(rng, graph, Some(*ty), link);
                    }
                }
            }
            for link in ["q0", "q1", "q2", "qu"] {
                if rng.chance(35) {
                    Self::link(rng, graph, None, link);
                }
            }
        }
        // who has a union may resolve it alone: members differ from subgraph to subgraph
        let mut seen = BTreeSet::new();
        for graph in &mut graphs {
            graph
                .query
                .retain(|name, _| *name != "qu" || seen.insert("Query".to_owned()));
            for (ty, def) in &mut graph.types {
                def.fields
                    .retain(|name, _| *name != "u" || seen.insert(ty.to_string()));
            }
        }
        // what `@requires` and `@provides` read is external, and another subgraph owns it
        for ty in 0..TYPES {
            for field in ["a", "b", "c"] {
                for at in 0..graphs.len() {
                    let owner = graphs.iter().enumerate().any(|(other, graph)| {
                        let def = graph.types.get(&ty).and_then(|def| def.fields.get(field));
                        other != at && def.is_some_and(|field| !field.external)
                    });
                    let reads = graphs[at].reads(ty, field) && owner;
                    if !reads {
                        graphs[at].forget(ty, field);
                    }
                    let def = graphs[at].types.get_mut(&ty);
                    if let Some(field) = def.and_then(|def| def.fields.get_mut(field)) {
                        field.external = reads;
                    }
                }
            }
        }
        Self { graphs }
    }

    fn link(rng: &mut Rng, graph: &mut Graph, from: Option<usize>, name: &'static str) {
        let mut provides = Vec::new();
        match gives(name) {
            Gives::Object(target) => {
                let Some(def) = graph.types.get_mut(&target) else {
                    return;
                };
                if rng.chance(25) {
                    let field = *rng.pick(&["a", "b", "c"]);
                    let external = || Field {
                        external: true,
                        ..Field::default()
                    };
                    if def.fields.entry(field).or_insert_with(external).external {
                        provides.push(field);
                    }
                }
            }
            _ if graph.union.is_empty() => return,
            _ => {}
        }
        match from {
            Some(ty) => {
                if let Some(def) = graph.types.get_mut(&ty) {
                    def.fields.insert(
                        name,
                        Field {
                            provides,
                            ..Field::default()
                        },
                    );
                }
            }
            None => {
                graph.query.insert(name, provides);
            }
        }
    }

    fn inputs(&self) -> Vec<SubgraphInput> {
        let type_of = |field: &str| match gives(field) {
            Gives::Leaf => "Int".to_owned(),
            Gives::Object(ty) => format!("T{ty}"),
            Gives::Union => "U".to_owned(),
        };
        let selection = |name: &str, fields: &[&str]| {
            if fields.is_empty() {
                String::new()
            } else {
                format!(" @{name}(fields: \"{}\")", fields.join(" "))
            }
        };
        let sdl = |graph: &Graph| {
            let mut out = String::from(
                "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", import: [\"@key\", \"@requires\", \"@provides\", \"@external\", \"@shareable\"])\n",
            );
            if !graph.query.is_empty() {
                out.push_str("type Query {");
                for (name, provides) in &graph.query {
                    out.push_str(&format!(
                        " {name}: {} @shareable{}",
                        type_of(name),
                        selection("provides", provides)
                    ));
                }
                out.push_str(" }\n");
            }
            if !graph.union.is_empty() {
                let members: Vec<String> = graph.union.iter().map(|ty| format!("T{ty}")).collect();
                out.push_str(&format!("union U = {}\n", members.join(" | ")));
            }
            for (ty, def) in &graph.types {
                out.push_str(&format!("type T{ty}"));
                for (key, resolvable) in &def.keys {
                    out.push_str(&format!(
                        " @key(fields: \"{}\", resolvable: {resolvable})",
                        key.join(" ")
                    ));
                }
                out.push_str(" {");
                for (name, field) in &def.fields {
                    let mark = if field.external {
                        "external"
                    } else {
                        "shareable"
                    };
                    out.push_str(&format!(
                        " {name}: {} @{mark}{}{}",
                        type_of(name),
                        selection("requires", &field.requires),
                        selection("provides", &field.provides)
                    ));
                }
                out.push_str(" }\n");
            }
            out
        };
        self.graphs
            .iter()
            .enumerate()
            .map(|(at, graph)| SubgraphInput {
                name: format!("g{at}"),
                url: String::new(),
                sdl: sdl(graph),
            })
            .collect()
    }

    /// A path that nobody answers.
    fn unanswerable(&self) -> Option<Vec<String>> {
        let names: BTreeSet<&str> = self
            .graphs
            .iter()
            .flat_map(|graph| graph.query.keys().copied())
            .collect();
        names.into_iter().find_map(|name| {
            let places: Vec<Place> = self
                .graphs
                .iter()
                .enumerate()
                .filter_map(|(at, graph)| Some((at, graph.query.get(name)?.clone())))
                .collect();
            self.below(name, &places, DEPTH, &mut vec![name.to_owned()])
        })
    }

    /// An unanswerable path below a field that these places answer.
    fn below(
        &self,
        field: &str,
        places: &[Place],
        depth: usize,
        path: &mut Vec<String>,
    ) -> Option<Vec<String>> {
        match gives(field) {
            Gives::Leaf => None,
            Gives::Object(ty) => self.object(ty, places, depth, path),
            Gives::Union => (0..TYPES).find_map(|ty| {
                let places: Vec<Place> = places
                    .iter()
                    .filter(|(graph, _)| self.graphs[*graph].union.contains(&ty))
                    .cloned()
                    .collect();
                // what no subgraph gives here does not come up
                if places.is_empty() {
                    return None;
                }
                path.push(format!("... on T{ty}"));
                let found = self.object(ty, &places, depth, path);
                path.pop();
                found
            }),
        }
    }

    fn object(
        &self,
        ty: usize,
        places: &[Place],
        depth: usize,
        path: &mut Vec<String>,
    ) -> Option<Vec<String>> {
        if depth == 0 {
            return None;
        }
        let names: BTreeSet<&str> = self
            .graphs
            .iter()
            .filter_map(|graph| graph.types.get(&ty))
            .flat_map(|def| def.fields.keys().copied())
            .collect();
        names.into_iter().find_map(|name| {
            let mut answering: Vec<Place> = Vec::new();
            for start in places {
                for place in self.reach(ty, start, &mut Vec::new()) {
                    if self.resolves(ty, &place, name, &mut Vec::new()) {
                        let field = &self.graphs[place.0].types[&ty].fields[name];
                        answering.push((place.0, field.provides.clone()));
                    }
                }
            }
            path.push(name.to_owned());
            let found = if answering.is_empty() {
                Some(path.clone())
            } else {
                answering.sort();
                answering.dedup();
                self.below(name, &answering, depth - 1, path)
            };
            path.pop();
            found
        })
    }

    /// Everywhere that keys lead to from a place.
    fn reach(
        &self,
        ty: usize,
        start: &Place,
        asking: &mut Vec<(usize, &'static str)>,
    ) -> Vec<Place> {
        let mut reached = vec![start.clone()];
        loop {
            let next = (0..self.graphs.len()).find(|graph| {
                let place = (*graph, Vec::new());
                !reached.contains(&place) && self.enters(ty, &reached, *graph, asking)
            });
            match next {
                Some(graph) => reached.push((graph, Vec::new())),
                None => return reached,
            }
        }
    }

    /// Does a key lead from any of these places into the subgraph?
    fn enters(
        &self,
        ty: usize,
        from: &[Place],
        graph: usize,
        asking: &mut Vec<(usize, &'static str)>,
    ) -> bool {
        let Some(def) = self.graphs[graph].types.get(&ty) else {
            return false;
        };
        def.keys.iter().any(|(key, resolvable)| {
            *resolvable
                && key.iter().all(|field| {
                    from.iter()
                        .any(|place| self.resolves(ty, place, field, asking))
                })
        })
    }

    /// Does the subgraph of a place resolve the field, with all that it requires?
    fn resolves(
        &self,
        ty: usize,
        place: &Place,
        name: &str,
        asking: &mut Vec<(usize, &'static str)>,
    ) -> bool {
        let Some(def) = self.graphs[place.0].types.get(&ty) else {
            return false;
        };
        let Some((name, field)) = def.fields.get_key_value(name) else {
            return false;
        };
        if field.external && !place.1.contains(name) {
            return false;
        }
        if field.requires.is_empty() {
            return true;
        }
        if asking.contains(&(place.0, name)) {
            return false;
        }
        asking.push((place.0, name));
        let has = |places: &[Place], asking: &mut Vec<(usize, &'static str)>| {
            field.requires.iter().all(|required| {
                places
                    .iter()
                    .any(|place| self.resolves(ty, place, required, asking))
            })
        };
        let met = has(std::slice::from_ref(place), asking) || {
            let around = self.reach(ty, place, asking);
            has(&around, asking) && self.enters(ty, &around, place.0, asking)
        };
        asking.pop();
        met
    }
}

#[test]
fn what_composes_is_answered_on_every_path_and_what_does_not_is_not() {
    let (mut good, mut bad) = (0, 0);
    let mut other: BTreeMap<Verdict, u64> = BTreeMap::new();
    let count: u64 = std::env::var("COMPOSITION_WORLDS").map_or(600, |text| text.parse().unwrap());
    for seed in 0..count {
        let world = World::new(&mut Rng::new(seed));
        let inputs = world.inputs();
        let said = crate::table::ours(&inputs);
        let shown = || {
            let sdl: Vec<String> = inputs
                .iter()
                .map(|input| format!("## {}\n{}", input.name, input.sdl))
                .collect();
            sdl.concat()
        };
        if said.is_empty() {
            if let Some(path) = world.unanswerable() {
                panic!(
                    "seed {seed} composes, but nobody answers {path:?}\n{}",
                    shown()
                );
            }
            good += 1;
        } else if said == verdict("SATISFIABILITY_ERROR") {
            assert!(
                world.unanswerable().is_some(),
                "seed {seed} is refused, but all is answered\n{}\n{}",
                shown(),
                compose(&inputs).unwrap_err()
            );
            bad += 1;
        } else {
            *other.entry(said).or_insert(0) += 1;
        }
    }
    assert!(
        good > count / 20 && bad > count / 10 && other.values().sum::<u64>() < count / 2,
        "{good} compose, {bad} are not satisfiable, otherwise fail {other:?}"
    );
}
