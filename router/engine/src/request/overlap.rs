//! Whether fields under one response key can be merged (GraphQL specification, section 5.3.2).
//!
//! Instead of comparing fields in pairs, all selections that meet at a place of the answer are taken together and
//! grouped by response key, once for the shape of values and once for what is asked. A group is uniform when each of
//! its fields is like the first, so the work grows with the document. Sets of selections that met before are not looked
//! at again, which is what keeps fragments that are used in many places cheap.

use std::collections::{HashMap, HashSet};

use crate::syntax::query::{
    Definition, Document as Ast, Field, FragmentDefinition, OperationDefinition, Selection,
    SelectionSet, TypeCondition, Value,
};

use crate::error::{GraphqlError, Location, code};
use crate::schema::{Schema, TypeId, TypeKind, TypeRef};

/// More conflicts than this help nobody.
const MAX_ERRORS: usize = 10;
/// Fields looked at, counted wherever a fragment brings them.
const MAX_WORK: usize = 1_000_000;

/// Finds fields that cannot be merged. The document must be valid otherwise: its fragments exist and have no cycles.
pub(in crate::request) fn conflicts(ast: &Ast, schema: &Schema) -> Vec<GraphqlError> {
    let fragments = ast
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::Fragment(fragment) => Some((fragment.name.as_str(), fragment)),
            Definition::Operation(_) => None,
        })
        .collect();
    let mut checker = Checker {
        schema,
        fragments,
        shapes: HashSet::new(),
        parents: HashSet::new(),
        errors: Vec::new(),
        work: 0,
        exhausted: false,
    };
    for definition in &ast.definitions {
        let Definition::Operation(operation) = definition else {
            continue;
        };
        let (root, set) = match operation {
            OperationDefinition::SelectionSet(set) => (Some(schema.query), set),
            OperationDefinition::Query(query) => (Some(schema.query), &query.selection_set),
            OperationDefinition::Mutation(mutation) => (schema.mutation, &mutation.selection_set),
            OperationDefinition::Subscription(subscription) => {
                (schema.subscription, &subscription.selection_set)
            }
        };
        if let Some(root) = root {
            checker.same_shape(vec![(root, set)]);
            checker.same_question(vec![(root, set)]);
        }
    }
    checker.errors
}

/// Selections with the type that they stand on.
type Sets<'a> = Vec<(TypeId, &'a SelectionSet)>;
type Identity = Vec<(TypeId, usize)>;

struct Checker<'a> {
    schema: &'a Schema,
    fragments: HashMap<&'a str, &'a FragmentDefinition>,
    /// Sets that were looked at for the shape of their values.
    shapes: HashSet<Identity>,
    /// Sets that were looked at for what they ask.
    parents: HashSet<Identity>,
    errors: Vec<GraphqlError>,
    work: usize,
    exhausted: bool,
}

/// A field and the type that it stands on.
#[derive(Clone, Copy)]
struct Found<'a> {
    parent: TypeId,
    field: &'a Field,
    /// None for fields that every type has, or that do not exist.
    ty: Option<&'a TypeRef>,
}

impl<'a> Checker<'a> {
    fn is_done(&self) -> bool {
        self.exhausted || self.errors.len() >= MAX_ERRORS
    }

    /// Fields under one key have values of one shape, whatever types they stand on.
    fn same_shape(&mut self, sets: Sets<'a>) {
        if self.is_done() || !self.shapes.insert(identity(&sets)) {
            return;
        }
        for (key, group) in self.groups(&sets) {
            if let Some((first, rest)) = group.split_first() {
                let other = rest.iter().find(|other| !self.alike(first.ty, other.ty));
                if let Some(other) = other {
                    self.conflict(key, first, other, "their values have different shapes");
                    continue;
                }
            }
            let below = below(&group);
            if !below.is_empty() {
                self.same_shape(below);
            }
        }
    }

    /// Fields under one key that can be of the same object ask for the same.
    fn same_question(&mut self, sets: Sets<'a>) {
        if self.is_done() || !self.parents.insert(identity(&sets)) {
            return;
        }
        for (key, group) in self.groups(&sets) {
            for group in self.by_object(group) {
                if let Some((first, rest)) = group.split_first() {
                    let other = rest
                        .iter()
                        .find(|other| !asks_same(first.field, other.field));
                    if let Some(other) = other {
                        let reason = if first.field.name == other.field.name {
                            "their arguments differ"
                        } else {
                            "they are different fields"
                        };
                        self.conflict(key, first, other, reason);
                        continue;
                    }
                }
                let below = below(&group);
                if !below.is_empty() {
                    self.same_question(below);
                }
            }
        }
    }

