//! Operations and fragments: a recogniser with its stack in its own hands.

use crate::expansion::{Definition, Expansion, Spread};
use crate::lexer::{Kind, Lexer, Token};
use crate::limits::Limits;
use crate::refusal::{Limit, Refusal};

/// What was counted in a document that is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Lexical tokens.
    pub tokens: usize,
    /// Operations.
    pub operations: usize,
    /// Fragment definitions.
    pub fragments: usize,
    /// Fields as written.
    pub fields: usize,
    /// Aliased fields as written.
    pub aliases: usize,
    /// Directives as written.
    pub directives: usize,
    /// Deepest nesting of selection sets, fragments expanded.
    pub selection_depth: usize,
    /// Deepest nesting of list and object literals and list types.
    pub literal_depth: usize,
    /// Fields, spreads and inline fragments of all operations, fragments expanded.
    pub expanded_selections: usize,
    /// Most fields at the root of one operation, fragments expanded.
    pub root_fields: usize,
}

/// Checks an executable document: every operation and fragment in it, used or not.
pub fn check(text: &str, limits: &Limits) -> Result<Stats, Refusal> {
    let mut reader = Reader {
        lexer: Lexer::new(text, limits.bytes, limits.tokens)?,
        limits,
        stats: Stats::default(),
        frames: Vec::with_capacity(16),
        selection_depth: 0,
        literal_depth: 0,
        definitions: Vec::new(),
        spreads: Vec::new(),
    };
    let mut top = Frame {
        place: Place::Document,
        expect: Expect::Definition,
        directives: 0,
    };
    while let Some(token) = reader.lexer.next()? {
        reader.take(&mut top, token)?;
    }
    if top.place != Place::Document || top.expect != Expect::Definition {
        return Err(reader
            .lexer
            .syntax("unexpected end of the document", text.len()));
    }
    let Reader {
        lexer,
        mut stats,
        definitions,
        spreads,
        ..
    } = reader;
    stats.tokens = lexer.tokens();
    Expansion::new(&lexer, limits, &definitions, &spreads)?.finish(&mut stats)?;
    Ok(stats)
}

/// Between which brackets a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Outside of all.
    Document,
    /// In a selection set; `root` if its fields are fields of the operation's or fragment's own type.
    Selection { root: bool },
    /// In the parentheses of arguments or variable definitions; `inner` if they are those of a directive on a variable.
    Arguments { inner: bool },
    /// In a list or object literal or a list type; holds the bracket that closes it.
    Literal { close: u8 },
}

/// What may come next at this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    // in the document
    Definition,
    /// After a description, which the short form of a query cannot have.
    Described,
    OperationName,
    OperationVariables,
    FragmentName,
    FragmentOn,
    FragmentType,
    DefinitionBody,
    // in a selection set
    Selection,
    /// After the first name of a selection: a colon makes it an alias.
    FieldColon,
    FieldName,
    FieldArguments,
    FieldDirectives,
    SpreadTarget,
    TypeCondition,
    InlineBody,
    SpreadDirectives,
    // in both, after `@`; what comes after the directive's arguments is kept
    DirectiveName(After),
    DirectiveArguments(After),
    // in arguments and literals
    Value,
    ValueDirectiveName,
}

/// What a directive is attached to, hence what may follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Definition,
    Field,
    Inline,
    Spread,
}

