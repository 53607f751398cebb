//! From text to a syntax tree (GraphQL specification of September 2025, section 2).
//!
//! The tree is the library's, the parser is not: its own takes `\b` for another character, refuses `1e9`, counts columns
//! by guessing at tabs and knows no directives on variables. Tokens are read by the guard's lexer, so what was counted
//! is what is parsed; the guard has bounded the depth that this recurses to.

mod reader;
mod value;

use graphql_tools::parser::Pos;
use graphql_tools::static_graphql::query::{
    Definition, Directive, Document as Ast, Field, FragmentDefinition, FragmentSpread,
    InlineFragment, Mutation, OperationDefinition, Query, Selection, SelectionSet, Subscription,
    Type, TypeCondition, Value, VariableDefinition,
};
use platform_guard::TokenKind as Kind;

use reader::Reader;
pub(super) use reader::SyntaxError;

/// A document as it is written.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) ast: Ast,
    /// Directives on variables, for which the tree has no place: those of each variable that has some.
    pub(super) on_variables: Vec<Vec<Directive>>,
}

/// Parses an executable document that the guard has let in.
pub(super) fn parse(text: &str) -> Result<Parsed, SyntaxError> {
    let mut parser = Parser {
        reader: Reader::new(text)?,
        on_variables: Vec::new(),
    };
    let mut definitions = Vec::new();
    loop {
        definitions.push(parser.definition()?);
        if parser.reader.peek().is_none() {
            break;
        }
    }
    Ok(Parsed {
        ast: Ast { definitions },
        on_variables: parser.on_variables,
    })
}

struct Parser<'a> {
    reader: Reader<'a>,
    on_variables: Vec<Vec<Directive>>,
}

type Parts = (
    Option<String>,
    Vec<VariableDefinition>,
    Vec<Directive>,
    SelectionSet,
);

