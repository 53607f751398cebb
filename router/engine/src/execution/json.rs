//! Reads a subgraph's JSON along the shape that its fetch expects. Leaves are not decoded, only delimited;
//! what nobody asked for is skipped.

use serde::de::IgnoredAny;

use super::value::{Slice, Tree, Value};
use crate::error::GraphqlError;
use crate::plan::Symbol;
use crate::plan::{Shape, ShapeKind};
use crate::schema::Schema;

/// A subgraph's answer, read.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// None when there is no `data` entry.
    pub(crate) data: Option<Value>,
    pub(crate) errors: Vec<GraphqlError>,
}

/// The answer is no GraphQL response.
#[derive(Debug, thiserror::Error)]
#[error("no usable GraphQL response: {reason} at byte {at}")]
pub(crate) struct Malformed {
    reason: &'static str,
    at: usize,
}

/// Reads `{"data": …, "errors": …}`; leaves will point into source number `source`, which must hold `bytes`.
pub(crate) fn read_answer(
    bytes: &[u8],
    source: u32,
    tree: &mut Tree,
    shape: &Shape,
    schema: &Schema,
) -> Result<Answer, Malformed> {
    let mut reader = Reader::new(bytes, source, schema);
    if std::str::from_utf8(bytes).is_err() {
        return Err(reader.malformed("no UTF-8"));
    }
    tree.expect(bytes.len());
    let mut answer = Answer::default();
    let mut errors = None;
    reader.object(|reader, key| {
        match key {
            b"data" => answer.data = Some(reader.composite(tree, shape, 0)?),
            b"errors" => errors = Some(reader.skip()?),
            _ => {
                reader.skip()?;
            }
        }
        Ok(())
    })?;
    reader.space();
    if reader.at != bytes.len() {
        return Err(reader.malformed("more after the end"));
    }
    if let Some((start, end)) = errors {
        // `null` and an empty list both mean no errors
        let errors: Option<Vec<GraphqlError>> = serde_json::from_slice(&bytes[start..end])
            .map_err(|_| reader.malformed("unreadable errors"))?;
        answer.errors = errors.unwrap_or_default();
    }
    Ok(answer)
}

/// The text under `data`, when it is an object and there are no errors.
pub(crate) fn plain_data(bytes: &[u8], schema: &Schema) -> Option<(usize, usize)> {
    let mut reader = Reader::new(bytes, 0, schema);
    std::str::from_utf8(bytes).ok()?;
    let (mut data, mut failed) = (None, false);
    reader
        .object(|reader, key| {
            let is_object = reader.peek() == Some(b'{');
            let (start, end) = reader.skip()?;
            match key {
                b"data" => data = is_object.then_some((start, end)),
                b"errors" => failed = !matches!(&bytes[start..end], b"null" | b"[]"),
                _ => {}
            }
            Ok(())
        })
        .ok()?;
    reader.space();
    data.filter(|_| !failed && reader.at == bytes.len())
}

/// The elements of a JSON list, as ranges of its text; none when the text is no list.
pub(crate) fn elements(text: &[u8], schema: &Schema) -> Option<Vec<(usize, usize)>> {
    let mut reader = Reader::new(text, 0, schema);
    let mut elements = Vec::new();
    reader
        .list(|reader| {
            elements.push(reader.skip()?);
            Ok(())
        })
        .ok()?;
    Some(elements)
}

/// How many bytes at the start of a string's rest are neither a quote, a backslash nor a control character. Looks at
/// eight bytes at once: a byte `b` has its high bit set in `(b ^ x) - 1` and not in `b ^ x` only where `b == x`.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let equal = |word: u64, byte: u8| {
        let difference = word ^ (ONES * u64::from(byte));
        difference.wrapping_sub(ONES) & !difference & HIGH
    };
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        // a borrow can only reach bytes above the first hit, so the first hit is exact
        let found = equal(word, b'"') | equal(word, b'\\') | control;
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    words.len() * 8 + rest.iter().position(special).unwrap_or(rest.len())
}

