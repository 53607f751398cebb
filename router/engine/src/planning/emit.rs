//! From groups to fetches: orders them, lets those for one subgraph that can go at the same time travel together, and has
//! their documents written.

use std::collections::HashMap;

use crate::syntax::query::VariableDefinition;

use super::PlanningError;
use super::build::{Builder, only};
use super::fetch::fetch;
use super::graph::{Subgraph, is_abstract};
use super::required::{below, required};
use super::same;
use crate::plan::{
    Contextual, Fetch, PathStep, Representation, RepresentationField, Shape, TypenameSetter,
};
use crate::request::OperationKind;
use crate::schema::TypeSet;

/// A group's entities, written.
pub(super) struct Entities {
    pub(super) paths: Vec<Vec<PathStep>>,
    pub(super) representation: Representation,
    pub(super) setters: Vec<TypenameSetter>,
    pub(super) text: String,
    pub(super) shape: Shape,
    pub(super) variables: Vec<String>,
    /// Tells equal ones.
    pub(super) identity: String,
}

/// Root fields, written.
pub(super) struct Root {
    pub(super) text: String,
    pub(super) shape: Shape,
    pub(super) variables: Vec<String>,
    /// Where they belong, when not at the root.
    pub(super) paths: Option<Vec<Vec<PathStep>>>,
}

/// Fetches of one subgraph that begin together.
pub(super) struct Bundle {
    pub(super) subgraph: Subgraph,
    pub(super) late: bool,
    pub(super) groups: Vec<usize>,
    pub(super) root: Option<Root>,
    pub(super) entities: Vec<Entities>,
    pub(super) contexts: Vec<(Contextual, Box<str>)>,
}

/// Writes all groups of a builder as fetches.
pub(super) fn emit(
    mut builder: Builder<'_, '_>,
    kind: OperationKind,
    variables: &[VariableDefinition],
) -> Result<Vec<Fetch>, PlanningError> {
    let levels = levels(&builder)?;
    while variables.iter().any(|known| {
        known
            .name
            .starts_with(&builder.forest.context_variable_stem())
    }) {
        builder.forest.prefix.push('_');
    }
    let mut order: Vec<usize> = (0..builder.groups.len()).collect();
    order.sort_by_key(|group| (levels[*group], *group));
    let mut bundles: Vec<Bundle> = Vec::new();
    let mut open: HashMap<(usize, Subgraph, bool), usize> = HashMap::new();
    let mut queries: HashMap<(usize, Subgraph, bool, String), usize> = HashMap::new();
    for group in order {
        let subgraph = builder.groups[group].subgraph;
        let late = builder.is_late(group);
        builder.forest.settle(builder.groups[group].root);
        let place = builder.groups[group].place;
        if place.is_none() || builder.groups[group].query {
            let root = root(&mut builder, group);
            // the same for several places is asked once
            let open = (levels[group], subgraph, late, root.text.clone());
            if let Some(paths) = &root.paths
                && let Some(known) = queries.get(&open)
            {
                let known: &mut Bundle = &mut bundles[*known];
                known.groups.push(group);
                if let Some(Root {
                    paths: Some(all), ..
                }) = &mut known.root
                {
                    all.extend(
                        paths
                            .iter()
                            .filter(|path| !all.contains(path))
                            .cloned()
                            .collect::<Vec<_>>(),
                    );
                }
                continue;
            }
            if root.paths.is_some() {
                queries.insert(open, bundles.len());
            }
            bundles.push(Bundle {
                subgraph,
                late,
                groups: vec![group],
                root: Some(root),
                entities: Vec::new(),
                contexts: Vec::new(),
            });
            continue;
        }
        let entities = entities(&mut builder, group);
        let contexts = builder.write_taken(group);
        if !contexts.is_empty() {
            // it may have to be sent several times
            bundles.push(Bundle {
                subgraph,
                late,
                groups: vec![group],
                root: None,
                entities: vec![entities],
                contexts,
            });
            continue;
        }
        match open.get(&(levels[group], subgraph, late)) {
            None => {
                open.insert((levels[group], subgraph, late), bundles.len());
                bundles.push(Bundle {
                    subgraph,
                    late,
                    groups: vec![group],
                    root: None,
                    entities: vec![entities],
                    contexts,
                });
            }
            Some(bundle) => {
                let bundle = &mut bundles[*bundle];
                bundle.groups.push(group);
                match bundle
                    .entities
                    .iter_mut()
                    .find(|known| known.identity == entities.identity)
                {
                    Some(known) => {
                        for path in entities.paths {
                            if !known.paths.contains(&path) {
                                known.paths.push(path);
                            }
                        }
                    }
                    None => bundle.entities.push(entities),
                }
            }
        }
    }
    let mut bundle_of = vec![0; builder.groups.len()];
    for (index, bundle) in bundles.iter().enumerate() {
        for group in &bundle.groups {
            bundle_of[*group] = index;
        }
    }
    let mut needs: Vec<Vec<usize>> = Vec::with_capacity(bundles.len());
    for (index, bundle) in bundles.iter().enumerate() {
        let mut found: Vec<usize> = bundle
            .groups
            .iter()
            .flat_map(|group| &builder.groups[*group].deps)
            .map(|dep| bundle_of[*dep])
            .filter(|dep| *dep != index)
            .collect();
        found.sort_unstable();
        found.dedup();
        needs.push(found);
    }
    let mut fetches: Vec<Fetch> = bundles
        .into_iter()
        .zip(needs)
        .map(|(bundle, needs)| fetch(&mut builder, bundle, needs, kind, variables))
        .collect();
    for index in 0..fetches.len() {
        for need in fetches[index].needs.clone() {
            fetches[need].feeds.push(index);
        }
    }
    same::mark(&mut fetches);
    Ok(fetches)
}

