//! From text to a validated document with one chosen operation.

use std::sync::LazyLock;

use graphql_tools::parser::query::parse_query;
use graphql_tools::static_graphql::query::{
    Definition, Document as Ast, OperationDefinition, SelectionSet, VariableDefinition,
};
use graphql_tools::validation::rules::default_rules_validation_plan;
use graphql_tools::validation::validate::{ValidationPlan, validate};

use platform_guard::Limits;

use super::OperationKind;
use super::overlap::conflicts;
use crate::error::{GraphqlError, Location, code};
use crate::schema::Schema;
use crate::upload::PLACEHOLDER;

/// All rules of the specification but the one for overlapping fields: the library's finds not every conflict every
/// time, and compares in pairs.
static RULES: LazyLock<ValidationPlan> = LazyLock::new(|| {
    let mut plan = default_rules_validation_plan();
    plan.rules
        .retain(|rule| rule.error_code() != "OverlappingFieldsCanBeMerged");
    plan
});

/// A document that was found valid.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) ast: Ast,
    pub(crate) operation: Operation,
}

/// The operation of a document that a request asks for.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) kind: OperationKind,
    pub(crate) name: Option<String>,
    pub(crate) variables: Vec<VariableDefinition>,
}

/// Parses and validates a document and picks the operation.
pub(crate) fn parse(
    text: &str,
    name: Option<&str>,
    schema: &Schema,
    limits: &Limits,
) -> Result<Document, Vec<GraphqlError>> {
    let ast = parse_text(text, limits)?;
    let operation = pick(&ast, name)?;
    let errors = validate(&schema.public, &ast, &RULES);
    if !errors.is_empty() {
        return Err(errors
            .into_iter()
            .map(|error| {
                let locations = error
                    .locations
                    .iter()
                    .map(|at| Location {
                        line: at.line,
                        column: at.column,
                    })
                    .collect();
                GraphqlError::new(error.message, code::VALIDATION_FAILED).located(locations)
            })
            .collect());
    }
    // printed, for the text may be written in escapes
    if (text.contains("graphql_file") || text.contains("\\u"))
        && ast.to_string().contains(PLACEHOLDER)
    {
        let message = "a file is given by a variable, not in the document";
        return Err(vec![GraphqlError::new(message, code::VALIDATION_FAILED)]);
    }
    let conflicts = conflicts(&ast, schema);
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    let root = match operation.kind {
        OperationKind::Query => Some(schema.query),
        OperationKind::Mutation => schema.mutation,
        OperationKind::Subscription => schema.subscription,
    };
    if root.is_none() {
        let message = "the schema has no root type for this kind of operation";
        return Err(vec![GraphqlError::new(message, code::VALIDATION_FAILED)]);
    }
    Ok(Document { ast, operation })
}

/// The kind of the operation that a request asks for, without validation.
pub(crate) fn parse_kind(
    text: &str,
    name: Option<&str>,
    limits: &Limits,
) -> Result<OperationKind, Vec<GraphqlError>> {
    Ok(pick(&parse_text(text, limits)?, name)?.kind)
}

fn parse_text(text: &str, limits: &Limits) -> Result<Ast, Vec<GraphqlError>> {
    // the parser behind it recurses as deep as the text wants
    if let Err(refusal) = platform_guard::check(text, limits) {
        let at = refusal.position();
        let at = Location {
            line: at.line,
            column: at.column,
        };
        return Err(vec![
            GraphqlError::new(refusal.to_string(), code::PARSE_FAILED).located(vec![at]),
        ]);
    }
    match parse_query::<String>(text) {
        Ok(ast) => Ok(ast.into_static()),
        Err(error) => Err(vec![GraphqlError::new(
            error.to_string(),
            code::PARSE_FAILED,
        )]),
    }
}

fn pick(ast: &Ast, name: Option<&str>) -> Result<Operation, Vec<GraphqlError>> {
    let refuse = |message: String| Err(vec![GraphqlError::new(message, code::BAD_USER_INPUT)]);
    let mut operations = ast
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::Operation(operation) => Some(operation),
            Definition::Fragment(_) => None,
        });
    match name {
        Some(name) => match operations.find(|operation| operation_name(operation) == Some(name)) {
            Some(operation) => Ok(describe(operation)),
            None => refuse(format!("the document has no operation named `{name}`")),
        },
        None => match (operations.next(), operations.next()) {
            (Some(only), None) => Ok(describe(only)),
            (None, _) => refuse("the document has no operation".to_owned()),
            _ => refuse("the document has several operations, name the one to run".to_owned()),
        },
    }
}

fn describe(operation: &OperationDefinition) -> Operation {
    let (kind, variables) = match operation {
        OperationDefinition::SelectionSet(_) => (OperationKind::Query, Vec::new()),
        OperationDefinition::Query(query) => {
            (OperationKind::Query, query.variable_definitions.clone())
        }
        OperationDefinition::Mutation(mutation) => (
            OperationKind::Mutation,
            mutation.variable_definitions.clone(),
        ),
        OperationDefinition::Subscription(subscription) => (
            OperationKind::Subscription,
            subscription.variable_definitions.clone(),
        ),
    };
    Operation {
        kind,
        name: operation_name(operation).map(str::to_owned),
        variables,
    }
}

/// The name of an operation definition.
pub(crate) fn operation_name(operation: &OperationDefinition) -> Option<&str> {
    match operation {
        OperationDefinition::SelectionSet(_) => None,
        OperationDefinition::Query(query) => query.name.as_deref(),
        OperationDefinition::Mutation(mutation) => mutation.name.as_deref(),
        OperationDefinition::Subscription(subscription) => subscription.name.as_deref(),
    }
}

/// The root selection set of an operation definition.
pub(crate) fn selection_set(operation: &OperationDefinition) -> &SelectionSet {
    match operation {
        OperationDefinition::SelectionSet(selection_set) => selection_set,
        OperationDefinition::Query(query) => &query.selection_set,
        OperationDefinition::Mutation(mutation) => &mutation.selection_set,
        OperationDefinition::Subscription(subscription) => &subscription.selection_set,
    }
}

/// The same, to be changed.
pub(crate) fn selection_set_mut(operation: &mut OperationDefinition) -> &mut SelectionSet {
    match operation {
        OperationDefinition::SelectionSet(selection_set) => selection_set,
        OperationDefinition::Query(query) => &mut query.selection_set,
        OperationDefinition::Mutation(mutation) => &mut mutation.selection_set,
        OperationDefinition::Subscription(subscription) => &mut subscription.selection_set,
    }
}
