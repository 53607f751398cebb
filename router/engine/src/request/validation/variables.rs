//! Variables: what they are, and where they stand (section 5.8).

use std::collections::{HashMap, HashSet};

use crate::syntax::query::{Type, Value, VariableDefinition};
use crate::syntax::schema::TypeDefinition;

use super::{Owner, Report, Scope, Usage, Validator, place};
use crate::schema::Schema;

impl<'a> Validator<'a> {
    pub(super) fn variable_definitions(&mut self, definitions: &'a [VariableDefinition]) {
        let mut seen: HashSet<&str> = HashSet::new();
        for definition in definitions {
            let at = place(definition.position);
            let name = &definition.name;
            if !seen.insert(name) {
                let message = format!("the variable `${name}` is defined more than once");
                self.report.error(message, [at]);
            }
            let named = definition.var_type.named();
            match self.schema.public_definition(named) {
                None => {
                    let message =
                        format!("the variable `${name}` is of type `{named}`, which is not there");
                    self.report.error(message, [at]);
                }
                Some(_) if !is_input(self.schema, &definition.var_type) => {
                    let message = format!(
                        "the variable `${name}` is of type `{named}`, which is no type of inputs"
                    );
                    self.report.error(message, [at]);
                }
                Some(_) => {
                    if let Some(default) = &definition.default_value {
                        let what = format!("the default of the variable `${name}`");
                        self.value(default, &definition.var_type, &what, at);
                    }
                }
            }
            // what they hold is constant, so they use no variables
            self.directives(&definition.directives, "VARIABLE_DEFINITION", None);
        }
    }

    /// Every variable that an operation uses, if only through fragments, is one of its own and fits its place, and each
    /// of its own is used.
    pub(super) fn check_variable_use(&mut self) {
        let Self {
            schema,
            scopes,
            report,
            ..
        } = self;
        let mut fragments: HashMap<&str, &Scope<'_>> = HashMap::new();
        for scope in scopes.iter() {
            if let Owner::Fragment(name) = scope.owner {
                fragments.entry(name).or_insert(scope);
            }
        }
        for scope in scopes.iter() {
            let Owner::Operation { name, variables } = scope.owner else {
                continue;
            };
            let operation = match name {
                Some(name) => format!("the operation `{name}`"),
                None => "the operation".to_owned(),
            };
            let mut used: HashSet<&str> = HashSet::new();
            let mut seen: HashSet<&str> = HashSet::new();
            let mut open = vec![scope];
            while let Some(scope) = open.pop() {
                for usage in &scope.usages {
                    used.insert(usage.name);
                    match variables.iter().find(|known| known.name == usage.name) {
                        // what is no input fits nowhere, and is told where it is defined
                        Some(definition) if !is_input(schema, &definition.var_type) => {}
                        Some(definition) => check_usage(usage, definition, report),
                        None => {
                            let message = format!(
                                "the variable `${}` is not defined by {operation}",
                                usage.name
                            );
                            report.error(message, [usage.at]);
                        }
                    }
                }
                for spread in &scope.spreads {
                    if seen.insert(spread) {
                        open.extend(fragments.get(spread));
                    }
                }
            }
            for definition in variables {
                if !used.contains(definition.name.as_str()) {
                    let message = format!(
                        "the variable `${}` is not used by {operation}",
                        definition.name
                    );
                    report.error(message, [place(definition.position)]);
                }
            }
        }
    }
}

/// `IsInputType` (section 3.4.2).
fn is_input(schema: &Schema, ty: &Type) -> bool {
    matches!(
        schema.public_definition(ty.named()),
        Some(TypeDefinition::Scalar(_) | TypeDefinition::Enum(_) | TypeDefinition::InputObject(_))
    )
}

/// `IsVariableUsageAllowed` (section 5.8.5).
fn check_usage(usage: &Usage<'_>, definition: &VariableDefinition, report: &mut Report) {
    let at = [place(definition.position), usage.at];
    let is_nullable = !matches!(definition.var_type, Type::NonNullType(_));
    if let Some(owner) = usage.one_of
        && is_nullable
    {
        let message = format!(
            "the variable `${}` is of type `{}`, but as the one field of `{owner}` it must not be null",
            definition.name, definition.var_type
        );
        report.error(message, at);
        return;
    }
    let Some(expected) = usage.expected else {
        return;
    };
    let has_default = match &definition.default_value {
        None | Some(Value::Null) => usage.has_default,
        Some(_) => true,
    };
    let fits = match expected {
        Type::NonNullType(inner) if is_nullable => has_default && fits(&definition.var_type, inner),
        expected => fits(&definition.var_type, expected),
    };
    if !fits {
        let message = format!(
            "the variable `${}` of type `{}` stands where `{expected}` is expected",
            definition.name, definition.var_type
        );
        report.error(message, at);
    }
}

/// `AreTypesCompatible` (section 5.8.5).
fn fits(variable: &Type, expected: &Type) -> bool {
    match (variable, expected) {
        (Type::NonNullType(variable), Type::NonNullType(expected)) => fits(variable, expected),
        (_, Type::NonNullType(_)) => false,
        (Type::NonNullType(variable), expected) => fits(variable, expected),
        (Type::ListType(variable), Type::ListType(expected)) => fits(variable, expected),
        (Type::NamedType(variable), Type::NamedType(expected)) => variable == expected,
        _ => false,
    }
}
