//! The rule for overlapping fields as the specification writes it down (section 5.3.2), pair by pair: slow, and the
//! oracle for the engine's own way.

use std::collections::HashMap;

use graphql_tools::parser::parse_query;
use graphql_tools::static_graphql::query::{
    Definition, Field, OperationDefinition, Selection, SelectionSet, TypeCondition,
};
use graphql_tools::static_graphql::schema::Type;

use super::schema::Schema;

struct Found<'a> {
    parent: String,
    field: &'a Field,
    ty: Option<&'a Type>,
}

/// Whether the fields of a query without named fragments can be merged.
pub(crate) fn can_be_merged(schema: &Schema, document: &str) -> bool {
    let document = parse_query::<String>(document)
        .expect("a document")
        .into_static();
    document.definitions.iter().all(|definition| {
        let set = match definition {
            Definition::Operation(OperationDefinition::SelectionSet(set)) => set,
            Definition::Operation(OperationDefinition::Query(query)) => &query.selection_set,
            _ => return true,
        };
        let root = [("Query".to_owned(), set)];
        can_merge(schema, &root)
    })
}

/// `FieldsInSetCanMerge`.
fn can_merge(schema: &Schema, sets: &[(String, &SelectionSet)]) -> bool {
    collect(schema, sets).values().all(|fields| {
        // the rule is about every selection set of the document
        let alone = fields.iter().all(|one| can_merge(schema, &below(one, one)));
        alone
            && pairs(fields).all(|(one, other)| {
                if !same_shape(schema, one, other) {
                    return false;
                }
                let may_meet = one.parent == other.parent
                    || schema.types[&one.parent].kind != "object"
                    || schema.types[&other.parent].kind != "object";
                !may_meet
                    || (one.field.name == other.field.name
                        && one.field.arguments == other.field.arguments
                        && can_merge(schema, &below(one, other)))
            })
    })
}

/// `SameResponseShape`.
fn same_shape(schema: &Schema, one: &Found<'_>, other: &Found<'_>) -> bool {
    let (mut ty, mut other_ty) = match (one.ty, other.ty) {
        (Some(one), Some(other)) => (one, other),
        (None, None) => return true,
        (None, Some(ty)) | (Some(ty), None) => return ty.to_string() == "String!",
    };
    loop {
        match (ty, other_ty) {
            (Type::NonNullType(inner), Type::NonNullType(other_inner))
            | (Type::ListType(inner), Type::ListType(other_inner)) => {
                (ty, other_ty) = (inner, other_inner);
            }
            (Type::NamedType(name), Type::NamedType(other_name)) => {
                if !schema.is_composite(name) || !schema.is_composite(other_name) {
                    return name == other_name;
                }
                break;
            }
            _ => return false,
        }
    }
    collect(schema, &below(one, other))
        .values()
        .all(|fields| pairs(fields).all(|(one, other)| same_shape(schema, one, other)))
}

fn below<'a>(one: &Found<'a>, other: &Found<'a>) -> Vec<(String, &'a SelectionSet)> {
    [one, other]
        .into_iter()
        .filter_map(|found| Some((inner(found.ty?).to_owned(), &found.field.selection_set)))
        .collect()
}

fn pairs<'f, 'a>(fields: &'f [Found<'a>]) -> impl Iterator<Item = (&'f Found<'a>, &'f Found<'a>)> {
    fields
        .iter()
        .enumerate()
        .flat_map(move |(index, one)| fields[index + 1..].iter().map(move |other| (one, other)))
}

fn collect<'a>(
    schema: &'a Schema,
    sets: &[(String, &'a SelectionSet)],
) -> HashMap<&'a str, Vec<Found<'a>>> {
    let mut found: HashMap<&str, Vec<Found<'_>>> = HashMap::new();
    let mut open = sets.to_vec();
    while let Some((parent, set)) = open.pop() {
        for selection in &set.items {
            match selection {
                Selection::Field(field) => {
                    let key = field.alias.as_deref().unwrap_or(&field.name);
                    let ty = schema.field(&parent, &field.name).map(|info| &info.ty);
                    found.entry(key).or_default().push(Found {
                        parent: parent.clone(),
                        field,
                        ty,
                    });
                }
                Selection::InlineFragment(fragment) => {
                    let parent = match &fragment.type_condition {
                        None => parent.clone(),
                        Some(TypeCondition::On(name)) => name.clone(),
                    };
                    open.push((parent, &fragment.selection_set));
                }
                Selection::FragmentSpread(_) => unreachable!("no named fragments"),
            }
        }
    }
    found
}

fn inner(ty: &Type) -> &str {
    match ty {
        Type::NamedType(name) => name,
        Type::ListType(inner_type) | Type::NonNullType(inner_type) => inner(inner_type),
    }
}
