//! What `@inaccessible` may not leave behind in the API schema

use crate::ast::HashSet;

use crate::ast::{Directive, Kind, Known, Name, Value, find, is_builtin_scalar};
use crate::error::ErrorCode;
use crate::merge::{Coordinate, Merger};
use crate::supergraph::{GraphId, SuperField, SuperType};
use crate::validate::scope::{Scope, View};

pub(crate) fn hidden(directives: &[Directive]) -> bool {
    find(directives, Known::Inaccessible).is_some()
}

/// Checks the merged schema as clients would see it.
pub(crate) fn inaccessible(merger: &mut Merger<'_>, scope: &Scope<'_>) {
    let gone: HashSet<&Name> = scope
        .supergraph
        .types
        .values()
        .filter(|ty| hidden(&ty.directives))
        .map(|ty| &ty.name)
        .collect();
    let mut check = Check {
        merger,
        scope,
        gone,
    };
    for ty in scope.types() {
        if !check.gone.contains(&ty.name) {
            check.ty(ty);
        } else if ty.name == "Query" {
            let message = "type \"Query\" is @inaccessible but is the query root type, which must be in the API schema";
            check.error(
                ErrorCode::QueryRootTypeInaccessible,
                "Query",
                message.to_owned(),
            );
        } else if is_builtin_scalar(&ty.name) {
            let message = format!("built-in type \"{}\" cannot be @inaccessible", ty.name);
            check.error(ErrorCode::DisallowedInaccessible, &ty.name, message);
        }
    }
}

struct Check<'c, 'm, 'a> {
    merger: &'c mut Merger<'m>,
    scope: &'a Scope<'a>,
    gone: HashSet<&'a Name>,
}

impl<'a> Check<'_, '_, 'a> {
    fn error(&mut self, code: ErrorCode, coordinate: &str, message: String) {
        let (ty, field) = coordinate.split_once('.').unwrap_or((coordinate, ""));
        let field = field.split('(').next().unwrap_or_default();
        let at = self
            .merger
            .subgraphs
            .iter()
            .enumerate()
            .filter_map(|(at, subgraph)| {
                let ty = subgraph.types.get(ty)?;
                let offset = ty
                    .fields
                    .get(field)
                    .map(|field| field.at)
                    .or_else(|| ty.values.get(field).map(|value| value.at))
                    .or_else(|| field.is_empty().then_some(ty.at))?;
                Some((at as GraphId, offset))
            })
            .collect();
        self.merger
            .error(code, message, Some(coordinate.to_owned()), at);
    }

    fn ty(&mut self, ty: &'a SuperType) {
        let name = &ty.name;
        let empty = match ty.kind {
            Kind::Scalar => false,
            Kind::Union => ty.union_members().all(|member| self.gone.contains(member)),
            Kind::Enum => ty.values.values().all(|value| hidden(&value.directives)),
            _ => ty
                .fields
                .values()
                .all(|field| hidden(&field.field.directives)),
        };
        if empty && !(ty.fields.is_empty() && ty.kind == Kind::Object) {
            let message = format!(
                "type \"{name}\" is in the API schema but all of its elements are @inaccessible"
            );
            self.error(ErrorCode::OnlyInaccessibleChildren, name, message);
        }
        for field in ty.fields.values() {
            self.field(ty, field);
        }
        for interface in ty.interfaces() {
            if let Some(interface) = self
                .scope
                .seen_from(&ty.name)
                .get(interface)
                .filter(|ty| !self.gone.contains(&ty.name))
            {
                self.implementation(ty, interface);
            }
        }
    }

