//! From text to a validated document with one chosen operation.

use crate::syntax::query::{
    Definition, Document as Ast, OperationDefinition, SelectionSet, VariableDefinition,
};

use platform_guard::{Limits, Refusal};

use super::OperationKind;
use super::validation::validate;
use crate::error::{GraphqlError, Location, code};
use crate::schema::Schema;
use crate::syntax::{parse_query, says};
use crate::upload::PLACEHOLDER;

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
    let errors = validate(&ast, schema);
    if !errors.is_empty() {
        return Err(errors);
    }
    let operation = pick(&ast, name)?;
    // read, for the text may be written in escapes
    if (text.contains("graphql_file") || text.contains("\\u")) && says(text, PLACEHOLDER) {
        let message = "a file is given by a variable, not in the document";
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

/// Parses an executable document as the engine does; none when it is none. The guard must have let it in, for the
/// parser recurses as deep as the text wants.
#[must_use]
pub fn parse_document(text: &str) -> Option<Ast> {
    parse_query(text).ok()
}

fn parse_text(text: &str, limits: &Limits) -> Result<Ast, Vec<GraphqlError>> {
    // the parser behind it recurses as deep as the text wants
    if let Err(refusal) = platform_guard::check(text, limits) {
        let at = refusal.position();
        let at = Location {
            line: at.line,
            column: at.column,
        };
        let code = match refusal {
            Refusal::Cycle { .. } => code::VALIDATION_FAILED,
            Refusal::Limit { .. } | Refusal::Syntax { .. } => code::PARSE_FAILED,
        };
        return Err(vec![
            GraphqlError::new(refusal.to_string(), code).located(vec![at]),
        ]);
    }
    parse_query(text).map_err(|error| {
        let at = Location {
            line: error.at.line,
            column: error.at.column,
        };
        vec![GraphqlError::new(error.message, code::PARSE_FAILED).located(vec![at])]
    })
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
