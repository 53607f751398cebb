//! Enums: what is common where they are input, what is anywhere where they are output

use crate::ast::HashSet;

use crate::ast::{EnumValue, Known, Name, find};
use crate::error::ErrorCode;
use crate::hint::HintLevel;
use crate::merge::coordinate::Coordinate;
use crate::merge::{Fact, Merger, Source};
use crate::supergraph::{GraphId, SuperType, SuperValue};

impl<'a> Merger<'a> {
    pub(super) fn merge_enum(&mut self, merged: &mut SuperType, sources: &[Source<'a>]) {
        let name = merged.name.clone();
        let errors_before = self.errors.len();
        self.reads.insert(Fact::Input(name.clone()));
        self.reads.insert(Fact::Output(name.clone()));
        let input = self.facts.is_input(&name);
        let output = self.facts.is_output(&name);
        if !input && !output {
            self.hint(
                "UNUSED_ENUM_TYPE",
                HintLevel::Debug,
                format!("enum type \"{name}\" is defined but unused; all its values are kept"),
                Some(name.to_string()),
                Vec::new(),
            );
        }
        let mut seen: HashSet<&str> = HashSet::default();
        let mut order: Vec<&Name> = Vec::new();
        for (_, ty) in sources {
            for value in ty.values.keys() {
                if seen.insert(value.as_str()) {
                    order.push(value);
                }
            }
        }
        for value in order {
            let having: Vec<(GraphId, &EnumValue)> = sources
                .iter()
                .filter_map(|(graph, ty)| Some((*graph, ty.values.get(value)?)))
                .collect();
            let coordinate = Coordinate::of(&name).member(value);
            let inaccessible = having
                .iter()
                .any(|(_, value)| find(&value.directives, Known::Inaccessible).is_some());
            if having.len() < sources.len() && input && !inaccessible {
                if output {
                    let missing: Vec<GraphId> = sources
                        .iter()
                        .map(|(graph, _)| *graph)
                        .filter(|graph| having.iter().all(|(other, _)| other != graph))
                        .collect();
                    let message = format!(
                        "enum type \"{name}\" is used as both input and output type, but value \"{value}\" is not defined in all subgraphs: it is missing in {}",
                        self.graph_names(&missing)
                    );
                    let at = having
                        .iter()
                        .map(|(graph, value)| (*graph, value.at))
                        .collect();
                    self.error(
                        ErrorCode::EnumValueMismatch,
                        message,
                        Some(coordinate.to_string()),
                        at,
                    );
                } else {
                    self.hint(
                        "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM",
                        HintLevel::Warn,
                        format!("value \"{value}\" of enum type \"{name}\" is left out: not all subgraphs define it and the enum is only used as input"),
                        Some(coordinate.to_string()),
                        Vec::new(),
                    );
                    continue;
                }
            } else if having.len() < sources.len() {
                self.hint(
                    "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM",
                    HintLevel::Debug,
                    format!("value \"{value}\" of enum type \"{name}\" is defined in some but not all subgraphs"),
                    Some(coordinate.to_string()),
                    Vec::new(),
                );
                self.merge_value(merged, value, coordinate, &having);
                continue;
            }
            self.merge_value(merged, value, coordinate, &having);
        }
        if merged.values.is_empty() && self.errors.len() == errors_before {
            let at = sources.iter().map(|(graph, ty)| (*graph, ty.at)).collect();
            self.error(
                ErrorCode::EmptyMergedEnumType,
                format!("none of the values of enum type \"{name}\" are defined consistently in all the subgraphs defining that type: the merged type would be empty"),
                Some(name.to_string()),
                at,
            );
        }
    }

    fn merge_value(
        &mut self,
        merged: &mut SuperType,
        value: &Name,
        coordinate: Coordinate<'_>,
        having: &[(GraphId, &EnumValue)],
    ) {
        let description = self.description(
            coordinate,
            having
                .iter()
                .map(|(graph, value)| (*graph, value.description.as_ref())),
        );
        let directives: Vec<_> = having
            .iter()
            .map(|(graph, value)| (*graph, value.directives.as_slice()))
            .collect();
        let directives = self.merge_applied(coordinate, "ENUM_VALUE", &directives);
        merged.values.insert(
            value.clone(),
            SuperValue {
                name: value.clone(),
                description,
                directives,
                graphs: having.iter().map(|(graph, _)| *graph).collect(),
            },
        );
    }
}
