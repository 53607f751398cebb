//! `@skip` and `@include` are decided before planning: every combination of the variables that they name
//! has a plan of its own, so that no later part has to know conditions.

use std::collections::{BTreeSet, HashMap};

use crate::syntax::query::{
    Definition, Directive, Document as Ast, Selection, SelectionSet, Value,
};

use super::document::{operation_name, selection_set, selection_set_mut};

/// Names of the variables that some `@skip`, `@include` or `@defer` of an operation reads, if only in a fragment, in order.
pub(crate) fn conditional_variables(ast: &Ast, operation: Option<&str>) -> Vec<String> {
    let mut fragments: HashMap<&str, &SelectionSet> = HashMap::new();
    let mut open: Vec<&SelectionSet> = Vec::new();
    for definition in &ast.definitions {
        match definition {
            Definition::Fragment(fragment) => {
                fragments.insert(&fragment.name, &fragment.selection_set);
            }
            Definition::Operation(definition) => {
                if operation.is_none() || operation_name(definition) == operation {
                    open.push(selection_set(definition));
                }
            }
        }
    }
    let mut names = BTreeSet::new();
    while let Some(set) = open.pop() {
        for selection in &set.items {
            let (directives, below) = match selection {
                Selection::Field(field) => (&field.directives, Some(&field.selection_set)),
                Selection::InlineFragment(fragment) => {
                    (&fragment.directives, Some(&fragment.selection_set))
                }
                Selection::FragmentSpread(spread) => (
                    &spread.directives,
                    // once is enough
                    fragments.remove(spread.fragment_name.as_str()),
                ),
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