/// How many bytes at the start are a number (RFC 8259, section 6); none when they are none, or when more of what numbers
/// are made of follows.
fn number_length(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        bytes[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && bytes[at] == b'0') {
        return None;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    let goes_on = matches!(
        bytes.get(at),
        Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
    );
    (!goes_on).then_some(at)
}

/// Lists of lists deeper than this are nobody's data.
const MAX_LIST_DEPTH: usize = 32;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    source: u32,
    schema: &'a Schema,
    /// Fields and items of objects and lists that are being read, the innermost last.
    fields: Vec<(Symbol, Value)>,
    items: Vec<Value>,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], source: u32, schema: &'a Schema) -> Self {
        Self {
            bytes,
            at: 0,
            source,
            schema,
            fields: Vec::new(),
            items: Vec::new(),
        }
    }

    fn malformed(&self, reason: &'static str) -> Malformed {
        Malformed {
            reason,
            at: self.at,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), Malformed> {
        self.space();
        if self.peek() != Some(byte) {
            return Err(self.malformed(reason));
        }
        self.at += 1;
        Ok(())
    }

    /// Runs `entry` for every entry of an object, with the raw text of its key, standing before the value.
    fn object(
        &mut self,
        mut entry: impl FnMut(&mut Self, &'a [u8]) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        self.expect(b'{', "an object is missing")?;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.space();
            let (start, end) = self.string()?;
            self.expect(b':', "a colon is missing")?;
            self.space();
            entry(self, &self.bytes[start + 1..end - 1])?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.malformed("an object does not end")),
            }
        }
    }

    /// Runs `element` for every element of a list, standing before it.
    fn list(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        self.expect(b'[', "a list is missing")?;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.space();
            element(self)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.malformed("a list does not end")),
            }
        }
    }

    /// An object, or lists of objects, or null. Depth of objects is bounded by the shape, that of lists by a constant.
    fn composite(
        &mut self,
        tree: &mut Tree,
        shape: &Shape,
        lists: usize,
    ) -> Result<Value, Malformed> {
        match self.peek() {
            Some(b'{') => self.shaped(tree, shape),
            Some(b'[') if lists < MAX_LIST_DEPTH => {
                let start = self.items.len();
                self.list(|reader| {
                    let item = reader.composite(tree, shape, lists + 1)?;
                    reader.items.push(item);
                    Ok(())
                })?;
                let list = tree.add_list(&self.items[start..]);
                self.items.truncate(start);
                Ok(Value::List(list))
            }
            Some(b'[') => Err(self.malformed("lists are nested too deeply")),
            _ => self.leaf(),
        }
    }

    fn shaped(&mut self, tree: &mut Tree, shape: &Shape) -> Result<Value, Malformed> {
        let start = self.fields.len();
        let mut type_id = None;
        let mut hint = 0;
        self.object(|reader, key| {
            let Some(index) = shape.find(key, hint) else {
                reader.skip()?;
                return Ok(());
            };
            hint = index + 1;
            let field = &shape.fields[index];
            let value = match &field.kind {
                ShapeKind::Typename => {
                    let (start, end) = reader.skip()?;
                    let name = reader
                        .bytes
                        .get(start + 1..end - 1)
                        .and_then(|name| std::str::from_utf8(name).ok());
                    type_id = name.and_then(|name| reader.schema.id(name)).or(type_id);
                    return Ok(());
                }
                ShapeKind::Leaf => reader.leaf()?,
                ShapeKind::Composite(below) => reader.composite(tree, below, 0)?,
            };
            let known = reader.fields[start..]
                .iter_mut()
                .find(|(symbol, _)| *symbol == field.symbol);
            match known {
                // the second of two aliases for one key belongs to another type: only one of them is there
                Some((_, known)) => {
                    if matches!(known, Value::Null) {
                        *known = value;
                    }
                }
                None => reader.fields.push((field.symbol, value)),
            }
            Ok(())
        })?;
        let object = tree.add_object(type_id, &self.fields[start..]);
        self.fields.truncate(start);
        Ok(Value::Object(object))
    }

    fn leaf(&mut self) -> Result<Value, Malformed> {
        if self.bytes[self.at..].starts_with(b"null") {
            self.at += 4;
            return Ok(Value::Null);
        }
        let (start, end) = self.skip()?;
        Ok(Value::Leaf(Slice::new(self.source, start, end)))
    }

    /// Steps over a value of any kind and gives its range.
    fn skip(&mut self) -> Result<(usize, usize), Malformed> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{' | b'[') => self.nested(),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            Some(b'-' | b'0'..=b'9') => {
                self.at += number_length(&self.bytes[start..])
                    .ok_or_else(|| self.malformed("no number"))?;
                Ok((start, self.at))
            }
            _ => Err(self.malformed("a value is missing")),
        }
    }

    fn word(&mut self, word: &'static [u8]) -> Result<(usize, usize), Malformed> {
        let start = self.at;
        if !self.bytes[start..].starts_with(word) {
            return Err(self.malformed("no value"));
        }
        self.at += word.len();
        Ok((start, self.at))
    }

    /// A string with its quotes.
    fn string(&mut self) -> Result<(usize, usize), Malformed> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.malformed("a string is missing"));
        }
        self.at += 1;
        loop {
            self.at += plain_length(&self.bytes[self.at..]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok((start, self.at));
                }
                Some(b'\\') => self.escape()?,
                _ => return Err(self.malformed("a string does not end")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        let rest = &self.bytes[self.at + 1..];
        let length = match rest.first() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') if rest.len() >= 5 && rest[1..5].iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return Err(self.malformed("no escape sequence")),
        };
        self.at += length;
        Ok(())
    }

    /// An object or a list that is kept or dropped as text: finds its end, then checks the text as a whole.
    fn nested(&mut self) -> Result<(usize, usize), Malformed> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.string()?;
                    continue;
                }
                Some(b'{' | b'[') => depth += 1,
                Some(b'}' | b']') => depth -= 1,
                Some(_) => {}
                None => return Err(self.malformed("a value does not end")),
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
        // has a bound of its own against deep nesting
        match serde_json::from_slice::<IgnoredAny>(&self.bytes[start..self.at]) {
            Ok(_) => Ok((start, self.at)),
            Err(_) => Err(self.malformed("no JSON")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_specification() {
        let mut texts: Vec<String> = [
            "", "-", "+1", ".5", "1.", "1e", "1e+", "01", "-01", "1.5.2", "1e5e", "--1",
        ]
        .map(str::to_owned)
        .to_vec();
        for sign in ["", "-"] {
            for whole in ["0", "7", "1234567890123456789012345678901234567890"] {
                for fraction in ["", ".0", ".25"] {
                    for exponent in ["", "e0", "E+3", "e-12"] {
                        texts.push(format!("{sign}{whole}{fraction}{exponent}"));
                    }
                }
            }
        }
        for text in texts {
            let valid = serde_json::from_str::<IgnoredAny>(&text).is_ok();
            let expected = valid.then_some(text.len());
            assert_eq!(number_length(text.as_bytes()), expected, "{text}");
            assert_eq!(
                number_length(format!("{text},1").as_bytes()),
                expected,
                "{text},"
            );
        }
    }

    #[test]
    fn a_plain_start_ends_at_the_first_special_byte_wherever_it_stands() {
        for length in 0..40 {
            for special in [b'"', b'\\', 0, 0x1f] {
                let mut bytes = vec![b'a'; length];
                bytes.extend([special, b'"', 0x01, 0x80, 0xff, b'b', b'"', b'\\', 0]);
                assert_eq!(plain_length(&bytes), length);
            }
        }
        for byte in 0x20..=0xff_u8 {
            let expected = if matches!(byte, b'"' | b'\\') { 0 } else { 17 };
            assert_eq!(plain_length(&[byte; 17]), expected, "{byte:#x}");
        }
    }
}
