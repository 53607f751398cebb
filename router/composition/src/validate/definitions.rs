//! A subgraph may repeat the definitions of federation's own directives and types, if it repeats
//! them right

use super::{Findings, values};
use crate::ast::{DirectiveDef, Kind, Known};
use crate::error::ErrorCode;
use crate::link::FEDERATION_DIRECTIVES;
use crate::subgraph::Subgraph;

pub(super) fn check(subgraph: &Subgraph, findings: &mut Findings) {
    for (known, definition) in &subgraph.own_directives {
        if let Some(message) = mismatch(*known, definition) {
            findings.add(
                ErrorCode::DirectiveDefinitionInvalid,
                format!(
                    "invalid definition for directive \"@{}\": {message}",
                    definition.name
                ),
                format!("@{}", definition.name),
                definition.at,
            );
        }
    }
    for ty in &subgraph.own_types {
        let expected = match ty.name.as_str() {
            "_Entity" => Kind::Union,
            "_Service" => Kind::Object,
            name if name.ends_with("Purpose") => Kind::Enum,
            _ => Kind::Scalar,
        };
        if ty.kind != expected {
            findings.add(
                ErrorCode::TypeDefinitionInvalid,
                format!(
                    "invalid definition for type \"{}\": it should be a {} but is a {}",
                    ty.name,
                    expected.noun(),
                    ty.kind.noun()
                ),
                ty.name.as_str(),
                ty.at,
            );
        }
    }
}

fn mismatch(known: Known, definition: &DirectiveDef) -> Option<String> {
    let (.., locations) = FEDERATION_DIRECTIVES
        .iter()
        .find(|(_, other, ..)| *other == known)?;
    let expected = values::known_arguments(known)?;
    for argument in &definition.arguments {
        if !expected.iter().any(|(name, ..)| argument.name == *name) {
            return Some(format!("unknown argument \"{}\"", argument.name));
        }
    }
    for (name, required, _) in expected {
        if *required
            && !definition
                .arguments
                .iter()
                .any(|argument| argument.name == *name)
        {
            return Some(format!("missing required argument \"{name}\""));
        }
    }
    let wrong: Vec<&str> = definition
        .locations
        .iter()
        .map(crate::ast::Name::as_str)
        .filter(|location| !locations.contains(location))
        .collect();
    (!wrong.is_empty()).then(|| format!("it should not have the locations {}", wrong.join(", ")))
}