impl After {
    fn expect(self) -> Expect {
        match self {
            Self::Definition => Expect::DefinitionBody,
            Self::Field => Expect::FieldDirectives,
            Self::Inline => Expect::InlineBody,
            Self::Spread => Expect::SpreadDirectives,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    place: Place,
    expect: Expect,
    /// Directives seen in a row.
    directives: usize,
}

struct Reader<'a, 'l> {
    lexer: Lexer<'a>,
    limits: &'l Limits,
    stats: Stats,
    /// The places around the current one; bounded by the depth limits, as every push is checked first.
    frames: Vec<Frame>,
    selection_depth: usize,
    literal_depth: usize,
    definitions: Vec<Definition<'a>>,
    spreads: Vec<Spread<'a>>,
}

impl<'a> Reader<'a, '_> {
    fn take(&mut self, top: &mut Frame, token: Token<'a>) -> Result<(), Refusal> {
        match top.place {
            Place::Document => self.in_document(top, token),
            Place::Selection { root } => self.in_selection(top, token, root),
            Place::Arguments { inner } => self.in_arguments(top, token, inner),
            Place::Literal { close } => self.in_literal(top, token, close),
        }
    }

    fn in_document(&mut self, top: &mut Frame, token: Token<'a>) -> Result<(), Refusal> {
        use Expect as E;
        use Kind::{Name, Punctuator};
        match (top.expect, token.kind) {
            (E::Definition, Kind::String(_)) => top.expect = E::Described,
            (E::Definition | E::Described, Name("query" | "mutation" | "subscription")) => {
                self.define(None, token.at)?;
                top.expect = E::OperationName;
            }
            (E::Definition | E::Described, Name("fragment")) => top.expect = E::FragmentName,
            (E::Definition, Punctuator(b'{')) => {
                self.define(None, token.at)?;
                self.open_selection(top, token.at, true)?;
            }
            (E::OperationName, Name(_)) => top.expect = E::OperationVariables,
            (E::OperationName | E::OperationVariables, Punctuator(b'(')) => {
                top.expect = E::DefinitionBody;
                self.open_arguments(top, false);
            }
            (E::OperationName | E::OperationVariables | E::DefinitionBody, Punctuator(b'{')) => {
                self.open_selection(top, token.at, true)?;
            }
            (E::OperationName | E::OperationVariables | E::DefinitionBody, Punctuator(b'@')) => {
                self.directive(top, token.at)?;
                top.expect = E::DirectiveName(After::Definition);
            }
            (E::FragmentName, Name(name)) if name != "on" => {
                self.define(Some(name), token.at)?;
                top.expect = E::FragmentOn;
            }
            (E::FragmentOn, Name("on")) => top.expect = E::FragmentType,
            (E::FragmentType, Name(_)) => top.expect = E::DefinitionBody,
            (E::DirectiveName(after), Name(_)) => top.expect = E::DirectiveArguments(after),
            (E::DirectiveArguments(after), Punctuator(b'(')) => {
                top.expect = after.expect();
                self.open_arguments(top, false);
            }
            (E::DirectiveArguments(after), _) => {
                top.expect = after.expect();
                return self.in_document(top, token);
            }
            _ => {
                return Err(self
                    .lexer
                    .syntax("unexpected token outside of a definition", token.at));
            }
        }
        Ok(())
    }

    fn in_selection(
        &mut self,
        top: &mut Frame,
        token: Token<'a>,
        root: bool,
    ) -> Result<(), Refusal> {
        use Expect as E;
        use Kind::{Name, Punctuator};
        match (top.expect, token.kind) {
            // A directive without arguments: the token is what follows it.
            (E::DirectiveArguments(after), kind) if kind != Punctuator(b'(') => {
                top.expect = after.expect();
                return self.in_selection(top, token, root);
            }
            (E::DirectiveArguments(after), _) => {
                top.expect = after.expect();
                self.open_arguments(top, false);
            }
            (E::DirectiveName(after), Name(_)) => top.expect = E::DirectiveArguments(after),

            (E::FieldColon, Punctuator(b':')) => {
                self.stats.aliases += 1;
                self.within(
                    Limit::Aliases,
                    self.limits.aliases,
                    self.stats.aliases,
                    token.at,
                )?;
                top.expect = E::FieldName;
            }
            (E::FieldName, Name(_)) => top.expect = E::FieldArguments,
            (E::FieldColon | E::FieldArguments, Punctuator(b'(')) => {
                top.expect = E::FieldDirectives;
                self.open_arguments(top, false);
            }
            (E::FieldColon | E::FieldArguments | E::FieldDirectives, Punctuator(b'@')) => {
                self.directive(top, token.at)?;
                top.expect = E::DirectiveName(After::Field);
            }
            (E::FieldColon | E::FieldArguments | E::FieldDirectives, Punctuator(b'{')) => {
                top.expect = E::Selection;
                self.open_selection(top, token.at, false)?;
            }

            (E::SpreadTarget, Name("on")) => top.expect = E::TypeCondition,
            (E::SpreadTarget, Name(name)) => {
                let definition = self.definitions.len() - 1;
                self.spreads.push(Spread {
                    name,
                    definition,
                    depth: self.selection_depth,
                    root,
                });
                self.definitions[definition].spreads += 1;
                top.expect = E::SpreadDirectives;
            }
            (E::TypeCondition, Name(_)) => top.expect = E::InlineBody,
            (E::SpreadTarget | E::InlineBody, Punctuator(b'@')) => {
                self.directive(top, token.at)?;
                top.expect = E::DirectiveName(After::Inline);
            }
            (E::SpreadTarget | E::InlineBody, Punctuator(b'{')) => {
                top.expect = E::Selection;
                self.open_selection(top, token.at, root)?;
            }
            (E::SpreadDirectives, Punctuator(b'@')) => {
                self.directive(top, token.at)?;
                top.expect = E::DirectiveName(After::Spread);
            }

            (
                E::Selection
                | E::FieldColon
                | E::FieldArguments
                | E::FieldDirectives
                | E::SpreadDirectives,
                Name(_) | Kind::Spread,
            ) => {
                top.directives = 0;
                let definition = self.definitions.len() - 1;
                self.definitions[definition].selections += 1;
                if let Name(_) = token.kind {
                    self.stats.fields += 1;
                    self.definitions[definition].root_fields += usize::from(root);
                    top.expect = E::FieldColon;
                } else {
                    top.expect = E::SpreadTarget;
                }
            }
            (
                E::FieldColon
                | E::FieldArguments
                | E::FieldDirectives
                | E::SpreadDirectives
                | E::Selection,
                Punctuator(b'}'),
            ) => {
                self.selection_depth -= 1;
                self.close(top);
                if top.place == Place::Document {
                    top.expect = E::Definition;
                }
            }
            _ => {
                return Err(self
                    .lexer
                    .syntax("unexpected token in a selection", token.at));
            }
        }
        Ok(())
    }

    /// In arguments only brackets, directives and strings are followed: what else is wrong there is for the parser.
    fn in_arguments(
        &mut self,
        top: &mut Frame,
        token: Token<'a>,
        inner: bool,
    ) -> Result<(), Refusal> {
        use Kind::{Name, Punctuator};
        match (top.expect, token.kind) {
            (Expect::ValueDirectiveName, Name(_)) => {
                top.expect = Expect::DirectiveArguments(After::Field);
            }
            (Expect::ValueDirectiveName, _) => {
                return Err(self.lexer.syntax("a name must follow @", token.at));
            }
            (Expect::DirectiveArguments(_), Punctuator(b'(')) => {
                top.expect = Expect::Value;
                self.open_arguments(top, true);
            }
            (_, Punctuator(b'@')) if !inner => {
                self.directive(top, token.at)?;
                top.expect = Expect::ValueDirectiveName;
            }
            (_, Punctuator(b')')) => self.close(top),
            (_, kind) => {
                top.expect = Expect::Value;
                top.directives = 0;
                self.open_literal(top, kind, token.at)?;
            }
        }
        Ok(())
    }

    fn in_literal(&mut self, top: &mut Frame, token: Token<'a>, close: u8) -> Result<(), Refusal> {
        if token.kind == Kind::Punctuator(close) {
            self.literal_depth -= 1;
            self.close(top);
            return Ok(());
        }
        self.open_literal(top, token.kind, token.at)
    }

    fn open_literal(&mut self, top: &mut Frame, kind: Kind<'a>, at: usize) -> Result<(), Refusal> {
        let close = match kind {
            Kind::Punctuator(b'{') => b'}',
            Kind::Punctuator(b'[') => b']',
            Kind::Punctuator(b'$' | b':' | b'=' | b'!')
            | Kind::Name(_)
            | Kind::Number(_)
            | Kind::String(_) => return Ok(()),
            Kind::Punctuator(_) | Kind::Spread => {
                return Err(self.lexer.syntax("unexpected token in a value", at));
            }
        };
        self.literal_depth += 1;
        self.stats.literal_depth = self.stats.literal_depth.max(self.literal_depth);
        self.within(
            Limit::LiteralDepth,
            self.limits.literal_depth,
            self.literal_depth,
            at,
        )?;
        self.open(top, Place::Literal { close }, Expect::Value);
        Ok(())
    }

    fn open_arguments(&mut self, top: &mut Frame, inner: bool) {
        self.open(top, Place::Arguments { inner }, Expect::Value);
    }

    fn open_selection(&mut self, top: &mut Frame, at: usize, root: bool) -> Result<(), Refusal> {
        self.selection_depth += 1;
        self.within(
            Limit::SelectionDepth,
            self.limits.selection_depth,
            self.selection_depth,
            at,
        )?;
        if let Some(definition) = self.definitions.last_mut() {
            definition.depth = definition.depth.max(self.selection_depth);
        }
        top.directives = 0;
        self.open(top, Place::Selection { root }, Expect::Selection);
        Ok(())
    }

    fn open(&mut self, top: &mut Frame, place: Place, expect: Expect) {
        self.frames.push(std::mem::replace(
            top,
            Frame {
                place,
                expect,
                directives: 0,
            },
        ));
    }

    fn close(&mut self, top: &mut Frame) {
        // invariant: only the document frame has none around it, and no bracket closes that one
        if let Some(outer) = self.frames.pop() {
            *top = outer;
        }
    }

    fn define(&mut self, fragment: Option<&'a str>, at: usize) -> Result<(), Refusal> {
        let (limit, allowed, seen) = if fragment.is_some() {
            self.stats.fragments += 1;
            (
                Limit::Fragments,
                self.limits.fragments,
                self.stats.fragments,
            )
        } else {
            self.stats.operations += 1;
            (
                Limit::Operations,
                self.limits.operations,
                self.stats.operations,
            )
        };
        self.within(limit, allowed, seen, at)?;
        self.definitions
            .push(Definition::new(fragment, at, self.spreads.len()));
        Ok(())
    }

    fn directive(&mut self, top: &mut Frame, at: usize) -> Result<(), Refusal> {
        self.stats.directives += 1;
        top.directives += 1;
        self.within(
            Limit::DirectivesPerLocation,
            self.limits.directives_per_location,
            top.directives,
            at,
        )?;
        self.within(
            Limit::Directives,
            self.limits.directives,
            self.stats.directives,
            at,
        )
    }

    fn within(&self, limit: Limit, allowed: usize, seen: usize, at: usize) -> Result<(), Refusal> {
        if seen > allowed {
            Err(self.lexer.limit(limit, allowed, seen, at))
        } else {
            Ok(())
        }
    }
}
