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

const NAMES: &[(&str, &str, &[&str])] = &[
    (
        "ar",
        "Arabic",
        &["arabic", "arabisch", "arabe", "árabe", "arabo", "العربية"],
    ),
    (
        "bg",
        "Bulgarian",
        &["bulgarian", "bulgarisch", "bulgare", "búlgaro"],
    ),
    ("bn", "Bengali", &["bengali", "bangla"]),
    (
        "ca",
        "Catalan",
        &["catalan", "katalanisch", "catalán", "català"],
    ),
    (
        "cs",
        "Czech",
        &["czech", "tschechisch", "tchèque", "checo", "čeština"],
    ),
    (
        "da",
        "Danish",
        &["danish", "dänisch", "danois", "danés", "dansk"],
    ),
    (
        "de",
        "German",
        &[
            "german",
            "deutsch",
            "allemand",
            "alemán",
            "tedesco",
            "alemão",
            "duits",
            "德语",
            "ドイツ語",
        ],
    ),
    ("el", "Greek", &["greek", "griechisch", "grec", "griego"]),
    (
        "en",
        "English",
        &[
            "english", "englisch", "anglais", "inglés", "inglese", "inglês", "engels", "英语",
            "英語", "영어",
        ],
    ),
    (
        "es",
        "Spanish",
        &[
            "spanish",
            "spanisch",
            "espagnol",
            "español",
            "castellano",
            "spagnolo",
            "espanhol",
            "spaans",
            "西班牙语",
        ],
    ),
    ("et", "Estonian", &["estonian", "estnisch", "estonien"]),
    ("fa", "Persian", &["persian", "farsi", "persisch", "persan"]),
    (
        "fi",
        "Finnish",
        &["finnish", "finnisch", "finnois", "finlandés", "suomi"],
    ),
    (
        "fr",
        "French",
        &[
            "french",
            "französisch",
            "français",
            "francés",
            "francese",
            "francês",
            "frans",
            "法语",
            "フランス語",
        ],
    ),
    ("he", "Hebrew", &["hebrew", "hebräisch", "hébreu", "hebreo"]),
    ("hi", "Hindi", &["hindi"]),
    (
        "hr",
        "Croatian",
        &["croatian", "kroatisch", "croate", "croata"],
    ),
    (
        "hu",
        "Hungarian",
        &["hungarian", "ungarisch", "hongrois", "húngaro"],
    ),
    (
        "id",
        "Indonesian",
        &["indonesian", "indonesisch", "indonésien", "bahasa"],
    ),
    (
        "it",
        "Italian",
        &["italian", "italienisch", "italien", "italiano", "italiaans"],
    ),
    (
        "ja",
        "Japanese",
        &[
            "japanese",
            "japanisch",
            "japonais",
            "japonés",
            "日语",
            "日本語",
        ],
    ),
    (
        "ko",
        "Korean",
        &["korean", "koreanisch", "coréen", "coreano", "한국어"],
    ),
    (
        "lt",
        "Lithuanian",
        &["lithuanian", "litauisch", "lituanien"],
    ),
    ("lv", "Latvian", &["latvian", "lettisch", "letton"]),
    ("mr", "Marathi", &["marathi"]),
    (
        "nl",
        "Dutch",
        &[
            "dutch",
            "niederländisch",
            "holländisch",
            "néerlandais",
            "neerlandés",
            "olandese",
            "nederlands",
        ],
    ),
    (
        "no",
        "Norwegian",
        &["norwegian", "norwegisch", "norvégien", "noruego", "norsk"],
    ),
    ("pa", "Punjabi", &["punjabi"]),
    (
        "pl",
        "Polish",
        &["polish", "polnisch", "polonais", "polaco", "polski"],
    ),
    (
        "pt",
        "Portuguese",
        &[
            "portuguese",
            "portugiesisch",
            "portugais",
            "portugués",
            "portoghese",
            "português",
        ],
    ),
    (
        "ro",
        "Romanian",
        &["romanian", "rumänisch", "roumain", "rumano"],
    ),
    (
        "ru",
        "Russian",
        &["russian", "russisch", "russe", "ruso", "русский", "俄语"],
    ),
    ("sk", "Slovak", &["slovak", "slowakisch", "slovaque"]),
    ("sl", "Slovenian", &["slovenian", "slovene", "slowenisch"]),
    ("sr", "Serbian", &["serbian", "serbisch", "serbe"]),
    (
        "sv",
        "Swedish",
        &["swedish", "schwedisch", "suédois", "sueco", "svenska"],
    ),
    ("sw", "Swahili", &["swahili", "kiswahili"]),
    ("ta", "Tamil", &["tamil"]),
    ("te", "Telugu", &["telugu"]),
    ("th", "Thai", &["thai", "thailändisch"]),
    (
        "tr",
        "Turkish",
        &["turkish", "türkisch", "turc", "turco", "türkçe"],
    ),
    (
        "uk",
        "Ukrainian",
        &[
            "ukrainian",
            "ukrainisch",
            "ukrainien",
            "ucraniano",
            "українська",
        ],
    ),
    ("ur", "Urdu", &["urdu"]),
    (
        "vi",
        "Vietnamese",
        &["vietnamese", "vietnamesisch", "vietnamien", "vietnamita"],
    ),
    (
        "zh",
        "Chinese",
        &[
            "chinese",
            "mandarin",
            "cantonese",
            "chinesisch",
            "chinois",
            "chino",
            "cinese",
            "mandarín",
            "中文",
            "普通话",
            "汉语",
            "中国語",
        ],
    ),
];

