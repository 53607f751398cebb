//! Passages of a CV that were copied out of the job description.
//!
//! Pasting the description into the CV would match every skill that it asks for. A run of many equal words is no
//! coincidence; what stands in it counts for nothing.

use std::collections::HashSet;
use std::ops::Range;

use super::finding::{Finding, FindingKind, Severity, shorten};
use super::text::{Source, Text};

/// Equal words in a row from which a passage counts as copied. Lists of skills in the same order are common up to this.
const RUN: usize = 14;

/// Words in lower case with their byte ranges; punctuation separates and is no word.
fn words(text: &str) -> Vec<(String, Range<usize>)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, character) in text
        .char_indices()
        .chain(std::iter::once((text.len(), ' ')))
    {
        match (start, character.is_alphanumeric()) {
            (None, true) => start = Some(at),
            (Some(begin), false) => {
                words.push((text[begin..at].to_lowercase(), begin..at));
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// The byte ranges of `cv` that repeat fourteen words or more of `description` in a row.
pub fn copied(cv: &str, description: &str) -> Vec<Range<usize>> {
    let theirs = words(description);
    let runs: HashSet<Vec<&str>> = theirs
        .windows(RUN)
        .map(|run| run.iter().map(|(word, _)| word.as_str()).collect())
        .collect();
    if runs.is_empty() {
        return Vec::new();
    }
    let mine = words(cv);
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for run in mine.windows(RUN) {
        let key: Vec<&str> = run.iter().map(|(word, _)| word.as_str()).collect();
        if !runs.contains(&key) {
            continue;
        }
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        let range = first.1.start..last.1.end;
        match ranges.last_mut() {
            Some(open) if open.end >= range.start => open.end = range.end,
            _ => ranges.push(range),
        }
    }
    ranges
}

/// What to tell the recruiter about copied passages.
pub fn findings(document: &Text, copied: &[Range<usize>]) -> Vec<Finding> {
    let source = Source::new(&document.content);
    copied
        .iter()
        .take(20)
        .map(|range| {
            let span = source.span(range.clone());
            let mut finding = Finding::new(
                FindingKind::CopiedFromJob,
                Severity::Alert,
                "a passage is copied from the job description; it counts for nothing",
            );
            finding.page = document.page_of(span);
            finding.quote = Some(shorten(
                &document.content[range.clone()].replace('\n', " "),
                160,
            ));
            finding.span = Some(span);
            finding
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: &str = "We need five years of Rust, Kubernetes and PostgreSQL, experience with large distributed systems, and a degree in computer science.";

    #[test]
    fn a_pasted_description_is_found_whole() {
        let cv = format!("Jane Doe\n{}\nGo", JOB.replace(", ", ",\n"));
        let ranges = copied(&cv, JOB);
        assert_eq!(ranges.len(), 1);
        assert!(
            cv[ranges[0].clone()].starts_with("We need five")
                && cv[ranges[0].clone()].ends_with("science")
        );
    }

    #[test]
    fn the_same_skills_in_other_words_are_no_copy() {
        assert_eq!(
            copied(
                "Rust, Kubernetes and PostgreSQL in large distributed systems for five years",
                JOB
            ),
            Vec::<Range<usize>>::new()
        );
        assert!(copied("anything", "short job").is_empty());
    }
}
