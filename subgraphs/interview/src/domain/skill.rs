//! Skill families: which skills belong together, what is asked about them, and finding them in a text.
//!
//! This is the interview's own light view of skills. The full taxonomy with evidence belongs to the
//! cv-analysis module; in combined mode its names arrive by event and are only looked up here.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

use super::{
    question::Point,
    text::{Text, Token, stems},
};

/// Skills that are asked about in the same way.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Stable identifier, part of question ids.
    pub id: String,
    /// For people: completes "a question about …".
    pub name: String,
    /// Each skill: its name, then other spellings.
    skills: Vec<Vec<String>>,
    /// Words that someone who did the work uses.
    pub terms: Vec<String>,
    /// What a probe into this family asks for; completes "tell us about anything …:".
    pub focus: String,
    /// The core question of the family.
    pub question: String,
    /// What a good answer speaks of.
    pub points: Vec<Point>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    ambiguous: Vec<String>,
    families: Vec<Family>,
    fallback: Family,
    gap_points: Vec<Point>,
}

/// The families and an index over the spellings of their skills.
pub struct Catalogue {
    version: String,
    families: Vec<Family>,
    fallback: Family,
    gap_points: Vec<Point>,
    /// spelling in folded words → (family, skill)
    index: HashMap<Vec<String>, (usize, usize)>,
    ambiguous: Vec<String>,
    longest: usize,
}

/// A skill that a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention<'a> {
    /// The skill's name.
    pub skill: &'a str,
    /// Its family.
    pub family: &'a str,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::parse(include_str!("../../data/families.json"))
        // the file is compiled in and the tests read it
        .expect("data/families.json is well formed")
});

impl Catalogue {
    /// The catalogue that this version of the module ships with.
    pub fn shipped() -> &'static Self {
        &CATALOGUE
    }

    fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let file: File = serde_json::from_str(json)?;
        let mut index = HashMap::new();
        for (f, family) in file.families.iter().enumerate() {
            for (s, spellings) in family.skills.iter().enumerate() {
                for spelling in spellings {
                    // the first family that claims a spelling keeps it
                    index.entry(folded(spelling)).or_insert((f, s));
                }
            }
        }
        let longest = index.keys().map(Vec::len).max().unwrap_or(0);
        Ok(Self {
            version: file.version,
            families: file.families,
            fallback: file.fallback,
            gap_points: file.gap_points,
            index,
            ambiguous: file.ambiguous,
            longest,
        })
    }

    /// Version of the data.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What an honest answer about a missing skill speaks of, besides the family's points.
    pub fn gap_points(&self) -> &[Point] {
        &self.gap_points
    }

    /// The family of a skill by any of its spellings; a general one for skills that are not listed.
    pub fn family_of(&self, skill: &str) -> &Family {
        self.index
            .get(&folded(skill))
            .map_or(&self.fallback, |(family, _)| &self.families[*family])
    }

    /// The listed name of a skill, or the spelling itself.
    pub fn name_of<'a>(&'a self, skill: &'a str) -> &'a str {
        self.index
            .get(&folded(skill))
            .map_or(skill, |(family, s)| &self.families[*family].skills[*s][0])
    }

    /// Families of `skills`, most often named first, then in the catalogue's order. Candidate-independent
    /// for one set of skills, whatever its order.
    pub fn families_of<'a>(&'a self, skills: impl IntoIterator<Item = &'a str>) -> Vec<&'a Family> {
        let mut counts = vec![0_usize; self.families.len()];
        for skill in skills {
            if let Some((family, _)) = self.index.get(&folded(skill)) {
                counts[*family] += 1;
            }
        }
        let mut order: Vec<usize> = (0..counts.len()).filter(|f| counts[*f] > 0).collect();
        order.sort_by_key(|f| (usize::MAX - counts[*f], *f));
        order.into_iter().map(|f| &self.families[f]).collect()
    }

    /// The skills that a text names, each once, in order of appearance; the longest spelling wins.
    pub fn mentions(&self, text: &Text) -> Vec<Mention<'_>> {
        let mut found: Vec<Mention<'_>> = Vec::new();
        for sentence in text.sentences() {
            let mut at = 0;
            while at < sentence.len() {
                let Some((length, mention)) = self.mention_at(&sentence[at..]) else {
                    at += 1;
                    continue;
                };
                if !found.contains(&mention) {
                    found.push(mention);
                }
                at += length;
            }
        }
        found
    }

    fn mention_at(&self, tokens: &[Token]) -> Option<(usize, Mention<'_>)> {
        (1..=self.longest.min(tokens.len()))
            .rev()
            .find_map(|length| {
                let words = &tokens[..length];
                let key: Vec<String> = words.iter().map(|t| t.folded.clone()).collect();
                let (family, skill) = self.index.get(&key)?;
                // `go`, `excel` and their like are skills only as names
                let plain_word = length == 1
                    && self.ambiguous.contains(&key[0])
                    && !words[0].raw.starts_with(char::is_uppercase);
                if plain_word {
                    return None;
                }
                let family = &self.families[*family];
                let mention = Mention {
                    skill: &family.skills[*skill][0],
                    family: &family.id,
                };
                Some((length, mention))
            })
    }
}

