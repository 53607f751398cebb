//! Text to tokens, without copying

use std::borrow::Cow;

/// A token and the byte offset at which it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    End,
    Punct(u8),
    Spread,
    Name(&'a str),
    Int(&'a str),
    Float(&'a str),
    /// Content between the quotes, escapes unresolved.
    Text(&'a str),
    /// Content between the triple quotes, indentation unresolved.
    Block(&'a str),
}

/// What stopped the lexer, and where.
#[derive(Clone, Debug)]
pub(crate) struct LexError {
    pub(crate) message: String,
    pub(crate) at: u32,
}

pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { text, at }
    }

    fn fail<T>(&self, at: usize, message: impl Into<String>) -> Result<T, LexError> {
        Err(LexError {
            message: message.into(),
            at: at as u32,
        })
    }

    pub(crate) fn next(&mut self) -> Result<(Token<'a>, u32), LexError> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r' | b',') => self.at += 1,
                Some(b'#') => {
                    while !matches!(bytes.get(self.at), None | Some(b'\n' | b'\r')) {
                        self.at += 1;
                    }
                }
                Some(0xef) if bytes[self.at..].starts_with(&[0xef, 0xbb, 0xbf]) => self.at += 3,
                _ => break,
            }
        }
        let start = self.at;
        let token = match bytes.get(start) {
            None => Token::End,
            Some(b'_' | b'a'..=b'z' | b'A'..=b'Z') => {
                while matches!(
                    bytes.get(self.at),
                    Some(b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9')
                ) {
                    self.at += 1;
                }
                Token::Name(&self.text[start..self.at])
            }
            Some(
                byte @ (b'{' | b'}' | b'(' | b')' | b'[' | b']' | b':' | b'=' | b'!' | b'|' | b'&'
                | b'@' | b'$'),
            ) => {
                self.at += 1;
                Token::Punct(*byte)
            }
            Some(b'.') => {
                if bytes[start..].starts_with(b"...") {
                    self.at += 3;
                    Token::Spread
                } else {
                    return self.fail(start, "unexpected `.`");
                }
            }
            Some(b'-' | b'0'..=b'9') => self.number(start)?,
            Some(b'"') => self.string(start)?,
            Some(_) => {
                let found = self.text[start..].chars().next().unwrap_or('\u{fffd}');
                return self.fail(start, format!("unexpected character {found:?}"));
            }
        };
        Ok((token, start as u32))
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while matches!(self.text.as_bytes().get(self.at), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - from
    }

    fn number(&mut self, start: usize) -> Result<Token<'a>, LexError> {
        let bytes = self.text.as_bytes();
        if bytes[start] == b'-' {
            self.at += 1;
        }
        let first = self.at;
        let count = self.digits();
        if count == 0 || (count > 1 && bytes[first] == b'0') {
            return self.fail(start, "malformed number");
        }
        let mut float = false;
        if bytes.get(self.at) == Some(&b'.') {
            float = true;
            self.at += 1;
            if self.digits() == 0 {
                return self.fail(start, "malformed number");
            }
        }
        if matches!(bytes.get(self.at), Some(b'e' | b'E')) {
            float = true;
            self.at += 1;
            if matches!(bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return self.fail(start, "malformed number");
            }
        }
        if matches!(
            bytes.get(self.at),
            Some(b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'.')
        ) {
            return self.fail(start, "malformed number");
        }
        let text = &self.text[start..self.at];
        Ok(if float {
            Token::Float(text)
        } else {
            Token::Int(text)
        })
    }

    fn string(&mut self, start: usize) -> Result<Token<'a>, LexError> {
        let bytes = self.text.as_bytes();
        if bytes[start..].starts_with(b"\"\"\"") {
            self.at += 3;
            let from = self.at;
            loop {
                match bytes.get(self.at) {
                    None => return self.fail(start, "unterminated block string"),
                    Some(b'\\') if bytes[self.at..].starts_with(b"\\\"\"\"") => self.at += 4,
                    Some(b'"') if bytes[self.at..].starts_with(b"\"\"\"") => {
                        let content = &self.text[from..self.at];
                        self.at += 3;
                        return Ok(Token::Block(content));
                    }
                    Some(_) => self.at += 1,
                }
            }
        }
        self.at += 1;
        let from = self.at;
        loop {
            match bytes.get(self.at) {
                None | Some(b'\n' | b'\r') => return self.fail(start, "unterminated string"),
                Some(b'\\') => self.at += 2,
                Some(b'"') => {
                    let content = &self.text[from..self.at];
                    self.at += 1;
                    return Ok(Token::Text(content));
                }
                Some(_) => self.at += 1,
            }
        }
    }
}

/// Resolves the escapes of a quoted string. `None` for an escape that GraphQL doesn't know.
pub(crate) fn unescape(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.contains('\\') {
        return Some(Cow::Borrowed(raw));
    }
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            c @ ('"' | '\\' | '/') => out.push(c),
            'u' => {
                let first = hex(&mut chars)?;
                let code = if (0xd800..0xdc00).contains(&first) {
                    if chars.next()? != '\\' || chars.next()? != 'u' {
                        return None;
                    }
                    let second = hex(&mut chars)?;
                    if !(0xdc00..0xe000).contains(&second) {
                        return None;
                    }
                    0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                } else {
                    first
                };
                out.push(char::from_u32(code)?);
            }
            _ => return None,
        }
    }
    Some(Cow::Owned(out))
}

/// `XXXX` or `{X…}` after `\u`.
fn hex(chars: &mut std::str::Chars<'_>) -> Option<u32> {
    let mut first = chars.next()?;
    let mut value = 0u32;
    if first == '{' {
        first = chars.next()?;
        let mut count = 0;
        while first != '}' {
            count += 1;
            if count > 8 {
                return None;
            }
            value = value.checked_mul(16)?.checked_add(first.to_digit(16)?)?;
            first = chars.next()?;
        }
        return (count > 0).then_some(value);
    }
    for position in 0..4 {
        value = value * 16 + first.to_digit(16)?;
        if position < 3 {
            first = chars.next()?;
        }
    }
    Some(value)
}

/// The value of a block string: common indentation and blank first and last lines removed.
pub(crate) fn dedent(raw: &str) -> String {
    let raw = raw
        .replace("\\\"\"\"", "\"\"\"")
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let lines: Vec<&str> = raw.split('\n').collect();
    let blank = |line: &str| line.bytes().all(|b| b == b' ' || b == b'\t');
    let indent = lines
        .iter()
        .skip(1)
        .filter(|line| !blank(line))
        .map(|line| {
            line.bytes()
                .take_while(|b| *b == b' ' || *b == b'\t')
                .count()
        })
        .min()
        .unwrap_or(0);
    let mut cut: Vec<&str> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| {
            if at == 0 {
                *line
            } else {
                line.get(indent..).unwrap_or("")
            }
        })
        .collect();
    while cut.first().is_some_and(|line| blank(line)) {
        cut.remove(0);
    }
    while cut.last().is_some_and(|line| blank(line)) {
        cut.pop();
    }
    cut.join("\n")
}
