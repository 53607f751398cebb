//! SDL to [`Document`]: one pass, bounded nesting, definitions and extensions folded together

mod types;
mod values;

use crate::ast::HashSet;
use std::sync::Arc;

use super::lexer::{LexError, Lexer, Token, dedent, unescape};
use crate::ast::{Directive, DirectiveDef, Kind, Listed, Map, Name, Root, TypeDef};

/// Values, types and selections nested deeper than this are refused: no schema of people needs
/// it, and the recursion of every later step is bounded by it.
pub(crate) const MAX_DEPTH: usize = 48;
/// A schema longer than this is refused.
pub(crate) const MAX_BYTES: usize = 32 << 20;

/// A syntax or duplicate-definition error.
#[derive(Clone, Debug)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    pub(crate) at: u32,
}

impl From<LexError> for SyntaxError {
    fn from(error: LexError) -> Self {
        Self {
            message: error.message,
            at: error.at,
        }
    }
}

/// A parsed schema document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    pub(crate) schema_description: Option<Arc<str>>,
    pub(crate) schema_directives: Vec<Directive>,
    pub(crate) schema_defined: bool,
    pub(crate) roots: Vec<(Root, Listed)>,
    pub(crate) types: Map<TypeDef>,
    pub(crate) directives: Map<DirectiveDef>,
    /// Errors that leave the rest of the document usable: duplicates, wrong extension kinds.
    pub(crate) faults: Vec<SyntaxError>,
}

/// Parses a whole schema document.
pub(crate) fn parse_schema(text: &str) -> Result<Document, SyntaxError> {
    if text.len() > MAX_BYTES {
        return Err(SyntaxError {
            message: format!("the schema is longer than {MAX_BYTES} bytes"),
            at: 0,
        });
    }
    let mut parser = Parser::new(text)?;
    let mut document = Document::default();
    while parser.token != Token::End {
        parser.definition(&mut document)?;
    }
    Ok(document)
}

/// The kinds of tokens that tell selections apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    End,
    Spread,
    Name,
    Other,
}

