//! Headings with slips of the pen.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::{HEADINGS, SectionKind, composed};

/// Least length of a word that may be misspelled in a heading, and from which two slips are forgiven.
const SLIP: usize = 8;
const TWO_SLIPS: usize = 11;

/// A heading with slips of the pen: "Work Experiance", "ACADAMIC QUALIFICATION". Each long word that no heading knows is taken for
/// the one known word that is nearest.
pub(super) fn misspelled(plain: &str) -> Option<SectionKind> {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let whole = HEADINGS.whole.keys().flat_map(|heading| heading.split(' '));
        whole
            .chain(HEADINGS.roots.keys().copied())
            .chain(HEADINGS.modifiers.iter().copied())
            .filter(|word| word.is_ascii() && word.len() + 1 >= SLIP)
            .collect()
    });
    if !plain.is_ascii() || plain.split(' ').count() > 4 {
        return None;
    }
    let mut slips = false;
    let mut plural = false;
    let mut words = Vec::new();
    for word in plain.split(' ') {
        if word.len() < SLIP || WORDS.contains(word) {
            words.push(word);
            continue;
        }
        let most = if word.len() >= TWO_SLIPS { 2 } else { 1 };
        let nearest = WORDS
            .iter()
            .filter(|known| known.as_bytes().first() == word.as_bytes().first())
            .filter(|known| known.len().abs_diff(word.len()) <= most)
            .map(|known| (distance(word.as_bytes(), known.as_bytes()), *known))
            .filter(|(distance, _)| *distance <= most)
            .min()?;
        slips = true;
        plural |= nearest.1.strip_suffix('s') == Some(word);
        words.push(nearest.1);
    }
    if !slips {
        return None;
    }
    let plain = words.join(" ");
    HEADINGS
        .whole
        .get(plain.as_str())
        .copied()
        .or_else(|| composed(&plain))
        // "Assignment" in a job is no heading of work
        .filter(|kind| !(plural && *kind == SectionKind::Experience))
}

/// Letters to put in, leave out, change or swap with their neighbour until one word is the other.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut here = vec![row + 1];
        for (column, against) in other.iter().enumerate() {
            let mut least = (above[column] + usize::from(letter != against))
                .min(above[column + 1] + 1)
                .min(here[column] + 1);
            if row > 0 && column > 0 && letter == &other[column - 1] && against == &one[row - 1] {
                least = least.min(before[column - 1] + 1);
            }
            here.push(least);
        }
        before = std::mem::replace(&mut above, here);
    }
    above.last().copied().unwrap_or(0)
}
