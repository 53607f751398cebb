//! Literals (sections 2.9.1 to 2.9.8).

use platform_guard::TokenKind as Kind;

use super::{Parser, SyntaxError};
use crate::syntax::{Number, Value};

impl Parser<'_> {
    /// A literal; in a constant one there are no variables.
    pub(super) fn value(&mut self, constant: bool) -> Result<Value, SyntaxError> {
        let Some(kind) = self.reader.peek() else {
            return Err(self.reader.expected("a value"));
        };
        let value = match kind {
            Kind::Punctuator(b'$') if constant => {
                let message = "syntax error: there can be no variable in a constant value";
                return Err(self.reader.error(message.to_owned()));
            }
            Kind::Punctuator(b'$') => {
                self.reader.step()?;
                return Ok(Value::Variable(self.reader.name("the name of a variable")?));
            }
            Kind::Punctuator(b'[') => {
                self.reader.step()?;
                let mut items = Vec::new();
                while !self.reader.takes(b']')? {
                    items.push(self.value(constant)?);
                }
                return Ok(Value::List(items));
            }
            Kind::Punctuator(b'{') => {
                self.reader.step()?;
                let mut fields = Vec::new();
                while !self.reader.takes(b'}')? {
                    let name = self.reader.name("the name of a field")?;
                    self.reader
                        .expect(b':', "a colon and the value of the field")?;
                    fields.push((name, self.value(constant)?));
                }
                return Ok(Value::Object(fields));
            }
            Kind::Number(text) => number(text),
            Kind::String(text) => Value::String(unquote(text)),
            Kind::Name("true") => Value::Boolean(true),
            Kind::Name("false") => Value::Boolean(false),
            Kind::Name("null") => Value::Null,
            Kind::Name(name) => Value::Enum(name.to_owned()),
            Kind::Punctuator(_) | Kind::Spread => return Err(self.reader.expected("a value")),
        };
        self.reader.step()?;
        Ok(value)
    }
}

/// A number.
fn number(text: &str) -> Value {
    let is_whole = text
        .bytes()
        .all(|byte| byte == b'-' || byte.is_ascii_digit());
    if is_whole {
        return Value::Int(Number::of(text));
    }
    // the lexer has seen that it is a number, and every one of those is read
    Value::Float(text.parse().unwrap_or(f64::INFINITY))
}

/// What a string or a block string with its quotes says. The lexer has seen that it is well formed.
pub(super) fn unquote(text: &str) -> String {
    if text.len() >= 6 && text.starts_with("\"\"\"") {
        return block(&text[3..text.len() - 3]);
    }
    let mut rest = &text[1..text.len() - 1];
    let mut value = String::with_capacity(rest.len());
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        let escaped = &rest[at + 1..];
        let mut length = 1;
        match escaped.as_bytes().first() {
            Some(b'b') => value.push('\u{8}'),
            Some(b'f') => value.push('\u{c}'),
            Some(b'n') => value.push('\n'),
            Some(b'r') => value.push('\r'),
            Some(b't') => value.push('\t'),
            Some(b'u') => {
                let (character, taken) = character(&escaped[1..]);
                value.push(character);
                length += taken;
            }
            Some(other) => value.push(char::from(*other)),
            None => length = 0,
        }
        rest = &escaped[length..];
    }
    value.push_str(rest);
    value
}

/// The character behind `\u`, and how many bytes it is written in. A character outside of the basic plane may be written
/// as a pair of surrogates.
fn character(text: &str) -> (char, usize) {
    let (high, length) = code(text);
    if (0xd800..0xdc00).contains(&high) && text[length..].starts_with("\\u") {
        let (low, more) = code(&text[length + 2..]);
        let both = 0x10000 + ((high - 0xd800) << 10) + low.wrapping_sub(0xdc00);
        return (of(both), length + 2 + more);
    }
    (of(high), length)
}

fn of(code: u32) -> char {
    // the lexer refuses what is no character
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Four hexadecimal digits, or some in braces.
fn code(text: &str) -> (u32, usize) {
    let (digits, length) = match text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((digits, _)) => (digits, digits.len() + 2),
        None => (text.get(..4).unwrap_or_default(), text.len().min(4)),
    };
    (u32::from_str_radix(digits, 16).unwrap_or_default(), length)
}

/// `BlockStringValue` (section 2.9.4).
fn block(raw: &str) -> String {
    let is_blank = |line: &str| line.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
    let indent = |line: &str| {
        line.bytes()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count()
    };
    let joined = raw.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = joined.split('\n').collect();
    let common = lines
        .iter()
        .skip(1)
        .filter(|line| !is_blank(line))
        .map(|line| indent(line))
        .min()
        .unwrap_or_default();
    let cut: Vec<&str> = lines
        .iter()
        .enumerate()
        // what is shorter is blank
        .map(|(index, line)| match index {
            0 => line,
            _ => line.get(common..).unwrap_or_default(),
        })
        .collect();
    let first = cut.iter().position(|line| !is_blank(line));
    let last = cut.iter().rposition(|line| !is_blank(line));
    match (first, last) {
        (Some(first), Some(last)) => cut[first..=last].join("\n").replace("\\\"\"\"", "\"\"\""),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_say_what_they_escape() {
        for (written, said) in [
            (r#""""#, ""),
            (r#""a\"b\\c\/d""#, "a\"b\\c/d"),
            (r#""\b\f\n\r\t""#, "\u{8}\u{c}\n\r\t"),
            (r#""\u00e4\u{e4}\u{1F600}😀""#, "ää😀😀"),
            (r#""x\uD83D\uDE00y""#, "x😀y"),
            (r#""\u{10FFFF}!""#, "\u{10FFFF}!"),
        ] {
            assert_eq!(unquote(written), said, "{written}");
        }
    }

    #[test]
    fn block_strings_lose_their_indentation_and_empty_ends() {
        for (written, said) in [
            (r#""""""""#, ""),
            ("\"\"\"   \n\t\n\"\"\"", ""),
            ("\"\"\"a\"\"\"", "a"),
            ("\"\"\"\n  a\n    b\n\n  c\n\"\"\"", "a\n  b\n\nc"),
            ("\"\"\"  a\n  b\"\"\"", "  a\nb"),
            ("\"\"\"a\r\n  b\r  c\"\"\"", "a\nb\nc"),
            ("\"\"\"\\n \\\"\"\" \\u00e4\"\"\"", "\\n \"\"\" \\u00e4"),
            ("\"\"\"\n    a\n \n    b\"\"\"", "a\n\nb"),
        ] {
            assert_eq!(unquote(written), said, "{written:?}");
        }
    }

    #[test]
    fn whole_numbers_keep_their_digits() {
        for text in [
            "0",
            "-0",
            "7",
            "-2147483648",
            "2147483648",
            "-9223372036854775808",
        ] {
            let Value::Int(number) = number(text) else {
                panic!("{text}")
            };
            assert_eq!(number.as_i64(), text.parse().ok(), "{text}");
        }
        let Value::Int(large) = number("-9223372036854775809") else {
            panic!("a whole number")
        };
        assert_eq!(large.as_i64(), None);
        assert_eq!(large.as_f64(), Some(-9_223_372_036_854_775_809_f64));
        assert_eq!(large.to_string(), "-9223372036854775809");
        for (text, value) in [("1e9", 1e9), ("0.0", 0.0), ("-1.5E-3", -0.0015)] {
            assert_eq!(number(text), Value::Float(value), "{text}");
        }
        assert_eq!(number("1e999"), Value::Float(f64::INFINITY));
    }
}