pub(crate) struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token<'a>,
    at: u32,
    names: HashSet<Name>,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str) -> Result<Self, SyntaxError> {
        let mut lexer = Lexer::new(text);
        let (token, at) = lexer.next()?;
        Ok(Self {
            lexer,
            token,
            at,
            names: HashSet::default(),
            depth: 0,
        })
    }

    pub(crate) fn advance(&mut self) -> Result<(), SyntaxError> {
        (self.token, self.at) = self.lexer.next()?;
        Ok(())
    }

    pub(crate) fn fail<T>(&self, message: impl Into<String>) -> Result<T, SyntaxError> {
        Err(SyntaxError {
            message: message.into(),
            at: self.at,
        })
    }

    fn unexpected<T>(&self, wanted: &str) -> Result<T, SyntaxError> {
        let found = match self.token {
            Token::End => "the end of the document".to_owned(),
            Token::Punct(byte) => format!("`{}`", byte as char),
            Token::Spread => "`...`".to_owned(),
            Token::Name(name) => format!("`{name}`"),
            Token::Int(text) | Token::Float(text) => format!("`{text}`"),
            Token::Text(_) | Token::Block(_) => "a string".to_owned(),
        };
        self.fail(format!("expected {wanted}, found {found}"))
    }

    /// What kind of token is next.
    pub(crate) fn kind(&self) -> TokenKind {
        match self.token {
            Token::End => TokenKind::End,
            Token::Spread => TokenKind::Spread,
            Token::Name(_) => TokenKind::Name,
            _ => TokenKind::Other,
        }
    }

    /// Is the next token this name?
    pub(crate) fn is_name(&self, name: &str) -> bool {
        self.token == Token::Name(name)
    }

    pub(crate) fn is(&self, punct: u8) -> bool {
        self.token == Token::Punct(punct)
    }

    pub(crate) fn take(&mut self, punct: u8) -> Result<bool, SyntaxError> {
        let hit = self.is(punct);
        if hit {
            self.advance()?;
        }
        Ok(hit)
    }

    pub(crate) fn expect(&mut self, punct: u8) -> Result<(), SyntaxError> {
        if self.take(punct)? {
            Ok(())
        } else {
            self.unexpected(&format!("`{}`", punct as char))
        }
    }

    pub(crate) fn enter(&mut self) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    fn intern(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name = Name::from(text);
        self.names.insert(name.clone());
        name
    }

    pub(crate) fn name(&mut self) -> Result<Name, SyntaxError> {
        let Token::Name(text) = self.token else {
            return self.unexpected("a name");
        };
        self.advance()?;
        Ok(self.intern(text))
    }

    fn keyword(&mut self, keyword: &str) -> Result<bool, SyntaxError> {
        let hit = self.token == Token::Name(keyword);
        if hit {
            self.advance()?;
        }
        Ok(hit)
    }

    fn text(&mut self) -> Result<Option<Arc<str>>, SyntaxError> {
        let text: Arc<str> = match self.token {
            Token::Text(raw) => match unescape(raw) {
                Some(text) => Arc::from(&*text),
                None => return self.fail("unknown escape in a string"),
            },
            Token::Block(raw) => Arc::from(dedent(raw)),
            _ => return Ok(None),
        };
        self.advance()?;
        Ok(Some(text))
    }

    fn definition(&mut self, document: &mut Document) -> Result<(), SyntaxError> {
        let description = self.text()?;
        let described_at = self.at;
        let extension = self.keyword("extend")?;
        if extension && description.is_some() {
            return Err(SyntaxError {
                message: "an extension has no description".to_owned(),
                at: described_at,
            });
        }
        let Token::Name(keyword) = self.token else {
            return self.unexpected("a definition");
        };
        let kind = match keyword {
            "schema" => return self.schema(document, description, extension),
            "directive" if !extension => return self.directive_definition(document, description),
            "scalar" => Kind::Scalar,
            "type" => Kind::Object,
            "interface" => Kind::Interface,
            "union" => Kind::Union,
            "enum" => Kind::Enum,
            "input" => Kind::InputObject,
            _ => return self.unexpected("a type system definition"),
        };
        self.advance()?;
        self.type_definition(document, kind, description, extension)
    }

    fn schema(
        &mut self,
        document: &mut Document,
        description: Option<Arc<str>>,
        extension: bool,
    ) -> Result<(), SyntaxError> {
        let at = self.at;
        self.advance()?;
        if !extension {
            if document.schema_defined {
                document.faults.push(SyntaxError {
                    message: "there can be only one schema definition".to_owned(),
                    at,
                });
            }
            document.schema_defined = true;
            document.schema_description = description;
        }
        let directives = self.directives(extension, 0)?;
        let bare = directives.is_empty();
        document.schema_directives.extend(directives);
        if self.take(b'{')? {
            while !self.is(b'}') {
                let root = match self.token {
                    Token::Name("query") => Root::Query,
                    Token::Name("mutation") => Root::Mutation,
                    Token::Name("subscription") => Root::Subscription,
                    _ => return self.unexpected("`query`, `mutation` or `subscription`"),
                };
                self.advance()?;
                self.expect(b':')?;
                let at = self.at;
                let name = self.name()?;
                if document.roots.iter().any(|(other, _)| *other == root) {
                    let message =
                        format!("there can be only one {} type in schema", root.keyword());
                    document.faults.push(SyntaxError { message, at });
                }
                document.roots.push((root, Listed { name, at }));
            }
            self.advance()?;
        } else if bare {
            return self.unexpected("directives or root types of the schema");
        }
        Ok(())
    }

    fn directive_definition(
        &mut self,
        document: &mut Document,
        description: Option<Arc<str>>,
    ) -> Result<(), SyntaxError> {
        self.advance()?;
        self.expect(b'@')?;
        let at = self.at;
        let name = self.name()?;
        let arguments = if self.take(b'(')? {
            self.input_values(b')', false, 0)?
        } else {
            Vec::new()
        };
        let repeatable = self.keyword("repeatable")?;
        if !self.keyword("on")? {
            return self.unexpected("`on`");
        }
        self.take(b'|')?;
        let mut locations = vec![self.name()?];
        while self.take(b'|')? {
            locations.push(self.name()?);
        }
        let definition = DirectiveDef {
            name: name.clone(),
            description,
            arguments,
            repeatable,
            locations,
            at,
        };
        if document.directives.contains_key(&name) {
            let message = format!("there can be only one directive named \"@{name}\"");
            document.faults.push(SyntaxError { message, at });
        } else {
            document.directives.insert(name, definition);
        }
        Ok(())
    }
}