    /// Splits a group into parts whose fields can be of one object: those of every object type, each with those of
    /// abstract types.
    fn by_object(&self, group: Vec<Found<'a>>) -> Vec<Vec<Found<'a>>> {
        let is_object = |found: &Found<'_>| self.schema.ty(found.parent).kind == TypeKind::Object;
        let mut objects: Vec<TypeId> = group
            .iter()
            .filter(|found| is_object(found))
            .map(|found| found.parent)
            .collect();
        objects.sort_unstable();
        objects.dedup();
        if objects.len() <= 1 {
            return vec![group];
        }
        objects
            .into_iter()
            .map(|object| {
                group
                    .iter()
                    .filter(|found| found.parent == object || !is_object(found))
                    .copied()
                    .collect()
            })
            .collect()
    }

    /// All fields of these sets by response key.
    fn groups(&mut self, sets: &Sets<'a>) -> Vec<(&'a str, Vec<Found<'a>>)> {
        let mut groups: Vec<(&'a str, Vec<Found<'a>>)> = Vec::new();
        let mut index: HashMap<&'a str, usize> = HashMap::new();
        let mut seen: HashSet<(TypeId, &'a str)> = HashSet::new();
        let mut open: Vec<(TypeId, &'a SelectionSet)> = sets.iter().rev().copied().collect();
        while let Some((parent, set)) = open.pop() {
            for selection in &set.items {
                self.work += 1;
                if self.work > MAX_WORK {
                    self.too_much();
                    return Vec::new();
                }
                match selection {
                    Selection::Field(field) => {
                        let key = field.alias.as_deref().unwrap_or(&field.name);
                        let at = *index.entry(key).or_insert_with(|| {
                            groups.push((key, Vec::new()));
                            groups.len() - 1
                        });
                        let known = self.schema.ty(parent).fields.get(&field.name);
                        groups[at].1.push(Found {
                            parent,
                            field,
                            ty: known.map(|known| &known.ty),
                        });
                    }
                    Selection::InlineFragment(fragment) => {
                        let parent = match &fragment.type_condition {
                            None => Some(parent),
                            Some(TypeCondition::On(name)) => self.schema.id(name),
                        };
                        open.extend(parent.map(|parent| (parent, &fragment.selection_set)));
                    }
                    Selection::FragmentSpread(spread) => {
                        let fragment = self.fragments.get(spread.fragment_name.as_str()).copied();
                        if let Some(fragment) = fragment {
                            let TypeCondition::On(name) = &fragment.type_condition;
                            if let Some(parent) = self.schema.id(name)
                                && seen.insert((parent, &fragment.name))
                            {
                                open.push((parent, &fragment.selection_set));
                            }
                        }
                    }
                }
            }
        }
        groups
    }

    fn alike(&self, one: Option<&TypeRef>, other: Option<&TypeRef>) -> bool {
        match (one, other) {
            (Some(one), Some(other)) => self.alike_types(one, other),
            // the name of a type against something else: a value of another shape
            (None, Some(ty)) | (Some(ty), None) => self.is_typename(ty),
            (None, None) => true,
        }
    }

    fn alike_types(&self, one: &TypeRef, other: &TypeRef) -> bool {
        match (one, other) {
            (TypeRef::NonNull(one), TypeRef::NonNull(other))
            | (TypeRef::List(one), TypeRef::List(other)) => self.alike_types(one, other),
            (TypeRef::Named(one), TypeRef::Named(other)) => {
                one == other
                    || (self.schema.ty(*one).kind.is_composite()
                        && self.schema.ty(*other).kind.is_composite())
            }
            _ => false,
        }
    }

    fn is_typename(&self, ty: &TypeRef) -> bool {
        match ty {
            TypeRef::NonNull(inner) => {
                matches!(inner.as_ref(), TypeRef::Named(id) if self.schema.ty(*id).name.as_ref() == "String")
            }
            _ => false,
        }
    }

    fn conflict(&mut self, key: &str, first: &Found<'_>, other: &Found<'_>, reason: &str) {
        let order = |found: &Found<'_>| (found.field.position.line, found.field.position.column);
        let (first, other) = if order(first) <= order(other) {
            (first, other)
        } else {
            (other, first)
        };
        let name = |found: &Found<'_>| {
            format!(
                "`{}.{}`",
                self.schema.ty(found.parent).name,
                found.field.name
            )
        };
        let message = format!(
            "fields under `{key}` cannot be merged: {} and {}, {reason}; give one of them an alias",
            name(first),
            name(other)
        );
        self.report(message, vec![place(first.field), place(other.field)]);
    }

    fn report(&mut self, message: String, locations: Vec<Location>) {
        // the same fields are found once by what they ask and once by the shape of their values
        let known = self.errors.iter().any(|known| known.locations == locations);
        if !self.is_done() && !known {
            let error = GraphqlError::new(message, code::VALIDATION_FAILED);
            self.errors.push(error.located(locations));
        }
    }

    fn too_much(&mut self) {
        if !self.exhausted {
            self.exhausted = true;
            let message = "the document selects too much to be checked";
            self.errors
                .push(GraphqlError::new(message, code::VALIDATION_FAILED));
        }
    }
}

fn place(field: &Field) -> Location {
    Location {
        line: field.position.line,
        column: field.position.column,
    }
}

fn identity(sets: &Sets<'_>) -> Identity {
    let mut identity: Identity = sets
        .iter()
        .map(|(ty, set)| (*ty, std::ptr::from_ref(*set) as usize))
        .collect();
    identity.sort_unstable();
    identity.dedup();
    identity
}

/// The selections below a group of fields.
fn below<'a>(group: &[Found<'a>]) -> Sets<'a> {
    let mut seen = HashSet::new();
    group
        .iter()
        .filter(|found| !found.field.selection_set.items.is_empty())
        .filter_map(|found| Some((found.ty?.named(), &found.field.selection_set)))
        .filter(|(ty, set)| seen.insert((*ty, std::ptr::from_ref(*set) as usize)))
        .collect()
}

fn asks_same(one: &Field, other: &Field) -> bool {
    one.name == other.name
        && one.arguments.len() == other.arguments.len()
        && one.arguments.iter().all(|(name, value)| {
            other
                .arguments
                .iter()
                .any(|(known, other)| known == name && same_value(value, other))
        })
}

fn same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        // the order of an object's fields says nothing
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| {
                    other
                        .iter()
                        .any(|(known, other)| known == name && same_value(value, other))
                })
        }
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| same_value(one, other))
        }
        (one, other) => one == other,
    }
}
