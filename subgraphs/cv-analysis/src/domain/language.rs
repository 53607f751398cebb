//! Spoken languages and how well.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::section::{Section, SectionKind};
use super::text::{Source, Span};

/// How well a language is spoken; the letters are those of the Common European Framework of Reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fluency {
    /// A1, beginner.
    A1,
    /// A2, basic.
    A2,
    /// B1, intermediate.
    B1,
    /// B2, good.
    B2,
    /// C1, fluent.
    C1,
    /// C2, near native.
    C2,
    /// Mother tongue.
    Native,
}

/// A language that the candidate names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Language {
    /// ISO 639-1 code.
    pub code: String,
    /// English name.
    pub name: String,
    /// Level, where one is written.
    pub fluency: Option<Fluency>,
    /// Where it stands.
    pub span: Span,
}

type Names = Vec<(&'static str, &'static str, Vec<&'static str>)>;
type Levels = Vec<(Fluency, Vec<&'static str>)>;

/// Names of languages and words of levels; a test sees that the file is read whole.
static WORDS: LazyLock<(Names, Levels)> = LazyLock::new(|| {
    let (mut names, mut levels) = (Names::new(), Levels::new());
    for line in include_str!("../../data/languages.txt").lines() {
        let Some((head, words)) = line.split_once(": ").filter(|_| !line.starts_with("//")) else {
            continue;
        };
        let words = words.split("; ").collect();
        match head.split_once(' ') {
            Some(("level", level)) => {
                if let Ok(level) = serde_json::from_value(level.into()) {
                    levels.push((level, words));
                }
            }
            Some((code, name)) => names.push((code, name, words)),
            None => {}
        }
    }
    (names, levels)
});

static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let mut names: Vec<&str> = WORDS
        .0
        .iter()
        .flat_map(|(_, _, names)| names.iter().copied())
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    Regex::new(&format!("(?i)(?:{})", names.join("|"))).ok()
});

static LEVEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let mut words: Vec<&str> = WORDS
        .1
        .iter()
        .flat_map(|(_, words)| words.iter().copied())
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    Regex::new(&format!(r"(?i)(?:{})", words.join("|"))).ok()
});

fn bounded(text: &str, range: &std::ops::Range<usize>) -> bool {
    let ascii =
        |character: char| character.is_alphanumeric() && !super::mention::ideograph(character);
    !text[..range.start].ends_with(ascii) && !text[range.end..].starts_with(ascii)
}

/// Language names in a text: code, English name and byte range.
pub fn find(
    text: &str,
) -> impl Iterator<Item = (&'static str, &'static str, std::ops::Range<usize>)> {
    NAME.iter()
        .flat_map(move |pattern| pattern.find_iter(text))
        .filter_map(move |found| {
            let lower = found.as_str().to_lowercase();
            let (code, name, _) = WORDS
                .0
                .iter()
                .find(|(_, _, names)| names.contains(&lower.as_str()))?;
            bounded(text, &found.range()).then_some((*code, *name, found.range()))
        })
}

/// The level that a text names; a letter of the Framework says it better than any word beside it ("intermedio (B2)").
fn fluency(text: &str) -> Option<(Fluency, std::ops::Range<usize>)> {
    let mut named = LEVEL
        .as_ref()?
        .find_iter(text)
        .filter(|found| bounded(text, &found.range()))
        .filter_map(|found| {
            let lower = found.as_str().to_lowercase();
            WORDS
                .1
                .iter()
                .find(|(_, words)| words.contains(&lower.as_str()))
                .map(|(level, _)| (*level, found.range()))
        });
    let first = named.next()?;
    let framework = |range: &std::ops::Range<usize>| {
        range.len() == 2 && text[range.clone()].ends_with(|last: char| last.is_ascii_digit())
    };
    if framework(&first.1) {
        return Some(first);
    }
    named.find(|(_, range)| framework(range)).or(Some(first))
}

