//! Types and their extensions, folded into one definition each

use std::sync::Arc;

use crate::ast::{EnumValue, Facts, Field, Kind, Listed, Map, TypeDef};

use super::{Document, Parser, SyntaxError};
use crate::syntax::lexer::Token;

impl Parser<'_> {
    pub(super) fn type_definition(
        &mut self,
        document: &mut Document,
        kind: Kind,
        description: Option<Arc<str>>,
        extension: bool,
    ) -> Result<(), SyntaxError> {
        let at = self.at;
        let name = self.name()?;
        let known = document.types.get(&name);
        let part = known.map_or(0, |ty| ty.parts);
        let mut fault = None;
        if let Some(known) = known {
            if !extension && known.defined {
                fault = Some(format!("there can be only one type named \"{name}\""));
            } else if known.kind != kind {
                fault = Some(format!(
                    "cannot extend {} \"{name}\" as {}",
                    known.kind.keyword(),
                    kind.keyword()
                ));
            }
        }
        let entry = document
            .types
            .entry(name.clone())
            .or_insert_with(|| TypeDef {
                name: name.clone(),
                kind,
                description: None,
                directives: Vec::new(),
                interfaces: Vec::new(),
                fields: Map::default(),
                members: Vec::new(),
                values: Map::default(),
                at,
                defined: false,
                parts: 0,
            });
        if let Some(message) = fault {
            document.faults.push(SyntaxError { message, at });
        }
        let faults = &mut document.faults;
        entry.parts = entry.parts.saturating_add(1);
        if !extension {
            entry.defined = true;
            entry.description = description;
            entry.at = at;
        }
        if matches!(kind, Kind::Object | Kind::Interface) && self.keyword("implements")? {
            self.take(b'&')?;
            loop {
                let at = self.at;
                let interface = self.name()?;
                if entry.implements(&interface) {
                    let message = format!("type {name} can only implement {interface} once");
                    faults.push(SyntaxError { message, at });
                } else {
                    entry.interfaces.push(Listed {
                        name: interface,
                        at,
                    });
                }
                // `implements A, B` of old documents lists without `&`; commas are no tokens
                if !self.take(b'&')? && !matches!(self.token, Token::Name(_)) {
                    break;
                }
                if matches!(
                    self.token,
                    Token::Name(
                        "type"
                            | "interface"
                            | "union"
                            | "enum"
                            | "input"
                            | "scalar"
                            | "extend"
                            | "directive"
                            | "schema"
                    )
                ) {
                    break;
                }
            }
        }
        entry.directives.extend(self.directives(extension, part)?);
        let mut add = |entry: &mut TypeDef, field: Field| {
            if entry.fields.contains_key(&field.name) {
                let message = format!("field \"{name}.{}\" can only be defined once", field.name);
                faults.push(SyntaxError {
                    message,
                    at: field.at,
                });
            } else {
                entry.fields.insert(field.name.clone(), field);
            }
        };
        match kind {
            Kind::Scalar => {}
            Kind::Object | Kind::Interface => {
                if self.take(b'{')? {
                    while !self.is(b'}') {
                        let field = self.field(extension, part)?;
                        add(entry, field);
                    }
                    self.advance()?;
                }
            }
            Kind::InputObject => {
                if self.take(b'{')? {
                    for field in self.input_values(b'}', extension, part)? {
                        add(entry, field);
                    }
                }
            }
            Kind::Union => {
                if self.take(b'=')? {
                    self.take(b'|')?;
                    loop {
                        let at = self.at;
                        let member = self.name()?;
                        if entry.members.iter().any(|listed| listed.name == member) {
                            let message =
                                format!("union type {name} can only include type {member} once");
                            faults.push(SyntaxError { message, at });
                        } else {
                            entry.members.push(Listed { name: member, at });
                        }
                        if !self.take(b'|')? {
                            break;
                        }
                    }
                }
            }
            Kind::Enum => {
                if self.take(b'{')? {
                    while !self.is(b'}') {
                        let description = self.text()?;
                        let at = self.at;
                        let value = self.name()?;
                        let directives = self.directives(extension, part)?;
                        if matches!(value.as_str(), "true" | "false" | "null") {
                            faults.push(SyntaxError {
                                message: format!(
                                    "name \"{value}\" can not be used as an enum value"
                                ),
                                at,
                            });
                        }
                        if entry.values.contains_key(&value) {
                            let message =
                                format!("enum value \"{name}.{value}\" can only be defined once");
                            faults.push(SyntaxError { message, at });
                        } else {
                            entry.values.insert(
                                value.clone(),
                                EnumValue {
                                    name: value,
                                    description,
                                    directives,
                                    at,
                                },
                            );
                        }
                    }
                    self.advance()?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn field(&mut self, of_extension: bool, part: u16) -> Result<Field, SyntaxError> {
        let description = self.text()?;
        let at = self.at;
        let name = self.name()?;
        let arguments = if self.take(b'(')? {
            self.input_values(b')', of_extension, part)?
        } else {
            Vec::new()
        };
        self.expect(b':')?;
        let ty = self.type_ref()?;
        let directives = self.directives(of_extension, part)?;
        Ok(Field {
            name,
            description,
            arguments,
            ty,
            default: None,
            directives,
            at,
            part,
            facts: Facts::default(),
        })
    }
}
