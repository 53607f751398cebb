//! The part of a supergraph that clients see: without what is inaccessible, without the machinery of federation, with
//! introspection.

use std::collections::HashSet;

use crate::syntax::parse_schema;
use crate::syntax::schema::{Definition, Directive, Document, Field, InputValue, TypeDefinition};

use super::{type_definitions, type_name};

/// The types and directives that every schema has (GraphQL specification, sections 3.5, 3.13 and 4.2).
const INTROSPECTION: &str = include_str!("introspection.graphql");

/// Specifications whose directives and types are for routers.
const SPECIFICATIONS: &[&str] = &[
    "authenticated",
    "connect",
    "context",
    "core",
    "cost",
    "federation",
    "fromContext",
    "inaccessible",
    "join",
    "link",
    "listSize",
    "policy",
    "requiresScopes",
    "source",
    "tag",
];

/// Makes the schema that clients see. None when it would have no query type.
pub(super) fn public(supergraph: &Document) -> Option<Document> {
    let hidden: HashSet<&str> = type_definitions(supergraph)
        .filter(|definition| {
            is_hidden(directives(definition)) || is_internal(type_name(definition))
        })
        .map(type_name)
        .collect();
    let mut document = Document {
        definitions: Vec::with_capacity(supergraph.definitions.len()),
    };
    for definition in &supergraph.definitions {
        match definition {
            Definition::TypeDefinition(ty) => {
                if !hidden.contains(type_name(ty)) {
                    let mut ty = ty.clone();
                    strip(&mut ty, &hidden);
                    document.definitions.push(Definition::TypeDefinition(ty));
                }
            }
            Definition::DirectiveDefinition(directive) => {
                if !is_internal(&directive.name) {
                    document.definitions.push(definition.clone());
                }
            }
            Definition::SchemaDefinition(schema) => {
                let mut schema = schema.clone();
                schema.directives.clear();
                document
                    .definitions
                    .push(Definition::SchemaDefinition(schema));
            }
        }
    }
    add_introspection(&mut document)?;
    Some(document)
}

/// Whether a name belongs to a specification: `join__Graph`, `tag`.
fn is_internal(name: &str) -> bool {
    let specification = name.split_once("__").map_or(name, |(before, _)| before);
    SPECIFICATIONS.contains(&specification)
        // types of a specification are always named after it, with two underscores
        && (name.contains("__") || name.starts_with(char::is_lowercase))
}

fn is_hidden(directives: &[Directive]) -> bool {
    directives
        .iter()
        .any(|directive| directive.name == "inaccessible")
}

fn directives(definition: &TypeDefinition) -> &[Directive] {
    match definition {
        TypeDefinition::Scalar(ty) => &ty.directives,
        TypeDefinition::Object(ty) => &ty.directives,
        TypeDefinition::Interface(ty) => &ty.directives,
        TypeDefinition::Union(ty) => &ty.directives,
        TypeDefinition::Enum(ty) => &ty.directives,
        TypeDefinition::InputObject(ty) => &ty.directives,
    }
}

fn strip(definition: &mut TypeDefinition, hidden: &HashSet<&str>) {
    let visible = |name: &String| !hidden.contains(name.as_str());
    match definition {
        TypeDefinition::Scalar(ty) => clean(&mut ty.directives),
        TypeDefinition::Object(ty) => {
            clean(&mut ty.directives);
            ty.implements_interfaces.retain(visible);
            strip_fields(&mut ty.fields);
        }
        TypeDefinition::Interface(ty) => {
            clean(&mut ty.directives);
            ty.implements_interfaces.retain(visible);
            strip_fields(&mut ty.fields);
        }
        TypeDefinition::Union(ty) => {
            clean(&mut ty.directives);
            ty.types.retain(visible);
        }
        TypeDefinition::Enum(ty) => {
            clean(&mut ty.directives);
            ty.values.retain(|value| !is_hidden(&value.directives));
            for value in &mut ty.values {
                clean(&mut value.directives);
            }
        }
        TypeDefinition::InputObject(ty) => {
            clean(&mut ty.directives);
            strip_inputs(&mut ty.fields);
        }
    }
}

fn strip_fields(fields: &mut Vec<Field>) {
    fields.retain(|field| !is_hidden(&field.directives));
    for field in fields {
        clean(&mut field.directives);
        strip_inputs(&mut field.arguments);
    }
}

fn strip_inputs(inputs: &mut Vec<InputValue>) {
    inputs.retain(|input| !is_hidden(&input.directives));
    for input in inputs {
        clean(&mut input.directives);
    }
}

fn clean(directives: &mut Vec<Directive>) {
    directives.retain(|directive| !is_internal(&directive.name));
}

fn add_introspection(document: &mut Document) -> Option<()> {
    let query = document.query_type_name()?.clone();
    // the text is part of the program
    let introspection = parse_schema(INTROSPECTION).ok()?;
    let known: HashSet<String> = document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::TypeDefinition(ty) => Some(type_name(ty).to_owned()),
            Definition::DirectiveDefinition(directive) => Some(format!("@{}", directive.name)),
            _ => None,
        })
        .collect();
    for definition in introspection.definitions {
        match definition {
            Definition::TypeDefinition(TypeDefinition::Object(root)) if root.name == "Query" => {
                let target =
                    document
                        .definitions
                        .iter_mut()
                        .find_map(|definition| match definition {
                            Definition::TypeDefinition(TypeDefinition::Object(ty)) => {
                                (ty.name == query).then_some(ty)
                            }
                            _ => None,
                        })?;
                target.fields.extend(root.fields);
            }
            Definition::TypeDefinition(ty) if !known.contains(type_name(&ty)) => {
                document.definitions.push(Definition::TypeDefinition(ty));
            }
            Definition::DirectiveDefinition(directive)
                if !known.contains(&format!("@{}", directive.name)) =>
            {
                document
                    .definitions
                    .push(Definition::DirectiveDefinition(directive));
            }
            _ => {}
        }
    }
    Some(())
}
