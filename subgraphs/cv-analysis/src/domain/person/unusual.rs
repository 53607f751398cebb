//! Names that are not a line of words with capitals: set apart, in small letters, of one word, on two lines.

use super::super::contact::Located;
use super::super::skill::Taxonomy;
use super::super::text::{Source, Text};
use super::{NOT_A_NAME, PARTICLES, fold, person, spelled_out, tidy};

/// A name in letters set apart, whose words lost their bounds: "J A N E D O E" is found again in jane.doe@example.com.
pub(super) fn spaced_out(
    source: &Source<'_>,
    lines: &[(usize, &str)],
    local: Option<&str>,
) -> Option<Located> {
    let parts: Vec<&str> = local?
        .split(|character: char| !character.is_alphabetic())
        .filter(|part| !part.is_empty())
        .collect();
    if !(2..=4).contains(&parts.len()) {
        return None;
    }
    lines.iter().take(40).find_map(|&(offset, line)| {
        let letters: Vec<&str> = line.split_whitespace().collect();
        let apart = letters.len() >= 6 && letters.iter().all(|letter| letter.chars().count() == 1);
        if !apart || fold(&letters.concat()) != parts.concat() {
            return None;
        }
        let mut letters = letters.into_iter();
        let words: Vec<String> = parts
            .iter()
            .map(|part| letters.by_ref().take(part.chars().count()).collect())
            .collect();
        Some(Located {
            value: tidy(&words.join(" ")),
            span: source.span(offset..offset + line.len()),
        })
    })
}

/// A name without the capitals that tell names: two to four words on the first line, one of them in the e-mail address or the
/// address of a profile.
pub(super) fn small(
    source: &Source<'_>,
    lines: &[(usize, &str)],
    taxonomy: &Taxonomy,
    local: Option<&str>,
) -> Option<Located> {
    let &(offset, line) = lines.first()?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let letters = words.iter().all(|word| {
        word.chars()
            .all(|character| character.is_alphabetic() || character == '.')
    });
    let fits = (2..=4).contains(&words.len())
        && letters
        && words
            .iter()
            .any(|word| word.starts_with(char::is_lowercase))
        && !words
            .iter()
            .any(|word| NOT_A_NAME.contains(word.to_lowercase().as_str()))
        && !super::super::role::is_role(line)
        && !taxonomy.is_name(line)
        && super::super::section::sections(line).len() == 1
        && words
            .iter()
            .filter(|word| word.chars().count() >= 3)
            .any(|word| local.is_some_and(|local| local.contains(&fold(word))));
    let capital = |word: &&str| {
        if PARTICLES.contains(word) {
            return (*word).to_owned();
        }
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default()
    };
    fits.then(|| Located {
        value: tidy(&words.iter().map(capital).collect::<Vec<String>>().join(" ")),
        span: source.span(offset..offset + line.len()),
    })
}

/// Titles of documents, which are no names.
const DOCUMENTS: &[&str] = &[
    "curriculum vitae",
    "curriculam vitae",
    "resume",
    "résumé",
    "cv",
    "bio data",
    "biodata",
    "bio-data",
    "lebenslauf",
];

/// A name of one word, with initials or without ("Pragya", "S. Murugan", "SREERAM.M"), as many people have: at the top, and part
/// of the e-mail address; without that only where nothing but the document's title stands above, and with an initial or with the
/// ways to reach somebody right below.
pub(super) fn single(
    source: &Source<'_>,
    lines: &[(usize, &str)],
    taxonomy: &Taxonomy,
    local: Option<&str>,
) -> Option<Located> {
    let title = |line: &str| {
        let plain = line
            .trim_matches(|character: char| !character.is_alphanumeric())
            .to_lowercase();
        DOCUMENTS.contains(&plain.as_str())
    };
    let top: Vec<(usize, &str)> = lines
        .iter()
        .copied()
        .filter(|(_, line)| !title(line))
        .take(6)
        .collect();
    top.iter()
        .enumerate()
        .find_map(|(number, &(offset, line))| {
            let cell = line.split('|').next()?.trim();
            let start = offset + line.find(cell)?;
            let long = given(cell)?;
            let fits = cell.starts_with(char::is_uppercase)
                && !taxonomy.is_name(cell)
                && !taxonomy.is_name(long)
                && !NOT_A_NAME.contains(long.to_lowercase().as_str())
                && !super::super::role::is_role(cell)
                && super::super::section::sections(cell).len() == 1
                && super::super::education::level_of(cell, false).is_none();
            let mailed = local.is_some_and(|local| local.contains(&fold(long)));
            let initials = long.len() < cell.len();
            let reached = top
                .iter()
                .skip(number + 1)
                .take(2)
                .any(|(_, below)| below.contains('@'));
            (fits && (mailed || (number == 0 && (initials || reached)))).then(|| Located {
                value: tidy(cell),
                span: source.span(start..start + cell.len()),
            })
        })
}