/// A list of languages behind its label in the middle of a line of personal data: "Born 4 June 1990. Languages: English, Tamil."
fn labelled(line: &str) -> Option<std::ops::Range<usize>> {
    static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)(?:^\W*|[.;|•,]\s*)(?:(?:languages?\s?(?:known?|spoken)|known languages|linguistic (?:abilities|proficiency|skills))[\s|:–-]+|(?:languages?(?: (?:skills|proficiency))?|sprachen|langues(?: parlées)?|idiomas)\s*(?:\|\s*)?[:–-]+\s*(?:\|\s*)?)").ok()
    });
    let start = LABEL.as_ref()?.find(line)?.end();
    let end = line[start..]
        .find(['.', ';', '|'])
        .map_or(line.len(), |at| start + at);
    Some(start..end)
}

/// The level of each name on a line, with the end of the words that count for it.
///
/// A line has its levels behind the names ("German (native), English C1") or in front of them ("Fluent English, native
/// German"): in front where one stands before the first name and none behind the last. A level in front holds for all names up to
/// the next level ("Fluent in English and German"); one behind belongs to the name before it only.
fn levels_beside(
    line: &str,
    names: &[(&str, &str, std::ops::Range<usize>)],
) -> Vec<Option<(Fluency, usize)>> {
    let (Some(first), Some(last)) = (names.first(), names.last()) else {
        return Vec::new();
    };
    let in_front =
        fluency(&line[..first.2.start]).is_some() && fluency(&line[last.2.end..]).is_none();
    // "English and Spanish (both native)"
    let shared = line[last.2.end..]
        .to_lowercase()
        .split(|character: char| !character.is_alphabetic())
        .any(|word| {
            matches!(
                word,
                "both" | "all" | "beide" | "alle" | "tous" | "toutes" | "ambos" | "todos"
            )
        })
        .then(|| fluency(&line[last.2.end..]).map(|(level, _)| level))
        .flatten();
    let mut above = None;
    names
        .iter()
        .enumerate()
        .map(|(number, (_, _, range))| {
            if in_front {
                let start = number
                    .checked_sub(1)
                    .map_or(0, |before| names[before].2.end);
                above = fluency(&line[start..range.start])
                    .map(|(level, _)| level)
                    .or(above);
                above.map(|level| (level, range.end))
            } else {
                let end = names
                    .get(number + 1)
                    .map_or(line.len(), |next| next.2.start);
                fluency(&line[range.end..end])
                    .map(|(level, at)| (level, range.end + at.end))
                    .or_else(|| shared.map(|level| (level, range.end)))
            }
        })
        .collect()
}