    fn field(&mut self, ty: &'a SuperType, field: &'a SuperField) {
        let coordinate = Coordinate::of(&ty.name).member(&field.field.name);
        if hidden(&field.field.directives) {
            if ty.kind == Kind::InputObject && field.field.is_required() {
                let message = format!(
                    "input field \"{coordinate}\" is @inaccessible but is a required input field of its type"
                );
                self.error(
                    ErrorCode::RequiredInaccessible,
                    &coordinate.to_string(),
                    message,
                );
            }
            return;
        }
        self.reference(
            &ty.name,
            coordinate,
            field.field.ty.base(),
            field.field.default.as_ref(),
        );
        for argument in &field.field.arguments {
            let coordinate = coordinate.argument(&argument.name);
            if !hidden(&argument.directives) {
                self.reference(
                    &ty.name,
                    coordinate,
                    argument.ty.base(),
                    argument.default.as_ref(),
                );
            } else if argument.is_required() {
                let message = format!(
                    "argument \"{coordinate}\" is @inaccessible but is a required argument of its field"
                );
                self.error(
                    ErrorCode::RequiredInaccessible,
                    &coordinate.to_string(),
                    message,
                );
            }
        }
    }

    fn reference(
        &mut self,
        owner: &Name,
        coordinate: Coordinate<'_>,
        ty: &Name,
        default: Option<&Value>,
    ) {
        if self.gone.contains(ty) {
            let message = format!(
                "type \"{ty}\" is @inaccessible but is referenced by \"{coordinate}\", which is in the API schema"
            );
            self.error(
                ErrorCode::ReferencedInaccessible,
                &coordinate.to_string(),
                message,
            );
        }
        if let Some(default) = default {
            let coordinate = coordinate.to_string();
            self.default(self.scope.seen_from(owner), &coordinate, default, ty);
        }
    }

    fn default(&mut self, view: View<'_, '_>, coordinate: &str, default: &Value, ty: &Name) {
        // what is in a type that is gone as a whole is reported with the type
        let Some(ty) = view.get(ty).filter(|ty| !self.gone.contains(&ty.name)) else {
            return;
        };
        let mut used = Vec::new();
        match default {
            Value::List(items) => {
                for item in items {
                    self.default(view, coordinate, item, &ty.name);
                }
            }
            Value::Enum(value)
                if ty
                    .values
                    .get(value)
                    .is_some_and(|value| hidden(&value.directives)) =>
            {
                used.push(format!("enum value \"{}.{value}\"", ty.name));
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    let Some(field) = ty.fields.get(name) else {
                        continue;
                    };
                    if hidden(&field.field.directives) {
                        used.push(format!("input field \"{}.{name}\"", ty.name));
                    } else {
                        self.default(view, coordinate, value, field.field.ty.base());
                    }
                }
            }
            _ => {}
        }
        for used in used {
            let message = format!(
                "{used} is @inaccessible but is used in the default value of \"{coordinate}\", which is in the API schema"
            );
            self.error(ErrorCode::DefaultValueUsesInaccessible, coordinate, message);
        }
    }

    fn implementation(&mut self, ty: &'a SuperType, interface: &'a SuperType) {
        for wanted in interface
            .fields
            .values()
            .filter(|field| !hidden(&field.field.directives))
        {
            let Some(own) = ty.fields.get(&wanted.field.name) else {
                continue;
            };
            let coordinate = Coordinate::of(&ty.name).member(&own.field.name);
            let field = Coordinate::of(&interface.name).member(&own.field.name);
            if hidden(&own.field.directives) {
                let message = format!(
                    "field \"{coordinate}\" is @inaccessible but implements the interface field \"{field}\", which is in the API schema"
                );
                self.error(
                    ErrorCode::ImplementedByInaccessible,
                    &coordinate.to_string(),
                    message,
                );
                continue;
            }
            for argument in &own.field.arguments {
                let at = coordinate.argument(&argument.name);
                let Some(promised) = wanted.field.argument(&argument.name) else {
                    continue;
                };
                match (hidden(&argument.directives), hidden(&promised.directives)) {
                    (true, false) => {
                        let message = format!(
                            "argument \"{at}\" is @inaccessible but implements an argument of \"{field}\", which is in the API schema"
                        );
                        self.error(
                            ErrorCode::ImplementedByInaccessible,
                            &at.to_string(),
                            message,
                        );
                    }
                    (false, true) if argument.is_required() => {
                        let message = format!(
                            "argument \"{at}\" is required but the argument of \"{field}\" that it implements is @inaccessible"
                        );
                        self.error(ErrorCode::RequiredInaccessible, &at.to_string(), message);
                    }
                    _ => {}
                }
            }
        }
    }
}
