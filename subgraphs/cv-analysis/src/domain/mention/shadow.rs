//! A text as names are looked for in it: lower case, sentences in one piece, with the way back; and what is a whole word.

/// A lower-case copy of the text in which a line break inside a sentence reads as one space, with the way back.
pub(super) struct Shadow {
    pub(super) text: String,
    /// Byte offset in the original for each byte of the copy, and the end.
    origins: Vec<u32>,
}

impl Shadow {
    pub(super) fn new(text: &str) -> Self {
        let mut copy = String::with_capacity(text.len());
        let mut origins = Vec::with_capacity(text.len() + 1);
        for (at, character) in text.char_indices() {
            let start = copy.len();
            if character == '\n' {
                copy.push('\n');
            } else {
                copy.extend(character.to_lowercase());
            }
            let origin = u32::try_from(at).unwrap_or(u32::MAX);
            origins.resize(origins.len() + copy.len() - start, origin);
        }
        origins.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        // a phrase may run over the end of a line: the break reads as a space where both sides are words
        let bytes: Vec<u8> = {
            let mut bytes = copy.into_bytes();
            for at in 1..bytes.len().saturating_sub(1) {
                if bytes[at] == b'\n'
                    && bytes[at - 1].is_ascii_alphanumeric()
                    && bytes[at + 1].is_ascii_lowercase()
                    && text_continues(text, origins[at + 1])
                {
                    bytes[at] = b' ';
                }
            }
            bytes
        };
        // only ASCII bytes were exchanged for ASCII bytes
        Self {
            text: String::from_utf8(bytes).unwrap_or_default(),
            origins,
        }
    }

    pub(super) fn origin(&self, at: usize) -> usize {
        self.origins[at] as usize
    }

    pub(super) fn origin_end(&self, at: usize) -> usize {
        self.origins[at] as usize
    }

    /// The end of the word if `start..end` is a whole one, with a plural `s` taken in; else `None`.
    pub(super) fn word_end(&self, start: usize, end: usize) -> Option<usize> {
        let word = |character: char| character.is_alphanumeric() && !ideograph(character);
        let before = self.text[..start].chars().next_back();
        let first = self.text[start..].chars().next()?;
        if before.is_some_and(|before| {
            word(before)
                || before == '@'
                || before == '_'
                || (matches!(before, '+' | '#') && first.is_alphanumeric())
        }) {
            return None;
        }
        if before == Some('.') && word(first) {
            // "x.net": part of a longer name; a sentence that ended without a space is read as such only after a word
            let stem = self.text[..start - 1].chars().next_back();
            if stem.is_some_and(word) {
                return None;
            }
        }
        let ends = |at: usize| {
            let mut rest = self.text[at..].chars();
            match rest.next() {
                None => true,
                Some(next) if word(next) || matches!(next, '+' | '#' | '@' | '_') => false,
                Some('.') => {
                    !rest
                        .next()
                        .is_some_and(|next| word(next) && !next.is_numeric())
                        || self.text[at..].starts_with(". ")
                }
                Some(_) => true,
            }
        };
        if ends(end) {
            return Some(end);
        }
        let length = end - start;
        (length >= 3
            && self.text[start..end].ends_with(|last: char| last.is_ascii_alphabetic())
            && self.text[end..].starts_with('s')
            && ends(end + 1))
        .then_some(end + 1)
    }
}

/// Whether the line at this byte offset goes on with a small letter, as the second half of a phrase does.
fn text_continues(text: &str, at: u32) -> bool {
    text.get(at as usize..)
        .is_some_and(|rest| rest.starts_with(char::is_lowercase))
}

/// Chinese, Japanese and Korean characters: words of these scripts have no spaces around them.
pub fn ideograph(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{20000}'..='\u{2ffff}')
}
