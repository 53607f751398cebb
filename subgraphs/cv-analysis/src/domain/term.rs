//! Words as search knows them: lower case, without accents, reduced to their stem.
//!
//! A document's words are reduced by the rules of its own language; a word of a query by those of all languages, since nobody
//! says in which one they search. Ideographs are terms of their own.

use std::collections::BTreeMap;
use std::ops::Range;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization as _;

/// Longest word that is indexed, in characters.
const MAX_WORD: usize = 40;
/// Most distinct terms of one document.
pub const MAX_TERMS: usize = 4_000;
/// Greatest weight of a term in a document.
pub const MAX_WEIGHT: u8 = 7;

const LANGUAGES: [(Algorithm, &[&str]); 4] = [
    (
        Algorithm::English,
        &[
            "the", "and", "of", "to", "in", "for", "with", "on", "at", "by", "from", "a", "an",
            "is", "was", "as", "or", "i", "my", "that", "this", "be", "are", "were",
        ],
    ),
    (
        Algorithm::German,
        &[
            "und", "der", "die", "das", "mit", "von", "für", "in", "im", "bei", "zu", "den", "des",
            "ein", "eine", "auf", "als", "oder", "ich", "am", "zur", "zum", "dem",
        ],
    ),
    (
        Algorithm::French,
        &[
            "et", "de", "la", "le", "les", "des", "du", "en", "pour", "avec", "un", "une", "au",
            "aux", "dans", "sur", "par", "ou", "je", "à", "l", "d",
        ],
    ),
    (
        Algorithm::Spanish,
        &[
            "y", "de", "la", "el", "los", "las", "del", "en", "para", "con", "un", "una", "al",
            "por", "o", "que", "se", "su", "mi", "a",
        ],
    ),
];

/// The words of a text in lower case with their byte ranges. `+` and `#` at the end belong to a word (`c++`, `c#`).
pub fn words(text: &str) -> impl Iterator<Item = (String, Range<usize>)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(|character: char| character.is_alphanumeric())?;
        let mut end = start;
        for (at, character) in text[start..].char_indices() {
            let ideograph = super::mention::ideograph(character);
            if ideograph && at > 0 {
                break;
            }
            let suffix = at > 0 && matches!(character, '+' | '#');
            let mark = unicode_normalization::char::is_combining_mark(character);
            if !(character.is_alphanumeric() || suffix || mark) {
                break;
            }
            end = start + at + character.len_utf8();
            if ideograph {
                break;
            }
        }
        rest = end;
        Some((text[start..end].to_lowercase(), start..end))
    })
}

