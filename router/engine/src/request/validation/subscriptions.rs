//! Subscriptions select one field of the root, unconditionally (section 5.2.4).

use std::collections::HashSet;

use crate::syntax::query::{
    Definition, Directive, Document as Ast, OperationDefinition, Selection, SelectionSet,
};

use super::{Validator, operation_place, place};
use crate::error::Location;
use crate::schema::TypeId;

/// Root fields by response key, the conditions on them.
#[derive(Default)]
struct Root<'a> {
    keys: Vec<(&'a str, Location)>,
    /// Fields of introspection.
    meta: Vec<(&'a str, Location)>,
    conditions: Vec<(&'a str, Location)>,
    fragments: HashSet<&'a str>,
}

impl<'a> Validator<'a> {
    pub(super) fn check_subscriptions(&mut self, ast: &'a Ast) {
        let Some(ty) = self.schema.subscription else {
            return;
        };
        for definition in &ast.definitions {
            let Definition::Operation(operation) = definition else {
                continue;
            };
            let OperationDefinition::Subscription(subscription) = operation else {
                continue;
            };
            let whose = match &subscription.name {
                Some(name) => format!("the subscription `{name}`"),
                None => "the subscription".to_owned(),
            };
            let mut root = Root::default();
            self.root_fields(ty, &subscription.selection_set, &mut root);
            if root.keys.len() > 1 {
                let keys: Vec<String> = root
                    .keys
                    .iter()
                    .map(|(key, _)| format!("`{key}`"))
                    .collect();
                let message = format!(
                    "{whose} must select one field only, not {}",
                    keys.join(", ")
                );
                let places = root.keys.iter().skip(1).map(|(_, at)| *at);
                self.report.error(message, places.collect::<Vec<_>>());
            }
            for (name, at) in root.meta {
                let message = format!("{whose} must not select `{name}`, which has no events");
                self.report.error(message, [at]);
            }
            for (name, at) in root.conditions {
                let message = format!("{whose} must not have `@{name}` on what its root selects");
                self.report.error(message, [at]);
            }
            if root.keys.is_empty() {
                let message = format!("{whose} must select a field");
                self.report.error(message, [operation_place(operation)]);
            }
        }
    }

    fn root_fields(&self, ty: TypeId, set: &'a SelectionSet, root: &mut Root<'a>) {
        for selection in &set.items {
            match selection {
                Selection::Field(field) => {
                    note_conditions(&field.directives, root);
                    let key = field.alias.as_deref().unwrap_or(&field.name);
                    let at = place(field.position);
                    if !root.keys.iter().any(|(known, _)| *known == key) {
                        root.keys.push((key, at));
                    }
                    if field.name.starts_with("__") {
                        root.meta.push((&field.name, at));
                    }
                }
                Selection::InlineFragment(fragment) => {
                    note_conditions(&fragment.directives, root);
                    if self.schema.applies(fragment.type_condition.as_ref(), ty) {
                        self.root_fields(ty, &fragment.selection_set, root);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    note_conditions(&spread.directives, root);
                    if let Some(fragment) = self.fragments.get(spread.fragment_name.as_str())
                        && root.fragments.insert(&fragment.name)
                        && self.schema.applies(Some(&fragment.type_condition), ty)
                    {
                        self.root_fields(ty, &fragment.selection_set, root);
                    }
                }
            }
        }
    }
}

fn note_conditions<'a>(directives: &'a [Directive], root: &mut Root<'a>) {
    for directive in directives {
        if directive.name == "skip" || directive.name == "include" {
            root.conditions
                .push((&directive.name, place(directive.position)));
        }
    }
}