fn folded(spelling: &str) -> Vec<String> {
    Text::new(spelling)
        .tokens()
        .iter()
        .map(|t| t.folded.clone())
        .collect()
}

impl Family {
    /// The family's vocabulary in stems, the spellings of its skills included.
    pub fn vocabulary(&self) -> Vec<Vec<String>> {
        let skills = self.skills.iter().flatten();
        self.terms
            .iter()
            .chain(skills)
            .map(|term| stems(term))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<&'static str> {
        let text = Text::new(text);
        Catalogue::shipped()
            .mentions(&text)
            .iter()
            .map(|m| m.skill)
            .collect()
    }

    #[test]
    fn skills_are_found_by_any_spelling_once_and_in_order() {
        assert_eq!(
            named(
                "We run k8s and Kubernetes with Postgres, C++, CI/CD and event-driven services in golang."
            ),
            [
                "Kubernetes",
                "PostgreSQL",
                "C++",
                "CI/CD",
                "Event-Driven Architecture",
                "Go"
            ]
        );
    }

    #[test]
    fn words_that_are_also_english_count_only_as_names() {
        assert_eq!(
            named("You go to great lengths, excel at your work and express yourself"),
            Vec::<&str>::new()
        );
        assert_eq!(named("Services in Go, reports in Excel"), ["Go", "Excel"]);
    }

    #[test]
    fn every_family_has_what_questions_need() {
        let catalogue = Catalogue::shipped();
        for family in catalogue.families.iter().chain([&catalogue.fallback]) {
            assert!(family.points.len() >= 4, "{}", family.id);
            assert!(
                family.question.contains('?') || family.question.ends_with('.'),
                "{}",
                family.id
            );
            assert!(
                family.points.iter().all(|p| p.cues.len() >= 4),
                "{}",
                family.id
            );
        }
        let mut spellings: Vec<_> = catalogue
            .families
            .iter()
            .flat_map(|f| f.skills.iter().flatten())
            .collect();
        let all = spellings.len();
        spellings.sort();
        spellings.dedup();
        assert_eq!(all, spellings.len(), "a spelling belongs to two skills");
    }

    #[test]
    fn the_order_of_families_does_not_depend_on_the_order_of_skills() {
        let catalogue = Catalogue::shipped();
        let ids = |skills: &[&'static str]| -> Vec<String> {
            catalogue
                .families_of(skills.iter().copied())
                .iter()
                .map(|f| f.id.clone())
                .collect()
        };
        let forth = ids(&["Redis", "Docker", "Kubernetes", "unheard of"]);
        let back = ids(&["unheard of", "Kubernetes", "Docker", "Redis"]);
        assert_eq!(forth, back);
        assert_eq!(forth, ["containers", "nosql"]);
    }
}
