//! Directives and arguments (sections 5.4 and 5.7).

use std::collections::HashSet;

use crate::syntax::query::{Directive, Value};
use crate::syntax::schema::{InputValue, Type};

use super::{Validator, place};
use crate::error::Location;
use crate::schema::TypeId;

impl<'a> Validator<'a> {
    /// Checks the directives of one place; `parent` is the type that a selection stands on.
    pub(super) fn directives(
        &mut self,
        directives: &'a [Directive],
        location: &str,
        parent: Option<TypeId>,
    ) {
        let mut seen: HashSet<&str> = HashSet::new();
        for directive in directives {
            let at = place(directive.position);
            let name = directive.name.as_str();
            let Some(definition) = self.schema.public_directive(name) else {
                let message = format!("there is no directive `@{name}`");
                self.report.error(message, [at]);
                self.arguments_of_nothing(&directive.arguments, at);
                continue;
            };
            let is_allowed = definition
                .locations
                .iter()
                .any(|known| known.as_str() == location);
            if !is_allowed {
                let message = format!("the directive `@{name}` cannot stand on {}", show(location));
                self.report.error(message, [at]);
            }
            if !seen.insert(name) && !definition.repeatable {
                let message = format!("the directive `@{name}` can stand here only once");
                self.report.error(message, [at]);
            }
            let whose = format!("`@{name}`");
            self.arguments(&directive.arguments, &definition.arguments, &whose, at);
            if name == "defer" {
                self.defer(directive, parent, at);
            }
        }
    }

    /// A label of `@defer` tells one fragment from the others, and what a mutation's or a subscription's root selects
    /// cannot come later (incremental delivery, section 5.7.4 of its proposal).
    fn defer(&mut self, directive: &'a Directive, parent: Option<TypeId>, at: Location) {
        for (name, value) in &directive.arguments {
            match value {
                Value::Variable(_) if name == "label" => {
                    let message = "the label of `@defer` must be written out, not a variable";
                    self.report.error(message.to_owned(), [at]);
                }
                Value::String(label) if name == "label" && !self.labels.insert(label) => {
                    let message = format!("the label `{label}` stands on more than one `@defer`");
                    self.report.error(message, [at]);
                }
                _ => {}
            }
        }
        let is_off = directive
            .arguments
            .iter()
            .any(|(name, value)| name == "if" && matches!(value, Value::Boolean(false)));
        if parent.is_some()
            && (parent == self.schema.mutation || parent == self.schema.subscription)
            && !is_off
        {
            let message = "`@defer` cannot stand on the root of a mutation or of a subscription";
            self.report.error(message.to_owned(), [at]);
        }
    }

    /// Checks arguments against those that are defined; `whose` names their owner.
    pub(super) fn arguments(
        &mut self,
        given: &'a [(String, Value)],
        defined: &'a [InputValue],
        whose: &str,
        at: Location,
    ) {
        let mut seen: HashSet<&str> = HashSet::new();
        for (name, value) in given {
            if !seen.insert(name) {
                let message = format!("the argument `{name}` of {whose} is given more than once");
                self.report.error(message, [at]);
            }
            match defined.iter().find(|known| known.name == *name) {
                Some(known) => {
                    let what = format!("the argument `{name}` of {whose}");
                    self.input(value, known, &what, at, None);
                }
                None => {
                    let message = format!("there is no argument `{name}` on {whose}");
                    self.report.error(message, [at]);
                    self.value_of_nothing(value, at);
                }
            }
        }
        for known in defined {
            let is_required =
                matches!(known.value_type, Type::NonNullType(_)) && known.default_value.is_none();
            if is_required && !seen.contains(known.name.as_str()) {
                let message = format!(
                    "{whose} needs the argument `{}` of type `{}`",
                    known.name, known.value_type
                );
                self.report.error(message, [at]);
            }
        }
    }

    /// Notes the variables in arguments of what is not known.
    pub(super) fn arguments_of_nothing(&mut self, given: &'a [(String, Value)], at: Location) {
        for (_, value) in given {
            self.value_of_nothing(value, at);
        }
    }
}

/// A directive location for people.
fn show(location: &str) -> &'static str {
    match location {
        "QUERY" => "a query",
        "MUTATION" => "a mutation",
        "SUBSCRIPTION" => "a subscription",
        "FIELD" => "a field",
        "FRAGMENT_DEFINITION" => "the definition of a fragment",
        "FRAGMENT_SPREAD" => "the use of a fragment",
        "INLINE_FRAGMENT" => "an inline fragment",
        "VARIABLE_DEFINITION" => "a variable",
        _ => "this place",
    }
}