/// The languages of a CV: those of its language sections, or, where there are none, those of lines that name a level
/// beside a language. Each language once, at its best level.
pub fn spoken(source: &Source<'_>, sections: &[Section]) -> Vec<Language> {
    let mut languages: Vec<Language> = Vec::new();
    let listed = sections
        .iter()
        .any(|section| section.kind == SectionKind::Languages);
    for (offset, line) in source.lines() {
        let kind = super::section::kind_at(sections, offset);
        if listed && kind != SectionKind::Languages {
            continue;
        }
        let names: Vec<_> = find(line).collect();
        let list = labelled(line).filter(|_| !listed);
        let levels = levels_beside(line, &names);
        let mut enumerated = None;
        for ((code, name, range), level) in names.iter().zip(levels) {
            // "Welsh (first language) and English": what a language with a level is joined with
            let joined = enumerated.is_some_and(|end: usize| {
                line.get(end..range.start).is_some_and(|between| {
                    matches!(
                        between.trim_matches([' ', ')', ',']),
                        "and" | "&" | "und" | "et" | "y" | "e"
                    )
                })
            });
            enumerated = level.as_ref().map(|(_, last)| *last);
            let named = list
                .as_ref()
                .is_some_and(|list| list.start <= range.start && range.end <= list.end);
            if !listed && level.is_none() && !named && !joined {
                continue;
            }
            let last = level.as_ref().map_or(range.end, |(_, last)| *last);
            let span = source.span(offset + range.start..offset + last);
            let fluency = level.map(|(level, _)| level).or_else(|| {
                // a level on the line below, as two-line layouts write it
                let below = source.text[offset + line.len()..]
                    .trim_start_matches('\n')
                    .lines()
                    .next()?;
                (names.len() == 1 && below.chars().count() < 40 && find(below).next().is_none())
                    .then(|| fluency(below).map(|found| found.0))
                    .flatten()
            });
            match languages.iter_mut().find(|language| language.code == *code) {
                Some(known) => known.fluency = known.fluency.max(fluency),
                None => languages.push(Language {
                    code: (*code).to_owned(),
                    name: (*name).to_owned(),
                    fluency,
                    span,
                }),
            }
        }
    }
    languages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::section::sections;

    fn read(text: &str) -> Vec<(String, Option<Fluency>)> {
        let source = Source::new(text);
        spoken(&source, &sections(text))
            .into_iter()
            .map(|language| (language.code, language.fluency))
            .collect()
    }

    #[test]
    fn the_file_of_languages_is_read_whole() {
        assert_eq!((WORDS.0.len(), WORDS.1.len()), (103, 7));
    }

    #[test]
    fn levels_are_read_beside_below_and_before_the_name() {
        let text = "Jane\nLanguages\nGerman (native), English: C1\nFrench\nIntermediate\nSkills\nPolish notation";
        assert_eq!(
            read(text),
            [
                ("de".to_owned(), Some(Fluency::Native)),
                ("en".to_owned(), Some(Fluency::C1)),
                ("fr".to_owned(), Some(Fluency::B1)),
            ]
        );
        assert_eq!(
            read("Languages\nEnglish and Spanish (both native)"),
            [
                ("en".to_owned(), Some(Fluency::Native)),
                ("es".to_owned(), Some(Fluency::Native)),
            ]
        );
        assert_eq!(
            read("Other\nWelsh (native) and English. Data in Excel"),
            [
                ("cy".to_owned(), Some(Fluency::Native)),
                ("en".to_owned(), None),
            ]
        );
        assert_eq!(
            read("Profile\nFluent in Spanish."),
            [("es".to_owned(), Some(Fluency::C1))]
        );
        assert_eq!(
            read("Languages\nTelugu (mother tongue), English, Hindi"),
            [
                ("te".to_owned(), Some(Fluency::Native)),
                ("en".to_owned(), None),
                ("hi".to_owned(), None),
            ]
        );
        assert_eq!(
            read("Born 4 June 1990. Languages: English, Kannada. Passport until 2031"),
            [("en".to_owned(), None), ("kn".to_owned(), None)]
        );
        for line in [
            "• Language | : | English, Kannada",
            "Languages Known - English, Kannada",
            "Language Known : English, Kannada",
            "Languages Know : : English, Kannada.",
            "LanguagesKnown | : | English, Kannada",
            "Language Known English, Kannada",
        ] {
            assert_eq!(
                read(&format!(
                    "Personal Details\nGender : Male\n{line}\nNationality : Indian"
                )),
                [("en".to_owned(), None), ("kn".to_owned(), None)],
                "{line}"
            );
        }
        assert_eq!(
            read("Idiomas\nInglés intermedio (B2)"),
            [("en".to_owned(), Some(Fluency::B2))]
        );
        assert_eq!(
            read("Languages\nFluent English, native German"),
            [
                ("en".to_owned(), Some(Fluency::C1)),
                ("de".to_owned(), Some(Fluency::Native)),
            ]
        );
        assert_eq!(
            read("About me\nI am fluent in Yoruba and French."),
            [
                ("yo".to_owned(), Some(Fluency::C1)),
                ("fr".to_owned(), Some(Fluency::C1)),
            ]
        );
        assert_eq!(
            read("Sprachen\nDeutsch – Muttersprache\nEnglisch – verhandlungssicher").len(),
            2
        );
    }

    #[test]
    fn a_language_without_a_level_outside_its_section_is_no_claim() {
        assert_eq!(read("Experience\nTeacher at the German school"), []);
    }
}
