//! The objects of introspection and their fields.

use std::borrow::Cow;

use crate::syntax::query::Type;
use crate::syntax::schema::{
    Directive, DirectiveDefinition, EnumValue, Field, InputValue, TypeDefinition, Value,
};

use crate::request::write_literal;
use crate::schema::{Schema, directive_definitions, fields, type_definitions, type_name};

/// An object of the introspection schema.
#[derive(Clone, Copy)]
pub(super) enum Node<'a> {
    Schema,
    Named(&'a TypeDefinition),
    /// A list or non-null type, or a reference to a named one.
    Wrapped(&'a Type),
    Field(&'a Field),
    Input(&'a InputValue),
    EnumValue(&'a EnumValue),
    Directive(&'a DirectiveDefinition),
}

/// What a field of such an object holds.
pub(super) enum Answer<'a> {
    Null,
    Bool(bool),
    Text(Cow<'a, str>),
    Texts(Vec<&'static str>),
    Node(Node<'a>),
    Nodes(Vec<Node<'a>>),
}

fn text<'a>(text: impl Into<Cow<'a, str>>) -> Answer<'a> {
    Answer::Text(text.into())
}

fn optional(text: Option<&str>) -> Answer<'_> {
    text.map_or(Answer::Null, |text| Answer::Text(text.into()))
}

impl<'a> Node<'a> {
    /// The `__typename` of the object.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Schema => "__Schema",
            Self::Named(_) | Self::Wrapped(_) => "__Type",
            Self::Field(_) => "__Field",
            Self::Input(_) => "__InputValue",
            Self::EnumValue(_) => "__EnumValue",
            Self::Directive(_) => "__Directive",
        }
    }

    /// The value of a field. Validation has refused fields that do not exist.
    pub(super) fn field(self, name: &str, deprecated: bool, schema: &'a Schema) -> Answer<'a> {
        if name == "__typename" {
            return text(self.type_name());
        }
        match self {
            Self::Schema => schema_field(name, schema),
            Self::Named(definition) => named_field(definition, name, deprecated, schema),
            Self::Wrapped(ty) => wrapped_field(ty, name, deprecated, schema),
            Self::Field(field) => match name {
                "name" => text(&field.name),
                "description" => optional(field.description.as_deref()),
                "args" => inputs(&field.arguments, deprecated),
                "type" => Answer::Node(Self::Wrapped(&field.field_type)),
                _ => deprecation(name, &field.directives),
            },
            Self::Input(input) => match name {
                "name" => text(&input.name),
                "description" => optional(input.description.as_deref()),
                "type" => Answer::Node(Self::Wrapped(&input.value_type)),
                "defaultValue" => input.default_value.as_ref().map_or(Answer::Null, |value| {
                    let mut written = String::new();
                    write_literal(value, &mut written);
                    text(written)
                }),
                _ => deprecation(name, &input.directives),
            },
            Self::EnumValue(value) => match name {
                "name" => text(&value.name),
                "description" => optional(value.description.as_deref()),
                _ => deprecation(name, &value.directives),
            },
            Self::Directive(directive) => match name {
                "name" => text(&directive.name),
                "description" => optional(directive.description.as_deref()),
                "locations" => Answer::Texts(
                    directive
                        .locations
                        .iter()
                        .map(|location| location.as_str())
                        .collect(),
                ),
                "args" => inputs(&directive.arguments, deprecated),
                "isRepeatable" => Answer::Bool(directive.repeatable),
                _ => Answer::Null,
            },
        }
    }
}

fn schema_field<'a>(name: &str, schema: &'a Schema) -> Answer<'a> {
    let root = |id: Option<_>| {
        id.and_then(|id| schema.public_definition(&schema.ty(id).name))
            .map_or(Answer::Null, |definition| {
                Answer::Node(Node::Named(definition))
            })
    };
    match name {
        "description" => optional(
            schema
                .public
                .schema()
                .and_then(|definition| definition.description.as_deref()),
        ),
        "types" => Answer::Nodes(type_definitions(&schema.public).map(Node::Named).collect()),
        "queryType" => root(Some(schema.query)),
        "mutationType" => root(schema.mutation),
        "subscriptionType" => root(schema.subscription),
        "directives" => Answer::Nodes(
            directive_definitions(&schema.public)
                .map(Node::Directive)
                .collect(),
        ),
        _ => Answer::Null,
    }
}

fn named_field<'a>(
    definition: &'a TypeDefinition,
    name: &str,
    deprecated: bool,
    schema: &'a Schema,
) -> Answer<'a> {
    match (name, definition) {
        ("name", _) => text(type_name(definition)),
        ("kind", _) => text(match definition {
            TypeDefinition::Scalar(_) => "SCALAR",
            TypeDefinition::Object(_) => "OBJECT",
            TypeDefinition::Interface(_) => "INTERFACE",
            TypeDefinition::Union(_) => "UNION",
            TypeDefinition::Enum(_) => "ENUM",
            TypeDefinition::InputObject(_) => "INPUT_OBJECT",
        }),
        ("description", _) => optional(description(definition)),
        ("specifiedByURL", TypeDefinition::Scalar(scalar)) => {
            optional(argument(&scalar.directives, "specifiedBy", "url"))
        }
        ("fields", TypeDefinition::Object(_) | TypeDefinition::Interface(_)) => Answer::Nodes(
            fields(definition)
                .iter()
                // `__schema` and `__type` are there for validation, but are not listed
                .filter(|field| !field.name.starts_with("__"))
                .filter(|field| deprecated || !is_deprecated(&field.directives))
                .map(Node::Field)
                .collect(),
        ),
        ("interfaces", TypeDefinition::Object(object)) => {
            named_nodes(&object.implements_interfaces, schema)
        }
        ("interfaces", TypeDefinition::Interface(interface)) => {
            named_nodes(&interface.implements_interfaces, schema)
        }
        ("possibleTypes", TypeDefinition::Union(union)) => named_nodes(&union.types, schema),
        ("possibleTypes", TypeDefinition::Interface(interface)) => Answer::Nodes(
            type_definitions(&schema.public)
                .filter(|definition| match definition {
                    TypeDefinition::Object(object) => {
                        object.implements_interfaces.contains(&interface.name)
                    }
                    _ => false,
                })
                .map(Node::Named)
                .collect(),
        ),
        ("enumValues", TypeDefinition::Enum(definition)) => Answer::Nodes(
            definition
                .values
                .iter()
                .filter(|value| deprecated || !is_deprecated(&value.directives))
                .map(Node::EnumValue)
                .collect(),
        ),
        ("inputFields", TypeDefinition::InputObject(object)) => inputs(&object.fields, deprecated),
        ("isOneOf", TypeDefinition::InputObject(object)) => Answer::Bool(
            object
                .directives
                .iter()
                .any(|directive| directive.name == "oneOf"),
        ),
        _ => Answer::Null,
    }
}

