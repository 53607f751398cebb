//! Lines that something glued together: text copied out of other tools' files often comes as one line a page.

use std::sync::LazyLock;

use regex::Regex;

use super::period;
use super::section;

/// Characters beyond which a line is no line that anybody set.
const LONG: usize = 300;
/// Characters beyond which a line is broken at what begins a new one, where no gap says so.
const ENDLESS: usize = 160;
/// Characters in front of a period that may be a role and an organisation.
const HEAD_OF_A_JOB: usize = 90;
/// Characters for each gap or bullet of a line that lost its breaks, on average; sentences that are two spaces apart have fewer.
const SPARSE: usize = 250;

static GAP: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[ \t\u{a0}]{2,}").ok());
static BULLET: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[ \t])[•●▪■➢✓❖\u{f0b7}\u{f0a7}\u{f0d8}]\s").ok());
static PREPOSITION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:from|in|between|during|since|until|of|the|by|for|and|on|to|with)\s*$")
        .ok()
});

/// The lines of what stands as one line. A line of ordinary length is left alone; a long one is broken
/// - at gaps of two spaces and more, where there are many (four and more stand for an empty line), but not between two dates;
/// - else before bullets, where there are many;
/// - and what is still endless at headings of sections and around the periods of jobs.
pub(super) fn lines(raw: &str) -> Vec<&str> {
    let length = raw.chars().count();
    if length < ENDLESS {
        return vec![raw];
    }
    let pieces = gaps(raw, length)
        .or_else(|| bullets(raw, length))
        .unwrap_or_else(|| vec![raw]);
    pieces
        .into_iter()
        .flat_map(|piece| {
            if piece.chars().count() < ENDLESS {
                vec![piece]
            } else {
                endless(piece)
            }
        })
        .collect()
}

