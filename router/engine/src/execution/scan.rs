//! Stepping over JSON text (RFC 8259) without decoding it.

use serde::de::IgnoredAny;

/// Marks the bytes of a word that are a quote, a backslash or a control character, by their high bit; only the lowest
/// mark is exact. A byte `b` has its high bit set in `(b ^ x) - 1` and not in `b ^ x` only where `b == x`; a borrow can
/// only reach bytes above.
fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let equal = |byte: u8| {
        let difference = word ^ (ONES * u64::from(byte));
        difference.wrapping_sub(ONES) & !difference
    };
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (equal(b'"') | equal(b'\\') | control) & HIGH
}

/// Whether a text stands in a JSON string as it is.
pub(super) fn is_plain(text: &[u8]) -> bool {
    if let Some(last) = text.last_chunk::<8>() {
        let (words, _) = text.as_chunks::<8>();
        // the last word overlaps the one before it
        let mut words = words.iter().chain([last]);
        return words.all(|word| special(u64::from_le_bytes(*word)) == 0);
    }
    text.iter()
        .all(|byte| *byte >= 0x20 && *byte != b'"' && *byte != b'\\')
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

/// The text cannot be read on. Why and where is noted in the scan.
#[derive(Debug)]
pub(super) struct Stop;

/// A place in a text.
pub(super) struct Scan<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// Why it stopped.
    pub(super) reason: &'static str,
}

impl<'a> Scan<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            reason: "",
        }
    }

    #[cold]
    pub(super) fn stop(&mut self, reason: &'static str) -> Stop {
        self.reason = reason;
        Stop
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Steps over white space and gives the byte behind it.
    pub(super) fn next(&mut self) -> Option<u8> {
        loop {
            match self.peek() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other,
            }
        }
    }

    pub(super) fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), Stop> {
        if self.next() != Some(byte) {
            return Err(self.stop(reason));
        }
        self.at += 1;
        Ok(())
    }

    /// Steps over a key and its colon, to the value, and gives the key's raw text.
    pub(super) fn key(&mut self) -> Result<&'a [u8], Stop> {
        self.next();
        let start = self.at;
        self.string()?;
        let key = &self.bytes[start + 1..self.at - 1];
        self.expect(b':', "a colon is missing")?;
        Ok(key)
    }

    /// Steps over what stands behind an entry of an object or a list that ends with `end`; says whether there is another
    /// entry.
    pub(super) fn goes_on(&mut self, end: u8) -> Result<bool, Stop> {
        match self.next() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if byte == end => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.stop("a comma or an end is missing")),
        }
    }

    /// Begins an object or a list; says whether it has any entry.
    pub(super) fn begins(&mut self, start: u8, end: u8) -> Result<bool, Stop> {
        self.expect(start, "an object or a list is missing")?;
        if self.next() == Some(end) {
            self.at += 1;
            return Ok(false);
        }
        Ok(true)
    }

    /// Steps over a value of any kind.
    pub(super) fn skip(&mut self) -> Result<(), Stop> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{' | b'[') => self.nested(),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            Some(b'-' | b'0'..=b'9') => match number_length(self.rest()) {
                Some(length) => {
                    self.at += length;
                    Ok(())
                }
                None => Err(self.stop("no number")),
            },
            _ => Err(self.stop("a value is missing")),
        }
    }

    pub(super) fn word(&mut self, word: &'static [u8]) -> Result<(), Stop> {
        if !self.rest().starts_with(word) {
            return Err(self.stop("no value"));
        }
        self.at += word.len();
        Ok(())
    }

    /// Steps over a string with its quotes.
    pub(super) fn string(&mut self) -> Result<(), Stop> {
        if self.peek() != Some(b'"') {
            return Err(self.stop("a string is missing"));
        }
        self.at += 1;
        loop {
            while let Some(word) = self.rest().first_chunk::<8>() {
                let found = special(u64::from_le_bytes(*word));
                if found != 0 {
                    self.at += found.trailing_zeros() as usize / 8;
                    break;
                }
                self.at += 8;
            }
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                None | Some(0..=0x1f) => return Err(self.stop("a string does not end")),
                // less than a word is left
                Some(_) => self.at += 1,
            }
        }
    }

    pub(super) fn escape(&mut self) -> Result<(), Stop> {
        let rest = &self.bytes[self.at + 1..];
        let length = match rest.first() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') if rest.len() >= 5 && rest[1..5].iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return Err(self.stop("no escape sequence")),
        };
        self.at += length;
        Ok(())
    }

    /// An object or a list that is kept or dropped as text: finds its end, then checks the text as a whole.
    pub(super) fn nested(&mut self) -> Result<(), Stop> {
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
                None => return Err(self.stop("a value does not end")),
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
        // has a bound of its own against deep nesting
        match serde_json::from_slice::<IgnoredAny>(&self.bytes[start..self.at]) {
            Ok(_) => Ok(()),
            Err(_) => Err(self.stop("no JSON")),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
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
    fn a_text_is_plain_without_quotes_backslashes_and_control_characters() {
        for length in 0..30_usize {
            let text = vec![0xc3_u8; length];
            assert!(is_plain(&text), "{length}");
            for place in 0..length {
                for byte in 0..=255_u8 {
                    let mut text = text.clone();
                    text[place] = byte;
                    let escaped = byte < 0x20 || matches!(byte, b'"' | b'\\');
                    assert_eq!(
                        is_plain(&text),
                        !escaped,
                        "{byte:#x} at {place} of {length}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_string_ends_at_its_quote_wherever_it_stands() {
        for length in 0..40 {
            let plain = "ä".repeat(length % 3) + &"a".repeat(length);
            for behind in [
                "",
                "x",
                ",\"next\":1}",
                "\u{1}\u{80}\"\\ and much more behind it",
            ] {
                let text = format!("\"{plain}\"{behind}");
                let mut scan = Scan::new(text.as_bytes());
                scan.string().unwrap();
                assert_eq!(scan.at, plain.len() + 2, "{text}");
            }
            for broken in ["", "\u{0}", "\u{1f}\"", "\n\"", "\\", "\\x\"", "\\u12\""] {
                let text = format!("\"{plain}{broken}");
                assert!(Scan::new(text.as_bytes()).string().is_err(), "{text}");
            }
            for escape in ["\\\"", "\\\\", "\\n", "\\u00e4"] {
                let text = format!("\"{plain}{escape}{plain}\" ");
                let mut scan = Scan::new(text.as_bytes());
                scan.string().unwrap();
                assert_eq!(scan.at, text.len() - 1, "{text}");
            }
        }
        for byte in 0x20..=0xff_u8 {
            let is_special = special(u64::from_le_bytes([byte; 8])) != 0;
            assert_eq!(is_special, matches!(byte, b'"' | b'\\'), "{byte:#x}");
        }
    }
}
