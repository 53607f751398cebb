//! Skills that the words of a query name: who asks for "kubernetes" means the CV that says "k8s" as well.

use std::ops::Range;

use super::skill::Taxonomy;
use super::term::{self, Query};
use super::text::Source;
use super::{contact, section};

/// Most words of a name.
const MAX_NAME: usize = 5;

/// A skill that is asked for by words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Id of the skill.
    pub(crate) skill: String,
    /// Groups of the query that its name is made of.
    pub(crate) groups: Vec<usize>,
}

/// The skills that a query names, the longest name at each place. What must not be there names nothing: it is a word.
pub(crate) fn skills(text: &str, query: &Query, taxonomy: &Taxonomy) -> Vec<Asked> {
    let words: Vec<(String, Range<usize>)> = term::words(text).collect();
    let excluded = |range: &Range<usize>| {
        text[..range.start]
            .strip_suffix('-')
            .is_some_and(|before| !before.ends_with(|character: char| !character.is_whitespace()))
    };
    let mut asked = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let longest = (1..=MAX_NAME.min(words.len() - at))
            .rev()
            .find_map(|count| {
                let name = &words[at..at + count];
                if name.iter().any(|(_, range)| excluded(range)) {
                    return None;
                }
                let said = &text[name.first()?.1.start..name.last()?.1.end];
                let skill =
                    taxonomy.find(&said.split_whitespace().collect::<Vec<_>>().join(" "))?;
                let mut groups: Vec<usize> = name
                    .iter()
                    .filter_map(|(word, _)| query.group_of(word))
                    .collect();
                groups.sort_unstable();
                groups.dedup();
                Some((count, skill.to_owned(), groups))
            });
        match longest {
            Some((count, skill, groups)) => {
                asked.push(Asked { skill, groups });
                at += count;
            }
            None => at += 1,
        }
    }
    asked.retain(|asked| !asked.groups.is_empty());
    asked
}

/// Byte ranges where a CV names one of these skills, by whatever name: what a searcher is shown. A skill that is known for another
/// reason, as by a correction, has none.
pub(crate) fn places(text: &str, asked: &[Asked], taxonomy: &Taxonomy) -> Vec<Range<usize>> {
    if asked.is_empty() {
        return Vec::new();
    }
    let source = Source::new(text);
    let sections = section::sections(text);
    taxonomy
        .mentions(&source, &sections, &contact::addresses(text))
        .into_iter()
        .filter(|mention| asked.iter().any(|asked| asked.skill == mention.skill))
        .map(|mention| mention.range)
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;

    fn named(text: &str) -> Vec<(String, Vec<usize>)> {
        skills(text, &Query::parse(text), Taxonomy::shared().unwrap())
            .into_iter()
            .map(|asked| (asked.skill, asked.groups))
            .collect()
    }

    #[test]
    fn names_of_one_word_and_of_several_are_known_and_excluded_words_are_not() {
        assert_eq!(
            named("senior kubernetes amazon web services berlin -java"),
            [
                ("kubernetes".to_owned(), vec![1]),
                ("aws".to_owned(), vec![2, 3, 4]),
            ]
        );
        assert_eq!(named("wooden spoons"), []);
    }

    #[test]
    fn places_are_those_of_any_name_and_of_nothing_else() {
        let taxonomy = Taxonomy::shared().unwrap();
        let text = "Jane\njane@k8s.example\nSkills\nk8s, Rust";
        let query = "kubernetes";
        let asked = skills(query, &Query::parse(query), taxonomy);
        let places: Vec<&str> = places(text, &asked, taxonomy)
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(places, ["k8s"]);
    }
}
