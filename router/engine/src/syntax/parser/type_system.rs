//! Definitions of types and directives, and what extends them (section 3).

use platform_guard::TokenKind as Kind;

use super::extension::extends;
use super::{Parser, SyntaxError};
use crate::syntax::schema::{
    Definition, DirectiveDefinition, DirectiveLocation, Document, EnumType, EnumValue, Field,
    InputObjectType, InputValue, InterfaceType, ObjectType, ScalarType, SchemaDefinition,
    TypeDefinition, UnionType,
};

impl Parser<'_> {
    /// The whole document.
    pub(super) fn type_system(mut self) -> Result<Document, SyntaxError> {
        let mut document = Document::default();
        let mut extensions = Vec::new();
        loop {
            let description = self.description()?;
            let extends = self.reader.peek() == Some(Kind::Name("extend"));
            if extends {
                if description.is_some() {
                    return Err(self
                        .reader
                        .error("syntax error: an extension has no description".to_owned()));
                }
                self.reader.step()?;
                // where the error is when there is nothing to extend
                let at = self.reader.error("there is nothing to extend".to_owned());
                extensions.push((self.definition_of(None)?, at));
            } else {
                document.definitions.push(self.definition_of(description)?);
            }
            if self.reader.peek().is_none() {
                break;
            }
        }
        for (extension, error) in extensions {
            if !document
                .definitions
                .iter_mut()
                .any(|definition| extends(definition, &extension))
            {
                return Err(error);
            }
        }
        Ok(document)
    }

    fn definition_of(&mut self, description: Option<String>) -> Result<Definition, SyntaxError> {
        let Some(Kind::Name(
            keyword @ ("schema" | "directive" | "scalar" | "type" | "interface" | "union" | "enum"
            | "input"),
        )) = self.reader.peek()
        else {
            return Err(self
                .reader
                .expected("the definition of a type or a directive"));
        };
        self.reader.step()?;
        match keyword {
            "schema" => return self.schema(description),
            "directive" => return self.directive_definition(description),
            _ => {}
        }
        let name = self.reader.name("the name of the type")?;
        Ok(Definition::TypeDefinition(match keyword {
            "scalar" => TypeDefinition::Scalar(ScalarType {
                description,
                name,
                directives: self.directives(true)?,
            }),
            "type" => TypeDefinition::Object(ObjectType {
                description,
                name,
                implements_interfaces: self.interfaces()?,
                directives: self.directives(true)?,
                fields: self.braced(Self::field_definition)?,
            }),
            "interface" => TypeDefinition::Interface(InterfaceType {
                description,
                name,
                implements_interfaces: self.interfaces()?,
                directives: self.directives(true)?,
                fields: self.braced(Self::field_definition)?,
            }),
            "union" => TypeDefinition::Union(UnionType {
                description,
                name,
                directives: self.directives(true)?,
                types: self.members()?,
            }),
            "enum" => TypeDefinition::Enum(EnumType {
                description,
                name,
                directives: self.directives(true)?,
                values: self.braced(Self::enum_value)?,
            }),
            _ => TypeDefinition::InputObject(InputObjectType {
                description,
                name,
                directives: self.directives(true)?,
                fields: self.braced(Self::input_value)?,
            }),
        }))
    }

    fn schema(&mut self, description: Option<String>) -> Result<Definition, SyntaxError> {
        let mut schema = SchemaDefinition {
            description,
            directives: self.directives(true)?,
            ..SchemaDefinition::default()
        };
        for (kind, name) in self.braced(Self::root_type)? {
            let root = match kind.as_str() {
                "query" => &mut schema.query,
                "mutation" => &mut schema.mutation,
                _ => &mut schema.subscription,
            };
            *root = Some(name);
        }
        Ok(Definition::SchemaDefinition(schema))
    }

    fn root_type(&mut self) -> Result<(String, String), SyntaxError> {
        let Some(Kind::Name(kind @ ("query" | "mutation" | "subscription"))) = self.reader.peek()
        else {
            return Err(self
                .reader
                .expected("`query`, `mutation` or `subscription`"));
        };
        self.reader.step()?;
        self.reader
            .expect(b':', "a colon and the name of the type")?;
        Ok((kind.to_owned(), self.reader.name("the name of the type")?))
    }

    fn directive_definition(
        &mut self,
        description: Option<String>,
    ) -> Result<Definition, SyntaxError> {
        self.reader
            .expect(b'@', "`@` and the name of the directive")?;
        let name = self.reader.name("the name of the directive")?;
        let arguments = self.argument_definitions()?;
        let repeatable = self.reader.peek() == Some(Kind::Name("repeatable"));
        if repeatable {
            self.reader.step()?;
        }
        if self.reader.peek() != Some(Kind::Name("on")) {
            return Err(self
                .reader
                .expected("`on` and the places where the directive may stand"));
        }
        self.reader.step()?;
        self.reader.takes(b'|')?;
        let mut locations = Vec::new();
        loop {
            let Some(location) = (match self.reader.peek() {
                Some(Kind::Name(name)) => DirectiveLocation::of(name),
                _ => None,
            }) else {
                return Err(self
                    .reader
                    .expected("a place where the directive may stand"));
            };
            self.reader.step()?;
            locations.push(location);
            if !self.reader.takes(b'|')? {
                break;
            }
        }
        Ok(Definition::DirectiveDefinition(DirectiveDefinition {
            description,
            name,
            arguments,
            repeatable,
            locations,
        }))
    }

    /// `implements A & B`; none when nothing is implemented.
    fn interfaces(&mut self) -> Result<Vec<String>, SyntaxError> {
        if self.reader.peek() != Some(Kind::Name("implements")) {
            return Ok(Vec::new());
        }
        self.reader.step()?;
        self.separated(b'&', "the name of an interface")
    }

    /// `= A | B`; none for an empty union.
    fn members(&mut self) -> Result<Vec<String>, SyntaxError> {
        match self.reader.takes(b'=')? {
            true => self.separated(b'|', "the name of a member"),
            false => Ok(Vec::new()),
        }
    }

    fn separated(&mut self, separator: u8, what: &str) -> Result<Vec<String>, SyntaxError> {
        self.reader.takes(separator)?;
        let mut names = Vec::new();
        loop {
            names.push(self.reader.name(what)?);
            if !self.reader.takes(separator)? {
                return Ok(names);
            }
        }
    }

    /// Whatever stands in braces, at least one; none when there are no braces.
    fn braced<T>(
        &mut self,
        one: impl Fn(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<Vec<T>, SyntaxError> {
        let mut found = Vec::new();
        if self.reader.takes(b'{')? {
            loop {
                found.push(one(self)?);
                if self.reader.takes(b'}')? {
                    break;
                }
            }
        }
        Ok(found)
    }

    fn field_definition(&mut self) -> Result<Field, SyntaxError> {
        let description = self.description()?;
        let name = self.reader.name("the name of a field")?;
        let arguments = self.argument_definitions()?;
        self.reader
            .expect(b':', "a colon and the type of the field")?;
        Ok(Field {
            description,
            name,
            arguments,
            field_type: self.ty()?,
            directives: self.directives(true)?,
        })
    }

    fn argument_definitions(&mut self) -> Result<Vec<InputValue>, SyntaxError> {
        let mut arguments = Vec::new();
        if self.reader.takes(b'(')? {
            loop {
                arguments.push(self.input_value()?);
                if self.reader.takes(b')')? {
                    break;
                }
            }
        }
        Ok(arguments)
    }

    fn input_value(&mut self) -> Result<InputValue, SyntaxError> {
        let description = self.description()?;
        let name = self.reader.name("the name of an argument or a field")?;
        self.reader.expect(b':', "a colon and a type")?;
        Ok(InputValue {
            description,
            name,
            value_type: self.ty()?,
            default_value: match self.reader.takes(b'=')? {
                true => Some(self.value(true)?),
                false => None,
            },
            directives: self.directives(true)?,
        })
    }

    fn enum_value(&mut self) -> Result<EnumValue, SyntaxError> {
        let description = self.description()?;
        if let Some(Kind::Name("true" | "false" | "null")) = self.reader.peek() {
            return Err(self.reader.expected("the name of a value"));
        }
        Ok(EnumValue {
            description,
            name: self.reader.name("the name of a value")?,
            directives: self.directives(true)?,
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests;
