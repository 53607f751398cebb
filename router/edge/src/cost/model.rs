//! What a supergraph declares of costs: `@cost` and `@listSize`, by coordinate.

use std::collections::HashMap;

use router_engine::syntax::parse_schema;
use router_engine::syntax::schema::{
    Definition, Directive, Document, Field, Type, TypeDefinition, Value,
};

/// Arguments that say how many are wanted where nothing is declared: those of Relay's connections.
const RELAY_SLICING: [&str; 2] = ["first", "last"];
/// Lists of Relay's connections.
const RELAY_SIZED: [&str; 2] = ["edges", "nodes"];

/// What a supergraph calls the directives.
struct Called {
    cost: String,
    list_size: String,
}

impl Called {
    /// Their own names, unless the link of the specification of costs gives others: by its imports, or, for what it does
    /// not import, by its namespace.
    fn read(document: &Document) -> Self {
        let links = document
            .definitions
            .iter()
            .filter_map(|definition| match definition {
                Definition::SchemaDefinition(schema) => Some(&schema.directives),
                _ => None,
            })
            .flatten()
            .filter(|directive| directive.name == "link");
        let argument = |link: &Directive, wanted: &str| {
            let found = link.arguments.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone())
        };
        let text = |value: Option<&Value>| match value {
            Some(Value::String(text)) => Some(text.clone()),
            _ => None,
        };
        let link = links.into_iter().find(|link| {
            text(argument(link, "url").as_ref()).is_some_and(|url| url.contains("/cost/v"))
        });
        let Some(link) = link else {
            return Self {
                cost: "cost".to_owned(),
                list_size: "listSize".to_owned(),
            };
        };
        let namespace = text(argument(link, "as").as_ref()).unwrap_or_else(|| "cost".to_owned());
        let imports = match argument(link, "import") {
            Some(Value::List(imports)) => imports,
            _ => Vec::new(),
        };
        let called = |name: &str| {
            let directive = format!("@{name}");
            let imported = imports.iter().find_map(|import| match import {
                Value::String(text) if *text == directive => Some(directive.clone()),
                Value::Object(import) => {
                    let entry = |key: &str| {
                        let found = import.iter().find(|(name, _)| name == key);
                        text(found.map(|(_, value)| value))
                    };
                    (entry("name").as_ref() == Some(&directive))
                        .then(|| entry("as").unwrap_or_else(|| directive.clone()))
                }
                _ => None,
            });
            match imported {
                Some(imported) => imported.trim_start_matches('@').to_owned(),
                // the directive that is called like its specification needs no prefix
                None if name == "cost" => namespace.clone(),
                None => format!("{namespace}__{name}"),
            }
        };
        Self {
            cost: called("cost"),
            list_size: called("listSize"),
        }
    }
}

/// What a supergraph declares of costs.
#[derive(Debug, Default)]
pub(super) struct Model {
    types: HashMap<String, TypeCost>,
    /// Names of the root types of queries, mutations and subscriptions.
    pub(super) roots: [String; 3],
}

#[derive(Debug)]
struct TypeCost {
    weight: u64,
    fields: HashMap<String, FieldCost>,
}

/// What one field costs.
#[derive(Debug)]
pub(super) struct FieldCost {
    /// The named type of what it gives.
    pub(super) ty: String,
    pub(super) list: bool,
    weight: Option<u64>,
    /// Weights of arguments.
    pub(super) arguments: HashMap<String, u64>,
    /// Integers that arguments have when they are not given.
    pub(super) defaults: HashMap<String, u64>,
    pub(super) size: Option<ListSize>,
}

/// `@listSize`, or what is known of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ListSize {
    pub(super) assumed: Option<u64>,
    /// Paths of arguments, e.g. `first` or `input.first`.
    pub(super) slicing: Vec<String>,
    /// Fields below that have the size, in place of the field itself.
    pub(super) sized: Vec<String>,
    /// Whether exactly one slicing argument has to be there.
    pub(super) require_one: bool,
}

impl Model {
    /// Reads a supergraph.
    pub(super) fn new(supergraph_sdl: &str) -> Result<Self, String> {
        let document = parse_schema(supergraph_sdl).map_err(|error| error.to_string())?;
        let root = |name: Option<&String>, usual: &str| {
            name.map_or_else(|| usual.to_owned(), Clone::clone)
        };
        let mut model = Self {
            types: HashMap::new(),
            roots: [
                root(document.query_type_name(), "Query"),
                root(document.mutation_type_name(), "Mutation"),
                root(document.subscription_type_name(), "Subscription"),
            ],
        };
        let called = Called::read(&document);
        for definition in &document.definitions {
            if let Definition::TypeDefinition(definition) = definition {
                model.add(definition, &called)?;
            }
        }
        Ok(model)
    }

    fn add(&mut self, definition: &TypeDefinition, called: &Called) -> Result<(), String> {
        let (name, directives, usual, fields): (_, _, _, &[Field]) = match definition {
            TypeDefinition::Object(ty) => (&ty.name, &ty.directives, 1, &ty.fields),
            TypeDefinition::Interface(ty) => (&ty.name, &ty.directives, 1, &ty.fields),
            TypeDefinition::Union(ty) => (&ty.name, &ty.directives, 1, &[]),
            TypeDefinition::Scalar(ty) => (&ty.name, &ty.directives, 0, &[]),
            TypeDefinition::Enum(ty) => (&ty.name, &ty.directives, 0, &[]),
            TypeDefinition::InputObject(_) => return Ok(()),
        };
        let at = |error: String| format!("{name}: {error}");
        let fields = fields
            .iter()
            .map(|field| Ok((field.name.clone(), field_cost(field, called)?)))
            .collect::<Result<_, String>>()
            .map_err(at)?;
        let weight = weight(directives, called).map_err(at)?.unwrap_or(usual);
        self.types.insert(name.clone(), TypeCost { weight, fields });
        Ok(())
    }