fn wrapped_field<'a>(ty: &'a Type, name: &str, deprecated: bool, schema: &'a Schema) -> Answer<'a> {
    let (kind, inner) = match ty {
        Type::NamedType(named) => {
            return match schema.public_definition(named) {
                Some(definition) => named_field(definition, name, deprecated, schema),
                None => Answer::Null,
            };
        }
        Type::ListType(inner) => ("LIST", inner),
        Type::NonNullType(inner) => ("NON_NULL", inner),
    };
    match name {
        "kind" => text(kind),
        "ofType" => Answer::Node(Node::Wrapped(inner)),
        _ => Answer::Null,
    }
}

fn named_nodes<'a>(names: &[String], schema: &'a Schema) -> Answer<'a> {
    Answer::Nodes(
        names
            .iter()
            .filter_map(|name| schema.public_definition(name))
            .map(Node::Named)
            .collect(),
    )
}

fn inputs(inputs: &[InputValue], deprecated: bool) -> Answer<'_> {
    Answer::Nodes(
        inputs
            .iter()
            .filter(|input| deprecated || !is_deprecated(&input.directives))
            .map(Node::Input)
            .collect(),
    )
}

fn is_deprecated(directives: &[Directive]) -> bool {
    directives
        .iter()
        .any(|directive| directive.name == "deprecated")
}

fn deprecation<'a>(name: &str, directives: &'a [Directive]) -> Answer<'a> {
    match name {
        "isDeprecated" => Answer::Bool(is_deprecated(directives)),
        "deprecationReason" if is_deprecated(directives) => {
            // the default of the directive's argument
            text(argument(directives, "deprecated", "reason").unwrap_or("No longer supported"))
        }
        _ => Answer::Null,
    }
}

fn argument<'a>(directives: &'a [Directive], directive: &str, argument: &str) -> Option<&'a str> {
    let directive = directives.iter().find(|known| known.name == directive)?;
    match directive
        .arguments
        .iter()
        .find(|(name, _)| name == argument)
    {
        Some((_, Value::String(text))) => Some(text),
        _ => None,
    }
}

fn description(definition: &TypeDefinition) -> Option<&str> {
    match definition {
        TypeDefinition::Scalar(ty) => ty.description.as_deref(),
        TypeDefinition::Object(ty) => ty.description.as_deref(),
        TypeDefinition::Interface(ty) => ty.description.as_deref(),
        TypeDefinition::Union(ty) => ty.description.as_deref(),
        TypeDefinition::Enum(ty) => ty.description.as_deref(),
        TypeDefinition::InputObject(ty) => ty.description.as_deref(),
    }
}
