//! An answer, a CV or a job description cut into words and sentences, each with its place.
//!
//! Places are offsets in Unicode code points, as the API's `Evidence` has them; a quote is always a
//! verbatim piece of the source, so whoever doubts a rating can look at it.

use std::ops::Range;

use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};

/// A piece of a text, in code points: `start` inclusive, `end` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First code point.
    pub start: u32,
    /// One past the last code point.
    pub end: u32,
}

/// One word: what stands there, and what it is compared by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// As it was written.
    pub raw: String,
    /// Lower case.
    pub folded: String,
    /// English stem of the lower-case form; numbers and names with signs (`c++`) stay whole.
    pub stem: String,
    /// Where it stands.
    pub span: Span,
}

impl Token {
    /// Whether it holds a digit: a count, an amount, a date.
    pub fn has_digit(&self) -> bool {
        self.raw.chars().any(|c| c.is_ascii_digit())
    }
}

/// A text in words and sentences.
#[derive(Debug, Clone)]
pub struct Text {
    tokens: Vec<Token>,
    sentences: Vec<Range<usize>>,
    source: Vec<char>,
}

/// Sentences longer than this are cut, so that a text without full stops still has places to quote.
const MAX_SENTENCE_WORDS: usize = 45;

/// The longest quote that evidence carries, in code points.
const MAX_QUOTE: u32 = 280;

impl Text {
    /// Reads a text. Linear in its length.
    pub fn new(source: &str) -> Self {
        let source: Vec<char> = source.chars().collect();
        let stemmer = Stemmer::create(Algorithm::English);
        let mut tokens = Vec::new();
        let mut sentences = Vec::new();
        let mut sentence_from = 0;
        let mut at = 0;
        while at < source.len() {
            if let Some(end) = word_end(&source, at) {
                tokens.push(token(&source, at..end, &stemmer));
                at = end;
                if tokens.len() - sentence_from >= MAX_SENTENCE_WORDS {
                    sentences.push(sentence_from..tokens.len());
                    sentence_from = tokens.len();
                }
                continue;
            }
            if ends_sentence(&source, at) && tokens.len() > sentence_from {
                sentences.push(sentence_from..tokens.len());
                sentence_from = tokens.len();
            }
            at += 1;
        }
        if tokens.len() > sentence_from {
            sentences.push(sentence_from..tokens.len());
        }
        Self {
            tokens,
            sentences,
            source,
        }
    }

    /// All words in order.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The words of each sentence in order.
    pub fn sentences(&self) -> impl Iterator<Item = &[Token]> {
        self.sentences
            .iter()
            .map(|range| &self.tokens[range.clone()])
    }

    /// The verbatim source from the first to the last of `tokens`, cut to a readable length.
    pub fn quote(&self, tokens: &[Token]) -> Option<(String, Span)> {
        let (first, last) = (tokens.first()?, tokens.last()?);
        let start = first.span.start;
        let end = last.span.end.min(start.saturating_add(MAX_QUOTE));
        let quote = self.source.get(start as usize..end as usize)?;
        Some((quote.iter().collect(), Span { start, end }))
    }
}

/// Stems the words of a phrase the way texts are stemmed.
pub(crate) fn stems(phrase: &str) -> Vec<String> {
    Text::new(phrase)
        .tokens
        .into_iter()
        .map(|token| token.stem)
        .collect()
}

/// Whether `phrase` (stems) occurs in `tokens` in order, with at most one other word between two of its words.
pub(crate) fn contains_phrase(tokens: &[Token], phrase: &[String]) -> bool {
    const GAP: usize = 1;
    let Some((head, rest)) = phrase.split_first() else {
        return false;
    };
    (0..tokens.len()).any(|start| {
        if tokens[start].stem != *head {
            return false;
        }
        let mut at = start;
        rest.iter().all(|stem| {
            let window = (at + 1)..(at + 2 + GAP).min(tokens.len());
            match window.clone().find(|i| tokens[*i].stem == *stem) {
                Some(found) => {
                    at = found;
                    true
                }
                None => false,
            }
        })
    })
}

fn token(source: &[char], range: Range<usize>, stemmer: &Stemmer) -> Token {
    let raw: String = source[range.clone()].iter().collect();
    let folded = raw.to_lowercase().replace('\u{2019}', "'");
    let stem = if folded.chars().all(|c| c.is_alphabetic()) {
        stemmer.stem(&folded).into_owned()
    } else {
        folded.clone()
    };
    Token {
        raw,
        folded,
        stem,
        span: Span {
            start: offset(range.start),
            end: offset(range.end),
        },
    }
}

