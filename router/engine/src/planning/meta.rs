//! Takes out of an operation's root what the engine answers itself.

use std::collections::HashMap;

use crate::syntax::query::{
    Definition, Document, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};

/// The operation without `__schema`, `__type` and `__typename` at its root, and whether any other field is left there.
/// Fragments at the root are written out, because others may use them elsewhere.
pub(super) fn without_meta_fields(document: &Document) -> (Document, bool) {
    let mut document = document.clone();
    let fragments: HashMap<String, FragmentDefinition> = document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::Fragment(fragment) => Some((fragment.name.clone(), fragment.clone())),
            Definition::Operation(_) => None,
        })
        .collect();
    let mut anything_left = false;
    for definition in &mut document.definitions {
        if let Definition::Operation(operation) = definition {
            let set = match operation {
                OperationDefinition::SelectionSet(set) => set,
                OperationDefinition::Query(query) => &mut query.selection_set,
                OperationDefinition::Mutation(mutation) => &mut mutation.selection_set,
                OperationDefinition::Subscription(subscription) => &mut subscription.selection_set,
            };
            anything_left |= strip(set, &fragments);
        }
    }
    (document, anything_left)
}

fn strip(set: &mut SelectionSet, fragments: &HashMap<String, FragmentDefinition>) -> bool {
    let mut anything_left = false;
    let mut kept = Vec::with_capacity(set.items.len());
    for selection in std::mem::take(&mut set.items) {
        match selection {
            Selection::Field(field) if field.name.starts_with("__") => {}
            Selection::Field(_) => {
                anything_left = true;
                kept.push(selection);
            }
            Selection::InlineFragment(mut fragment) => {
                if strip(&mut fragment.selection_set, fragments) {
                    anything_left = true;
                    kept.push(Selection::InlineFragment(fragment));
                }
            }
            Selection::FragmentSpread(spread) => {
                // validation has refused unknown and cyclic fragments; all of them stand on the root type
                if let Some(fragment) = fragments.get(&spread.fragment_name) {
                    let mut inner = fragment.selection_set.clone();
                    if strip(&mut inner, fragments) {
                        anything_left = true;
                        kept.extend(inner.items);
                    }
                }
            }
        }
    }
    set.items = kept;
    anything_left
}
