//! Lexical tokens of GraphQL (specification, appendix B.1 and B.2), over bytes.

use crate::refusal::{Limit, Position, Refusal};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// One of `! $ & ( ) : = @ [ ] { | }`.
    Punctuator(u8),
    /// `...`
    Spread,
    /// A name or keyword.
    Name(&'a str),
    /// An integer or float, as it is written.
    Number(&'a str),
    /// A string or block string, with its quotes and escapes.
    String(&'a str),
}

/// A token and the offset of its first byte.
#[derive(Debug, Clone, Copy)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind<'a>,
    /// Bytes of the text before it.
    pub at: usize,
}

/// Reads tokens one by one, refusing what is none and more of them than allowed.
#[derive(Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: usize,
    allowed: usize,
}

impl<'a> Lexer<'a> {
    /// A lexer over a text of at most `bytes` that gives at most `tokens`.
    ///
    /// # Errors
    /// When the text is longer.
    pub fn new(text: &'a str, bytes: usize, tokens: usize) -> Result<Self, Refusal> {
        let lexer = Self {
            text,
            at: 0,
            tokens: 0,
            allowed: tokens,
        };
        if text.len() > bytes {
            // The position is given without reading what is too long to read.
            let at = Position {
                line: 1,
                column: 1,
                offset: 0,
            };
            return Err(Refusal::Limit {
                limit: Limit::Bytes,
                allowed: bytes,
                seen: text.len(),
                at,
            });
        }
        Ok(lexer)
    }

    /// How many tokens were given so far.
    pub(crate) fn tokens(&self) -> usize {
        self.tokens
    }

    /// A refusal of what stands at `at`.
    pub(crate) fn syntax(&self, problem: &'static str, at: usize) -> Refusal {
        Refusal::Syntax {
            problem,
            at: self.position(at),
        }
    }

    /// A refusal because of `seen` of something at `at`.
    pub(crate) fn limit(&self, limit: Limit, allowed: usize, seen: usize, at: usize) -> Refusal {
        Refusal::Limit {
            limit,
            allowed,
            seen,
            at: self.position(at),
        }
    }

    pub(crate) fn position(&self, at: usize) -> Position {
        Position::of(self.text.as_bytes(), at)
    }

