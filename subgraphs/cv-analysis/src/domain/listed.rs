//! Skills that a CV lists and the taxonomy does not know: no taxonomy has everything, and what somebody lists under a heading of skills
//! is a skill of theirs. They are shown and exported; they earn no points.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::contact::Located;
use super::section::{Section, SectionKind, kind_at, labels_skills, sections as headings};
use super::text::Source;
use super::{language, period};

/// More of them are no list of skills.
const MOST: usize = 100;
const MOST_CHARACTERS: usize = 60;
const MOST_WORDS: usize = 5;

/// Words of sentences: an item that has one is no name.
static SENTENCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:i|i'm|my|me|we|our|you|your|he|she|his|her|their|have|has|had|having|is|are|am|was|were|been|be|to|who|that|which|as|at|by|from|this|these|with|without|for|in|on|the|a|an|not|can|will|etc|worked|working|used|using|than|into|ich|wir|mit|und der|avec|pour|con|para|able|ability|knowledge|experience|experienced|understanding|familiar\w*|proficien\w+|excellent|good|strong|well|very|basic|hands-on|exposure|skills?|years?|months?|yrs?|less|expert|advanced|intermediate|beginner|fluent|native|yes|no|nil|others?|more|various|different|all|any)\b",
    )
    .ok()
});

/// The items of lists of skills that no mention covers, in text order, each once.
pub(super) fn unknown(
    source: &Source<'_>,
    sections: &[Section],
    known: &[Range<usize>],
    masked: &[Range<usize>],
) -> Vec<Located> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (offset, line) in source.lines() {
        let Some(start) = list_start(sections, offset, line) else {
            continue;
        };
        let list = &line[start..];
        let parts: Vec<Range<usize>> = parts(list).collect();
        // a line without any bound is an item only where it is as short as one
        if parts.len() == 1 && list.split_whitespace().count() > 4 {
            continue;
        }
        for part in parts {
            let item = list[part.clone()].trim();
            let at = offset + start + part.start + list[part.clone()].find(item).unwrap_or(0);
            let range = at..at + item.len();
            let free = |others: &[Range<usize>]| {
                !others
                    .iter()
                    .any(|other| other.start < range.end && range.start < other.end)
            };
            if found.len() < MOST
                && names_something(item)
                && free(known)
                && free(masked)
                && seen.insert(item.to_lowercase())
            {
                found.push(Located {
                    value: item.to_owned(),
                    span: source.span(range),
                });
            }
        }
    }
    found
}

/// Where the list of a line begins, if the line is one: any line under a heading of skills, behind its label, and elsewhere what
/// stands behind the label of a list ("Environment: …").
fn list_start(sections: &[Section], offset: usize, line: &str) -> Option<usize> {
    let kind = kind_at(sections, offset);
    let label = line.find(':').filter(|&colon| colon <= 40);
    let labelled = label.is_some_and(|colon| labels_skills(&line[..colon]));
    match (kind, label) {
        (SectionKind::Skills, Some(colon)) => Some(colon + 1),
        (SectionKind::Skills, None) => (headings(line).len() == 1).then_some(0),
        (SectionKind::Experience | SectionKind::Projects | SectionKind::Other, Some(colon))
            if labelled =>
        {
            Some(colon + 1)
        }
        _ => None,
    }
}

/// The parts of a list between commas, bars, bullets and brackets.
fn parts(list: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    let bounds: Vec<Range<usize>> = list
        .char_indices()
        .filter(|(_, letter)| matches!(letter, ',' | ';' | '|' | '•' | '(' | ')' | '、' | '，'))
        .map(|(at, letter)| at..at + letter.len_utf8())
        .chain(std::iter::once(list.len()..list.len()))
        .collect();
    bounds.into_iter().filter_map(move |bound| {
        let part = start..bound.start;
        start = bound.end;
        (!list[part.clone()].trim().is_empty()).then_some(part)
    })
}

/// Whether an item is written like the name of something.
fn names_something(item: &str) -> bool {
    let count = item.chars().count();
    let words = item.split_whitespace().count();
    let small = item
        .split_whitespace()
        .all(|word| word.starts_with(char::is_lowercase));
    (2..=MOST_CHARACTERS).contains(&count)
        && words <= MOST_WORDS
        && item.chars().any(char::is_alphabetic)
        && item.starts_with(|first: char| first.is_alphanumeric() || first == '.')
        && !item.ends_with(['.', '?', '!', ':'])
        && !item.contains(['@', '"', '='])
        && !item.contains("//")
        && !(small && words > 2)
        && !SENTENCE
            .as_ref()
            .is_some_and(|sentence| sentence.is_match(item))
        && period::find_periods(item).is_empty()
        && !(words <= 3 && period::last_date(item).is_some())
        && headings(item).len() == 1
        && language::find(item).next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        unknown(&Source::new(text), &headings(text), &[], &[])
            .into_iter()
            .map(|item| item.value)
            .collect()
    }

    #[test]
    fn items_of_lists_are_skills_whether_known_or_not() {
        assert_eq!(
            read(
                "Jane\nSkills\nZorptron (3 years), Quuxly Suite (Less than 1 year), zorptron\nTools: Blibb 3 | Foo of Bar\n• Wobbling"
            ),
            [
                "Zorptron",
                "Quuxly Suite",
                "Blibb 3",
                "Foo of Bar",
                "Wobbling"
            ]
        );
        assert_eq!(
            read("Jane\nExperience\nEngineer, Acme, 2015 - 2018\nEnvironment: Zorptron, Blibb"),
            ["Zorptron", "Blibb"]
        );
    }

    #[test]
    fn sentences_dates_and_praise_are_no_skills() {
        for line in [
            "Strong knowledge of many things, good communication",
            "I have worked with customers, with partners and at home",
            "Since 2015, June 2016, 2017 - 2018",
            "English, German (fluent)",
            "led teams of many nice people",
            "jane@example.org, https://example.org",
        ] {
            assert_eq!(read(&format!("Jane\nSkills\n{line}")), [""; 0], "{line}");
        }
        assert_eq!(read("Jane\nInterests\nChess, Zorptron"), [""; 0]);
    }

    #[test]
    fn a_list_without_end_is_cut() {
        let items: Vec<String> = (0..500).map(|number| format!("Zorp{number}x")).collect();
        assert_eq!(read(&format!("Skills\n{}", items.join(", "))).len(), MOST);
    }
}