/// Texts are bounded far below 2³² code points before they come here.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The end of the word that begins at `at`, if one does.
///
/// Signs that are part of names stay in: `C++`, `C#`, `.NET`, `Node.js`, `CI/CD` splits into two words.
fn word_end(source: &[char], at: usize) -> Option<usize> {
    let letter = |i: usize| source.get(i).is_some_and(|c| c.is_alphanumeric());
    let starts_with_dot = source[at] == '.' && letter(at + 1) && (at == 0 || !letter(at - 1));
    if !letter(at) && !starts_with_dot {
        return None;
    }
    let mut end = at + 1;
    while end < source.len() {
        let inside = match source[end] {
            c if c.is_alphanumeric() => true,
            // combining marks belong to their letter
            '\u{300}'..='\u{36f}' => true,
            '\'' | '\u{2019}' | '.' | ',' => {
                letter(end + 1)
                    && letter(end - 1)
                    // a comma is inside numbers only, a dot not between a word and the next sentence
                    && (source[end] != ',' || (source[end - 1].is_ascii_digit() && source[end + 1].is_ascii_digit()))
                    && (source[end] != '.' || !source[end + 1].is_uppercase())
            }
            _ => false,
        };
        if !inside {
            break;
        }
        end += 1;
    }
    // signs that end names and amounts
    let short = end - at <= 2;
    while end < source.len()
        && ((short && matches!(source[end], '+' | '#') && !source[at].is_ascii_digit())
            || (source[end] == '%' && source[end - 1].is_ascii_digit()))
        && end - at < 4 + 12 * usize::from(source[at].is_ascii_digit())
    {
        end += 1;
    }
    Some(end)
}

fn ends_sentence(source: &[char], at: usize) -> bool {
    let next = source.get(at + 1).copied();
    match source[at] {
        '.' | '!' | '?' | ';' | ':' => next.is_none_or(|c| {
            c.is_whitespace() || c.is_uppercase() || matches!(c, '"' | ')' | '\u{201d}')
        }),
        '\u{3002}' | '\u{ff01}' | '\u{ff1f}' | '\u{2022}' | '\u{25cf}' => true,
        // a blank line or a list item; a soft line break is not an end
        '\n' => next.is_none_or(|c| {
            matches!(c, '\n' | '\r' | '-' | '*' | '\u{2022}' | '\u{2013}') || c.is_ascii_digit()
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        Text::new(text)
            .tokens()
            .iter()
            .map(|t| t.folded.clone())
            .collect()
    }

    #[test]
    fn names_with_signs_stay_whole() {
        assert_eq!(
            words("C++ and C#, .NET; Node.js. CI/CD cut 40% of 1,200 ms"),
            [
                "c++", "and", "c#", ".net", "node.js", "ci", "cd", "cut", "40%", "of", "1,200",
                "ms"
            ]
        );
        assert_eq!(
            words("It ended.Then I didn’t"),
            ["it", "ended", "then", "i", "didn't"]
        );
    }

    #[test]
    fn sentences_end_at_stops_blank_lines_and_list_items() {
        let text = Text::new("First one. Second\nstill second! - no\n- third\n\nfourth v1.5 ok");
        let sentences: Vec<usize> = text.sentences().map(<[Token]>::len).collect();
        assert_eq!(sentences, [2, 3, 1, 1, 3]);
    }

    #[test]
    fn a_quote_is_verbatim_and_counts_code_points() {
        let source = "Größe ä. I rolled it back – at once. End";
        let text = Text::new(source);
        let second: Vec<Token> = text.sentences().nth(1).unwrap().to_vec();
        let (quote, span) = text.quote(&second).unwrap();
        assert_eq!(quote, "I rolled it back – at once");
        assert_eq!((span.start, span.end), (9, 35));
    }

    #[test]
    fn phrases_match_by_stem_with_one_word_between() {
        let text = Text::new("we rolled it back after the rolling updates failed");
        assert!(contains_phrase(text.tokens(), &stems("roll back")));
        assert!(contains_phrase(text.tokens(), &stems("rolling update")));
        assert!(!contains_phrase(text.tokens(), &stems("back up")));
        assert!(!contains_phrase(text.tokens(), &[]));
    }

    proptest! {
        #[test]
        fn every_quote_of_any_text_is_a_piece_of_it(source in any::<String>()) {
            let text = Text::new(&source);
            let chars: Vec<char> = source.chars().collect();
            let mut covered = 0;
            for sentence in text.sentences() {
                covered += sentence.len();
                let (quote, span) = text.quote(sentence).unwrap();
                let piece: String = chars[span.start as usize..span.end as usize].iter().collect();
                prop_assert_eq!(piece, quote);
            }
            prop_assert_eq!(covered, text.tokens().len());
        }
    }
}