fn gaps(raw: &str, length: usize) -> Option<Vec<&str>> {
    let text = raw.trim();
    let found: Vec<_> = GAP.as_ref()?.find_iter(text).collect();
    if length < LONG || found.len() < 3 || found.len() * SPARSE < length {
        return None;
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    for gap in found {
        // the dash between two dates is often all that was lost
        if gap.len() < 4 && between_dates(&text[start..gap.start()], &text[gap.end()..]) {
            continue;
        }
        pieces.push(&text[start..gap.start()]);
        if gap.len() >= 4 {
            pieces.push("");
        }
        start = gap.end();
    }
    pieces.push(&text[start..]);
    Some(pieces)
}

/// Whether the last words of one text and the first ones of the other are the dates of one period.
fn between_dates(before: &str, after: &str) -> bool {
    let before = tail(before, 24);
    let start = after
        .char_indices()
        .nth(24)
        .map_or(after.len(), |(at, _)| at);
    let joined = format!("{before} {}", &after[..start]);
    period::paired(&joined)
        .iter()
        .any(|found| found.range.start < before.len() && found.range.end > before.len())
}

/// The last characters of a text.
fn tail(text: &str, count: usize) -> &str {
    let start = text
        .char_indices()
        .rev()
        .nth(count.saturating_sub(1))
        .map_or(0, |(at, _)| at);
    &text[start..]
}

fn bullets(raw: &str, length: usize) -> Option<Vec<&str>> {
    let found: Vec<_> = BULLET.as_ref()?.find_iter(raw).collect();
    if length < LONG || found.len() < 3 || found.len() * SPARSE < length {
        return None;
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    for bullet in found {
        if bullet.start() > start {
            pieces.push(&raw[start..bullet.start()]);
        }
        start = bullet.start();
    }
    pieces.push(&raw[start..]);
    Some(pieces)
}

/// Breaks text without any gap around headings and around periods that stand as those of jobs do: with a month or an open end,
/// and not in a sentence.
fn endless(raw: &str) -> Vec<&str> {
    let mut breaks: Vec<usize> = Vec::new();
    for found in period::find_periods(raw) {
        let exact = found.period.start.month.is_some()
            || found.period.end.is_none_or(|end| end.month.is_some());
        let end = found.range.end.min(raw.len());
        let spoken = PREPOSITION
            .as_ref()
            .is_some_and(|word| word.is_match(tail(&raw[..found.range.start], 12)));
        let goes_on = raw[end..]
            .trim_start()
            .starts_with(|next: char| next.is_lowercase() || matches!(next, ',' | '.'));
        if exact && !spoken && !goes_on {
            // a role and its organisation fit in front of their period
            let last = breaks.last().copied().unwrap_or(0);
            if raw[last..found.range.start].chars().count() > HEAD_OF_A_JOB {
                breaks.push(found.range.start);
            }
            breaks.push(end);
        }
    }
    for heading in headings_within(raw) {
        breaks.extend([heading.start, heading.end]);
    }
    breaks.sort_unstable();
    breaks.dedup();
    let mut pieces = Vec::new();
    let mut start = 0;
    for at in breaks {
        if !raw[start..at].trim().is_empty() {
            pieces.push(&raw[start..at]);
            start = at;
        }
    }
    if !raw[start..].trim().is_empty() {
        pieces.push(&raw[start..]);
    }
    pieces
}

static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\S+").ok());

/// Headings in the middle of a text that lost its line breaks: whole ones of the table, written like headings, behind the end of
/// something and in front of the beginning of something.
fn headings_within(text: &str) -> Vec<std::ops::Range<usize>> {
    let words: Vec<std::ops::Range<usize>> = WORD
        .iter()
        .flat_map(|word| word.find_iter(text).map(|found| found.range()))
        .collect();
    let capital = |at: usize| {
        words
            .get(at)
            .is_none_or(|word| !text[word.clone()].starts_with(char::is_lowercase))
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let fits = (1..=4).rev().find(|count| {
            let Some(last) = words.get(at + count - 1) else {
                return false;
            };
            let phrase = &text[words[at].start..last.end];
            let inner = (at..at + count).all(|number| {
                capital(number) || matches!(&text[words[number].clone()], "and" | "of" | "&")
            });
            inner
                && phrase.starts_with(char::is_uppercase)
                && capital(at + count)
                && section::whole_heading(phrase).is_some()
                && (*count > 1 || stands_alone(text, &words, at))
        });
        match fits {
            Some(count) => {
                found.push(words[at].start..words[at + count - 1].end);
                at += count;
            }
            None => at += 1,
        }
    }
    found
}

/// Whether a single word in running text is a heading: one of the few that every CV has, and no part of a name ("Board of Education",
/// "Skills Development Officer").
fn stands_alone(text: &str, words: &[std::ops::Range<usize>], at: usize) -> bool {
    const USUAL: [&str; 8] = [
        "education",
        "skills",
        "certifications",
        "projects",
        "experience",
        "employment",
        "languages",
        "qualifications",
    ];
    let word = text[words[at].clone()].trim_end_matches(':').to_lowercase();
    let before = at
        .checked_sub(1)
        .map(|before| text[words[before].clone()].to_lowercase());
    let joins = |word: &str| {
        matches!(
            word,
            "of" | "in"
                | "and"
                | "&"
                | "the"
                | "for"
                | "to"
                | "with"
                | "my"
                | "a"
                | "an"
                | "by"
                | "higher"
                | "secondary"
                | "special"
                | "physical"
                | "continuing"
                | "people"
                | "communication"
                | "interpersonal"
                | "user"
                | "customer"
        )
    };
    USUAL.contains(&word.as_str()) && !before.is_some_and(|word| joins(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(head: &str, tail: &str) -> String {
        format!(
            "{head}{} {tail}",
            "worked on many things with other people and wrote about them ".repeat(12)
        )
    }

    #[test]
    fn ordinary_lines_and_paragraphs_stay_whole() {
        let prose = "One sentence ends.  Another one begins and goes on for a while until it ends as well. ".repeat(6);
        assert_eq!(lines("Jane  Doe  Berlin"), ["Jane  Doe  Berlin"]);
        assert!(lines(&prose).len() <= 7);
        let unbroken = "word ".repeat(100);
        assert_eq!(lines(&unbroken), [unbroken.as_str()]);
    }

    #[test]
    fn gaps_stand_for_lost_breaks_but_not_between_dates() {
        let text = format!(
            "Jane Doe  1 High Street  jane@example.org    Experience  2015  2018: Engineer, Acme Ltd  Jan 2019  Present  Lead{}",
            "  more lines of work".repeat(15)
        );
        let lines = lines(&text);
        assert_eq!(
            lines[..7],
            [
                "Jane Doe",
                "1 High Street",
                "jane@example.org",
                "",
                "Experience",
                "2015  2018: Engineer, Acme Ltd",
                "Jan 2019  Present"
            ]
        );
    }

    #[test]
    fn text_without_any_gap_is_broken_at_headings_and_periods() {
        let text = filled(
            "Jane Doe Work Experience Engineer Acme Ltd March 2015 to Present Built engines and ",
            "grew it from 2011 to 2014 Education BSc Physics Leeds University Skills Rust",
        );
        let lines: Vec<&str> = lines(&text).into_iter().map(str::trim).collect();
        assert!(lines.contains(&"Work Experience"), "{lines:?}");
        assert!(
            lines.contains(&"Engineer Acme Ltd March 2015 to Present"),
            "{lines:?}"
        );
        assert!(lines.contains(&"Education"), "{lines:?}");
        assert!(lines.contains(&"Skills"), "{lines:?}");
        assert!(
            lines.iter().any(|line| line.ends_with("from 2011 to 2014")),
            "{lines:?}"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_word_is_lost(words in proptest::collection::vec("[a-zA-Z0-9•]{1,9}", 0..200), gap in " {1,5}") {
            let text = words.join(&gap);
            let kept: Vec<&str> = lines(&text).into_iter().flat_map(str::split_whitespace).collect();
            let said: Vec<&str> = text.split_whitespace().collect();
            proptest::prop_assert_eq!(kept, said);
        }
    }
}
