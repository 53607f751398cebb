//! Operations: their names and their root types (section 5.2).

use std::collections::HashMap;

use crate::syntax::query::{Definition, Document as Ast, OperationDefinition};

use super::{Validator, operation_place};
use crate::request::document::operation_name;
use crate::schema::TypeId;

impl<'a> Validator<'a> {
    /// No two operations have one name, and one without a name is alone.
    pub(super) fn check_operation_names(&mut self, ast: &'a Ast) {
        let operations: Vec<&OperationDefinition> = ast
            .definitions
            .iter()
            .filter_map(|definition| match definition {
                Definition::Operation(operation) => Some(operation),
                Definition::Fragment(_) => None,
            })
            .collect();
        let mut known: HashMap<&str, &OperationDefinition> = HashMap::new();
        for operation in &operations {
            match operation_name(operation) {
                Some(name) => {
                    if let Some(first) = known.get(name) {
                        let message = format!("there is more than one operation named `{name}`");
                        let places = [operation_place(first), operation_place(operation)];
                        self.report.error(message, places);
                    } else {
                        known.insert(name, operation);
                    }
                }
                None if operations.len() > 1 => {
                    let message =
                        "an operation without a name must be the only one of its document";
                    self.report
                        .error(message.to_owned(), [operation_place(operation)]);
                }
                None => {}
            }
        }
    }

    /// The type that an operation starts at.
    pub(super) fn operation_root(&mut self, operation: &OperationDefinition) -> Option<TypeId> {
        let (root, kind) = match operation {
            OperationDefinition::SelectionSet(_) | OperationDefinition::Query(_) => {
                (Some(self.schema.query), "queries")
            }
            OperationDefinition::Mutation(_) => (self.schema.mutation, "mutations"),
            OperationDefinition::Subscription(_) => (self.schema.subscription, "subscriptions"),
        };
        if root.is_none() {
            let message = format!("the schema has no {kind}");
            self.report.error(message, [operation_place(operation)]);
        }
        root
    }
}
