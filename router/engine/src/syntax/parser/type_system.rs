//! Definitions of types and directives, and what extends them (section 3).

use platform_guard::TokenKind as Kind;

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

/// Adds an extension to a definition; false when it is another's.
fn extends(definition: &mut Definition, extension: &Definition) -> bool {
    match (definition, extension) {
        (Definition::SchemaDefinition(known), Definition::SchemaDefinition(more)) => {
            known.directives.extend_from_slice(&more.directives);
            for (root, more) in [
                (&mut known.query, &more.query),
                (&mut known.mutation, &more.mutation),
                (&mut known.subscription, &more.subscription),
            ] {
                if let Some(name) = more {
                    *root = Some(name.clone());
                }
            }
            true
        }
        (Definition::TypeDefinition(known), Definition::TypeDefinition(more)) => {
            extends_type(known, more)
        }
        _ => false,
    }
}

fn extends_type(definition: &mut TypeDefinition, extension: &TypeDefinition) -> bool {
    use TypeDefinition as T;
    match (definition, extension) {
        (T::Scalar(known), T::Scalar(more)) if known.name == more.name => {
            known.directives.extend_from_slice(&more.directives);
        }
        (T::Object(known), T::Object(more)) if known.name == more.name => {
            known.directives.extend_from_slice(&more.directives);
            let interfaces = &more.implements_interfaces;
            known.implements_interfaces.extend_from_slice(interfaces);
            known.fields.extend_from_slice(&more.fields);
        }
        (T::Interface(known), T::Interface(more)) if known.name == more.name => {
            known.directives.extend_from_slice(&more.directives);
            let interfaces = &more.implements_interfaces;
            known.implements_interfaces.extend_from_slice(interfaces);
            known.fields.extend_from_slice(&more.fields);
        }
        (T::Union(known), T::Union(more)) if known.name == more.name => {
            known.directives.extend_from_slice(&more.directives);
            known.types.extend_from_slice(&more.types);
        }
        (T::Enum(known), T::Enum(more)) if known.name == more.name => {
            known.directives.extend_from_slice(&more.directives);
            known.values.extend_from_slice(&more.values);
        }
        (T::InputObject(known), T::InputObject(more)) if known.name == more.name => {
            known.directives.extend_from_slice(&more.directives);
            known.fields.extend_from_slice(&more.fields);
        }
        _ => return false,
    }
    true
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use crate::syntax::{Type, Value, parse_schema};

    use super::*;

    fn only(text: &str) -> TypeDefinition {
        match parse_schema(text).unwrap().definitions.remove(0) {
            Definition::TypeDefinition(definition) => definition,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_form_of_a_definition_is_read() {
        let text = r#"
            """
            The
              schema
            """
            schema @link(url: "a") { query: Q mutation: M subscription: S }
            "A directive" directive @d("An argument" a: [Int!]! = [1] @x) repeatable on | FIELD | VARIABLE_DEFINITION
            directive @e on SCHEMA
            "A scalar" scalar S @specifiedBy(url: "b")
            "An object" type Q implements & A & B @d { "A field" f("An argument" a: Int = 1, b: B): [Q!] @deprecated type: Int }
            type Empty
            interface A implements B & C { f: Int }
            union U @x = | Q | Empty
            union Nothing
            enum E { "A value" ONE @x type on input }
            input I { a: Int = 1 @x, b: I = {a: 2} }
        "#;
        let document = parse_schema(text).unwrap();
        assert_eq!(document.definitions.len(), 11);
        let schema = document.schema().unwrap();
        assert_eq!(schema.description.as_deref(), Some("The\n  schema"));
        assert_eq!(schema.directives[0].name, "link");
        assert_eq!(document.query_type_name().unwrap(), "Q");
        assert_eq!(document.mutation_type_name().unwrap(), "M");
        assert_eq!(document.subscription_type_name().unwrap(), "S");
        let Definition::DirectiveDefinition(directive) = &document.definitions[1] else {
            panic!("a directive")
        };
        assert!(directive.repeatable);
        assert_eq!(
            directive.locations,
            [
                DirectiveLocation::Field,
                DirectiveLocation::VariableDefinition
            ]
        );
        assert_eq!(directive.arguments[0].value_type.to_string(), "[Int!]!");
        let Definition::TypeDefinition(TypeDefinition::Object(object)) = &document.definitions[4]
        else {
            panic!("an object")
        };
        assert_eq!(object.implements_interfaces, ["A", "B"]);
        assert_eq!(object.fields[0].description.as_deref(), Some("A field"));
        assert_eq!(object.fields[0].arguments[1].name, "b");
        assert_eq!(object.fields[0].directives[0].name, "deprecated");
        assert_eq!(object.fields[1].name, "type");
        let Definition::TypeDefinition(TypeDefinition::Union(union)) = &document.definitions[7]
        else {
            panic!("a union")
        };
        assert_eq!(union.types, ["Q", "Empty"]);
        let Definition::TypeDefinition(TypeDefinition::Enum(names)) = &document.definitions[9]
        else {
            panic!("an enum")
        };
        assert_eq!(
            names
                .values
                .iter()
                .map(|value| value.name.as_str())
                .collect::<Vec<_>>(),
            ["ONE", "type", "on", "input"]
        );
    }

    #[test]
    fn default_values_and_descriptions_mean_what_they_escape() {
        let TypeDefinition::InputObject(input) = only(
            r#""\b\uD83D\uDE00\u{1F600}" input I { a: Float = 1e9, b: ID = 123456789012345678901234567890 }"#,
        ) else {
            panic!("an input")
        };
        assert_eq!(input.description.as_deref(), Some("\u{8}😀😀"));
        assert_eq!(input.fields[0].default_value, Some(Value::Float(1e9)));
        let Some(Value::Int(number)) = &input.fields[1].default_value else {
            panic!("a number")
        };
        assert_eq!(number.to_string(), "123456789012345678901234567890");
    }

    #[test]
    fn extensions_are_merged_wherever_they_stand() {
        let text = "extend type Q implements A @x { b: Int } schema { query: Q } type Q { a: Int }
            extend schema @link { mutation: M } union U = A extend union U = B enum E { A } extend enum E { B }
            input I { a: Int } extend input I { b: Int } scalar S extend scalar S @x interface N { a: Int }
            extend interface N { b: Int }";
        let document = parse_schema(text).unwrap();
        let written = "schema @link { query: Q mutation: M } type Q implements A @x { a: Int b: Int }
            union U = A | B enum E { A B } input I { a: Int b: Int } scalar S @x interface N { a: Int b: Int }";
        let expected = parse_schema(written).unwrap();
        assert_eq!(document.definitions.len(), expected.definitions.len());
        let schema = document.schema().unwrap();
        assert_eq!(schema.mutation.as_deref(), Some("M"));
        assert_eq!(schema.directives.len(), 1);
        let names = |document: &Document| -> Vec<String> {
            let definitions = document.definitions.iter();
            definitions
                .filter_map(|definition| match definition {
                    Definition::TypeDefinition(TypeDefinition::Object(ty)) => Some(
                        ty.fields
                            .iter()
                            .map(|field| field.name.clone())
                            .chain(ty.implements_interfaces.clone())
                            .collect::<Vec<_>>(),
                    ),
                    Definition::TypeDefinition(TypeDefinition::Interface(ty)) => {
                        Some(ty.fields.iter().map(|field| field.name.clone()).collect())
                    }
                    Definition::TypeDefinition(TypeDefinition::Union(ty)) => Some(ty.types.clone()),
                    Definition::TypeDefinition(TypeDefinition::Enum(ty)) => {
                        Some(ty.values.iter().map(|value| value.name.clone()).collect())
                    }
                    Definition::TypeDefinition(TypeDefinition::InputObject(ty)) => {
                        Some(ty.fields.iter().map(|field| field.name.clone()).collect())
                    }
                    Definition::TypeDefinition(TypeDefinition::Scalar(ty)) => Some(
                        ty.directives
                            .iter()
                            .map(|directive| directive.name.clone())
                            .collect(),
                    ),
                    _ => None,
                })
                .flatten()
                .collect()
        };
        assert_eq!(names(&document), names(&expected));
    }

    #[test]
    fn what_is_no_schema_is_refused_where_it_is_wrong() {
        for (text, line, column, message) in [
            (
                "",
                1,
                1,
                "expected the definition of a type or a directive, found the end",
            ),
            ("type Q {}", 1, 9, "expected the name of a field"),
            ("type Q { a }", 1, 12, "expected a colon"),
            ("type Q { a: [Int }", 1, 18, "bracket"),
            ("{ a }", 1, 1, "expected the definition of a type"),
            ("\"d\" extend type Q { a: Int }", 1, 5, "has no description"),
            ("type Q\nextend type P @x", 2, 8, "nothing to extend"),
            ("extend scalar Q type Q", 1, 8, "nothing to extend"),
            ("enum E { true }", 1, 10, "expected the name of a value"),
            ("directive @d on NOWHERE", 1, 17, "expected a place"),
            ("schema { query: Q other: P }", 1, 19, "expected `query`"),
            (
                "input I { a: Int = $b }",
                1,
                20,
                "no variable in a constant",
            ),
        ] {
            let error = parse_schema(text).unwrap_err();
            assert!(error.message.contains(message), "{text}: {error}");
            assert_eq!(
                (error.at.line, error.at.column),
                (line, column),
                "{text}: {error}"
            );
        }
        let deep = format!(
            "type Q {{ a: {}Int{} }}",
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert!(parse_schema(&deep).is_err());
    }

    #[test]
    fn a_type_named_query_is_the_root_only_when_the_schema_names_none() {
        let names = |text: &str| {
            let document = parse_schema(text).unwrap();
            (
                document.query_type_name().cloned(),
                document.mutation_type_name().cloned(),
            )
        };
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(
            names("type Query type Mutation"),
            (some("Query"), some("Mutation"))
        );
        assert_eq!(
            names("schema { query: A } type A type Mutation"),
            (some("A"), None)
        );
        assert_eq!(names("\"d\" schema @x type Query"), (some("Query"), None));
        assert!(
            matches!(only("type Q { a: [Int!] }"), TypeDefinition::Object(ty)
            if matches!(ty.fields[0].field_type, Type::ListType(_)))
        );
    }
}
