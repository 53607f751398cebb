//! The lines of a CV that show a searcher why it was found.

use std::collections::HashMap;
use std::ops::Range;

use super::term::{self, Query};
use super::text::{Source, Span};

/// Most passages that are shown of one CV.
const MAX_PASSAGES: usize = 3;
/// Longest passage, in characters.
const MAX_PASSAGE: usize = 240;

/// Words of a CV that were asked for, with what stands around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passage {
    pub(crate) quote: String,
    pub(crate) span: Span,
    /// The words themselves.
    pub(crate) matches: Vec<Span>,
}

/// The lines that show best what was asked for: those with the most of its words, in the order of the text. What stands at one of the
/// `places` was asked for by another name.
pub(crate) fn passages(text: &str, query: &Query, places: &[Range<usize>]) -> Vec<Passage> {
    let source = Source::new(text);
    let mut asked: HashMap<String, bool> = HashMap::new();
    let mut lines: Vec<(usize, usize, Vec<Range<usize>>)> = Vec::new();
    for (offset, line) in source.lines() {
        let mut distinct = Vec::new();
        let mut found = Vec::new();
        for (word, range) in term::words(line) {
            let wanted = *asked
                .entry(word.clone())
                .or_insert_with_key(|word| query.asks_for(word));
            let at = offset + range.start..offset + range.end;
            let named = places
                .iter()
                .any(|place| place.start <= at.start && at.end <= place.end);
            if wanted || named {
                found.push(at);
                if !distinct.contains(&word) {
                    distinct.push(word);
                }
            }
        }
        if !found.is_empty() {
            lines.push((distinct.len(), offset, found));
        }
    }
    lines.sort_by_key(|(distinct, offset, _)| (std::cmp::Reverse(*distinct), *offset));
    lines.truncate(MAX_PASSAGES);
    lines.sort_by_key(|(_, offset, _)| *offset);
    lines
        .into_iter()
        .map(|(_, offset, found)| {
            let end = text[offset..]
                .find('\n')
                .map_or(text.len(), |at| offset + at);
            let first = found.first().map_or(offset, |range| range.start);
            let range = window(text, offset..end, first);
            Passage {
                quote: text[range.clone()].to_owned(),
                matches: found
                    .into_iter()
                    .filter(|one| range.start <= one.start && one.end <= range.end)
                    .map(|one| source.span(one))
                    .collect(),
                span: source.span(range),
            }
        })
        .collect()
}

/// A line, or where it is long the part around `first`.
fn window(text: &str, line: Range<usize>, first: usize) -> Range<usize> {
    if text[line.clone()].chars().count() <= MAX_PASSAGE {
        return line;
    }
    let start = text[line.start..first]
        .char_indices()
        .rev()
        .nth(MAX_PASSAGE / 4)
        .map_or(line.start, |(at, _)| line.start + at);
    let end = text[start..line.end]
        .char_indices()
        .nth(MAX_PASSAGE)
        .map_or(line.end, |(at, _)| start + at);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    const CV: &str = "Jane Doe\nSkills\nPostgreSQL, Rust\nExperience\nSenior Backend Engineer, Acme\nJan 2020 – Dec 2022\n• Built payment services in Rust";

    #[test]
    fn passages_show_the_words_where_they_stand() {
        let shown = passages(CV, &Query::parse("rust payments"), &[]);
        assert_eq!(shown.len(), 2);
        let best = &shown[1];
        assert_eq!(best.quote, "• Built payment services in Rust");
        let source = Source::new(CV);
        let words: Vec<&str> = best
            .matches
            .iter()
            .map(|span| source.quote(*span))
            .collect();
        assert_eq!(words, ["payment", "Rust"]);
        let long = format!("{} rust {}", "word ".repeat(200), "more ".repeat(200));
        let cut = &passages(&long, &Query::parse("rust"), &[])[0];
        assert!(cut.quote.contains("rust") && cut.quote.chars().count() <= MAX_PASSAGE);
    }
}
