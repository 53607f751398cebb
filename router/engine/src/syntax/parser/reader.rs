//! Tokens one by one, with their places.

use platform_guard::{Lexer, Refusal, Token, TokenKind as Kind};

use crate::syntax::Pos;

/// Why a text is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}: {message}", at.line, at.column)]
pub struct SyntaxError {
    /// What is wrong, for people.
    pub message: String,
    /// Where.
    pub at: Pos,
}

impl From<Refusal> for SyntaxError {
    fn from(refusal: Refusal) -> Self {
        let at = refusal.position();
        Self {
            message: refusal.to_string(),
            at: Pos {
                line: at.line,
                column: at.column,
            },
        }
    }
}

/// Reads one token ahead.
pub(super) struct Reader<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    next: Option<Token<'a>>,
    /// The place of `next`, or of the end.
    place: Pos,
    /// The offset that `place` is for.
    placed: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, SyntaxError> {
        let mut reader = Self {
            text,
            // the guard has counted both
            lexer: Lexer::new(text, usize::MAX, usize::MAX)?,
            next: None,
            place: Pos { line: 1, column: 1 },
            placed: 0,
        };
        reader.step()?;
        Ok(reader)
    }

    /// The token to come; none at the end.
    pub(super) fn peek(&self) -> Option<Kind<'a>> {
        self.next.map(|token| token.kind)
    }

    /// Where the token to come begins.
    pub(super) fn place(&self) -> Pos {
        self.place
    }

    /// Goes on to the token behind the one to come.
    pub(super) fn step(&mut self) -> Result<(), SyntaxError> {
        self.next = self.lexer.next()?;
        let to = self.next.map_or(self.text.len(), |token| token.at);
        let bytes = self.text.as_bytes();
        for at in self.placed..to {
            match bytes[at] {
                b'\r' if bytes.get(at + 1) == Some(&b'\n') => {}
                b'\n' | b'\r' => {
                    self.place.line += 1;
                    self.place.column = 1;
                }
                // continuation bytes of UTF-8 are no characters of their own
                byte if byte & 0xc0 != 0x80 => self.place.column += 1,
                _ => {}
            }
        }
        self.placed = to;
        Ok(())
    }

    /// Steps over a punctuator if it comes next.
    pub(super) fn takes(&mut self, punctuator: u8) -> Result<bool, SyntaxError> {
        let is_next = self.peek() == Some(Kind::Punctuator(punctuator));
        if is_next {
            self.step()?;
        }
        Ok(is_next)
    }

    pub(super) fn expect(&mut self, punctuator: u8, what: &str) -> Result<(), SyntaxError> {
        match self.takes(punctuator)? {
            true => Ok(()),
            false => Err(self.expected(what)),
        }
    }

    pub(super) fn name(&mut self, what: &str) -> Result<String, SyntaxError> {
        match self.peek() {
            Some(Kind::Name(name)) => {
                self.step()?;
                Ok(name.to_owned())
            }
            _ => Err(self.expected(what)),
        }
    }

    /// The error that says what should come next, and what does.
    pub(super) fn expected(&self, what: &str) -> SyntaxError {
        let found = match self.peek() {
            None => "the end of the document".to_owned(),
            Some(Kind::Punctuator(byte)) => format!("`{}`", char::from(byte)),
            Some(Kind::Spread) => "`...`".to_owned(),
            Some(Kind::Name(name)) => format!("`{name}`"),
            Some(Kind::Number(number)) => format!("the number {number}"),
            Some(Kind::String(_)) => "a string".to_owned(),
        };
        self.error(format!("syntax error: expected {what}, found {found}"))
    }

    pub(super) fn error(&self, message: String) -> SyntaxError {
        SyntaxError {
            message,
            at: self.place,
        }
    }
}