const LEVELS: &[(Fluency, &[&str])] = &[
    (
        Fluency::Native,
        &[
            "native",
            "mother tongue",
            "muttersprache",
            "muttersprachlich",
            "muttersprachler",
            "langue maternelle",
            "maternelle",
            "natif",
            "native speaker",
            "nativo",
            "nativa",
            "lengua materna",
            "materna",
            "madrelingua",
            "bilingual",
            "bilingue",
            "bilingüe",
            "first language",
            "moedertaal",
            "母语",
            "母語",
        ],
    ),
    (
        Fluency::C2,
        &[
            "c2",
            "near native",
            "near-native",
            "proficient",
            "mastery",
            "full professional",
        ],
    ),
    (
        Fluency::C1,
        &[
            "c1",
            "fluent",
            "fließend",
            "fliessend",
            "verhandlungssicher",
            "courant",
            "couramment",
            "fluido",
            "fluida",
            "fluente",
            "advanced",
            "sehr gut",
            "excellent",
            "avancé",
            "avanzado",
            "professional working",
            "business fluent",
            "professional",
            "vloeiend",
            "流利",
            "ビジネス",
        ],
    ),
    (
        Fluency::B2,
        &[
            "b2",
            "upper intermediate",
            "upper-intermediate",
            "good",
            "gut",
            "gute",
            "bon niveau",
            "bien",
            "alto",
            "working proficiency",
            "very good",
            "conversational",
            "goed",
        ],
    ),
    (
        Fluency::B1,
        &[
            "b1",
            "intermediate",
            "mittel",
            "intermédiaire",
            "intermedio",
            "medio",
            "limited working",
            "moyen",
            "intermediário",
        ],
    ),
    (
        Fluency::A2,
        &[
            "a2",
            "basic",
            "grundkenntnisse",
            "basics",
            "notions",
            "débutant",
            "básico",
            "elementary",
            "scolaire",
            "schulkenntnisse",
            "pre-intermediate",
            "basis",
            "bases",
        ],
    ),
    (Fluency::A1, &["a1", "beginner", "anfänger", "principiante"]),
];

static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let mut names: Vec<&str> = NAMES
        .iter()
        .flat_map(|(_, _, names)| names.iter().copied())
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    Regex::new(&format!("(?i)(?:{})", names.join("|"))).ok()
});

static LEVEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let mut words: Vec<&str> = LEVELS
        .iter()
        .flat_map(|(_, words)| words.iter().copied())
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    Regex::new(&format!(r"(?i)(?:{})", words.join("|"))).ok()
});

fn bounded(text: &str, range: &std::ops::Range<usize>) -> bool {
    let ascii =
        |character: char| character.is_alphanumeric() && !super::skill::ideograph(character);
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
            let (code, name, _) = NAMES
                .iter()
                .find(|(_, _, names)| names.contains(&lower.as_str()))?;
            bounded(text, &found.range()).then_some((*code, *name, found.range()))
        })
}

fn fluency(text: &str) -> Option<(Fluency, std::ops::Range<usize>)> {
    LEVEL
        .as_ref()?
        .find_iter(text)
        .filter(|found| bounded(text, &found.range()))
        .find_map(|found| {
            let lower = found.as_str().to_lowercase();
            LEVELS
                .iter()
                .find(|(_, words)| words.contains(&lower.as_str()))
                .map(|&(level, _)| (level, found.range()))
        })
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
        for (number, (code, name, range)) in names.iter().enumerate() {
            let end = names
                .get(number + 1)
                .map_or(line.len(), |next| next.2.start);
            // "Fluent in German": the level may also stand in front of the first name
            let level = fluency(&line[range.end..end])
                .map(|(level, at)| (level, range.end + at.end))
                .or_else(|| {
                    let start = if number == 0 {
                        0
                    } else {
                        names[number - 1].2.end
                    };
                    fluency(&line[start..range.start]).map(|(level, _)| (level, range.end))
                });
            if !listed && level.is_none() {
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
            read("Profile\nFluent in Spanish."),
            [("es".to_owned(), Some(Fluency::C1))]
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