impl Parser<'_> {
    fn definition(&mut self) -> Result<Definition, SyntaxError> {
        // a description says nothing to whoever runs the document
        let is_described = self.description()?;
        let position = self.reader.place();
        match self.reader.peek() {
            Some(Kind::Punctuator(b'{')) if !is_described => {
                let set = self.selection_set()?;
                Ok(Definition::Operation(OperationDefinition::SelectionSet(
                    set,
                )))
            }
            Some(Kind::Name("fragment")) => {
                self.reader.step()?;
                self.fragment(position).map(Definition::Fragment)
            }
            Some(Kind::Name(kind @ ("query" | "mutation" | "subscription"))) => {
                self.reader.step()?;
                let (name, variable_definitions, directives, selection_set) = self.operation()?;
                Ok(Definition::Operation(match kind {
                    "query" => OperationDefinition::Query(Query {
                        position,
                        name,
                        variable_definitions,
                        directives,
                        selection_set,
                    }),
                    "mutation" => OperationDefinition::Mutation(Mutation {
                        position,
                        name,
                        variable_definitions,
                        directives,
                        selection_set,
                    }),
                    _ => OperationDefinition::Subscription(Subscription {
                        position,
                        name,
                        variable_definitions,
                        directives,
                        selection_set,
                    }),
                }))
            }
            _ => Err(self
                .reader
                .expected("the definition of an operation or a fragment")),
        }
    }

    fn description(&mut self) -> Result<bool, SyntaxError> {
        let is_there = matches!(self.reader.peek(), Some(Kind::String(_)));
        if is_there {
            self.reader.step()?;
        }
        Ok(is_there)
    }

    fn operation(&mut self) -> Result<Parts, SyntaxError> {
        let name = match self.reader.peek() {
            Some(Kind::Name(name)) => {
                self.reader.step()?;
                Some(name.to_owned())
            }
            _ => None,
        };
        let mut variables = Vec::new();
        if self.reader.takes(b'(')? {
            loop {
                variables.push(self.variable_definition()?);
                if self.reader.takes(b')')? {
                    break;
                }
            }
        }
        Ok((
            name,
            variables,
            self.directives(false)?,
            self.selection_set()?,
        ))
    }

    fn variable_definition(&mut self) -> Result<VariableDefinition, SyntaxError> {
        self.description()?;
        let position = self.reader.place();
        self.reader.expect(b'$', "a variable")?;
        let name = self.reader.name("the name of a variable")?;
        self.reader
            .expect(b':', "a colon and the type of the variable")?;
        let var_type = self.ty()?;
        let default_value = match self.reader.takes(b'=')? {
            true => Some(self.value(true)?),
            false => None,
        };
        let directives = self.directives(true)?;
        if !directives.is_empty() {
            self.on_variables.push(directives);
        }
        Ok(VariableDefinition {
            position,
            name,
            var_type,
            default_value,
        })
    }

    fn ty(&mut self) -> Result<Type, SyntaxError> {
        let ty = if self.reader.takes(b'[')? {
            let inner = self.ty()?;
            self.reader.expect(b']', "the end of a list type")?;
            Type::ListType(Box::new(inner))
        } else {
            Type::NamedType(self.reader.name("a type")?)
        };
        Ok(match self.reader.takes(b'!')? {
            true => Type::NonNullType(Box::new(ty)),
            false => ty,
        })
    }

    fn fragment(&mut self, position: Pos) -> Result<FragmentDefinition, SyntaxError> {
        if self.reader.peek() == Some(Kind::Name("on")) {
            return Err(self
                .reader
                .expected("the name of a fragment, which is not `on`"));
        }
        let name = self.reader.name("the name of a fragment")?;
        if self.reader.peek() != Some(Kind::Name("on")) {
            return Err(self.reader.expected("`on` and the type of the fragment"));
        }
        self.reader.step()?;
        Ok(FragmentDefinition {
            position,
            name,
            type_condition: TypeCondition::On(self.reader.name("a type")?),
            directives: self.directives(false)?,
            selection_set: self.selection_set()?,
        })
    }

    fn selection_set(&mut self) -> Result<SelectionSet, SyntaxError> {
        let start = self.reader.place();
        self.reader.expect(b'{', "a selection")?;
        let mut items = Vec::new();
        loop {
            items.push(self.selection()?);
            let end = self.reader.place();
            if self.reader.takes(b'}')? {
                return Ok(SelectionSet {
                    span: (start, end),
                    items,
                });
            }
        }
    }

    fn selection(&mut self) -> Result<Selection, SyntaxError> {
        let position = self.reader.place();
        if self.reader.peek() != Some(Kind::Spread) {
            return self.field(position).map(Selection::Field);
        }
        self.reader.step()?;
        let type_condition = match self.reader.peek() {
            Some(Kind::Name("on")) => {
                self.reader.step()?;
                Some(TypeCondition::On(self.reader.name("a type")?))
            }
            Some(Kind::Name(name)) => {
                self.reader.step()?;
                return Ok(Selection::FragmentSpread(FragmentSpread {
                    position,
                    fragment_name: name.to_owned(),
                    directives: self.directives(false)?,
                }));
            }
            _ => None,
        };
        Ok(Selection::InlineFragment(InlineFragment {
            position,
            type_condition,
            directives: self.directives(false)?,
            selection_set: self.selection_set()?,
        }))
    }

    fn field(&mut self, position: Pos) -> Result<Field, SyntaxError> {
        let first = self.reader.name("a field or a fragment")?;
        let (alias, name) = match self.reader.takes(b':')? {
            true => (Some(first), self.reader.name("the name of a field")?),
            false => (None, first),
        };
        let arguments = self.arguments(false)?;
        let directives = self.directives(false)?;
        let selection_set = match self.reader.peek() {
            Some(Kind::Punctuator(b'{')) => self.selection_set()?,
            _ => SelectionSet {
                span: (position, position),
                items: Vec::new(),
            },
        };
        Ok(Field {
            position,
            alias,
            name,
            arguments,
            directives,
            selection_set,
        })
    }

    fn directives(&mut self, constant: bool) -> Result<Vec<Directive>, SyntaxError> {
        let mut directives = Vec::new();
        loop {
            let position = self.reader.place();
            if !self.reader.takes(b'@')? {
                return Ok(directives);
            }
            directives.push(Directive {
                position,
                name: self.reader.name("the name of a directive")?,
                arguments: self.arguments(constant)?,
            });
        }
    }

    fn arguments(&mut self, constant: bool) -> Result<Vec<(String, Value)>, SyntaxError> {
        let mut arguments = Vec::new();
        if self.reader.takes(b'(')? {
            loop {
                let name = self.reader.name("the name of an argument")?;
                self.reader
                    .expect(b':', "a colon and the value of the argument")?;
                arguments.push((name, self.value(constant)?));
                if self.reader.takes(b')')? {
                    break;
                }
            }
        }
        Ok(arguments)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn places_are_lines_and_columns_in_characters() {
        let text = "\u{feff}query (\r\n\t\"ä\" $a: Int @x) {\r  é: a # ä\n\t...F\n}";
        // names have no umlauts, so the place of the error is the first one
        let error = parse(text).unwrap_err();
        assert_eq!((error.at.line, error.at.column), (3, 3), "{error:?}");
        let parsed = parse(&text.replace('é', "e")).unwrap();
        let [Definition::Operation(OperationDefinition::Query(query))] =
            &parsed.ast.definitions[..]
        else {
            panic!("one query")
        };
        let at = |pos: Pos| (pos.line, pos.column);
        assert_eq!(at(query.position), (1, 2));
        assert_eq!(at(query.variable_definitions[0].position), (2, 6));
        assert_eq!(at(parsed.on_variables[0][0].position), (2, 14));
        assert_eq!(at(query.selection_set.span.0), (2, 18));
        assert_eq!(at(query.selection_set.span.1), (5, 1));
        let [Selection::Field(field), Selection::FragmentSpread(spread)] =
            &query.selection_set.items[..]
        else {
            panic!("a field and a spread")
        };
        assert_eq!(at(field.position), (3, 3));
        assert_eq!(at(spread.position), (4, 2));
    }
}
