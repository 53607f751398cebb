//! What is sent of an entity: keys and requirements as a representation.

use crate::syntax::query::{Field, Selection, SelectionSet, TypeCondition};

use super::build::{Builder, only};
use super::graph::is_abstract;
use crate::plan::{Representation, RepresentationField};
use crate::schema::{TypeId, TypeSet};

/// Types that an object known by a type can be of.
pub(super) fn below(builder: &Builder<'_, '_>, ty: TypeId) -> TypeSet {
    if is_abstract(builder.search.schema.ty(ty).kind) {
        builder.search.schema.ty(ty).matches.clone()
    } else {
        only(ty)
    }
}

/// Adds what is sent of an object.
pub(super) fn required(
    builder: &mut Builder<'_, '_>,
    representation: &mut Representation,
    set: &SelectionSet,
    ty: TypeId,
    when: Option<&TypeSet>,
) {
    for selection in &set.items {
        match selection {
            Selection::Field(field) if field.name == "__typename" => {}
            Selection::Field(field) => {
                let field = required_field(builder, field, ty, when);
                add(representation, field);
            }
            Selection::InlineFragment(fragment) => {
                let schema = builder.search.schema;
                let condition = match &fragment.type_condition {
                    Some(TypeCondition::On(name)) => schema.id(name),
                    None => Some(ty),
                };
                let Some(condition) = condition else {
                    continue;
                };
                let mut set = schema.ty(condition).matches.clone();
                if let Some(outer) = when {
                    set.intersect(outer);
                }
                required(
                    builder,
                    representation,
                    &fragment.selection_set,
                    condition,
                    Some(&set),
                );
            }
            // field sets have no named fragments
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn required_field(
    builder: &mut Builder<'_, '_>,
    field: &Field,
    ty: TypeId,
    when: Option<&TypeSet>,
) -> RepresentationField {
    let source = builder.search.selections.internal_key(field);
    let named = builder
        .search
        .graph
        .ty(ty)
        .and_then(|info| info.fields.get(&field.name))
        .map(|info| info.named);
    let nested = (!field.selection_set.items.is_empty()).then(|| {
        let mut nested = Representation::default();
        if let Some(named) = named {
            if is_abstract(builder.search.schema.ty(named).kind) {
                let typename = builder.symbols.intern("__typename");
                nested.fields.push(RepresentationField::typename(typename));
            }
            required(builder, &mut nested, &field.selection_set, named, None);
        }
        nested
    });
    RepresentationField {
        when: when.cloned(),
        below: nested,
        ..RepresentationField::new(&field.name, builder.symbols.intern(&source))
    }
}

/// Adds a field; the same leaf for another type is sent for both.
fn add(representation: &mut Representation, field: RepresentationField) {
    let known = representation.fields.iter_mut().find(|known| {
        known.source == field.source
            && known.key == field.key
            && known.below.is_none()
            && field.below.is_none()
    });
    match known {
        Some(known) => {
            known.when = match (known.when.take(), field.when) {
                (Some(mut known), Some(more)) => {
                    known.extend(&more);
                    Some(known)
                }
                _ => None,
            };
        }
        None => representation.fields.push(field),
    }
}
