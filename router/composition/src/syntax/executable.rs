//! Operations and fragments, as far as a schema diff needs them

use crate::ast::HashMap;

use super::parser::{Parser, SyntaxError, TokenKind};
use crate::ast::{Map, Name, Root, TypeRef, Value};

/// A document of operations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Executable {
    pub(crate) operations: Vec<Operation>,
    pub(crate) fragments: HashMap<Name, Fragment>,
}

#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) kind: Root,
    pub(crate) name: Option<Name>,
    /// Type and default of each variable.
    pub(crate) variables: Map<(TypeRef, Option<Value>)>,
    pub(crate) directives: Vec<Name>,
    pub(crate) selections: Vec<SelectionItem>,
}

#[derive(Clone, Debug)]
pub(crate) struct Fragment {
    pub(crate) condition: Name,
    pub(crate) selections: Vec<SelectionItem>,
}

#[derive(Clone, Debug)]
pub(crate) enum SelectionItem {
    /// Arguments without a value are given by a variable, in whole or in part.
    Field {
        name: Name,
        arguments: Vec<(Name, Option<Value>)>,
        inner: Vec<SelectionItem>,
        directives: Vec<Name>,
    },
    Inline {
        condition: Option<Name>,
        inner: Vec<SelectionItem>,
        directives: Vec<Name>,
    },
    Spread {
        name: Name,
        directives: Vec<Name>,
    },
}

/// Parses operations and fragments.
pub(crate) fn parse_executable(text: &str) -> Result<Executable, SyntaxError> {
    let mut parser = Parser::new(text)?;
    let mut out = Executable::default();
    while parser.kind() != TokenKind::End {
        if parser.is_name("fragment") {
            parser.advance()?;
            let name = parser.name()?;
            if !parser.is_name("on") {
                return parser.fail("expected `on`");
            }
            parser.advance()?;
            let condition = parser.name()?;
            directives(&mut parser)?;
            let selections = selections(&mut parser)?;
            out.fragments.insert(
                name,
                Fragment {
                    condition,
                    selections,
                },
            );
            continue;
        }
        out.operations.push(operation(&mut parser)?);
    }
    Ok(out)
}

fn operation(parser: &mut Parser<'_>) -> Result<Operation, SyntaxError> {
    let mut operation = Operation {
        kind: Root::Query,
        name: None,
        variables: Map::default(),
        directives: Vec::new(),
        selections: Vec::new(),
    };
    if !parser.is(b'{') {
        let Some(kind) = Root::ALL
            .into_iter()
            .find(|root| parser.is_name(root.keyword()))
        else {
            return parser.fail("expected an operation or a fragment");
        };
        operation.kind = kind;
        parser.advance()?;
        if parser.kind() == TokenKind::Name {
            operation.name = Some(parser.name()?);
        }
        if parser.take(b'(')? {
            while !parser.is(b')') {
                parser.expect(b'$')?;
                let name = parser.name()?;
                parser.expect(b':')?;
                let ty = parser.type_ref()?;
                let default = if parser.take(b'=')? {
                    Some(parser.value()?)
                } else {
                    None
                };
                directives(parser)?;
                operation.variables.insert(name, (ty, default));
            }
            parser.advance()?;
        }
        operation.directives = directives(parser)?;
    }
    operation.selections = selections(parser)?;
    Ok(operation)
}

fn arguments(parser: &mut Parser<'_>) -> Result<Vec<(Name, Option<Value>)>, SyntaxError> {
    let mut out = Vec::new();
    if parser.take(b'(')? {
        while !parser.is(b')') {
            let name = parser.name()?;
            parser.expect(b':')?;
            out.push((name, parser.maybe_variable()?));
        }
        parser.advance()?;
    }
    Ok(out)
}

fn directives(parser: &mut Parser<'_>) -> Result<Vec<Name>, SyntaxError> {
    let mut out = Vec::new();
    while parser.take(b'@')? {
        out.push(parser.name()?);
        arguments(parser)?;
    }
    Ok(out)
}

fn selections(parser: &mut Parser<'_>) -> Result<Vec<SelectionItem>, SyntaxError> {
    parser.expect(b'{')?;
    parser.enter()?;
    let mut out = Vec::new();
    while !parser.is(b'}') {
        if parser.kind() == TokenKind::Spread {
            parser.advance()?;
            let condition = if parser.is_name("on") {
                parser.advance()?;
                Some(parser.name()?)
            } else if parser.kind() == TokenKind::Name {
                let name = parser.name()?;
                let directives = directives(parser)?;
                out.push(SelectionItem::Spread { name, directives });
                continue;
            } else {
                None
            };
            let directives = directives(parser)?;
            out.push(SelectionItem::Inline {
                condition,
                inner: selections(parser)?,
                directives,
            });
            continue;
        }
        let mut name = parser.name()?;
        if parser.take(b':')? {
            name = parser.name()?;
        }
        let arguments = arguments(parser)?;
        let directives = directives(parser)?;
        let inner = if parser.is(b'{') {
            selections(parser)?
        } else {
            Vec::new()
        };
        out.push(SelectionItem::Field {
            name,
            arguments,
            inner,
            directives,
        });
    }
    parser.advance()?;
    parser.leave();
    Ok(out)
}
