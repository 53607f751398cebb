//! Aliases that look like fields.
//!
//! A client may write `{ user { id: name } }`. Plans read keys and requirements from the data by field names, so such an
//! alias would be taken for the field. Everything behind the client sees it under a name that no field has.

use std::collections::HashSet;

use crate::syntax::query::{
    Definition, Document as Ast, OperationDefinition, Selection, SelectionSet,
};

use crate::schema::Schema;

const PREFIX: &str = "_alias_";

/// Renames every alias that is the name of some field of the schema.
pub(crate) fn hide_aliases(ast: &mut Ast, schema: &Schema) {
    for definition in &mut ast.definitions {
        match definition {
            Definition::Operation(OperationDefinition::SelectionSet(set)) => {
                hide(set, &schema.field_names)
            }
            Definition::Operation(OperationDefinition::Query(query)) => {
                hide(&mut query.selection_set, &schema.field_names);
            }
            Definition::Operation(OperationDefinition::Mutation(mutation)) => {
                hide(&mut mutation.selection_set, &schema.field_names);
            }
            Definition::Operation(OperationDefinition::Subscription(subscription)) => {
                hide(&mut subscription.selection_set, &schema.field_names);
            }
            Definition::Fragment(fragment) => {
                hide(&mut fragment.selection_set, &schema.field_names)
            }
        }
    }
}

fn hide(set: &mut SelectionSet, field_names: &HashSet<String>) {
    for selection in &mut set.items {
        match selection {
            Selection::Field(field) => {
                if let Some(alias) = &mut field.alias {
                    if *alias == field.name {
                        field.alias = None;
                    } else if field_names.contains(alias) || alias.starts_with(PREFIX) {
                        *alias = format!("{PREFIX}{alias}");
                    }
                }
                hide(&mut field.selection_set, field_names);
            }
            Selection::InlineFragment(fragment) => hide(&mut fragment.selection_set, field_names),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// The key that the client knows.
pub(crate) fn shown(key: &str) -> &str {
    key.strip_prefix(PREFIX).unwrap_or(key)
}
