//! When the bytes of a subgraph's answer are the bytes of the client's.

use super::{FieldSource, Leaf, OutputType, ProjectedField, Selection};
use crate::plan::{Fetch, FetchKind, Shape, ShapeKind, Symbols};

/// Whether an operation's only fetch gives exactly what the client gets: the same keys in the same order, and nothing
/// that the projection could have to change. Types of a supergraph are never stricter than those of its subgraphs, so
/// a subgraph has done all propagation of nulls itself; hidden enum values and hidden types are what it cannot know.
pub(crate) fn passes_through(fetches: &[Fetch], root: &Selection, symbols: &Symbols) -> bool {
    match fetches {
        [only] if matches!(only.kind, FetchKind::Root) => {
            same_selection(&only.shape, root, symbols)
        }
        _ => false,
    }
}

fn same_selection(shape: &Shape, selection: &Selection, symbols: &Symbols) -> bool {
    selection.only.is_some()
        && shape.fields.len() == selection.fallback.len()
        && shape
            .fields
            .iter()
            .zip(selection.fallback.iter())
            .all(|(shape, field)| {
                *shape.key == *field.key
                    && *shape.key == *symbols.name(shape.symbol)
                    && same_field(&shape.kind, field, symbols)
            })
}

fn same_field(kind: &ShapeKind, field: &ProjectedField, symbols: &Symbols) -> bool {
    match (kind, &field.source) {
        (ShapeKind::Typename, FieldSource::Typename) => true,
        (kind, FieldSource::Data(_)) => same_type(kind, &field.ty, symbols),
        _ => false,
    }
}

fn same_type(kind: &ShapeKind, ty: &OutputType, symbols: &Symbols) -> bool {
    match (kind, ty) {
        (kind, OutputType::NonNull(inner) | OutputType::List(inner)) => {
            same_type(kind, inner, symbols)
        }
        (ShapeKind::Leaf, OutputType::Leaf(leaf)) => !matches!(leaf, Leaf::Enum(_)),
        (ShapeKind::Composite(below), OutputType::Composite(selection)) => {
            same_selection(below, selection, symbols)
        }
        _ => false,
    }
}
