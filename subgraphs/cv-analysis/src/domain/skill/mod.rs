//! The skill taxonomy: names with aliases, what a skill implies, the family it belongs to, and the credit for being related.
//!
//! The taxonomy is data (`data/taxonomy.json` and the files of `data/taxonomy/`). How skills are found in a text is in `mention`.

mod extension;
#[cfg(test)]
mod names;

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::{Deserialize, Serialize};

/// What the built-in taxonomy is called and licensed as.
const BUILT_IN: &str = include_str!("../../../data/taxonomy.json");

/// The skills of the built-in taxonomy, by field.
const FIELDS: &[&str] = &[
    include_str!("../../../data/taxonomy/business.json"),
    include_str!("../../../data/taxonomy/cloud.json"),
    include_str!("../../../data/taxonomy/construction-and-property.json"),
    include_str!("../../../data/taxonomy/data.json"),
    include_str!("../../../data/taxonomy/database.json"),
    include_str!("../../../data/taxonomy/design.json"),
    include_str!("../../../data/taxonomy/education-and-law.json"),
    include_str!("../../../data/taxonomy/engineering-software.json"),
    include_str!("../../../data/taxonomy/enterprise-software.json"),
    include_str!("../../../data/taxonomy/finance.json"),
    include_str!("../../../data/taxonomy/framework.json"),
    include_str!("../../../data/taxonomy/health.json"),
    include_str!("../../../data/taxonomy/hospitality.json"),
    include_str!("../../../data/taxonomy/industry.json"),
    include_str!("../../../data/taxonomy/language.json"),
    include_str!("../../../data/taxonomy/logistics-and-trade.json"),
    include_str!("../../../data/taxonomy/management.json"),
    include_str!("../../../data/taxonomy/marketing-and-sales.json"),
    include_str!("../../../data/taxonomy/network.json"),
    include_str!("../../../data/taxonomy/people-and-office.json"),
    include_str!("../../../data/taxonomy/platform.json"),
    include_str!("../../../data/taxonomy/practice.json"),
    include_str!("../../../data/taxonomy/security.json"),
    include_str!("../../../data/taxonomy/soft.json"),
    include_str!("../../../data/taxonomy/software-testing.json"),
    include_str!("../../../data/taxonomy/testing-and-operations-software.json"),
    include_str!("../../../data/taxonomy/tool.json"),
    include_str!("../../../data/taxonomy/writing-and-media.json"),
];

/// Kind of a skill, for display and grouping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SkillKind {
    /// Programming, query and markup languages.
    Language,
    /// Libraries and frameworks.
    Framework,
    /// Databases.
    Database,
    /// Cloud services.
    Cloud,
    /// Tools and products.
    Tool,
    /// Operating systems and target platforms.
    Platform,
    /// Ways of working and engineering practices.
    Practice,
    /// Data and artificial intelligence.
    Data,
    /// Security and privacy.
    Security,
    /// Networks.
    Network,
    /// Design.
    Design,
    /// Management.
    Management,
    /// Business and professions.
    Business,
    /// Personal skills.
    Soft,
}

/// One skill of the taxonomy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skill {
    /// Stable id, kebab case.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Kind.
    pub kind: SkillKind,
    /// Other names, lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Ids of skills that come with this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub implies: Vec<String>,
    /// Ids of the families that this one belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broader: Vec<String>,
    /// Spellings that are also ordinary words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ambiguous: Vec<String>,
}

#[derive(Deserialize)]
struct Edition {
    version: String,
    /// Ids that were given up, with those that took their place.
    formerly: BTreeMap<String, String>,
}