/// How many fetches stand one after the other before each group.
fn levels(builder: &Builder<'_, '_>) -> Result<Vec<usize>, PlanningError> {
    let groups = &builder.groups;
    let mut levels = vec![0; groups.len()];
    // every round settles one more level
    for round in 0..=groups.len() {
        let mut changed = false;
        for (index, group) in groups.iter().enumerate() {
            let level = group
                .deps
                .iter()
                .map(|dep| levels[*dep] + 1)
                .max()
                .unwrap_or(0);
            if level > levels[index] {
                levels[index] = level;
                changed = true;
            }
        }
        if !changed {
            return Ok(levels);
        }
        if round == groups.len() {
            break;
        }
    }
    Err(PlanningError::Unsupported(
        "fetches that wait for each other",
    ))
}

fn root(builder: &mut Builder<'_, '_>, group: usize) -> Root {
    let mut text = String::new();
    let mut variables = Vec::new();
    let group = &builder.groups[group];
    let shape = builder.forest.write(
        group.root,
        builder.search.schema,
        builder.symbols,
        &mut variables,
        &mut text,
    );
    let places = &builder.places;
    Root {
        text,
        shape,
        variables,
        paths: group.place.map(|place| {
            let mut path = places[place].path.clone();
            if is_abstract(builder.search.schema.ty(places[place].ty).kind) {
                path.push(PathStep::Type(only(builder.search.schema.query)));
            }
            vec![path]
        }),
    }
}

fn entities(builder: &mut Builder<'_, '_>, group: usize) -> Entities {
    let mut text = String::new();
    let mut variables = Vec::new();
    let root = builder.groups[group].root;
    let shape = builder.forest.write(
        root,
        builder.search.schema,
        builder.symbols,
        &mut variables,
        &mut text,
    );
    let sent = builder.groups[group].sent.clone();
    let renamed = builder.groups[group].renamed.clone();
    let place = builder.groups[group].place.unwrap_or_default();
    let single = !is_abstract(builder.search.schema.ty(builder.places[place].ty).kind)
        && sent.iter().all(|(ty, _)| *ty == builder.places[place].ty);
    let mut representation = Representation::default();
    let typename = builder.symbols.intern("__typename");
    let mut types = TypeSet::default();
    for (ty, _) in &sent {
        types.extend(&below(builder, *ty));
    }
    representation.fields.push(RepresentationField {
        when: (!single).then_some(types),
        ..RepresentationField::typename(typename)
    });
    for (ty, set) in &sent {
        let when = (!single).then(|| below(builder, *ty));
        required(builder, &mut representation, set, *ty, when.as_ref());
    }
    let setters: Vec<TypenameSetter> = renamed
        .iter()
        .map(|(ty, name)| TypenameSetter {
            when: below(builder, *ty),
            name: builder.search.schema.ty(*name).name.as_ref().into(),
        })
        .collect();
    let identity = format!("{text} {representation:?} {setters:?}");
    Entities {
        paths: vec![builder.places[place].path.clone()],
        representation,
        setters,
        text,
        shape,
        variables,
        identity,
    }
}
