//! `@skip` and `@include` are decided before planning: every combination of the variables that they name
//! has a plan of its own, so that no later part has to know conditions.

use std::collections::BTreeSet;

use graphql_tools::static_graphql::query::{
    Definition, Directive, Document as Ast, Selection, SelectionSet, Value,
};

use super::document::{operation_name, selection_set_mut};

/// Names of the variables that some `@skip`, `@include` or `@defer` of the document reads, in order.
pub(crate) fn conditional_variables(ast: &Ast) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut open: Vec<&SelectionSet> = ast.definitions.iter().map(selection_set).collect();
    while let Some(set) = open.pop() {
        for selection in &set.items {
            let (directives, below) = match selection {
                Selection::Field(field) => (&field.directives, Some(&field.selection_set)),
                Selection::InlineFragment(fragment) => {
                    (&fragment.directives, Some(&fragment.selection_set))
                }
                Selection::FragmentSpread(spread) => (&spread.directives, None),
            };
            for directive in directives
                .iter()
                .filter(|directive| is_condition(directive) || directive.name == "defer")
            {
                if let Some(Value::Variable(name)) = condition(directive) {
                    names.insert(name.clone());
                }
            }
            open.extend(below);
        }
    }
    names.into_iter().collect()
}

/// The document with nothing but the operation and the fragments, and every condition decided.
pub(crate) fn specialise(ast: &Ast, operation: Option<&str>, holds: &dyn Fn(&str) -> bool) -> Ast {
    let mut ast = ast.clone();
    ast.definitions.retain(|definition| match definition {
        Definition::Operation(definition) => {
            operation.is_none() || operation_name(definition) == operation
        }
        Definition::Fragment(_) => true,
    });
    for definition in &mut ast.definitions {
        match definition {
            Definition::Operation(definition) => decide(selection_set_mut(definition), holds),
            Definition::Fragment(fragment) => decide(&mut fragment.selection_set, holds),
        }
    }
    ast
}

fn decide(set: &mut SelectionSet, holds: &dyn Fn(&str) -> bool) {
    set.items.retain_mut(|selection| {
        let (directives, below) = match selection {
            Selection::Field(field) => (&mut field.directives, Some(&mut field.selection_set)),
            Selection::InlineFragment(fragment) => {
                (&mut fragment.directives, Some(&mut fragment.selection_set))
            }
            Selection::FragmentSpread(spread) => (&mut spread.directives, None),
        };
        let kept = directives
            .iter()
            .filter(|directive| is_condition(directive))
            .all(|directive| {
                let value = match condition(directive) {
                    Some(Value::Boolean(value)) => *value,
                    Some(Value::Variable(name)) => holds(name),
                    _ => false,
                };
                value == (directive.name == "include")
            });
        directives.retain_mut(|directive| {
            if directive.name == "defer" {
                let value = match condition(directive) {
                    Some(Value::Boolean(value)) => *value,
                    Some(Value::Variable(name)) => holds(name),
                    _ => true,
                };
                directive.arguments.retain(|(name, _)| name != "if");
                return value;
            }
            !is_condition(directive)
        });
        if kept && let Some(below) = below {
            decide(below, holds);
        }
        kept
    });
}

fn selection_set(definition: &Definition) -> &SelectionSet {
    use graphql_tools::static_graphql::query::OperationDefinition;
    match definition {
        Definition::Fragment(fragment) => &fragment.selection_set,
        Definition::Operation(OperationDefinition::SelectionSet(set)) => set,
        Definition::Operation(OperationDefinition::Query(query)) => &query.selection_set,
        Definition::Operation(OperationDefinition::Mutation(mutation)) => &mutation.selection_set,
        Definition::Operation(OperationDefinition::Subscription(subscription)) => {
            &subscription.selection_set
        }
    }
}

fn is_condition(directive: &Directive) -> bool {
    directive.name == "skip" || directive.name == "include"
}

fn condition(directive: &Directive) -> Option<&Value> {
    directive
        .arguments
        .iter()
        .find(|(name, _)| name == "if")
        .map(|(_, value)| value)
}
