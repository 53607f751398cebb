//! Operations and fragments (sections 2.2 to 2.8).

use platform_guard::TokenKind as Kind;

use super::{Parser, SyntaxError};
use crate::syntax::Pos;
use crate::syntax::query::{
    Definition, Directive, Field, FragmentDefinition, FragmentSpread, InlineFragment, Mutation,
    OperationDefinition, Query, Selection, SelectionSet, Subscription, TypeCondition,
    VariableDefinition,
};

type Parts = (
    Option<String>,
    Vec<VariableDefinition>,
    Vec<Directive>,
    SelectionSet,
);

impl Parser<'_> {
    pub(super) fn definition(&mut self) -> Result<Definition, SyntaxError> {
        // a description says nothing to whoever runs the document
        let is_described = self.description()?.is_some();
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
        Ok(VariableDefinition {
            position,
            name,
            var_type,
            default_value,
            directives: self.directives(true)?,
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

    pub(super) fn selection_set(&mut self) -> Result<SelectionSet, SyntaxError> {
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
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use crate::syntax::parse_query;

    use super::*;

    #[test]
    fn places_are_lines_and_columns_in_characters() {
        let text = "\u{feff}query (\r\n\t\"ä\" $a: Int @x) {\r  é: a # ä\n\t...F\n}";
        // names have no umlauts, so the place of the error is the first one
        let error = parse_query(text).unwrap_err();
        assert_eq!((error.at.line, error.at.column), (3, 3), "{error:?}");
        let parsed = parse_query(&text.replace('é', "e")).unwrap();
        let [Definition::Operation(OperationDefinition::Query(query))] = &parsed.definitions[..]
        else {
            panic!("one query")
        };
        let at = |pos: Pos| (pos.line, pos.column);
        assert_eq!(at(query.position), (1, 2));
        assert_eq!(at(query.variable_definitions[0].position), (2, 6));
        assert_eq!(
            at(query.variable_definitions[0].directives[0].position),
            (2, 14)
        );
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