/// A taxonomy could not be built.
#[derive(Debug, thiserror::Error)]
pub enum TaxonomyError {
    /// The data is not what a taxonomy looks like.
    #[error("the taxonomy cannot be read: {0}")]
    Format(#[from] serde_json::Error),
    /// A skill refers to one that is not there, or two skills have one id.
    #[error("the taxonomy is inconsistent at {0}")]
    Inconsistent(String),
    /// The search automaton could not be built.
    #[error("the taxonomy is too large: {0}")]
    Automaton(#[from] aho_corasick::BuildError),
}

/// How a skill that is wanted is met by one that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Relation {
    /// Only the family of the wanted skill, or something that comes with it, is there.
    Broader,
    /// The skill that is there brings the wanted one with it.
    Implied,
    /// The skill that is there belongs to the wanted family.
    Member,
    /// The same skill, by name or alias.
    Same,
}

/// The best way in which a wanted skill is met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Percent of full credit, 1 to 100.
    pub percent: u32,
    /// Id of the skill that earns it.
    pub via: String,
    /// Relation of the two.
    pub relation: Relation,
}

/// Percent kept for each step from a member to its family.
const MEMBER_STEP: u32 = 90;
/// Percent kept for each step from a skill to one that it implies.
const IMPLIED_STEP: u32 = 75;
/// Percent for having only the family of a wanted skill, or a skill that comes with it.
const BROADER: u32 = 30;
/// Relations that keep less than this are no relations.
const LEAST: u32 = 40;

pub(super) struct Pattern {
    pub(super) skill: usize,
    /// The exact spellings, for patterns that need company; empty for all others.
    pub(super) ambiguous: Vec<String>,
}

/// Skills with their search automaton and relations.
pub struct Taxonomy {
    /// Version of the data.
    pub version: String,
    pub(super) skills: Vec<Skill>,
    /// Ids that were given up, with those that took their place.
    formerly: BTreeMap<String, String>,
    pub(super) index: HashMap<String, usize>,
    pub(super) automaton: AhoCorasick,
    pub(super) patterns: Vec<Pattern>,
    /// Bytes of each pattern: a name in full comes before another one's plural.
    pub(super) lengths: Vec<usize>,
    /// For each skill, what it gives credit for upwards: index → (percent, relation).
    pub(super) upward: Vec<BTreeMap<usize, (u32, Relation)>>,
}

impl std::fmt::Debug for Taxonomy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Taxonomy")
            .field("version", &self.version)
            .field("skills", &self.skills.len())
            .finish()
    }
}

static SHARED: LazyLock<Result<Taxonomy, TaxonomyError>> = LazyLock::new(Taxonomy::built_in);

impl Taxonomy {
    /// The taxonomy that ships with the module.
    ///
    /// # Errors
    /// The data file of the build is broken; a unit test keeps that from happening.
    pub fn shared() -> Result<&'static Self, &'static TaxonomyError> {
        SHARED.as_ref()
    }

    /// Reads the data that the module was built with.
    fn built_in() -> Result<Self, TaxonomyError> {
        let edition: Edition = serde_json::from_str(BUILT_IN)?;
        let mut skills: Vec<Skill> = Vec::new();
        for field in FIELDS {
            skills.append(&mut serde_json::from_str(field)?);
        }
        skills.sort_by(|one, other| one.id.cmp(&other.id));
        Self::new(edition.version, skills, edition.formerly)
    }