    /// The next token, or `None` at the end.
    ///
    /// # Errors
    /// When what comes next is no token, or one too many.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator would go on after an error"
    )]
    pub fn next(&mut self) -> Result<Option<Token<'a>>, Refusal> {
        self.skip_ignored()?;
        let at = self.at;
        let Some(first) = self.peek(0) else {
            return Ok(None);
        };
        self.tokens += 1;
        if self.tokens > self.allowed {
            return Err(self.limit(Limit::Tokens, self.allowed, self.tokens, at));
        }
        let kind = match first {
            b'!' | b'$' | b'&' | b'(' | b')' | b':' | b'=' | b'@' | b'[' | b']' | b'{' | b'|'
            | b'}' => {
                self.at += 1;
                Kind::Punctuator(first)
            }
            b'.' if self.text[at..].starts_with("...") => {
                self.at += 3;
                Kind::Spread
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => self.name(),
            b'-' | b'0'..=b'9' => self.number()?,
            b'"' if self.text[at..].starts_with("\"\"\"") => self.block_string()?,
            b'"' => self.string()?,
            _ => return Err(self.syntax("unexpected character", at)),
        };
        Ok(Some(Token { kind, at }))
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn skip_ignored(&mut self) -> Result<(), Refusal> {
        // The byte order mark is ignored at the very start only: parsers differ about it elsewhere.
        if self.at == 0 && self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => self.at += 1,
                b'#' => {
                    while let Some(byte) =
                        self.peek(0).filter(|byte| !matches!(byte, b'\n' | b'\r'))
                    {
                        self.refuse_control(byte)?;
                        self.at += 1;
                    }
                }
                _ => break,
            }
        }
        Ok(())
    }

    /// Control characters are refused everywhere: a NUL ends the text for some readers and not for others.
    fn refuse_control(&self, byte: u8) -> Result<(), Refusal> {
        match byte {
            b'\t' | b'\n' | b'\r' => Ok(()),
            0..=0x1f | 0x7f => Err(self.syntax("control character", self.at)),
            _ => Ok(()),
        }
    }

    fn name(&mut self) -> Kind<'a> {
        let start = self.at;
        while self
            .peek(0)
            .is_some_and(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
        {
            self.at += 1;
        }
        Kind::Name(&self.text[start..self.at])
    }

    fn number(&mut self) -> Result<Kind<'a>, Refusal> {
        let start = self.at;
        if self.peek(0) == Some(b'-') {
            self.at += 1;
        }
        let integer = self.digits();
        if integer == 0 {
            return Err(self.syntax("a digit must follow the sign", start));
        }
        if integer > 1 && self.text.as_bytes()[self.at - integer] == b'0' {
            return Err(self.syntax("number with a leading zero", start));
        }
        if self.peek(0) == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.syntax("a digit must follow the decimal point", start));
            }
        }
        if matches!(self.peek(0), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(0), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.syntax("a digit must follow the exponent", start));
            }
        }
        // Specification 2.9.1: without this, `0xF` and `1.2.3` would be two tokens to some readers.
        match self.peek(0) {
            Some(b'.' | b'_' | b'a'..=b'z' | b'A'..=b'Z') => {
                Err(self.syntax("number runs into a name", start))
            }
            _ => Ok(Kind::Number(&self.text[start..self.at])),
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Result<Kind<'a>, Refusal> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek(0) {
                None | Some(b'\n' | b'\r') => return Err(self.syntax("unterminated string", start)),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Kind::String(&self.text[start..self.at]));
                }
                Some(b'\\') => self.escape()?,
                Some(byte) => {
                    self.refuse_control(byte)?;
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self) -> Result<(), Refusal> {
        match self.peek(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => {
                let start = self.at;
                self.at += 2;
                match self.code_point() {
                    Some(0xd800..=0xdbff)
                        if self.peek(0) == Some(b'\\') && self.peek(1) == Some(b'u') =>
                    {
                        self.at += 2;
                        match self.code_point() {
                            Some(0xdc00..=0xdfff) => Ok(()),
                            _ => Err(self.syntax("half a surrogate pair", start)),
                        }
                    }
                    Some(code) if char::from_u32(code).is_some() => Ok(()),
                    Some(_) => Err(self.syntax("escape of no character", start)),
                    None => Err(self.syntax("malformed unicode escape", start)),
                }
            }
            _ => Err(self.syntax("unknown escape", self.at)),
        }
    }

    /// The digits after `\u`: four of them, or up to six in braces.
    fn code_point(&mut self) -> Option<u32> {
        let braced = self.peek(0) == Some(b'{');
        let start = self.at + usize::from(braced);
        let most = if braced { 6 } else { 4 };
        let rest = self.text.as_bytes().get(start..)?;
        let digits = rest
            .iter()
            .take(most)
            .take_while(|byte| byte.is_ascii_hexdigit())
            .count();
        if braced && (digits == 0 || rest.get(digits) != Some(&b'}')) || !braced && digits != 4 {
            return None;
        }
        self.at = start + digits + usize::from(braced);
        u32::from_str_radix(&self.text[start..start + digits], 16).ok()
    }

    fn block_string(&mut self) -> Result<Kind<'a>, Refusal> {
        let start = self.at;
        self.at += 3;
        loop {
            match self.peek(0) {
                None => return Err(self.syntax("unterminated block string", start)),
                Some(b'"') if self.quotes_at(0) => {
                    self.at += 3;
                    return Ok(Kind::String(&self.text[start..self.at]));
                }
                Some(b'\\') if self.quotes_at(1) => self.at += 4,
                Some(byte) => {
                    self.refuse_control(byte)?;
                    self.at += 1;
                }
            }
        }
    }

    fn quotes_at(&self, ahead: usize) -> bool {
        self.text
            .as_bytes()
            .get(self.at + ahead..)
            .is_some_and(|rest| rest.starts_with(b"\"\"\""))
    }
}
