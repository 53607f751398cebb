//! The type system rules of the GraphQL specification, on one subgraph

mod applications;

use crate::ast::HashSet;

use super::{Findings, values};
use crate::ast::{Field, Kind, Known, TypeDef, TypeRef, is_builtin_scalar};
use crate::error::ErrorCode::InvalidGraphql;
use crate::subgraph::Subgraph;

pub(super) fn check(subgraph: &Subgraph, findings: &mut Findings) {
    let rules = Rules { subgraph };
    rules.directives(&subgraph.schema_directives, "SCHEMA", "schema", findings);
    for ty in subgraph.types.values() {
        rules.ty(ty, findings);
    }
    rules.input_cycles(findings);
    for definition in subgraph.directives.values() {
        for argument in &definition.arguments {
            rules.input_type(
                argument,
                &format!("@{}({}:)", definition.name, argument.name),
                findings,
            );
        }
    }
}

struct Rules<'s> {
    subgraph: &'s Subgraph,
}

impl Rules<'_> {
    fn kind(&self, name: &str) -> Option<Kind> {
        if let Some(ty) = self.subgraph.types.get(name) {
            return Some(ty.kind);
        }
        if is_builtin_scalar(name) {
            return Some(Kind::Scalar);
        }
        if let Some(own) = self.subgraph.own_types.iter().find(|ty| ty.name == name) {
            return Some(own.kind);
        }
        self.subgraph
            .vocabulary
            .types
            .iter()
            .any(|own| own == name)
            .then_some(Kind::Scalar)
    }

    fn ty(&self, ty: &TypeDef, findings: &mut Findings) {
        let name = &ty.name;
        let mut fault =
            |message: String, at: u32| findings.add(InvalidGraphql, message, name.as_str(), at);
        if name.starts_with("__") {
            fault(
                format!("name \"{name}\" must not begin with \"__\", which is reserved"),
                ty.at,
            );
        }
        match ty.kind {
            Kind::Scalar => {}
            Kind::Union => {
                if ty.members.is_empty() {
                    fault(
                        format!("union type {name} must define one or more member types"),
                        ty.at,
                    );
                }
                for member in &ty.members {
                    match self.kind(&member.name) {
                        Some(Kind::Object) => {}
                        Some(_) => fault(
                            format!(
                                "union type {name} can only include object types, it cannot include {}",
                                member.name
                            ),
                            member.at,
                        ),
                        None => fault(format!("unknown type \"{}\"", member.name), member.at),
                    }
                }
            }
            Kind::Enum => {
                if ty.values.is_empty() {
                    fault(
                        format!("enum type {name} must define one or more values"),
                        ty.at,
                    );
                }
                for value in ty.values.values() {
                    self.directives(
                        &value.directives,
                        "ENUM_VALUE",
                        &format!("{name}.{}", value.name),
                        findings,
                    );
                }
            }
            Kind::InputObject => {
                if ty.fields.is_empty() {
                    fault(
                        format!("input object type {name} must define one or more fields"),
                        ty.at,
                    );
                }
                for field in ty.fields.values() {
                    let coordinate = format!("{name}.{}", field.name);
                    Self::name(field, &coordinate, findings);
                    self.input_type(field, &coordinate, findings);
                    if ty.has(Known::OneOf) && (field.ty.is_non_null() || field.default.is_some()) {
                        let message = format!(
                            "field \"{coordinate}\" of a @oneOf input must be nullable and have no default value"
                        );
                        findings.add(InvalidGraphql, message, coordinate.as_str(), field.at);
                    }
                    self.directives(
                        &field.directives,
                        "INPUT_FIELD_DEFINITION",
                        &coordinate,
                        findings,
                    );
                }
            }
            Kind::Object | Kind::Interface => {
                if ty.fields.is_empty() {
                    fault(format!("type {name} must define one or more fields"), ty.at);
                }
                for field in ty.fields.values() {
                    self.output_field(ty, field, findings);
                }
                self.interfaces(ty, findings);
            }
        }
        self.directives(
            &ty.directives,
            crate::merge::kind_location(ty.kind),
            name,
            findings,
        );
    }

    fn name(field: &Field, coordinate: &str, findings: &mut Findings) {
        if field.name.starts_with("__") {
            let message = format!(
                "name \"{}\" must not begin with \"__\", which is reserved",
                field.name
            );
            findings.add(InvalidGraphql, message, coordinate, field.at);
        }
    }

    fn output_field(&self, ty: &TypeDef, field: &Field, findings: &mut Findings) {
        let coordinate = format!("{}.{}", ty.name, field.name);
        Self::name(field, &coordinate, findings);
        let wrong = match self.kind(field.ty.base()) {
            None => Some(format!("unknown type \"{}\"", field.ty.base())),
            Some(kind) if !kind.is_output() => Some(format!(
                "the type of {coordinate} must be an output type, but is {}",
                field.ty
            )),
            _ => None,
        };
        if let Some(message) = wrong {
            findings.add(InvalidGraphql, message, coordinate.as_str(), field.at);
        }
        self.directives(&field.directives, "FIELD_DEFINITION", &coordinate, findings);
        let mut seen = HashSet::default();
        for argument in &field.arguments {
            let at = format!("{coordinate}({}:)", argument.name);
            if !seen.insert(&argument.name) {
                let message = format!("argument \"{at}\" can only be defined once");
                findings.add(InvalidGraphql, message, at.as_str(), argument.at);
            }
            Self::name(argument, &at, findings);
            self.input_type(argument, &at, findings);
            self.directives(&argument.directives, "ARGUMENT_DEFINITION", &at, findings);
        }
    }

    fn input_type(&self, field: &Field, coordinate: &str, findings: &mut Findings) {
        let message = match self.kind(field.ty.base()) {
            None => format!("unknown type \"{}\"", field.ty.base()),
            Some(kind) if !kind.is_input() => {
                format!(
                    "the type of {coordinate} must be an input type, but is {}",
                    field.ty
                )
            }
            _ => match &field.default {
                Some(default) if !values::fits(self.subgraph, default, &field.ty) => {
                    let text = crate::syntax::print::value_text(default);
                    format!(
                        "invalid default value (got: {text}) provided for {coordinate} of type {}",
                        field.ty
                    )
                }
                _ => return,
            },
        };
        findings.add(InvalidGraphql, message, coordinate, field.at);
    }

    fn interfaces(&self, ty: &TypeDef, findings: &mut Findings) {
        for listed in &ty.interfaces {
            let mut fault = |message: String| {
                findings.add(InvalidGraphql, message, ty.name.as_str(), listed.at)
            };
            let Some(interface) = self.subgraph.types.get(&listed.name) else {
                fault(format!("unknown type \"{}\"", listed.name));
                continue;
            };
            if interface.kind != Kind::Interface {
                fault(format!(
                    "type {} must only implement interface types, it cannot implement {}",
                    ty.name, listed.name
                ));
                continue;
            }
            if listed.name == ty.name {
                fault(format!("type {} cannot implement itself", ty.name));
                continue;
            }
            for inherited in &interface.interfaces {
                if inherited.name == ty.name {
                    fault(format!(
                        "type {} cannot implement {} because it would create a circular reference",
                        ty.name, interface.name
                    ));
                } else if !ty.implements(&inherited.name) {
                    fault(format!(
                        "type {} must implement {} because it is implemented by {}",
                        ty.name, inherited.name, interface.name
                    ));
                }
            }
            for field in interface.fields.values() {
                self.implements_field(ty, interface, field, findings);
            }
        }
    }

    fn implements_field(
        &self,
        ty: &TypeDef,
        interface: &TypeDef,
        field: &Field,
        findings: &mut Findings,
    ) {
        let wanted = format!("{}.{}", interface.name, field.name);
        let coordinate = format!("{}.{}", ty.name, field.name);
        let mut fault = |message: String, at: u32| {
            findings.add(InvalidGraphql, message, coordinate.as_str(), at)
        };
        let Some(own) = ty.fields.get(&field.name) else {
            return fault(
                format!(
                    "interface field {wanted} expected but {} does not provide it",
                    ty.name
                ),
                ty.at,
            );
        };
        if !self.is_subtype(&own.ty, &field.ty) {
            fault(
                format!(
                    "interface field {wanted} expects type {} but {coordinate} is type {}",
                    field.ty, own.ty
                ),
                own.at,
            );
        }
        for argument in &field.arguments {
            let name = &argument.name;
            match own.argument(name) {
                None => fault(
                    format!(
                        "interface field argument {wanted}({name}:) expected but {coordinate} does not provide it"
                    ),
                    own.at,
                ),
                Some(mine) if mine.ty != argument.ty => fault(
                    format!(
                        "interface field argument {wanted}({name}:) expects type {} but {coordinate}({name}:) is type {}",
                        argument.ty, mine.ty
                    ),
                    mine.at,
                ),
                _ => {}
            }
        }
        for argument in &own.arguments {
            if argument.is_required()
                && field.argument(&argument.name).is_none()
                && !argument.has(Known::FromContext)
            {
                fault(
                    format!(
                        "{coordinate} includes required argument {} that is missing from the interface field {wanted}",
                        argument.name
                    ),
                    argument.at,
                );
            }
        }
    }

    fn is_subtype(&self, narrow: &TypeRef, wide: &TypeRef) -> bool {
        match (narrow, wide) {
            (TypeRef::NonNull(narrow), TypeRef::NonNull(wide)) => self.is_subtype(narrow, wide),
            (TypeRef::NonNull(narrow), wide) => self.is_subtype(narrow, wide),
            (TypeRef::List(narrow), TypeRef::List(wide)) => self.is_subtype(narrow, wide),
            (TypeRef::Named(narrow), TypeRef::Named(wide)) => {
                narrow == wide
                    || self
                        .subgraph
                        .types
                        .get(narrow)
                        .is_some_and(|ty| ty.implements(wide))
                    || self
                        .subgraph
                        .types
                        .get(wide)
                        .is_some_and(|ty| ty.members.iter().any(|member| member.name == *narrow))
            }
            _ => false,
        }
    }

    /// An input object may not contain itself without a way out through null or a list.
    fn input_cycles(&self, findings: &mut Findings) {
        let inputs = |name: &str| {
            self.subgraph
                .types
                .get(name)
                .filter(|ty| ty.kind == Kind::InputObject)
        };
        let mut settled: HashSet<&str> = HashSet::default();
        for ty in self
            .subgraph
            .types
            .values()
            .filter(|ty| ty.kind == Kind::InputObject)
        {
            // with a stack of its own: a chain of strangers' types may be as long as the document
            let mut path: Vec<(&TypeDef, usize)> = vec![(ty, 0)];
            let mut on_path: HashSet<&str> = HashSet::from_iter([ty.name.as_str()]);
            while let Some((current, at)) = path.pop() {
                let next = if settled.contains(current.name.as_str()) {
                    None
                } else {
                    current.fields.get_index(at)
                };
                let Some((_, field)) = next else {
                    settled.insert(&current.name);
                    on_path.remove(current.name.as_str());
                    continue;
                };
                path.push((current, at + 1));
                let TypeRef::NonNull(inner) = &field.ty else {
                    continue;
                };
                let TypeRef::Named(next) = &**inner else {
                    continue;
                };
                let Some(next) = inputs(next) else { continue };
                if on_path.contains(next.name.as_str()) {
                    findings.add(
                        InvalidGraphql,
                        format!("cannot reference input object \"{}\" within itself through a series of non-null fields", next.name),
                        format!("{}.{}", current.name, field.name),
                        field.at,
                    );
                } else if !settled.contains(next.name.as_str()) {
                    on_path.insert(&next.name);
                    path.push((next, 0));
                }
            }
        }
    }
}
