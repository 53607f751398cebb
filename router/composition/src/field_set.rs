//! The selections inside `@key`, `@requires` and `@provides`

use crate::ast::{Name, Value};
use crate::syntax::parser::{Parser, SyntaxError};
use crate::syntax::print;

/// One selected thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    Field {
        name: Name,
        alias: Option<Name>,
        arguments: Vec<(Name, Value)>,
        inner: Vec<Selection>,
        has_directives: bool,
    },
    On {
        condition: Option<Name>,
        inner: Vec<Selection>,
        has_directives: bool,
    },
}

/// Parses `a b { c ... on T { d } }`, with or without outer braces.
pub(crate) fn parse(text: &str) -> Result<Vec<Selection>, SyntaxError> {
    use crate::syntax::parser::TokenKind;
    let mut parser = Parser::new(text)?;
    let braced = parser.take(b'{')?;
    let set = selections(&mut parser, braced)?;
    if braced {
        parser.expect(b'}')?;
    }
    if parser.kind() != TokenKind::End {
        return parser.fail("unexpected text after the selection");
    }
    if set.is_empty() {
        return parser.fail("the selection is empty");
    }
    Ok(set)
}

fn selections(parser: &mut Parser<'_>, braced: bool) -> Result<Vec<Selection>, SyntaxError> {
    use crate::syntax::parser::TokenKind;
    parser.enter()?;
    let mut out = Vec::new();
    loop {
        match parser.kind() {
            TokenKind::Spread => {
                parser.advance()?;
                let condition = match parser.kind() {
                    TokenKind::Name if parser.is_name("on") => {
                        parser.advance()?;
                        Some(parser.name()?)
                    }
                    TokenKind::Name => {
                        return parser.fail("named fragments have no place in a field selection");
                    }
                    _ => None,
                };
                let has_directives = !parser.directives(false, 0)?.is_empty();
                parser.expect(b'{')?;
                let inner = selections(parser, true)?;
                parser.expect(b'}')?;
                out.push(Selection::On {
                    condition,
                    inner,
                    has_directives,
                });
            }
            TokenKind::Name => {
                let mut name = parser.name()?;
                let mut alias = None;
                if parser.take(b':')? {
                    alias = Some(name);
                    name = parser.name()?;
                }
                let arguments = parser.arguments()?;
                let has_directives = !parser.directives(false, 0)?.is_empty();
                let inner = if parser.take(b'{')? {
                    let inner = selections(parser, true)?;
                    parser.expect(b'}')?;
                    inner
                } else {
                    Vec::new()
                };
                out.push(Selection::Field {
                    name,
                    alias,
                    arguments,
                    inner,
                    has_directives,
                });
            }
            _ => break,
        }
    }
    if braced && out.is_empty() {
        return parser.fail("a selection between braces is empty");
    }
    parser.leave();
    Ok(out)
}

/// Puts a selection in an order of its own, so that equal selections have equal text.
pub(crate) fn sort(selections: &mut [Selection]) {
    for selection in selections.iter_mut() {
        match selection {
            Selection::Field { inner, .. } | Selection::On { inner, .. } => sort(inner),
        }
    }
    selections.sort_by_cached_key(|selection| text(std::slice::from_ref(selection)));
}

/// The selection as text, in one line, single spaces.
pub(crate) fn text(selections: &[Selection]) -> String {
    let mut out = String::new();
    write(&mut out, selections);
    out
}

fn write(out: &mut String, selections: &[Selection]) {
    for (at, selection) in selections.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let inner = match selection {
            Selection::Field {
                name,
                alias,
                arguments,
                inner,
                ..
            } => {
                if let Some(alias) = alias {
                    out.push_str(alias);
                    out.push_str(": ");
                }
                out.push_str(name);
                for (at, (argument, value)) in arguments.iter().enumerate() {
                    out.push_str(if at == 0 { "(" } else { ", " });
                    out.push_str(argument);
                    out.push_str(": ");
                    print::value(out, value);
                }
                if !arguments.is_empty() {
                    out.push(')');
                }
                inner
            }
            Selection::On {
                condition, inner, ..
            } => {
                out.push_str("...");
                if let Some(condition) = condition {
                    out.push_str(" on ");
                    out.push_str(condition);
                }
                inner
            }
        };
        if !inner.is_empty() {
            out.push_str(" { ");
            write(out, inner);
            out.push_str(" }");
        }
    }
}
