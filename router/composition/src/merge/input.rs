//! Input objects: the fields that all subgraphs have; and arguments, which follow the same rules

use std::sync::Arc;

use crate::ast::HashSet;

use crate::ast::{Field, Known, Name, Value};
use crate::error::ErrorCode;
use crate::hint::HintLevel;
use crate::merge::coordinate::Coordinate;
use crate::merge::reference::Merged;
use crate::merge::{Merger, Source};
use crate::supergraph::{GraphId, JoinField, SuperField, SuperType};

impl<'a> Merger<'a> {
    pub(super) fn merge_input(&mut self, merged: &mut SuperType, sources: &[Source<'a>]) {
        let name = merged.name.clone();
        let errors_before = self.errors.len();
        let mut seen: HashSet<&str> = HashSet::default();
        let mut order: Vec<&Name> = Vec::new();
        for (_, ty) in sources {
            for field in ty.fields.keys() {
                if seen.insert(field.as_str()) {
                    order.push(field);
                }
            }
        }
        for field in order {
            let having: Vec<(GraphId, &Field)> = sources
                .iter()
                .filter_map(|(graph, ty)| Some((*graph, ty.fields.get(field)?)))
                .collect();
            let coordinate = Coordinate::of(&name).member(field);
            let kept = having
                .iter()
                .any(|(_, field)| field.has(Known::Inaccessible));
            if having.len() < sources.len() && !kept {
                let missing: Vec<GraphId> = sources
                    .iter()
                    .map(|(graph, _)| *graph)
                    .filter(|graph| having.iter().all(|(other, _)| other != graph))
                    .collect();
                let required: Vec<_> = having
                    .iter()
                    .filter(|(_, field)| field.is_required())
                    .collect();
                if required.is_empty() {
                    self.hint(
                        "INCONSISTENT_INPUT_OBJECT_FIELD",
                        HintLevel::Warn,
                        format!(
                            "input field \"{coordinate}\" is left out: it is missing in {}",
                            self.graph_names(&missing)
                        ),
                        Some(coordinate.to_string()),
                        Vec::new(),
                    );
                } else {
                    let message = format!(
                        "input object field \"{coordinate}\" is required in some subgraphs but does not appear in all subgraphs: it is missing in {}",
                        self.graph_names(&missing)
                    );
                    let at = required
                        .iter()
                        .map(|(graph, field)| (*graph, field.at))
                        .collect();
                    self.error(
                        ErrorCode::RequiredInputFieldMissingInSomeSubgraph,
                        message,
                        Some(coordinate.to_string()),
                        at,
                    );
                }
                continue;
            }
            let Some((input, all_equal)) = self.merge_input_value(
                coordinate,
                "INPUT_FIELD_DEFINITION",
                &having,
                ErrorCode::FieldTypeMismatch,
                ErrorCode::InputFieldDefaultMismatch,
            ) else {
                continue;
            };
            let joins = if all_equal {
                Vec::new()
            } else {
                having
                    .iter()
                    .map(|(graph, field)| JoinField {
                        graph: Some(*graph),
                        ty: Some(field.ty.clone()),
                        ..JoinField::default()
                    })
                    .collect()
            };
            merged.fields.insert(
                field.clone(),
                Arc::new(SuperField {
                    field: input,
                    joins,
                    join_directives: Vec::new(),
                }),
            );
        }
        if merged.fields.is_empty() && self.errors.len() == errors_before {
            let at = sources.iter().map(|(graph, ty)| (*graph, ty.at)).collect();
            self.error(
                ErrorCode::EmptyMergedInputType,
                format!("none of the fields of input object type \"{name}\" are consistently defined in all the subgraphs defining that type: the merged type would be empty"),
                Some(name.to_string()),
                at,
            );
        }
    }

    /// Merges an input field or argument. Gives it and whether all types were equal.
    pub(super) fn merge_input_value(
        &mut self,
        coordinate: Coordinate<'_>,
        location: &'static str,
        having: &[(GraphId, &Field)],
        type_code: ErrorCode,
        default_code: ErrorCode,
    ) -> Option<(Field, bool)> {
        let (_, first) = having.first()?;
        let at = |having: &[(GraphId, &Field)]| {
            having
                .iter()
                .map(|(graph, field)| (*graph, field.at))
                .collect()
        };
        let (ty, equal) = match self
            .merge_references(having.iter().map(|(_, field)| &field.ty), true)
        {
            Merged::Equal(ty) => (ty, true),
            Merged::Compatible(ty) => {
                let code = if location == "ARGUMENT_DEFINITION" {
                    "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE"
                } else {
                    "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE"
                };
                let list = self.listing(
                    having
                        .iter()
                        .map(|(graph, field)| (*graph, format!("\"{}\"", field.ty))),
                );
                self.hint(
                    code,
                    HintLevel::Info,
                    format!("type of \"{coordinate}\" is inconsistent but compatible across subgraphs: it is {list}; \"{ty}\" is taken"),
                    Some(coordinate.to_string()),
                    at(having),
                );
                (ty, false)
            }
            Merged::Incompatible => {
                let list = self.listing(
                    having
                        .iter()
                        .map(|(graph, field)| (*graph, format!("\"{}\"", field.ty))),
                );
                self.error(
                    type_code,
                    format!("type of \"{coordinate}\" is incompatible across subgraphs: it has type {list}"),
                    Some(coordinate.to_string()),
                    at(having),
                );
                return None;
            }
        };
        let default = self.merge_default(coordinate, having, default_code);
        let description = self.description(
            coordinate,
            having
                .iter()
                .map(|(graph, field)| (*graph, field.description.as_ref())),
        );
        let directives: Vec<_> = having
            .iter()
            .map(|(graph, field)| (*graph, field.directives.as_slice()))
            .collect();
        let directives = self.merge_applied(coordinate, location, &directives);
        let merged = Field {
            name: first.name.clone(),
            description,
            arguments: Vec::new(),
            ty,
            default,
            directives,
            at: 0,
            part: 0,
            facts: crate::ast::Facts::default(),
        };
        Some((merged, equal))
    }

    /// All defaults must agree; where some subgraphs have none, the merged element has none.
    fn merge_default(
        &mut self,
        coordinate: Coordinate<'_>,
        having: &[(GraphId, &Field)],
        code: ErrorCode,
    ) -> Option<Value> {
        let mut chosen: Option<&Value> = None;
        let (mut inconsistent, mut incompatible) = (false, false);
        for (at, (_, field)) in having.iter().enumerate() {
            match (chosen, &field.default) {
                (None, Some(default)) => {
                    chosen = Some(default);
                    inconsistent |= at > 0;
                }
                (Some(_), None) => inconsistent = true,
                (Some(one), Some(other)) => incompatible |= !one.same(other),
                (None, None) => {}
            }
        }
        if !inconsistent && !incompatible {
            return chosen.cloned();
        }
        let list = self.listing(having.iter().map(|(graph, field)| {
            let text = match &field.default {
                Some(value) => format!("default value {}", crate::syntax::print::value_text(value)),
                None => "no default value".to_owned(),
            };
            (*graph, text)
        }));
        if incompatible {
            let at = having
                .iter()
                .map(|(graph, field)| (*graph, field.at))
                .collect();
            self.error(
                code,
                format!("\"{coordinate}\" has incompatible default values across subgraphs: it has {list}"),
                Some(coordinate.to_string()),
                at,
            );
        } else {
            self.hint(
                "INCONSISTENT_DEFAULT_VALUE_PRESENCE",
                HintLevel::Warn,
                format!("\"{coordinate}\" has {list}; no default is used in the supergraph"),
                Some(coordinate.to_string()),
                Vec::new(),
            );
        }
        None
    }
}
