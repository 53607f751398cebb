//! `fields` of `@key`, `@requires` and `@provides`

use super::{Findings, values};
use crate::ast::{Directive, Field, Kind, Known, Name, TypeDef, Value};
use crate::error::ErrorCode;
use crate::field_set::{self, Selection};
use crate::subgraph::Subgraph;

/// The codes of one of the three directives.
struct Codes {
    fields_type: ErrorCode,
    fields: ErrorCode,
    arguments: Option<ErrorCode>,
    directives: ErrorCode,
    missing_external: Option<ErrorCode>,
}

const KEY: Codes = Codes {
    fields_type: ErrorCode::KeyInvalidFieldsType,
    fields: ErrorCode::KeyInvalidFields,
    arguments: Some(ErrorCode::KeyFieldsHasArgs),
    directives: ErrorCode::KeyDirectiveInFieldsArg,
    missing_external: None,
};
const REQUIRES: Codes = Codes {
    fields_type: ErrorCode::RequiresInvalidFieldsType,
    fields: ErrorCode::RequiresInvalidFields,
    arguments: None,
    directives: ErrorCode::RequiresDirectiveInFieldsArg,
    missing_external: Some(ErrorCode::RequiresFieldsMissingExternal),
};
const PROVIDES: Codes = Codes {
    fields_type: ErrorCode::ProvidesInvalidFieldsType,
    fields: ErrorCode::ProvidesInvalidFields,
    arguments: Some(ErrorCode::ProvidesFieldsHasArgs),
    directives: ErrorCode::ProvidesDirectiveInFieldsArg,
    missing_external: Some(ErrorCode::ProvidesFieldsMissingExternal),
};

pub(super) fn check(subgraph: &Subgraph, findings: &mut Findings) {
    let first = subgraph.is_first_version();
    for ty in subgraph
        .types
        .values()
        .filter(|ty| matches!(ty.kind, Kind::Object | Kind::Interface))
    {
        let interface = ty.kind == Kind::Interface;
        // documents of federation 1 may say things about interfaces; nothing ever came of it
        if interface && first {
            continue;
        }
        for directive in ty
            .directives
            .iter()
            .filter(|directive| directive.known == Known::Key)
        {
            if interface && subgraph.vocabulary.minor.is_some_and(|minor| minor < 3) {
                findings.add(
                    ErrorCode::KeyUnsupportedOnInterface,
                    format!(
                        "cannot use @key on interface \"{}\" before federation 2.3",
                        ty.name
                    ),
                    ty.name.as_str(),
                    directive.at,
                );
                continue;
            }
            Checker {
                subgraph,
                directive,
                codes: &KEY,
                coordinate: ty.name.to_string(),
                key: true,
            }
            .run(ty, findings);
        }
        for field in ty.fields.values() {
            for directive in &field.directives {
                let coordinate = format!("{}.{}", ty.name, field.name);
                match directive.known {
                    Known::Requires if interface => findings.add(
                        ErrorCode::RequiresUnsupportedOnInterface,
                        format!("cannot use @requires on field \"{coordinate}\" of an interface"),
                        coordinate.as_str(),
                        directive.at,
                    ),
                    Known::Requires => {
                        Checker { subgraph, directive, codes: &REQUIRES, coordinate, key: false }.run(ty, findings);
                    }
                    Known::Provides if field.facts.external && !first => findings.add(
                        ErrorCode::ExternalCollisionWithAnotherDirective,
                        format!("cannot have both @provides and @external on field \"{coordinate}\""),
                        coordinate.as_str(),
                        directive.at,
                    ),
                    Known::Provides
                        if interface
                            && subgraph
                                .types
                                .get(field.ty.base())
                                .is_some_and(|ty| ty.kind.is_composite()) =>
                    {
                        findings.add(
                        ErrorCode::ProvidesUnsupportedOnInterface,
                        format!("cannot use @provides on field \"{coordinate}\" of an interface"),
                        coordinate.as_str(),
                        directive.at,
                    );
                    }
                    Known::Provides => match subgraph.types.get(field.ty.base()).filter(|ty| ty.kind.is_composite()) {
                        Some(target) => {
                            Checker { subgraph, directive, codes: &PROVIDES, coordinate, key: false }.run(target, findings);
                        }
                        None if first => {}
                        None => findings.add(
                            ErrorCode::ProvidesOnNonObjectField,
                            format!("invalid @provides on field \"{coordinate}\": its type \"{}\" has no fields", field.ty),
                            coordinate.as_str(),
                            directive.at,
                        ),
                    },
                    _ => {}
                }
            }
        }
    }
}

