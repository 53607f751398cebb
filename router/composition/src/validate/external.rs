//! `@external`, `@shareable` and merged directives where they have no meaning

use super::Findings;
use crate::ast::{Field, Kind, Known, TypeDef};
use crate::error::ErrorCode;
use crate::subgraph::Subgraph;

pub(super) fn check(subgraph: &Subgraph, findings: &mut Findings) {
    for ty in subgraph.types.values() {
        authorisation(ty, findings);
        for field in ty.fields.values() {
            match ty.kind {
                Kind::Interface => interface_field(subgraph, ty, field, findings),
                Kind::Object if field.facts.external => {
                    external_field(subgraph.is_first_version(), ty, field, findings);
                }
                _ => {}
            }
        }
    }
}

/// An interface inherits authorisation from its implementations; it has none of its own.
fn authorisation(ty: &TypeDef, findings: &mut Findings) {
    if ty.kind != Kind::Interface && !ty.is_interface_object() {
        return;
    }
    let fields = ty.fields.values().flat_map(|field| {
        field
            .directives
            .iter()
            .map(move |directive| (format!("{}.{}", ty.name, field.name), directive))
    });
    let fields = fields.filter(|_| ty.kind == Kind::Interface);
    let all = ty
        .directives
        .iter()
        .map(|directive| (ty.name.to_string(), directive))
        .chain(fields);
    for (coordinate, directive) in all {
        if matches!(
            directive.known,
            Known::Authenticated | Known::RequiresScopes | Known::Policy
        ) {
            let message = format!(
                "invalid use of @{} on \"{coordinate}\": it cannot be applied on interfaces, interface fields and interface objects",
                directive.name
            );
            findings.add(
                ErrorCode::AuthRequirementsAppliedOnInterface,
                message,
                coordinate,
                directive.at,
            );
        }
    }
}

fn interface_field(subgraph: &Subgraph, ty: &TypeDef, field: &Field, findings: &mut Findings) {
    let coordinate = format!("{}.{}", ty.name, field.name);
    if let Some(directive) = field.directive(Known::External)
        && !subgraph.is_first_version()
    {
        let message = format!(
            "interface type field \"{coordinate}\" is marked @external but @external is not allowed on interface fields"
        );
        findings.add(
            ErrorCode::ExternalOnInterface,
            message,
            coordinate.as_str(),
            directive.at,
        );
    }
    if let Some(directive) = field.directive(Known::Shareable) {
        let message = format!(
            "invalid use of @shareable on field \"{coordinate}\": only object type fields can be marked with @shareable"
        );
        findings.add(
            ErrorCode::InvalidShareableUsage,
            message,
            coordinate.as_str(),
            directive.at,
        );
    }
}

fn external_field(first_version: bool, ty: &TypeDef, field: &Field, findings: &mut Findings) {
    let coordinate = format!("{}.{}", ty.name, field.name);
    if !field.facts.used() && !first_version {
        let message = format!(
            "field \"{coordinate}\" is marked @external but is not used in any federation directive (@key, @provides, @requires) or to satisfy an interface"
        );
        findings.add(
            ErrorCode::ExternalUnused,
            message,
            coordinate.as_str(),
            field.at,
        );
    }
    for directive in &field.directives {
        // of federation 1 tags are taken off
        if first_version && directive.known != Known::Deprecated {
            continue;
        }
        if matches!(
            directive.known,
            Known::Deprecated
                | Known::Tag
                | Known::Inaccessible
                | Known::Authenticated
                | Known::RequiresScopes
                | Known::Policy
                | Known::Cost
                | Known::ListSize
        ) {
            let message = format!(
                "cannot apply merged directive @{} to external field \"{coordinate}\"",
                directive.name
            );
            findings.add(
                ErrorCode::MergedDirectiveApplicationOnExternal,
                message,
                coordinate.as_str(),
                directive.at,
            );
        }
    }
}