/// The language whose small words are most frequent; English where there are none.
fn language(text: &str) -> usize {
    let mut counts = [0usize; LANGUAGES.len()];
    for (word, _) in words(text).take(3_000) {
        for (count, (_, small)) in counts.iter_mut().zip(&LANGUAGES) {
            *count += usize::from(small.contains(&word.as_str()));
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    counts.iter().position(|count| *count == most).unwrap_or(0)
}

fn is_small(word: &str) -> bool {
    LANGUAGES
        .iter()
        .any(|(_, small)| word.chars().count() > 1 && small.contains(&word))
}

/// Without accents and other marks; a few letters that do not decompose are spelled out.
fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for character in word
        .nfkd()
        .filter(|character| !unicode_normalization::char::is_combining_mark(*character))
    {
        match character {
            'ß' => folded.push_str("ss"),
            'ø' => folded.push('o'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            character => folded.extend(character.to_lowercase()),
        }
    }
    folded
}

fn stem(word: &str, language: usize) -> String {
    // endings of names with signs or digits mean something else
    if word.chars().all(char::is_alphabetic) {
        fold(&Stemmer::create(LANGUAGES[language].0).stem(word))
    } else {
        fold(word)
    }
}

/// What a document can be found by: its terms with their weight. `strong` byte ranges (titles, lists of skills) count more.
pub fn of_document(text: &str, strong: &[Range<usize>]) -> BTreeMap<String, u8> {
    let language = language(text);
    let mut terms: BTreeMap<String, u8> = BTreeMap::new();
    let mut stems: BTreeMap<String, String> = BTreeMap::new();
    for (word, range) in words(text) {
        if word.chars().count() > MAX_WORD || is_small(&word) {
            continue;
        }
        let heavy = strong
            .iter()
            .any(|strong| strong.start <= range.start && range.end <= strong.end);
        let term = stems
            .entry(word)
            .or_insert_with_key(|word| stem(word, language))
            .clone();
        if let Some(weight) = terms.get_mut(&term) {
            *weight = weight
                .saturating_add(if heavy { 2 } else { 1 })
                .min(MAX_WEIGHT);
        } else if terms.len() < MAX_TERMS {
            terms.insert(term, if heavy { 3 } else { 1 });
        }
    }
    terms
}

/// The terms that a word of a query may stand for, in order, without twins.
pub fn of_query(word: &str) -> Vec<String> {
    let mut terms: Vec<String> = (0..LANGUAGES.len())
        .map(|language| stem(word, language))
        .collect();
    terms.push(fold(word));
    terms.sort();
    terms.dedup();
    terms
}

/// A query: every group of words must be met by one of its terms, no excluded term may be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Groups of terms; a document has at least one of each.
    pub groups: Vec<Vec<String>>,
    /// Terms that a document must not have.
    pub excluded: Vec<String>,
}

/// Most words of a query.
pub const MAX_QUERY_WORDS: usize = 16;

impl Query {
    /// Reads what somebody typed: words that must all be there; a word after `-` must not.
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        let mut small = Vec::new();
        for (word, range) in words(text) {
            if query.groups.len() + query.excluded.len() >= MAX_QUERY_WORDS {
                break;
            }
            let before = &text[..range.start];
            let excluded = before.ends_with('-')
                && !before[..before.len() - 1]
                    .ends_with(|character: char| !character.is_whitespace());
            let terms = of_query(&word);
            if excluded {
                query.excluded.extend(terms);
            } else if is_small(&word) {
                small.push(terms);
            } else if !query.groups.contains(&terms) {
                query.groups.push(terms);
            }
        }
        query
    }

    /// The group that a word of the query made; small and excluded words made none.
    pub fn group_of(&self, word: &str) -> Option<usize> {
        let terms = of_query(word);
        self.groups.iter().position(|group| *group == terms)
    }

    /// Whether a word of a document is one that was asked for.
    pub fn asks_for(&self, word: &str) -> bool {
        let terms = of_query(word);
        self.groups
            .iter()
            .any(|group| group.iter().any(|term| terms.contains(term)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> Vec<String> {
        words(text).map(|(word, _)| word).collect()
    }

    #[test]
    fn words_keep_the_signs_of_languages_and_ideographs_stand_alone() {
        assert_eq!(
            listed("C++, C# and Node.js; 王小明"),
            ["c++", "c#", "and", "node", "js", "王", "小", "明"]
        );
        assert_eq!(listed(""), Vec::<String>::new());
    }

    #[test]
    fn a_query_in_any_language_finds_the_stems_of_a_document() {
        for (document, query) in [
            (
                "Developed the services and was engineering the platforms",
                "service engineer platform",
            ),
            (
                "Entwicklung von Schnittstellen für die Buchhaltungen",
                "Schnittstelle Buchhaltung",
            ),
            (
                "Développement et gestion des équipes avec une méthode",
                "équipe gestion",
            ),
            (
                "Desarrollé aplicaciones para los clientes y las empresas",
                "aplicación cliente",
            ),
            ("Zoë Müller, Łódź, straße", "zoe muller lodz strasse"),
        ] {
            let terms = of_document(document, &[]);
            for group in Query::parse(query).groups {
                assert!(
                    group.iter().any(|term| terms.contains_key(term)),
                    "{group:?} in {terms:?}"
                );
            }
        }
    }

    #[test]
    fn words_after_a_minus_are_excluded_and_hyphens_inside_words_are_not() {
        let query = Query::parse("rust -java full-stack");
        assert!(query.excluded.contains(&"java".to_owned()));
        assert_eq!(query.groups.len(), 3);
        assert!(query.asks_for("stacks") && !query.asks_for("python"));
    }

    #[test]
    fn weights_grow_with_use_and_stay_bounded() {
        let terms = of_document("rust rust rust rust rust rust rust rust rust sql", &[]);
        assert_eq!((terms["rust"], terms["sql"]), (MAX_WEIGHT, 1));
        let strong = of_document("rust sql", std::slice::from_ref(&(0..4)));
        assert_eq!((strong["rust"], strong["sql"]), (3, 1));
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_words_inside_its_bounds(text in "\\PC{0,80}") {
            for (_, range) in words(&text) {
                proptest::prop_assert!(text.get(range).is_some());
            }
        }
    }
}