struct Checker<'s> {
    subgraph: &'s Subgraph,
    directive: &'s Directive,
    codes: &'s Codes,
    coordinate: String,
    key: bool,
}

impl Checker<'_> {
    /// Adds a fault; gives false, for "do not go on".
    fn fault(&self, code: ErrorCode, message: String, findings: &mut Findings) -> bool {
        let message = format!(
            "on \"{}\", for @{}: {message}",
            self.coordinate, self.directive.name
        );
        findings.add(code, message, self.coordinate.as_str(), self.directive.at);
        false
    }

    fn run(&self, parent: &TypeDef, findings: &mut Findings) {
        let text = match self.directive.argument("fields") {
            Some(Value::String(text)) => text,
            // documents of federation 1 are read leniently, as they always were
            Some(Value::List(_) | Value::Enum(_)) if self.subgraph.is_first_version() => return,
            Some(_) => {
                self.fault(
                    self.codes.fields_type,
                    "the argument \"fields\" must be a string".to_owned(),
                    findings,
                );
                return;
            }
            None => return,
        };
        match field_set::parse(text) {
            Err(error) => {
                self.fault(self.codes.fields, error.message, findings);
            }
            Ok(selections) => {
                self.set(parent, &selections, false, findings);
            }
        }
    }

    /// One fault per directive is enough: gives whether to go on. `covered` means that a field
    /// above is external already.
    fn set(
        &self,
        parent: &TypeDef,
        selections: &[Selection],
        covered: bool,
        findings: &mut Findings,
    ) -> bool {
        selections.iter().all(|selection| match selection {
            Selection::Field {
                name,
                has_directives: true,
                ..
            } if parent.fields.contains_key(name) => self.directives(findings),
            Selection::On {
                has_directives: true,
                ..
            } => self.directives(findings),
            Selection::Field {
                name,
                alias: Some(_),
                ..
            } => self.fault(
                self.codes.fields,
                format!("cannot use an alias in the selection (on \"{name}\")"),
                findings,
            ),
            Selection::Field { name, .. } if name == "__typename" => true,
            Selection::Field {
                name,
                arguments,
                inner,
                ..
            } => match parent.fields.get(name) {
                Some(field) => {
                    let below = !inner.is_empty() && self.external_below(parent, name);
                    let covered = covered || below;
                    self.field(field, arguments, inner, covered, findings)
                }
                None => {
                    let message =
                        format!("cannot query field \"{name}\" on type \"{}\"", parent.name);
                    self.fault(self.codes.fields, message, findings)
                }
            },
            Selection::On {
                condition, inner, ..
            } => {
                let Some(target) = condition
                    .as_ref()
                    .map_or(Some(parent), |name| self.subgraph.types.get(name))
                else {
                    let name = condition.as_deref().unwrap_or_default();
                    return self.fault(
                        self.codes.fields,
                        format!("unknown type \"{name}\""),
                        findings,
                    );
                };
                if target.kind.is_composite() && self.overlap(parent, target) {
                    return self.set(target, inner, covered, findings);
                }
                let message = format!(
                    "objects of type \"{}\" can never be of type \"{}\"",
                    parent.name, target.name
                );
                self.fault(self.codes.fields, message, findings)
            }
        })
    }

    fn directives(&self, findings: &mut Findings) -> bool {
        self.fault(
            self.codes.directives,
            "directives are not allowed in the selection".to_owned(),
            findings,
        )
    }

    fn field(
        &self,
        field: &Field,
        arguments: &[(Name, Value)],
        inner: &[Selection],
        covered: bool,
        findings: &mut Findings,
    ) -> bool {
        let name = &field.name;
        if !self.arguments(field, arguments, findings) {
            return false;
        }
        let target = self
            .subgraph
            .types
            .get(field.ty.base())
            .filter(|ty| ty.kind.is_composite());
        if self.key {
            let what = match target.map(|ty| ty.kind) {
                Some(Kind::Interface) => Some("an interface"),
                Some(Kind::Union) => Some("a union"),
                _ => None,
            };
            if let Some(what) = what {
                let message = format!("field \"{name}\" is {what}, which is not allowed in @key");
                return self.fault(ErrorCode::KeyFieldsSelectInvalidType, message, findings);
            }
        }
        let external = field.has(Known::External) || field.facts.external;
        match target {
            Some(_) if inner.is_empty() => {
                let message = format!(
                    "field \"{name}\" of type \"{}\" must have a selection of subfields",
                    field.ty
                );
                self.fault(self.codes.fields, message, findings)
            }
            Some(target) => self.set(target, inner, covered || external, findings),
            None if !inner.is_empty() => self.fault(
                self.codes.fields,
                format!("field \"{name}\" has no fields to select"),
                findings,
            ),
            None => match self.codes.missing_external {
                Some(code) if !external && !covered && !self.subgraph.is_first_version() => {
                    let message = format!(
                        "field \"{name}\" should not be part of a @{} since it is already resolved by this subgraph (it is not marked @external)",
                        self.directive.name
                    );
                    self.fault(code, message, findings)
                }
                _ => true,
            },
        }
    }

    fn arguments(
        &self,
        field: &Field,
        arguments: &[(Name, Value)],
        findings: &mut Findings,
    ) -> bool {
        let name = &field.name;
        if field.arguments.is_empty() && arguments.is_empty() {
            return true;
        }
        let missing = field.arguments.iter().any(|definition| {
            definition.is_required() && !arguments.iter().any(|(name, _)| *name == definition.name)
        });
        if let Some(code) = self.codes.arguments.filter(|_| !missing) {
            return self.fault(
                code,
                format!("field \"{name}\" cannot be included because it has arguments"),
                findings,
            );
        }
        for (argument, value) in arguments {
            let Some(definition) = field.argument(argument) else {
                let message = format!("unknown argument \"{argument}\" on field \"{name}\"");
                return self.fault(self.codes.fields, message, findings);
            };
            if !values::fits(self.subgraph, value, &definition.ty) {
                let message = format!(
                    "invalid value for argument \"{argument}\" of \"{name}\", expected {}",
                    definition.ty
                );
                return self.fault(self.codes.fields, message, findings);
            }
        }
        let missing = field.arguments.iter().find(|definition| {
            definition.is_required() && !arguments.iter().any(|(name, _)| *name == definition.name)
        });
        match missing {
            Some(missing) => {
                let message = format!(
                    "missing mandatory argument \"{}\" of field \"{name}\"",
                    missing.name
                );
                self.fault(self.codes.fields, message, findings)
            }
            None => true,
        }
    }

    /// Is it a field of an interface that some implementation declares external?
    fn external_below(&self, parent: &TypeDef, field: &str) -> bool {
        parent.kind == Kind::Interface
            && self.subgraph.types.values().any(|object| {
                object.implements(&parent.name)
                    && object
                        .fields
                        .get(field)
                        .is_some_and(|field| field.has(Known::External) || field.facts.external)
            })
    }

    /// Can an object be of both types?
    fn overlap(&self, one: &TypeDef, other: &TypeDef) -> bool {
        let possible = |ty: &TypeDef| -> Vec<Name> {
            match ty.kind {
                Kind::Object => vec![ty.name.clone()],
                Kind::Union => ty
                    .members
                    .iter()
                    .map(|member| member.name.clone())
                    .collect(),
                _ => self
                    .subgraph
                    .types
                    .values()
                    .filter(|object| object.kind == Kind::Object && object.implements(&ty.name))
                    .map(|object| object.name.clone())
                    .collect(),
            }
        };
        one.name == other.name || {
            let (one, other) = (possible(one), possible(other));
            one.iter().any(|name| other.contains(name))
        }
    }
}
