//! Literals against the types that are expected (section 5.6).

use std::collections::HashSet;

use crate::syntax::query::Value;
use crate::syntax::schema::{InputObjectType, InputValue, Type, TypeDefinition};

use super::{Usage, Validator};
use crate::error::Location;

impl<'a> Validator<'a> {
    /// The value of an argument or of a field of an input object; `what` names it, `one_of` is the input object of which
    /// it is the only field.
    pub(super) fn input(
        &mut self,
        value: &'a Value,
        input: &'a InputValue,
        what: &str,
        at: Location,
        one_of: Option<&'a str>,
    ) {
        if let Value::Variable(name) = value {
            let has_default = input.default_value.is_some();
            self.usage(name, Some(&input.value_type), has_default, one_of, at);
            return;
        }
        self.value(value, &input.value_type, what, at);
    }

    /// A literal where a type is expected.
    pub(super) fn value(&mut self, value: &'a Value, ty: &'a Type, what: &str, at: Location) {
        match (ty, value) {
            (ty, Value::Variable(name)) => self.usage(name, Some(ty), false, None, at),
            (Type::NonNullType(_), Value::Null) => {
                let message = format!("{what} must not be null, it is of type `{ty}`");
                self.report.error(message, [at]);
            }
            (Type::NonNullType(inner), value) => self.value(value, inner, what, at),
            (_, Value::Null) => {}
            (Type::ListType(inner), Value::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(item, inner, &format!("place {index} of {what}"), at);
                }
            }
            // a single value stands for a list of one
            (Type::ListType(inner), value) => self.value(value, inner, what, at),
            (Type::NamedType(name), value) => self.named(value, name, what, at),
        }
    }

    fn named(&mut self, value: &'a Value, name: &'a str, what: &str, at: Location) {
        let definition = self.schema.public_definition(name);
        match (definition, value) {
            (Some(TypeDefinition::InputObject(definition)), Value::Object(fields)) => {
                self.object(fields, definition, what, at);
                return;
            }
            (Some(TypeDefinition::Enum(definition)), Value::Enum(text)) => {
                if !definition.values.iter().any(|known| known.name == *text) {
                    let message = format!("{what}: the enum `{name}` has no value `{text}`");
                    self.report.error(message, [at]);
                }
                return;
            }
            (Some(TypeDefinition::Scalar(_)), value) => match scalar(name, value) {
                Fit::Custom => {
                    self.value_of_nothing(value, at);
                    return;
                }
                Fit::Good => return,
                Fit::OutOfRange => {
                    let message =
                        format!("{what}: {} is outside the range of `{name}`", show(value));
                    self.report.error(message, [at]);
                    return;
                }
                Fit::Bad => {}
            },
            // the schema is not what it should be, which is nothing of the document's
            (None, _) => return,
            _ => {}
        }
        let message = format!("{what} is of type `{name}`, which {} is not", show(value));
        self.report.error(message, [at]);
        self.value_of_nothing(value, at);
    }

    fn object(
        &mut self,
        fields: &'a [(String, Value)],
        definition: &'a InputObjectType,
        what: &str,
        at: Location,
    ) {
        let owner = definition.name.as_str();
        let is_one_of = definition
            .directives
            .iter()
            .any(|directive| directive.name == "oneOf");
        let mut seen: HashSet<&str> = HashSet::new();
        for (name, value) in fields {
            if !seen.insert(name) {
                let message = format!("{what}: the field `{name}` is given more than once");
                self.report.error(message, [at]);
            }
            match definition.fields.iter().find(|known| known.name == *name) {
                Some(known) => {
                    let what = format!("the field `{owner}.{name}`");
                    let one_of = is_one_of.then_some(owner);
                    self.input(value, known, &what, at, one_of);
                }
                None => {
                    let message = format!("{what}: there is no field `{name}` in `{owner}`");
                    self.report.error(message, [at]);
                    self.value_of_nothing(value, at);
                }
            }
        }
        for known in &definition.fields {
            let is_required =
                matches!(known.value_type, Type::NonNullType(_)) && known.default_value.is_none();
            if is_required && !seen.contains(known.name.as_str()) {
                let message = format!(
                    "{what} needs the field `{owner}.{}` of type `{}`",
                    known.name, known.value_type
                );
                self.report.error(message, [at]);
            }
        }
        if is_one_of && !matches!(fields, [(_, value)] if *value != Value::Null) {
            let message = format!("{what} must give exactly one field of `{owner}`, and not null");
            self.report.error(message, [at]);
        }
    }

    /// Notes the variables in a value of which nothing is known.
    pub(super) fn value_of_nothing(&mut self, value: &'a Value, at: Location) {
        match value {
            Value::Variable(name) => self.usage(name, None, false, None, at),
            Value::List(items) => {
                for item in items {
                    self.value_of_nothing(item, at);
                }
            }
            Value::Object(fields) => {
                for (_, value) in fields {
                    self.value_of_nothing(value, at);
                }
            }
            _ => {}
        }
    }

    fn usage(
        &mut self,
        name: &'a str,
        expected: Option<&'a Type>,
        has_default: bool,
        one_of: Option<&'a str>,
        at: Location,
    ) {
        if let Some(scope) = self.scope() {
            scope.usages.push(Usage {
                name,
                at,
                expected,
                has_default,
                one_of,
            });
        }
    }
}

enum Fit {
    Good,
    Bad,
    OutOfRange,
    /// The scalar is not one of the specification's: any literal will do.
    Custom,
}

/// Whether a literal is one of a scalar (sections 3.5.1 to 3.5.5).
fn scalar(name: &str, value: &Value) -> Fit {
    let whole = |number: &Value| match number {
        Value::Int(number) => number.as_i64(),
        _ => None,
    };
    match (name, value) {
        ("Int", Value::Int(_)) => match whole(value).map(i32::try_from) {
            Some(Ok(_)) => Fit::Good,
            _ => Fit::OutOfRange,
        },
        ("Float", Value::Float(number)) if !number.is_finite() => Fit::OutOfRange,
        ("Float", Value::Int(number)) if number.as_f64().is_none() => Fit::OutOfRange,
        ("Float", Value::Int(_) | Value::Float(_))
        | ("String", Value::String(_))
        | ("ID", Value::String(_) | Value::Int(_))
        | ("Boolean", Value::Boolean(_)) => Fit::Good,
        ("Int" | "Float" | "String" | "ID" | "Boolean", _) => Fit::Bad,
        _ => Fit::Custom,
    }
}

/// Longest part of a client's text in a message.
const SHOWN: usize = 40;

/// A literal for people.
fn show(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let short: String = text.chars().take(SHOWN).collect();
            format!("the string {short:?}")
        }
        Value::Int(number) => format!("the number {}", number),
        Value::Float(number) => format!("the number {number:?}"),
        Value::Boolean(value) => format!("`{value}`"),
        Value::Enum(name) => format!("`{name}`"),
        Value::Null => "null".to_owned(),
        Value::List(_) => "a list".to_owned(),
        Value::Object(_) => "an input object".to_owned(),
        Value::Variable(name) => format!("`${name}`"),
    }
}