/// The byte range of a name of one word with initials, all there is in a text: "R.GIRIDARAN", "Periyasamy K".
pub(super) fn initialled(text: &str) -> Option<std::ops::Range<usize>> {
    let cell = text.trim();
    let start = text.find(cell)?;
    let long = given(cell)?;
    (cell.starts_with(char::is_uppercase) && long.len() < cell.len())
        .then_some(start..start + cell.len())
}

/// The one word of three letters or more among initials.
fn given(text: &str) -> Option<&str> {
    if text.chars().count() > 28 {
        return None;
    }
    let mut long = None;
    for part in text.split([' ', '.']).filter(|part| !part.is_empty()) {
        if !part.chars().all(char::is_alphabetic) {
            return None;
        }
        match part.chars().count() {
            1 if part.starts_with(char::is_uppercase) => {}
            3..=24 if long.is_none() => long = Some(part),
            _ => return None,
        }
    }
    long
}

/// Least height of letters, in tenths of a point, that nothing but a name has among two single words.
const LARGE: i32 = 160;

/// First and last name on two lines of their own, as designers like it: at the very top, in large letters or part of the e-mail
/// address (a column beside may be read before them).
pub(super) fn stacked(
    document: &Text,
    source: &Source<'_>,
    lines: &[(usize, &str)],
    taxonomy: &Taxonomy,
    local: Option<&str>,
) -> Option<Located> {
    lines
        .windows(2)
        .take(120)
        .enumerate()
        .find_map(|(number, pair)| {
            let [(start, first), (second_start, second)] = pair else {
                return None;
            };
            let single = |line: &str| {
                let word = line.trim();
                (2..=20).contains(&word.chars().count())
                    && word.chars().all(|character| {
                        character.is_alphabetic() || matches!(character, '-' | '\'')
                    })
                    && word.starts_with(|character: char| !character.is_lowercase())
                    && !taxonomy.is_name(word)
                    && super::super::section::sections(word).len() == 1
            };
            let mailed = |word: &str| {
                word.trim().chars().count() >= 3
                    && local.is_some_and(|local| {
                        local.contains(&fold(word)) || local.contains(&fold(&spelled_out(word)))
                    })
            };
            let end = second_start + second.len();
            let large = || {
                document
                    .areas_of(source.span(*start..end))
                    .map(|run| run.area.height)
                    .min()
                    .is_some_and(|height| height >= LARGE)
            };
            let joined = format!("{} {}", first.trim(), second.trim());
            // "line by line" only: text between them would make it something else
            (single(first)
                && single(second)
                && (number < 3 || mailed(first) || mailed(second) || large())
                && source.text[start + first.len()..*second_start]
                    .trim()
                    .is_empty()
                && person(&joined).is_some())
            .then(|| Located {
                value: tidy(&joined),
                span: source.span(*start..end),
            })
        })
}

/// A name that opens a line which goes on: "Jane Doe Software Engineer". Its words, all of them, are found again in the e-mail address or
/// in the address of a profile.
pub(super) fn opening(
    source: &Source<'_>,
    lines: &[(usize, &str)],
    local: Option<&str>,
) -> Option<Located> {
    let local = local?;
    lines.iter().take(3).find_map(|&(offset, line)| {
        let mut end = 0;
        let mut count = 0;
        for word in line.split_whitespace().take(4) {
            let letters = word
                .chars()
                .all(|letter| letter.is_alphabetic() || matches!(letter, '-' | '\'' | '.'));
            let initial = word.trim_end_matches('.').chars().count() == 1;
            let mailed = fold(word).len() >= 3
                && (local.contains(&fold(word)) || local.contains(&fold(&spelled_out(word))));
            if !letters || !word.starts_with(char::is_uppercase) || !(mailed || initial) {
                break;
            }
            end = line[end..].find(word)? + end + word.len();
            count += 1;
        }
        let start = line.len() - line.trim_start().len();
        (count >= 2 && person(&line[start..end]).is_some()).then(|| Located {
            value: tidy(&line[start..end]),
            span: source.span(offset + start..offset + end),
        })
    })
}