    /// `formerly`: ids that no skill has any more, with those that took their place. Whoever names one means the other.
    fn new(
        version: String,
        skills: Vec<Skill>,
        formerly: BTreeMap<String, String>,
    ) -> Result<Self, TaxonomyError> {
        let mut index = HashMap::with_capacity(skills.len());
        for (number, skill) in skills.iter().enumerate() {
            if index.insert(skill.id.clone(), number).is_some() {
                return Err(TaxonomyError::Inconsistent(skill.id.clone()));
            }
        }
        for (old, new) in &formerly {
            let Some(&number) = index.get(new) else {
                return Err(TaxonomyError::Inconsistent(old.clone()));
            };
            if index.insert(old.clone(), number).is_some() {
                return Err(TaxonomyError::Inconsistent(old.clone()));
            }
        }
        let find = |id: &String| {
            index
                .get(id)
                .copied()
                .ok_or_else(|| TaxonomyError::Inconsistent(id.clone()))
        };
        let mut edges: Vec<Vec<(usize, u32, Relation)>> = Vec::with_capacity(skills.len());
        for skill in &skills {
            let mut from = Vec::new();
            for id in &skill.implies {
                from.push((find(id)?, IMPLIED_STEP, Relation::Implied));
            }
            for id in &skill.broader {
                from.push((find(id)?, MEMBER_STEP, Relation::Member));
            }
            edges.push(from);
        }
        let upward = (0..skills.len())
            .map(|start| reach(start, &edges))
            .collect();

        let mut needles = Vec::new();
        let mut patterns = Vec::new();
        for (number, skill) in skills.iter().enumerate() {
            let mut names: Vec<String> = vec![skill.name.to_lowercase()];
            names.extend(skill.aliases.iter().cloned());
            let mut all: Vec<String> = names.iter().flat_map(|name| variants(name)).collect();
            all.sort();
            all.dedup();
            for name in all {
                let ambiguous = skill
                    .ambiguous
                    .iter()
                    .filter(|spelling| spelling.to_lowercase() == name)
                    .cloned()
                    .collect();
                needles.push(name);
                patterns.push(Pattern {
                    skill: number,
                    ambiguous,
                });
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&needles)?;
        let lengths = needles.iter().map(String::len).collect();
        Ok(Self {
            version,
            skills,
            formerly,
            index,
            automaton,
            patterns,
            lengths,
            upward,
        })
    }

    /// The id by which a skill goes now; one that nobody knows stays as it is.
    pub fn canonical<'a>(&'a self, id: &'a str) -> &'a str {
        self.get(id).map_or(id, |skill| skill.id.as_str())
    }

    /// The skill with this id, or with the one that took its place.
    pub fn get(&self, id: &str) -> Option<&Skill> {
        self.index.get(id).map(|&number| &self.skills[number])
    }

    /// The name of a skill, or its id where the taxonomy no longer knows it.
    pub fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.get(id).map_or(id, |skill| skill.name.as_str())
    }

    /// Whether this is a name of a skill and nothing else.
    pub fn is_name(&self, text: &str) -> bool {
        let text = text.trim();
        self.automaton
            .find_overlapping_iter(&text.to_lowercase())
            .any(|found| found.start() == 0 && found.end() == text.to_lowercase().len())
    }

    /// The id of the skill that people call `name`: an id, a name, an alias or a variant of one.
    pub fn find(&self, name: &str) -> Option<&str> {
        let name = name.trim().to_lowercase();
        if let Some(&number) = self.index.get(&name) {
            return Some(&self.skills[number].id);
        }
        self.automaton
            .find_overlapping_iter(&name)
            .filter(|found| found.start() == 0 && found.end() == name.len())
            .map(|found| self.patterns[found.pattern().as_usize()].skill)
            .min()
            .map(|number| self.skills[number].id.as_str())
    }

    /// What a skill gives credit for besides itself, with the percentage.
    pub fn above(&self, id: &str) -> impl Iterator<Item = (&str, u32)> {
        self.index
            .get(id)
            .into_iter()
            .flat_map(|&number| &self.upward[number])
            .map(|(&number, &(percent, _))| (self.skills[number].id.as_str(), percent))
    }

    /// All skills in order of their ids.
    pub fn skills(&self) -> &[Skill] {
        &self.skills
    }

    /// How `wanted` is best met by the skills that are there; `None` where nothing is related.
    ///
    /// The same skill earns 100 percent, a member of the wanted family 90, a skill that implies the wanted one 75 (each per
    /// step), the mere family of the wanted skill 30. Ties go to the closer relation, then to the smaller id.
    pub fn credit<'a>(
        &self,
        wanted: &str,
        present: impl Iterator<Item = &'a str>,
    ) -> Option<Credit> {
        let &target = self.index.get(wanted)?;
        present
            .filter_map(|id| {
                let &from = self.index.get(id)?;
                let (percent, relation) = if from == target {
                    (100, Relation::Same)
                } else if let Some(&found) = self.upward[from].get(&target) {
                    found
                } else {
                    let wanted = &self.skills[target];
                    let parent = wanted
                        .broader
                        .iter()
                        .chain(&wanted.implies)
                        .any(|parent| parent == id);
                    parent.then_some((BROADER, Relation::Broader))?
                };
                Some(Credit {
                    percent,
                    via: id.to_owned(),
                    relation,
                })
            })
            .max_by(|one, other| {
                (one.percent, one.relation)
                    .cmp(&(other.percent, other.relation))
                    .then_with(|| other.via.cmp(&one.via))
            })
    }
}

