//! Arguments of fields: those that all subgraphs have

use crate::ast::{Field, Known, Name};
use crate::error::ErrorCode;
use crate::hint::HintLevel;
use crate::merge::Merger;
use crate::merge::composite::Entry;
use crate::merge::coordinate::Coordinate;
use crate::supergraph::GraphId;

impl<'a> Merger<'a> {
    pub(super) fn merge_arguments(
        &mut self,
        coordinate: Coordinate<'_>,
        base: &[Entry<'a>],
    ) -> Vec<Field> {
        let mut order: Vec<&'a Name> = Vec::new();
        for entry in base {
            for argument in &entry.field.arguments {
                if !order.contains(&&argument.name) {
                    order.push(&argument.name);
                }
            }
        }
        let mut out = Vec::new();
        for name in order {
            let having: Vec<(GraphId, &Field)> = base
                .iter()
                .filter_map(|entry| Some((entry.graph, entry.field.argument(name)?)))
                .collect();
            let argument_at = coordinate.argument(name);
            let contextual = having
                .iter()
                .filter(|(_, argument)| argument.has(Known::FromContext))
                .count();
            if contextual > 0 {
                // a context fills it: callers never see it
                let open: Vec<_> = having
                    .iter()
                    .filter(|(_, argument)| {
                        !argument.has(Known::FromContext) && argument.is_required()
                    })
                    .map(|(graph, argument)| (*graph, argument.at))
                    .collect();
                if !open.is_empty() {
                    self.error(
                        ErrorCode::ContextualArgumentNotContextualInAllSubgraphs,
                        format!("argument \"{argument_at}\" is contextual in at least one subgraph but in others it does not have @fromContext, is not nullable and has no default"),
                        Some(argument_at.to_string()),
                        open,
                    );
                }
                continue;
            }
            if having.len() < base.len() {
                let missing: Vec<GraphId> = base
                    .iter()
                    .map(|entry| entry.graph)
                    .filter(|graph| having.iter().all(|(other, _)| other != graph))
                    .collect();
                let required: Vec<_> = having
                    .iter()
                    .filter(|(_, argument)| argument.is_required())
                    .map(|(graph, argument)| (*graph, argument.at))
                    .collect();
                if required.is_empty() {
                    let message = format!(
                        "optional argument \"{argument_at}\" is left out: it is missing in {}",
                        self.graph_names(&missing)
                    );
                    self.hint(
                        "INCONSISTENT_ARGUMENT_PRESENCE",
                        HintLevel::Warn,
                        message,
                        Some(argument_at.to_string()),
                        Vec::new(),
                    );
                } else {
                    let message = format!(
                        "argument \"{argument_at}\" is required in some subgraphs but does not appear in all subgraphs: it is missing in {}",
                        self.graph_names(&missing)
                    );
                    self.error(
                        ErrorCode::RequiredArgumentMissingInSomeSubgraph,
                        message,
                        Some(argument_at.to_string()),
                        required,
                    );
                }
                continue;
            }
            let merged = self.merge_input_value(
                argument_at,
                "ARGUMENT_DEFINITION",
                &having,
                ErrorCode::FieldArgumentTypeMismatch,
                ErrorCode::FieldArgumentDefaultMismatch,
            );
            out.extend(merged.map(|(argument, _)| argument));
        }
        out
    }
}
