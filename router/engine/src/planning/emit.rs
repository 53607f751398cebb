//! From groups to fetches: orders them, lets those for one subgraph that can go at the same time travel together, and
//! writes their documents.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use graphql_tools::static_graphql::query::{
    Field, Selection, SelectionSet, TypeCondition, VariableDefinition,
};

use super::PlanningError;
use super::build::{Builder, only};
use super::graph::{Subgraph, is_abstract};
use super::same;
use crate::plan::{
    Contextual, EntityBatch, Fetch, FetchKind, PathStep, Representation, RepresentationField,
    Shape, ShapeField, ShapeKind, SubgraphIndex, TypenameSetter,
};
use crate::request::OperationKind;
use crate::schema::{TypeId, TypeSet};

/// A group's entities, written.
struct Entities {
    paths: Vec<Vec<PathStep>>,
    representation: Representation,
    setters: Vec<TypenameSetter>,
    text: String,
    shape: Shape,
    variables: Vec<String>,
    /// Tells equal ones.
    identity: String,
}

/// Root fields, written.
struct Root {
    text: String,
    shape: Shape,
    variables: Vec<String>,
    /// Where they belong, when not at the root.
    paths: Option<Vec<Vec<PathStep>>>,
}

/// Fetches of one subgraph that begin together.
struct Bundle {
    subgraph: Subgraph,
    late: bool,
    groups: Vec<usize>,
    root: Option<Root>,
    entities: Vec<Entities>,
    contexts: Vec<(Contextual, Box<str>)>,
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
        source: typename,
        key: "__typename".into(),
        typename: true,
        below: None,
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

/// Types that an object known by a type can be of.
fn below(builder: &Builder<'_, '_>, ty: TypeId) -> TypeSet {
    if is_abstract(builder.search.schema.ty(ty).kind) {
        builder.search.schema.ty(ty).matches.clone()
    } else {
        only(ty)
    }
}

/// Adds what is sent of an object.
pub(super) fn required(
    builder: &mut Builder<'_, '_>,
    representation: &mut Representation,
    set: &SelectionSet,
    ty: TypeId,
    when: Option<&TypeSet>,
) {
    for selection in &set.items {
        match selection {
            Selection::Field(field) if field.name == "__typename" => {}
            Selection::Field(field) => {
                let field = required_field(builder, field, ty, when);
                add(representation, field);
            }
            Selection::InlineFragment(fragment) => {
                let schema = builder.search.schema;
                let condition = match &fragment.type_condition {
                    Some(TypeCondition::On(name)) => schema.id(name),
                    None => Some(ty),
                };
                let Some(condition) = condition else {
                    continue;
                };
                let mut set = schema.ty(condition).matches.clone();
                if let Some(outer) = when {
                    set.intersect(outer);
                }
                required(
                    builder,
                    representation,
                    &fragment.selection_set,
                    condition,
                    Some(&set),
                );
            }
            // field sets have no named fragments
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn required_field(
    builder: &mut Builder<'_, '_>,
    field: &Field,
    ty: TypeId,
    when: Option<&TypeSet>,
) -> RepresentationField {
    let source = builder.search.selections.internal_key(field);
    let named = builder
        .search
        .graph
        .ty(ty)
        .and_then(|info| info.fields.get(&field.name))
        .map(|info| info.named);
    let nested = (!field.selection_set.items.is_empty()).then(|| {
        let mut nested = Representation::default();
        if let Some(named) = named {
            if is_abstract(builder.search.schema.ty(named).kind) {
                nested.fields.push(RepresentationField {
                    when: None,
                    source: builder.symbols.intern("__typename"),
                    key: "__typename".into(),
                    typename: true,
                    below: None,
                });
            }
            required(builder, &mut nested, &field.selection_set, named, None);
        }
        nested
    });
    RepresentationField {
        when: when.cloned(),
        source: builder.symbols.intern(&source),
        key: field.name.as_str().into(),
        typename: false,
        below: nested,
    }
}

/// Adds a field; the same leaf for another type is sent for both.
fn add(representation: &mut Representation, field: RepresentationField) {
    let known = representation.fields.iter_mut().find(|known| {
        known.source == field.source
            && known.key == field.key
            && known.below.is_none()
            && field.below.is_none()
    });
    match known {
        Some(known) => {
            known.when = match (known.when.take(), field.when) {
                (Some(mut known), Some(more)) => {
                    known.extend(&more);
                    Some(known)
                }
                _ => None,
            };
        }
        None => representation.fields.push(field),
    }
}

fn fetch(
    builder: &mut Builder<'_, '_>,
    bundle: Bundle,
    needs: Vec<usize>,
    kind: OperationKind,
    definitions: &[VariableDefinition],
) -> Fetch {
    let mut declared: Vec<String> = Vec::new();
    let mut variables: Vec<String> = Vec::new();
    let mut note = |read: Vec<String>| {
        for name in read {
            if !variables.contains(&name) {
                variables.push(name);
            }
        }
    };
    let (operation, fetch_kind, shape, body) = match bundle.root {
        Some(root) => {
            note(root.variables);
            match root.paths {
                None => (kind, FetchKind::Root, root.shape, root.text),
                Some(paths) => (
                    OperationKind::Query,
                    FetchKind::Query(paths),
                    root.shape,
                    root.text,
                ),
            }
        }
        None => {
            let single = bundle.entities.len() == 1;
            let mut body = String::from("{");
            let mut shape = Shape::default();
            let mut batches = Vec::with_capacity(bundle.entities.len());
            for (index, entities) in bundle.entities.into_iter().enumerate() {
                let mut variable = "representations".to_owned();
                let mut alias = "_entities".to_owned();
                if !single {
                    variable.push_str(&index.to_string());
                    alias = format!("_e{index}");
                    if index > 0 {
                        body.push(' ');
                    }
                    body.push_str(&alias);
                    body.push_str(": ");
                }
                // a client's variable may have the same name
                while definitions.iter().any(|known| known.name == variable) {
                    variable.insert(0, '_');
                }
                body.push_str("_entities(representations: $");
                body.push_str(&variable);
                body.push_str(") ");
                body.push_str(&entities.text);
                declared.push(format!("${variable}: [_Any!]!"));
                note(entities.variables);
                let symbol = builder.symbols.intern(&alias);
                let kind = ShapeKind::Composite(entities.shape);
                shape.add(ShapeField::new(&alias, symbol, kind));
                batches.push(EntityBatch {
                    alias: symbol,
                    variable: variable.into(),
                    paths: entities.paths,
                    representation: entities.representation,
                    setters: entities.setters,
                });
            }
            body.push('}');
            (
                OperationKind::Query,
                FetchKind::Entities(batches),
                shape,
                body,
            )
        }
    };
    for definition in definitions
        .iter()
        .filter(|definition| variables.contains(&definition.name))
    {
        let default = definition
            .default_value
            .as_ref()
            .map_or_else(String::new, |value| format!(" = {value}"));
        declared.push(format!(
            "${}: {}{default}",
            definition.name, definition.var_type
        ));
    }
    let mut contexts = Vec::with_capacity(bundle.contexts.len());
    for (contextual, ty) in bundle.contexts {
        declared.push(format!("${}: {ty}", contextual.variable));
        contexts.push(contextual);
    }
    let mut text = match operation {
        OperationKind::Query => "query",
        OperationKind::Mutation => "mutation",
        OperationKind::Subscription => "subscription",
    }
    .to_owned();
    if declared.is_empty() {
        if operation == OperationKind::Query {
            text.clear();
        }
    } else {
        text.push('(');
        text.push_str(&declared.join(", "));
        text.push(')');
    }
    text.push_str(&body);
    let mut body_head = b"{\"query\":".to_vec();
    // a string always serialises
    body_head.extend(serde_json::to_vec(&text).unwrap_or_default());
    Fetch {
        subgraph: SubgraphIndex(bundle.subgraph),
        text: Arc::from(text),
        body_head: body_head.into(),
        parsed: OnceLock::new(),
        variables: variables.into_iter().map(Box::from).collect(),
        kind: fetch_kind,
        contexts,
        shape,
        needs,
        late: bundle.late,
        feeds: Vec::new(),
    }
}
