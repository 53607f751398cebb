//! `@override`: which subgraph a field moved away from

use crate::ast::{Kind, Known, Name};
use crate::error::ErrorCode;
use crate::hint::HintLevel;
use crate::merge::composite::Entry;
use crate::merge::coordinate::Coordinate;
use crate::merge::{Fact, Merger};
use crate::supergraph::SuperType;

impl<'a> Merger<'a> {
    /// Marks the entries from which fields moved away.
    pub(super) fn apply_overrides(
        &mut self,
        coordinate: Coordinate<'_>,
        parent: &SuperType,
        entries: &mut [Entry<'a>],
    ) {
        if !entries.iter().any(|entry| entry.field.has(Known::Override)) {
            return;
        }
        for at in 0..entries.len() {
            let entry = entries[at];
            let Some(directive) = entry.field.directive(Known::Override) else {
                continue;
            };
            let Some(from) = directive.text("from") else {
                continue;
            };
            let here = vec![(entry.graph, directive.at)];
            if parent.kind == Kind::Interface {
                let message = format!(
                    "@override cannot be used on field \"{coordinate}\": it is not supported on fields of interface types"
                );
                self.error(
                    ErrorCode::OverrideOnInterface,
                    message,
                    Some(coordinate.to_string()),
                    here,
                );
                continue;
            }
            if *from == *self.subgraphs[usize::from(entry.graph)].name {
                let message = format!(
                    "source and destination subgraphs \"{from}\" are the same for overridden field \"{coordinate}\""
                );
                self.error(
                    ErrorCode::OverrideFromSelfError,
                    message,
                    Some(coordinate.to_string()),
                    here,
                );
                continue;
            }
            if let Some(other) = entry.field.directive(Known::External) {
                let message = format!(
                    "@override cannot be used on field \"{coordinate}\" together with @{}",
                    other.name
                );
                self.error(
                    ErrorCode::OverrideCollisionWithAnotherDirective,
                    message,
                    Some(coordinate.to_string()),
                    here,
                );
                continue;
            }
            self.reads.insert(Fact::Subgraph(Name::from(from)));
            let Some(graph) = self
                .subgraphs
                .iter()
                .position(|subgraph| subgraph.name == from)
            else {
                self.hint(
                    "FROM_SUBGRAPH_DOES_NOT_EXIST",
                    HintLevel::Warn,
                    format!("source subgraph \"{from}\" for field \"{coordinate}\" does not exist"),
                    Some(coordinate.to_string()),
                    here,
                );
                continue;
            };
            let Some(source) = entries
                .iter_mut()
                .find(|other| usize::from(other.graph) == graph)
            else {
                self.hint(
                    "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
                    HintLevel::Info,
                    format!("field \"{coordinate}\" no longer exists in source subgraph \"{from}\": the @override directive can be removed"),
                    Some(coordinate.to_string()),
                    here,
                );
                continue;
            };
            if source.field.has(Known::Override) {
                let at = vec![(entry.graph, directive.at), (source.graph, source.field.at)];
                let message =
                    format!("field \"{coordinate}\" is overridden in more than one subgraph");
                self.error(
                    ErrorCode::OverrideSourceHasOverride,
                    message,
                    Some(coordinate.to_string()),
                    at,
                );
                continue;
            }
            if let Some(label) = directive.text("label")
                && !valid_label(label)
            {
                let message =
                    format!("invalid @override label \"{label}\" on field \"{coordinate}\"");
                self.error(
                    ErrorCode::OverrideLabelInvalid,
                    message,
                    Some(coordinate.to_string()),
                    here.clone(),
                );
            }
            let label = directive.text("label").filter(|label| valid_label(label));
            source.label = label;
            let external = source.field.facts.external;
            if !external {
                source.moving = label.is_some();
                source.overridden = label.is_none();
            }
            let (there, used) = ((source.graph, source.field.at), source.field.facts.used());
            entries[at].label = label;
            if external {
                self.hint(
                    "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
                    HintLevel::Info,
                    format!("field \"{coordinate}\" is @external in source subgraph \"{from}\", which does not resolve it: the @override directive can be removed"),
                    Some(coordinate.to_string()),
                    here,
                );
            } else if label.is_none() {
                let advice = if used {
                    "directives or interfaces there still read it: mark it @external there, or remove it together with them"
                } else {
                    "it can be removed there"
                };
                self.hint(
                    "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
                    HintLevel::Info,
                    format!(
                        "field \"{coordinate}\" is overridden in subgraph \"{from}\": {advice}"
                    ),
                    Some(coordinate.to_string()),
                    vec![there],
                );
            }
            if let Some(label) = label {
                self.hint(
                    "OVERRIDE_MIGRATION_IN_PROGRESS",
                    HintLevel::Info,
                    format!("field \"{coordinate}\" moves away from subgraph \"{from}\" under the label \"{label}\": remove it there when that is done"),
                    Some(coordinate.to_string()),
                    vec![there],
                );
            }
        }
    }
}

/// `percent(0…100)`, or a letter and then letters, digits and `_-:./`.
fn valid_label(label: &str) -> bool {
    if let Some(number) = label
        .strip_prefix("percent(")
        .and_then(|rest| rest.strip_suffix(')'))
    {
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        return !whole.is_empty()
            && whole.len() <= 3
            && !fraction.is_empty()
            && fraction.len() <= 8
            && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && number
                .parse::<f64>()
                .is_ok_and(|percent| (0.0..=100.0).contains(&percent));
    }
    label.starts_with(|c: char| c.is_ascii_alphabetic())
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':' | b'.' | b'/'))
}
