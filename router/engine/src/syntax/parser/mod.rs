//! From text to a tree. Tokens are read by the guard's lexer, so what was counted is what is parsed; the guard has bounded
//! the depth that this recurses to.

mod executable;
mod extension;
mod reader;
mod type_system;
mod value;

use platform_guard::{Lexer, SdlLimits, TokenKind as Kind, check_sdl};

use super::{Directive, Type, Value, query, schema};
use reader::Reader;
pub use reader::SyntaxError;
use value::unquote;

/// Nesting of brackets in a schema, which is written by somebody that the operator trusts: its default values and lists.
const MAX_DEPTH: usize = 64;

/// Parses an executable document that the guard has let in.
pub(crate) fn parse_query(text: &str) -> Result<query::Document, SyntaxError> {
    let mut parser = Parser::new(text)?;
    let mut definitions = Vec::new();
    loop {
        definitions.push(parser.definition()?);
        if parser.reader.peek().is_none() {
            return Ok(query::Document { definitions });
        }
    }
}

/// Parses a document of type definitions and their extensions, of any length.
///
/// # Errors
/// Where it is no such document, or an extension extends nothing.
pub fn parse_schema(text: &str) -> Result<schema::Document, SyntaxError> {
    check_sdl(text, &limits())?;
    Parser::new(text)?.type_system()
}

/// Parses a selection in braces that is written in a schema.
pub(crate) fn parse_selection(text: &str) -> Result<query::SelectionSet, SyntaxError> {
    check_sdl(text, &limits())?;
    let mut parser = Parser::new(text)?;
    let set = parser.selection_set()?;
    match parser.reader.peek() {
        None => Ok(set),
        Some(_) => Err(parser.reader.expected("the end of the selection")),
    }
}

/// Whether one of a document's strings holds a text, however it is written.
pub(crate) fn says(text: &str, part: &str) -> bool {
    let Ok(mut lexer) = Lexer::new(text, usize::MAX, usize::MAX) else {
        return false;
    };
    while let Ok(Some(token)) = lexer.next() {
        if let Kind::String(string) = token.kind
            && unquote(string).contains(part)
        {
            return true;
        }
    }
    false
}

fn limits() -> SdlLimits {
    SdlLimits {
        bytes: usize::MAX,
        tokens: usize::MAX,
        depth: MAX_DEPTH,
        directives_per_location: usize::MAX,
    }
}

struct Parser<'a> {
    reader: Reader<'a>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, SyntaxError> {
        Ok(Self {
            reader: Reader::new(text)?,
        })
    }

    fn description(&mut self) -> Result<Option<String>, SyntaxError> {
        let Some(Kind::String(text)) = self.reader.peek() else {
            return Ok(None);
        };
        self.reader.step()?;
        Ok(Some(unquote(text)))
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