/// What can be reached from `start` by implication and family, with the percentage that is left.
fn reach(start: usize, edges: &[Vec<(usize, u32, Relation)>]) -> BTreeMap<usize, (u32, Relation)> {
    let mut best: BTreeMap<usize, (u32, Relation)> = BTreeMap::new();
    let mut open = vec![(start, 100, Relation::Same)];
    while let Some((at, percent, relation)) = open.pop() {
        for &(next, step, kind) in &edges[at] {
            let left = percent * step / 100;
            // a path is as close as its loosest step
            let found = (left, relation.min(kind));
            if left >= LEAST && next != start && best.get(&next).is_none_or(|&known| known < found)
            {
                best.insert(next, found);
                open.push((next, left, found.1));
            }
        }
    }
    best
}

/// Spellings of a name: with space, hyphen or nothing between its words, with and without the dot of `.js`.
fn variants(name: &str) -> Vec<String> {
    let mut all = vec![name.to_owned()];
    if name.contains([' ', '-']) {
        all.push(name.replace('-', " "));
        all.push(name.replace(' ', "-"));
    }
    if let Some(stem) = name.strip_suffix(".js") {
        all.push(format!("{stem}js"));
        all.push(format!("{stem} js"));
    }
    all
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;

    #[test]
    fn the_built_in_taxonomy_is_sound_and_large() {
        let taxonomy = Taxonomy::shared().unwrap();
        assert!(
            taxonomy.skills().len() >= 5_000,
            "{}",
            taxonomy.skills().len()
        );
        let mut seen = HashMap::new();
        for skill in taxonomy.skills() {
            for name in
                std::iter::once(skill.name.to_lowercase()).chain(skill.aliases.iter().cloned())
            {
                assert_eq!(name, name.to_lowercase(), "aliases are lower case");
                if let Some(other) = seen.insert(name.clone(), skill.id.clone()) {
                    assert_eq!(other, skill.id, "{name} names two skills");
                }
            }
        }
    }

    #[test]
    fn ids_that_were_given_up_lead_to_those_that_took_their_place() {
        let taxonomy = Taxonomy::shared().unwrap();
        assert!(taxonomy.formerly.len() >= 76);
        for (old, new) in &taxonomy.formerly {
            assert_eq!(taxonomy.canonical(old), new);
            assert!(taxonomy.skills().iter().all(|skill| skill.id != *old));
        }
        for (wanted, present) in [
            ("pipe-fitting", "pipefitting"),
            ("pipefitting", "pipe-fitting"),
        ] {
            let credit = taxonomy.credit(wanted, [present].into_iter()).unwrap();
            assert_eq!((credit.percent, credit.relation), (100, Relation::Same));
        }
        assert_eq!(taxonomy.find("pipe-fitting"), Some("pipefitting"));
        assert_eq!(taxonomy.name("pipe-fitting"), taxonomy.name("pipefitting"));
        let extended = taxonomy.extended(&[], "x+1".to_owned()).unwrap();
        assert_eq!(extended.canonical("pipe-fitting"), "pipefitting");
    }

    #[test]
    fn credit_is_full_partial_and_explained() {
        let taxonomy = Taxonomy::shared().unwrap();
        let credit =
            |wanted, present: &[&'static str]| taxonomy.credit(wanted, present.iter().copied());
        assert_eq!(credit("postgresql", &["postgresql"]).unwrap().percent, 100);
        let member = credit("relational-databases", &["mysql", "postgresql"]).unwrap();
        assert_eq!(
            (member.percent, member.via.as_str(), member.relation),
            (90, "mysql", Relation::Member)
        );
        let implied = credit("javascript", &["react"]).unwrap();
        assert_eq!((implied.percent, implied.relation), (75, Relation::Implied));
        let broader = credit("postgresql", &["relational-databases"]).unwrap();
        assert_eq!((broader.percent, broader.relation), (30, Relation::Broader));
        assert_eq!(credit("kubernetes", &["photoshop"]), None);
    }
}
