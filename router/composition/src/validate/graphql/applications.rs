//! Directives where they are applied: known, allowed there, with the arguments they take

use crate::ast::{Directive, Field, Known};
use crate::error::ErrorCode::{InvalidGraphql, InvalidShareableUsage};
use crate::link::FEDERATION_DIRECTIVES;
use crate::validate::{Findings, values};

use super::Rules;

impl Rules<'_> {
    pub(super) fn directives(
        &self,
        directives: &[Directive],
        location: &str,
        coordinate: &str,
        findings: &mut Findings,
    ) {
        for (at, directive) in directives.iter().enumerate() {
            let name = &directive.name;
            let mut fault =
                |code, message: String| findings.add(code, message, coordinate, directive.at);
            let (locations, repeatable, definitions): (Vec<&str>, bool, Option<&[Field]>) =
                match directive.known {
                    Known::Custom => match self.subgraph.directives.get(name) {
                        Some(definition) => (
                            definition
                                .locations
                                .iter()
                                .map(crate::ast::Name::as_str)
                                .collect(),
                            definition.repeatable,
                            Some(&definition.arguments),
                        ),
                        None => {
                            let linked = self
                                .subgraph
                                .links
                                .iter()
                                .any(|link| link.is_foreign() && link.original(name).is_some());
                            let defined = self
                                .subgraph
                                .own_directives
                                .iter()
                                .any(|(_, definition)| definition.name == *name);
                            if !linked && !defined {
                                fault(InvalidGraphql, format!("unknown directive \"@{name}\""));
                            }
                            continue;
                        }
                    },
                    Known::Deprecated => (
                        vec![
                            "FIELD_DEFINITION",
                            "ARGUMENT_DEFINITION",
                            "INPUT_FIELD_DEFINITION",
                            "ENUM_VALUE",
                        ],
                        false,
                        None,
                    ),
                    Known::SpecifiedBy => (vec!["SCALAR"], false, None),
                    Known::OneOf => (vec!["INPUT_OBJECT"], false, None),
                    Known::Link => (vec!["SCHEMA"], true, None),
                    known => match FEDERATION_DIRECTIVES
                        .iter()
                        .find(|(_, other, ..)| *other == known)
                    {
                        Some((.., locations)) => {
                            // a definition of its own may allow less than the specification
                            let mut own = self.subgraph.own_directives.iter();
                            let own = own.find(|(_, own)| own.name == *name);
                            if let Some((_, own)) = own {
                                let unknown = directive.arguments.iter().find(|(argument, _)| {
                                    own.arguments.iter().all(|known| known.name != *argument)
                                });
                                if let Some((argument, _)) = unknown {
                                    fault(
                                        InvalidGraphql,
                                        format!(
                                            "unknown argument \"{argument}\" on directive \"@{name}\""
                                        ),
                                    );
                                }
                                if own.locations.iter().all(|own| own != location)
                                    && locations.contains(&location)
                                {
                                    fault(
                                        InvalidGraphql,
                                        format!(
                                            "directive \"@{name}\" may not be used on {location}"
                                        ),
                                    );
                                }
                            }
                            let label = known == Known::Override
                                && self
                                    .subgraph
                                    .vocabulary
                                    .minor
                                    .is_some_and(|minor| minor < 7);
                            if label && directive.argument("label").is_some() {
                                fault(
                                    InvalidGraphql,
                                    format!("unknown argument \"label\" on directive \"@{name}\""),
                                );
                            }
                            let repeatable = match known {
                                _ if own.is_some_and(|(_, own)| !own.repeatable) => false,
                                Known::Key
                                | Known::Tag
                                | Known::ComposeDirective
                                | Known::Context
                                | Known::CacheTag => true,
                                Known::Shareable => self
                                    .subgraph
                                    .vocabulary
                                    .minor
                                    .is_some_and(|minor| minor >= 2),
                                _ => false,
                            };
                            (locations.to_vec(), repeatable, None)
                        }
                        None => continue,
                    },
                };
            if !locations.contains(&location) {
                fault(
                    InvalidGraphql,
                    format!("directive \"@{name}\" may not be used on {location}"),
                );
            }
            let twice = directives[..at].iter().any(|other| {
                other.name == *name
                    && (directive.known != Known::Shareable || other.part == directive.part)
            });
            if twice && directive.known == Known::Shareable && repeatable {
                fault(
                    InvalidShareableUsage,
                    format!("invalid duplicate application of @shareable on \"{coordinate}\""),
                );
            } else if twice && !repeatable {
                fault(
                    InvalidGraphql,
                    format!("the directive \"@{name}\" can only be used once at this location"),
                );
            }
            match definitions {
                Some(definitions) => {
                    self.defined_arguments(directive, definitions, coordinate, findings)
                }
                None => Self::known_arguments(directive, coordinate, findings),
            }
        }
    }

    /// Arguments of a directive that the subgraph defines.
    pub(super) fn defined_arguments(
        &self,
        directive: &Directive,
        definitions: &[Field],
        coordinate: &str,
        findings: &mut Findings,
    ) {
        let name = &directive.name;
        let mut fault =
            |message: String| findings.add(InvalidGraphql, message, coordinate, directive.at);
        for (argument, value) in &directive.arguments {
            match definitions
                .iter()
                .find(|definition| definition.name == *argument)
            {
                None => fault(format!(
                    "unknown argument \"{argument}\" on directive \"@{name}\""
                )),
                Some(definition) if !values::fits(self.subgraph, value, &definition.ty) => {
                    fault(format!(
                        "invalid value for argument \"{argument}\" of directive \"@{name}\", expected {}",
                        definition.ty
                    ));
                }
                _ => {}
            }
        }
        for definition in definitions
            .iter()
            .filter(|definition| definition.is_required())
        {
            if directive.argument(&definition.name).is_none() {
                fault(format!(
                    "directive \"@{name}\" argument \"{}\" of type \"{}\" is required, but it was not provided",
                    definition.name, definition.ty
                ));
            }
        }
    }

    /// Arguments of a directive that every schema has without defining it.
    pub(super) fn known_arguments(
        directive: &Directive,
        coordinate: &str,
        findings: &mut Findings,
    ) {
        let name = &directive.name;
        let mut fault =
            |message: String| findings.add(InvalidGraphql, message, coordinate, directive.at);
        let rules = values::known_arguments(directive.known);
        let Some(rules) = rules else { return };
        for (argument, value) in &directive.arguments {
            match rules.iter().find(|(known, ..)| *known == argument.as_str()) {
                None => fault(format!(
                    "unknown argument \"{argument}\" on directive \"@{name}\""
                )),
                Some((.., fits)) if !fits(value) => {
                    fault(format!(
                        "invalid value for argument \"{argument}\" of directive \"@{name}\""
                    ));
                }
                _ => {}
            }
        }
        for (argument, required, _) in rules {
            if *required && directive.argument(argument).is_none() {
                fault(format!(
                    "directive \"@{name}\" argument \"{argument}\" is required, but it was not provided"
                ));
            }
        }
    }
}
