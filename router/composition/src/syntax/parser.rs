//! SDL to [`Document`]: one pass, bounded nesting, definitions and extensions folded together

use crate::ast::HashSet;
use std::sync::Arc;

use super::lexer::{LexError, Lexer, Token, dedent, unescape};
use crate::ast::{
    Directive, DirectiveDef, EnumValue, Facts, Field, Kind, Known, Listed, Map, Name, Root,
    TypeDef, TypeRef, Value,
};

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

    fn input_values(
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

    fn type_definition(
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

    fn field(&mut self, of_extension: bool, part: u16) -> Result<Field, SyntaxError> {
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
