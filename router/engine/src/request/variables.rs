//! Coercion of variables (GraphQL specification, sections 6.1.2 and 3.5 to 3.12).

use std::collections::HashMap;

use crate::syntax::query::{Type, Value as Literal, VariableDefinition};
use crate::syntax::schema::{InputObjectType, TypeDefinition};
use async_graphql_value::{ConstValue, Name, indexmap::IndexMap};
use serde_json::{Map, Value};

use crate::error::{GraphqlError, Location, code};
use crate::schema::Schema;
use crate::upload::{SCALAR, Upload, is_in, number};

/// Coerced variables. A variable that was neither given nor has a default is absent.
#[derive(Debug, Default)]
pub(crate) struct Variables(HashMap<String, ConstValue>);

impl Variables {
    pub(crate) fn get(&self, name: &str) -> Option<&ConstValue> {
        self.0.get(name)
    }

    /// Whether a Boolean variable is true.
    pub(crate) fn holds(&self, name: &str) -> bool {
        matches!(self.get(name), Some(ConstValue::Boolean(true)))
    }
}

/// What values are read against.
#[derive(Clone, Copy)]
struct Scope<'a> {
    schema: &'a Schema,
    /// How many files came along.
    files: usize,
}

/// Coerces what the client sent to the types that the operation declares; so many `files` came with it.
pub(crate) fn coerce(
    definitions: &[VariableDefinition],
    given: &Map<String, Value>,
    schema: &Schema,
    files: usize,
) -> Result<Variables, Vec<GraphqlError>> {
    let mut values = HashMap::with_capacity(definitions.len());
    let mut errors = Vec::new();
    let scope = Scope { schema, files };
    for definition in definitions {
        let default = || {
            let value = definition.default_value.as_ref()?;
            literal(value, Some(&definition.var_type), schema)
        };
        let default_json;
        let value = match given.get(&definition.name) {
            Some(value) => Some(value),
            None => {
                default_json = default();
                default_json.as_ref()
            }
        };
        let result = match value {
            Some(value) => coerce_value(&definition.var_type, value, scope, 0).map(Some),
            None if matches!(definition.var_type, Type::NonNullType(_)) => {
                Err(Mismatch::new("is required"))
            }
            None => Ok(None),
        };
        match result {
            Ok(Some(value)) => {
                values.insert(definition.name.clone(), value);
            }
            Ok(None) => {}
            Err(mismatch) => {
                let message = format!(
                    "variable `${}`{} of type `{}` {}",
                    definition.name,
                    mismatch.place(),
                    definition.var_type,
                    mismatch.reason
                );
                let at = Location {
                    line: definition.position.line,
                    column: definition.position.column,
                };
                let error = GraphqlError::new(message, code::BAD_USER_INPUT);
                errors.push(error.located(vec![at]));
            }
        }
    }
    if errors.is_empty() {
        Ok(Variables(values))
    } else {
        Err(errors)
    }
}

struct Mismatch {
    /// Innermost first.
    path: Vec<String>,
    reason: String,
}

impl Mismatch {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            path: Vec::new(),
            reason: reason.into(),
        }
    }

    fn below(mut self, step: String) -> Self {
        self.path.push(step);
        self
    }

    fn place(&self) -> String {
        if self.path.is_empty() {
            return String::new();
        }
        format!(
            " at `{}`",
            self.path
                .iter()
                .rev()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(".")
        )
    }
}

/// Deeper input than any honest schema needs; recursion ends here.
const MAX_DEPTH: usize = 128;

fn coerce_value(
    ty: &Type,
    value: &Value,
    scope: Scope<'_>,
    depth: usize,
) -> Result<ConstValue, Mismatch> {
    if depth > MAX_DEPTH {
        return Err(Mismatch::new("is nested too deeply"));
    }
    match (ty, value) {
        (Type::NonNullType(_), Value::Null) => Err(Mismatch::new("must not be null")),
        (Type::NonNullType(inner), value) => coerce_value(inner, value, scope, depth + 1),
        (_, Value::Null) => Ok(ConstValue::Null),
        (Type::ListType(inner), Value::Array(items)) => items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                coerce_value(inner, item, scope, depth + 1)
                    .map_err(|mismatch| mismatch.below(index.to_string()))
            })
            .collect::<Result<_, _>>()
            .map(ConstValue::List),
        (Type::ListType(inner), value) => Ok(ConstValue::List(vec![coerce_value(
            inner,
            value,
            scope,
            depth + 1,
        )?])),
        (Type::NamedType(name), value) => coerce_named(name, value, scope, depth + 1),
    }
}