    /// What a field costs; nothing is known of introspection.
    pub(super) fn field(&self, ty: &str, field: &str) -> Option<&FieldCost> {
        self.types.get(ty)?.fields.get(field)
    }

    /// What one of what a field gives costs by itself.
    pub(super) fn weight(&self, field: &FieldCost) -> u64 {
        field
            .weight
            .or_else(|| Some(self.types.get(&field.ty)?.weight))
            // scalars of the specification are not declared
            .unwrap_or(0)
    }
}

fn field_cost(field: &Field, called: &Called) -> Result<FieldCost, String> {
    let at = |error: String| format!("{}: {error}", field.name);
    let mut arguments = HashMap::new();
    let mut defaults = HashMap::new();
    for argument in &field.arguments {
        if let Some(weight) = weight(&argument.directives, called).map_err(at)? {
            arguments.insert(argument.name.clone(), weight);
        }
        if let Some(number) = argument.default_value.as_ref().and_then(integer) {
            defaults.insert(argument.name.clone(), number);
        }
    }
    let declared = field
        .directives
        .iter()
        .find(|directive| directive.name == called.list_size);
    let size = match declared {
        Some(directive) => Some(list_size(directive).map_err(at)?),
        None => connection(field),
    };
    Ok(FieldCost {
        ty: field.field_type.named().to_owned(),
        list: is_list(&field.field_type),
        weight: weight(&field.directives, called).map_err(at)?,
        arguments,
        defaults,
        size,
    })
}

/// A field that takes `first` or `last` without being a list itself is a connection.
fn connection(field: &Field) -> Option<ListSize> {
    let slicing: Vec<String> = field
        .arguments
        .iter()
        .map(|argument| argument.name.clone())
        .filter(|name| RELAY_SLICING.contains(&name.as_str()))
        .collect();
    if slicing.is_empty() || is_list(&field.field_type) {
        return None;
    }
    Some(ListSize {
        slicing,
        sized: RELAY_SIZED.map(str::to_owned).to_vec(),
        ..ListSize::default()
    })
}

fn list_size(directive: &Directive) -> Result<ListSize, String> {
    let mut size = ListSize {
        require_one: true,
        ..ListSize::default()
    };
    let unreadable = |name: &str| format!("@listSize with an unreadable {name}");
    for (name, value) in &directive.arguments {
        match (name.as_str(), value) {
            (_, Value::Null) => {}
            ("assumedSize", value) => {
                size.assumed = Some(integer(value).ok_or_else(|| unreadable(name))?);
            }
            ("slicingArguments", value) => {
                size.slicing = names(value).ok_or_else(|| unreadable(name))?;
            }
            ("sizedFields", value) => size.sized = names(value).ok_or_else(|| unreadable(name))?,
            ("requireOneSlicingArgument", Value::Boolean(one)) => size.require_one = *one,
            _ => return Err(unreadable(name)),
        }
    }
    size.require_one &= !size.slicing.is_empty();
    Ok(size)
}

/// The weight of `@cost`, which is an integer, in some specifications as a text.
fn weight(directives: &[Directive], called: &Called) -> Result<Option<u64>, String> {
    let cost = directives
        .iter()
        .find(|directive| directive.name == called.cost);
    let Some(cost) = cost else {
        return Ok(None);
    };
    cost.arguments
        .iter()
        .find(|(name, _)| name == "weight")
        .and_then(|(_, value)| match value {
            // a discount is none: estimates are upper bounds
            Value::Int(number) => number.as_i64().map(|n| u64::try_from(n).unwrap_or(0)),
            Value::String(text) => text.parse::<f64>().ok().map(|n| n.max(0.0).ceil() as u64),
            _ => None,
        })
        .map(Some)
        .ok_or_else(|| "@cost without a weight".to_owned())
}

fn integer(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(number.as_i64()?).ok(),
        _ => None,
    }
}

fn names(value: &Value) -> Option<Vec<String>> {
    let Value::List(values) = value else {
        return None;
    };
    values
        .iter()
        .map(|value| match value {
            Value::String(text) => Some(text.clone()),
            _ => None,
        })
        .collect()
}

fn is_list(ty: &Type) -> bool {
    match ty {
        Type::NamedType(_) => false,
        Type::ListType(_) => true,
        Type::NonNullType(inner) => is_list(inner),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn the_directives_are_known_by_the_names_that_the_link_gives_them() {
        let cost = "https://specs.apollo.dev/cost/v0.1";
        for (link, price, size) in [
            (String::new(), "cost", "listSize"),
            (
                format!(r#"@link(url: "{cost}", import: ["@cost", "@listSize"])"#),
                "cost",
                "listSize",
            ),
            (
                format!(r#"@link(url: "{cost}", import: [{{name: "@cost", as: "@price"}}])"#),
                "price",
                "cost__listSize",
            ),
            (
                format!(
                    r#"@link(url: "{cost}", as: "c", import: [{{name: "@listSize", as: "@size"}}])"#
                ),
                "c",
                "size",
            ),
        ] {
            let sdl = format!(
                r#"schema {link} {{ query: Query }} type Query {{ things: [Thing] @{size}(assumedSize: 7) }} type Thing @{price}(weight: 5) {{ id: ID }}"#
            );
            let model = Model::new(&sdl).unwrap();
            let things = model.field("Query", "things").unwrap();
            assert_eq!(model.weight(things), 5, "{link}");
            assert_eq!(things.size.as_ref().unwrap().assumed, Some(7), "{link}");
        }
    }
}
