//! Whether a document may be run (GraphQL specification of September 2025, section 5).
//!
//! Definitions are walked once. What a rule needs of other definitions (which variables and fragments each uses) is noted
//! on the way and looked at in the end, so the work grows with the document, not with its product with the schema or with
//! itself. Fields that cannot be merged are found apart from this, once everything else is right.

mod directives;
mod fragments;
mod operations;
mod selections;
mod subscriptions;
mod values;
mod variables;

use std::collections::{HashMap, HashSet};

use crate::syntax::Pos;
use crate::syntax::query::{
    Definition, Document as Ast, FragmentDefinition, OperationDefinition, Type, VariableDefinition,
};

use super::document::{operation_name, selection_set};
use super::overlap::conflicts;
use crate::error::{GraphqlError, Location, code};
use crate::schema::Schema;

/// More errors than this help nobody.
const MAX_ERRORS: usize = 50;

/// Finds what is wrong with a document; nothing when it is valid.
pub(super) fn validate(ast: &Ast, schema: &Schema) -> Vec<GraphqlError> {
    let mut validator = Validator {
        schema,
        fragments: HashMap::new(),
        scopes: Vec::new(),
        labels: HashSet::new(),
        report: Report::default(),
    };
    validator.index_fragments(ast);
    validator.check_operation_names(ast);
    for definition in &ast.definitions {
        match definition {
            Definition::Operation(operation) => validator.operation(operation),
            Definition::Fragment(fragment) => validator.fragment(fragment),
        }
    }
    validator.check_fragment_use(ast);
    validator.check_variable_use();
    validator.check_subscriptions(ast);
    if validator.report.errors.is_empty() {
        // the rule looks through fragments, so they have to be there and to end
        return conflicts(ast, schema);
    }
    validator.report.errors
}

struct Validator<'a> {
    schema: &'a Schema,
    fragments: HashMap<&'a str, &'a FragmentDefinition>,
    /// What each definition uses, the one at hand last.
    scopes: Vec<Scope<'a>>,
    /// Labels of `@defer`.
    labels: HashSet<&'a str>,
    report: Report,
}

/// What one definition uses.
struct Scope<'a> {
    owner: Owner<'a>,
    usages: Vec<Usage<'a>>,
    spreads: Vec<&'a str>,
}

enum Owner<'a> {
    Operation {
        name: Option<&'a str>,
        variables: &'a [VariableDefinition],
    },
    Fragment(&'a str),
}

/// A variable where a value is expected.
struct Usage<'a> {
    name: &'a str,
    at: Location,
    /// None where any value will do, or where nothing is known of what is expected.
    expected: Option<&'a Type>,
    /// Whether the place has a value of its own when none is given.
    has_default: bool,
    /// The input object of which it is the only field.
    one_of: Option<&'a str>,
}

#[derive(Default)]
struct Report {
    errors: Vec<GraphqlError>,
}

impl Report {
    fn error(&mut self, message: String, at: impl IntoIterator<Item = Location>) {
        if self.errors.len() < MAX_ERRORS {
            let error = GraphqlError::new(message, code::VALIDATION_FAILED);
            self.errors.push(error.located(at.into_iter().collect()));
        }
    }
}

impl<'a> Validator<'a> {
    fn begin(&mut self, owner: Owner<'a>) {
        self.scopes.push(Scope {
            owner,
            usages: Vec::new(),
            spreads: Vec::new(),
        });
    }

    fn operation(&mut self, operation: &'a OperationDefinition) {
        let (variables, directives, location) = match operation {
            OperationDefinition::SelectionSet(_) => (&[][..], &[][..], "QUERY"),
            OperationDefinition::Query(query) => (
                &query.variable_definitions[..],
                &query.directives[..],
                "QUERY",
            ),
            OperationDefinition::Mutation(mutation) => (
                &mutation.variable_definitions[..],
                &mutation.directives[..],
                "MUTATION",
            ),
            OperationDefinition::Subscription(subscription) => (
                &subscription.variable_definitions[..],
                &subscription.directives[..],
                "SUBSCRIPTION",
            ),
        };
        self.begin(Owner::Operation {
            name: operation_name(operation),
            variables,
        });
        self.variable_definitions(variables);
        self.directives(directives, location, None);
        let root = self.operation_root(operation);
        self.selections(root, selection_set(operation));
    }

    fn fragment(&mut self, fragment: &'a FragmentDefinition) {
        self.begin(Owner::Fragment(&fragment.name));
        let ty = self.condition(
            &fragment.type_condition,
            &format!("the fragment `{}`", fragment.name),
            place(fragment.position),
        );
        self.directives(&fragment.directives, "FRAGMENT_DEFINITION", None);
        self.selections(ty, &fragment.selection_set);
    }

    /// What the definition at hand uses.
    fn scope(&mut self) -> Option<&mut Scope<'a>> {
        self.scopes.last_mut()
    }
}

fn place(at: Pos) -> Location {
    Location {
        line: at.line,
        column: at.column,
    }
}

/// Where an operation begins.
fn operation_place(operation: &OperationDefinition) -> Location {
    place(match operation {
        OperationDefinition::SelectionSet(set) => set.span.0,
        OperationDefinition::Query(query) => query.position,
        OperationDefinition::Mutation(mutation) => mutation.position,
        OperationDefinition::Subscription(subscription) => subscription.position,
    })
}