fn coerce_named(
    name: &str,
    value: &Value,
    scope: Scope<'_>,
    depth: usize,
) -> Result<ConstValue, Mismatch> {
    let refuse = || Err(Mismatch::new(format!("is no valid `{name}`")));
    match (name, value) {
        ("Int", Value::Number(number)) => {
            let whole = number.as_i64().or_else(|| {
                number
                    .as_f64()
                    .filter(|n| n.fract() == 0.0)
                    .map(|n| n as i64)
            });
            match whole.and_then(|whole| i32::try_from(whole).ok()) {
                Some(whole) => Ok(ConstValue::Number(whole.into())),
                None => refuse(),
            }
        }
        ("Float", Value::Number(number)) => Ok(ConstValue::Number(number.clone())),
        // a file where none is expected
        ("String" | "ID", Value::String(text))
            if scope.files > 0 && Upload::is_placeholder(text) =>
        {
            refuse()
        }
        ("String" | "ID", Value::String(text)) => Ok(ConstValue::String(text.clone())),
        ("ID", Value::Number(number)) if number.is_i64() || number.is_u64() => {
            Ok(ConstValue::String(number.to_string()))
        }
        ("Boolean", Value::Bool(value)) => Ok(ConstValue::Boolean(*value)),
        ("Int" | "Float" | "String" | "ID" | "Boolean", _) => refuse(),
        _ => match (scope.schema.public_definition(name), value) {
            (Some(TypeDefinition::Enum(definition)), Value::String(text)) => {
                if definition.values.iter().any(|value| value.name == *text) {
                    Ok(ConstValue::Enum(Name::new(text)))
                } else {
                    refuse()
                }
            }
            (Some(TypeDefinition::InputObject(definition)), Value::Object(object)) => {
                coerce_object(definition, object, scope, depth)
            }
            (Some(TypeDefinition::Scalar(_)), value) if name == SCALAR => match value {
                Value::String(text) if number(text, scope.files).is_some() => {
                    Ok(ConstValue::String(text.clone()))
                }
                _ => Err(Mismatch::new("is no file of a multipart request")),
            },
            (Some(TypeDefinition::Scalar(_)), value) if scope.files > 0 && is_in(value) => refuse(),
            (Some(TypeDefinition::Scalar(_)), value) => {
                ConstValue::from_json(value.clone()).or_else(|_| refuse())
            }
            _ => refuse(),
        },
    }
}

fn coerce_object(
    definition: &InputObjectType,
    object: &Map<String, Value>,
    scope: Scope<'_>,
    depth: usize,
) -> Result<ConstValue, Mismatch> {
    if let Some(unknown) = object
        .keys()
        .find(|key| !definition.fields.iter().any(|field| field.name == **key))
    {
        return Err(Mismatch::new(format!(
            "has no field `{unknown}` in `{}`",
            definition.name
        )));
    }
    let one_of = definition
        .directives
        .iter()
        .any(|directive| directive.name == "oneOf");
    if one_of && (object.len() != 1 || object.values().any(Value::is_null)) {
        return Err(Mismatch::new(format!(
            "must give exactly one non-null field of `{}`",
            definition.name
        )));
    }
    let mut fields = IndexMap::with_capacity(definition.fields.len());
    for field in &definition.fields {
        let default = match object.contains_key(&field.name) {
            true => None,
            false => field
                .default_value
                .as_ref()
                .and_then(|value| literal(value, Some(&field.value_type), scope.schema)),
        };
        let value = match (
            object.get(&field.name).or(default.as_ref()),
            &field.value_type,
        ) {
            (Some(value), ty) => coerce_value(ty, value, scope, depth + 1),
            (None, Type::NonNullType(_)) => Err(Mismatch::new("is required")),
            (None, _) => continue,
        };
        fields.insert(
            Name::new(&field.name),
            value.map_err(|mismatch| mismatch.below(field.name.clone()))?,
        );
    }
    Ok(ConstValue::Object(fields))
}

/// A literal without variables as JSON for a type, enum values as strings; none when a variable is in it. A whole number
/// that JSON's reader would round is the text of an `ID`.
fn literal(value: &Literal, ty: Option<&Type>, schema: &Schema) -> Option<Value> {
    let ty = match ty {
        Some(Type::NonNullType(inner)) => Some(inner.as_ref()),
        ty => ty,
    };
    Some(match value {
        Literal::Variable(_) => return None,
        Literal::Int(number) => match number.as_i64() {
            Some(number) => Value::from(number),
            None if ty.is_some_and(|ty| ty.named() == "ID") => Value::from(number.to_string()),
            None => Value::from(number.as_f64()?),
        },
        Literal::Float(number) => Value::from(*number),
        Literal::String(text) | Literal::Enum(text) => Value::from(text.as_str()),
        Literal::Boolean(value) => Value::from(*value),
        Literal::Null => Value::Null,
        Literal::List(items) => {
            let item = match ty {
                Some(Type::ListType(item)) => Some(item.as_ref()),
                ty => ty,
            };
            let items = items.iter().map(|value| literal(value, item, schema));
            Value::Array(items.collect::<Option<_>>()?)
        }
        Literal::Object(fields) => {
            let definition = match ty.and_then(|ty| schema.public_definition(ty.named())) {
                Some(TypeDefinition::InputObject(definition)) => Some(definition),
                _ => None,
            };
            let fields = fields.iter().map(|(key, value)| {
                let field = definition.and_then(|definition| {
                    definition.fields.iter().find(|field| field.name == *key)
                });
                let ty = field.map(|field| &field.value_type);
                Some((key.clone(), literal(value, ty, schema)?))
            });
            Value::Object(fields.collect::<Option<_>>()?)
        }
    })
}
