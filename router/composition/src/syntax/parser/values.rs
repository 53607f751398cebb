//! What stands inside definitions: values, references to types, arguments, directives

use crate::ast::{Directive, Facts, Field, Known, Name, TypeRef, Value};
use crate::syntax::lexer::Token;

use super::{Parser, SyntaxError};

impl Parser<'_> {
    pub(crate) fn value(&mut self) -> Result<Value, SyntaxError> {
        let value = match self.token {
            Token::Int(text) => Value::Int(self.intern(text)),
            Token::Float(text) => Value::Float(self.intern(text)),
            Token::Name("true") => Value::Boolean(true),
            Token::Name("false") => Value::Boolean(false),
            Token::Name("null") => Value::Null,
            Token::Name(text) => Value::Enum(self.intern(text)),
            Token::Text(_) | Token::Block(_) => {
                return Ok(Value::String(self.text()?.unwrap_or_default()));
            }
            Token::Punct(b'[') => {
                self.enter()?;
                self.advance()?;
                let mut items = Vec::new();
                while !self.is(b']') {
                    items.push(self.value()?);
                }
                self.leave();
                Value::List(items)
            }
            Token::Punct(b'{') => {
                self.enter()?;
                self.advance()?;
                let mut fields = Vec::new();
                while !self.is(b'}') {
                    let name = self.name()?;
                    self.expect(b':')?;
                    fields.push((name, self.value()?));
                }
                self.leave();
                Value::Object(fields)
            }
            Token::Punct(b'$') => return self.fail("variables have no place in a schema"),
            _ => return self.unexpected("a value"),
        };
        self.advance()?;
        Ok(value)
    }

    /// A value, or none where a variable has a part in it.
    pub(crate) fn maybe_variable(&mut self) -> Result<Option<Value>, SyntaxError> {
        match self.token {
            Token::Punct(b'$') => {
                self.advance()?;
                self.name()?;
                Ok(None)
            }
            Token::Punct(open @ (b'[' | b'{')) => {
                self.enter()?;
                self.advance()?;
                let (close, object) = if open == b'[' {
                    (b']', false)
                } else {
                    (b'}', true)
                };
                let (mut items, mut fields, mut whole) = (Vec::new(), Vec::new(), true);
                while !self.is(close) {
                    let name = if object { Some(self.name()?) } else { None };
                    if object {
                        self.expect(b':')?;
                    }
                    match (name, self.maybe_variable()?) {
                        (Some(name), Some(value)) => fields.push((name, value)),
                        (None, Some(value)) => items.push(value),
                        (_, None) => whole = false,
                    }
                }
                self.advance()?;
                self.leave();
                let value = if object {
                    Value::Object(fields)
                } else {
                    Value::List(items)
                };
                Ok(whole.then_some(value))
            }
            _ => self.value().map(Some),
        }
    }

    pub(crate) fn type_ref(&mut self) -> Result<TypeRef, SyntaxError> {
        let inner = if self.take(b'[')? {
            self.enter()?;
            let inner = self.type_ref()?;
            self.leave();
            self.expect(b']')?;
            TypeRef::List(Box::new(inner))
        } else {
            TypeRef::Named(self.name()?)
        };
        Ok(if self.take(b'!')? {
            TypeRef::NonNull(Box::new(inner))
        } else {
            inner
        })
    }

    pub(crate) fn arguments(&mut self) -> Result<Vec<(Name, Value)>, SyntaxError> {
        let mut arguments: Vec<(Name, Value)> = Vec::new();
        if self.take(b'(')? {
            while !self.is(b')') {
                let name = self.name()?;
                self.expect(b':')?;
                let value = self.value()?;
                if arguments.iter().any(|(other, _)| *other == name) {
                    return self.fail(format!("there can be only one argument named \"{name}\""));
                }
                arguments.push((name, value));
            }
            self.advance()?;
        }
        Ok(arguments)
    }

    pub(crate) fn directives(
        &mut self,
        of_extension: bool,
        part: u16,
    ) -> Result<Vec<Directive>, SyntaxError> {
        let mut directives = Vec::new();
        while self.is(b'@') {
            let at = self.at;
            self.advance()?;
            let name = self.name()?;
            let arguments = self.arguments()?;
            directives.push(Directive {
                name,
                arguments,
                at,
                of_extension,
                known: Known::Custom,
                part,
            });
        }
        Ok(directives)
    }

    pub(super) fn input_values(
        &mut self,
        close: u8,
        of_extension: bool,
        part: u16,
    ) -> Result<Vec<Field>, SyntaxError> {
        let mut values = Vec::new();
        while !self.is(close) {
            let description = self.text()?;
            let at = self.at;
            let name = self.name()?;
            self.expect(b':')?;
            let ty = self.type_ref()?;
            let default = if self.take(b'=')? {
                Some(self.value()?)
            } else {
                None
            };
            let directives = self.directives(of_extension, part)?;
            values.push(Field {
                name,
                description,
                arguments: Vec::new(),
                ty,
                default,
                directives,
                at,
                part,
                facts: Facts::default(),
            });
        }
        self.advance()?;
        Ok(values)
    }
}
