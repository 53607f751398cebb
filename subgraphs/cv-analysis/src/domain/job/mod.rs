//! What a job description asks for.

mod part;

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::education::{self, EducationLevel};
use super::mention::Mention;
use super::skill::{SkillKind, Taxonomy};
use super::text::{Source, Span, Text};
use part::{INSISTED, PREFERRED, Part, REQUIRED, lists, part_at, parts, pattern};

/// Seniority in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobLevel {
    /// First job.
    Entry,
    /// Some years.
    Mid,
    /// Many years.
    Senior,
    /// Leads others.
    Lead,
}

impl JobLevel {
    /// Years that stand for a level where the description names none.
    pub fn usual_years(self) -> u32 {
        match self {
            Self::Entry => 0,
            Self::Mid => 2,
            Self::Senior => 5,
            Self::Lead => 8,
        }
    }
}

/// One thing that is asked for: a skill, or any one of several ("Python or Go").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Ids of the skills, any of which will do.
    pub any_of: Vec<String>,
    /// Display name.
    pub name: String,
    /// Where the description asks for it.
    pub span: Option<Span>,
}

/// The structured job description.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirements {
    /// Skills without which it can't be done, in text order.
    pub required: Vec<Requirement>,
    /// Skills that help, in text order.
    pub preferred: Vec<Requirement>,
    /// Years of experience, where named or meant by the level.
    pub years: Option<u32>,
    /// Level.
    pub level: Option<JobLevel>,
    /// Education, where named.
    pub education: Option<EducationLevel>,
    /// Whether equal experience may stand in for the education.
    pub education_or_equivalent: bool,
}

static YEARS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)(?P<low>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|ein|zwei|drei|vier|fünf|deux|trois|quatre|cinq|dos|tres|cuatro|cinco)\s*(?:\+|plus|or more|\(\d{1,2}\))?\s*(?:(?:-|–|to|bis|à|a|or|ou|oder)\s*(?P<high>\d{1,2})\s*\+?)?\s*(?:\+\s*)?(?:years?|yrs?|jahren?|jahre|ans|années|años)\b(?P<rest>[^.\n;]{0,60})",
    )
});
static EQUIVALENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:or equivalent|or comparable|or relevant (?:work )?experience|or similar|equivalent (?:work|practical|professional)?\s*experience|oder vergleichbare?|oder gleichwertige?|ou équivalent|o equivalente|o experiencia equivalente)\b",
    )
});
static LEVEL: LazyLock<Vec<(JobLevel, Regex)>> = LazyLock::new(|| {
    [
        (JobLevel::Lead, r"(?i)\b(?:lead|principal|staff (?:engineer|software)|head of|chief|director|vp|team leader|teamleiter\w*|leiter\w*|leitung|directeur|responsable d'équipe|jefe de|director)\b"),
        (JobLevel::Senior, r"(?i)\b(?:senior|sr\.?|experienced|erfahrene\w*|confirmé\w*|expérimenté\w*|sénior|experto)\b"),
        (JobLevel::Entry, r"(?i)\b(?:junior|jr\.?|entry[\s-]level|graduate|trainee|intern(?:ship)?|apprentice|berufseinsteiger\w*|praktik\w+|werkstudent\w*|débutant\w*|stage|stagiaire|becario|prácticas|recién)\b"),
        (JobLevel::Mid, r"(?i)\b(?:mid[\s-]?level|intermediate|mid[\s-]?senior|medior)\b"),
    ]
    .into_iter()
    .filter_map(|(level, text)| pattern(text).map(|regex| (level, regex)))
    .collect()
});
static OR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"(?i)^\s*,?\s*(?:and/or|or|oder|ou|o|bzw\.?|/)\s*(?:an?\s+|similar\s+)?$")
});
static COMMA: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"^\s*,\s*$"));

impl Requirements {
    /// Reads what a job description asks for. `title` counts for the level only.
    ///
    /// Skills under a heading of requirements are required, those under "nice to have" preferred; a sentence that says so
    /// overrides its heading. Skills of the duties are preferred where there is a list of requirements, else required. What the
    /// company says about itself asks for nothing.
    pub fn read(title: &str, description: &Text, taxonomy: &Taxonomy) -> Self {
        let source = Source::new(&description.content);
        let parts = parts(&source);
        let listed = parts.iter().any(|(_, part)| *part == Part::Required);
        let masked = super::contact::addresses(&description.content);
        let mentions = taxonomy.mentions(&source, &lists(&source, &parts), &masked);
        let mut required: Vec<Requirement> = Vec::new();
        let mut preferred: Vec<Requirement> = Vec::new();
        for group in alternatives(&source, &mentions) {
            let first = &group[0];
            let part = part_at(&parts, first.range.start);
            let (sentence, line) = around(source.text, first.range.start);
            let softened = PREFERRED.as_ref().is_some_and(|cue| cue.is_match(sentence));
            // nobody shows patience by naming it: a word of praise is required only where the sentence insists
            let praise = group.iter().all(|mention| {
                taxonomy
                    .get(&mention.skill)
                    .is_some_and(|skill| skill.kind == SkillKind::Soft)
            });
            let wanted = if softened
                || (praise && !INSISTED.as_ref().is_some_and(|cue| cue.is_match(sentence)))
            {
                false
            } else {
                match part {
                    Part::Offer => continue,
                    Part::Preferred => {
                        REQUIRED.as_ref().is_some_and(|cue| cue.is_match(line))
                            && line.to_lowercase().contains("must")
                    }
                    Part::Duties => {
                        !listed || REQUIRED.as_ref().is_some_and(|cue| cue.is_match(sentence))
                    }
                    Part::Open | Part::Required => true,
                }
            };
            let mut any_of: Vec<String> = Vec::new();
            for mention in group {
                if !any_of.contains(&mention.skill) {
                    any_of.push(mention.skill.clone());
                }
            }
            let name = any_of
                .iter()
                .map(|id| taxonomy.name(id))
                .collect::<Vec<_>>()
                .join(" or ");
            let end = group.last().map_or(first.range.end, |last| last.range.end);
            let requirement = Requirement {
                any_of,
                name,
                span: Some(source.span(first.range.start..end)),
            };
            let list = if wanted {
                &mut required
            } else {
                &mut preferred
            };
            if !list.iter().any(|known| known.any_of == requirement.any_of) {
                list.push(requirement);
            }
        }
        // what is required is not asked for twice, and an alternative that is required by itself is no alternative
        let singles: Vec<String> = required
            .iter()
            .filter(|known| known.any_of.len() == 1)
            .map(|known| known.any_of[0].clone())
            .collect();
        required.retain(|known| {
            known.any_of.len() == 1 || !known.any_of.iter().any(|id| singles.contains(id))
        });
        preferred.retain(|known| {
            !known
                .any_of
                .iter()
                .any(|id| required.iter().any(|other| other.any_of.contains(id)))
        });
        let level = level(title, &source);
        let education = education_asked(&source, &parts);
        Self {
            years: years(&source, &parts)
                .or_else(|| level.map(JobLevel::usual_years).filter(|years| *years > 0)),
            education_or_equivalent: education.is_some()
                && EQUIVALENT
                    .as_ref()
                    .is_some_and(|cue| cue.is_match(source.text)),
            education,
            required,
            preferred,
            level,
        }
    }

    /// Whether it asks for anything at all.
    pub fn is_empty(&self) -> bool {
        self.required.is_empty()
            && self.preferred.is_empty()
            && self.years.is_none()
            && self.education.is_none()
    }
}

/// Mentions grouped where the text says "or".
fn alternatives<'m>(source: &Source<'_>, mentions: &'m [Mention]) -> Vec<&'m [Mention]> {
    let gap = |one: &Mention, other: &Mention| &source.text[one.range.end..other.range.start];
    let mut groups = Vec::new();
    let mut start = 0;
    while start < mentions.len() {
        // a chain of commas that ends in "or" is one group; without the "or" each stands alone
        let mut end = start;
        let mut joined = start;
        while end + 1 < mentions.len() {
            let between = gap(&mentions[end], &mentions[end + 1]);
            if OR.as_ref().is_some_and(|or| or.is_match(between)) {
                end += 1;
                joined = end;
            } else if COMMA.as_ref().is_some_and(|comma| comma.is_match(between)) && joined == start
            {
                end += 1;
            } else {
                break;
            }
        }
        groups.push(&mentions[start..=joined]);
        start = joined + 1;
    }
    groups
}

/// The sentence and the line around a byte offset.
fn around(text: &str, at: usize) -> (&str, &str) {
    let line_start = text[..at].rfind('\n').map_or(0, |found| found + 1);
    let line_end = text[at..].find('\n').map_or(text.len(), |found| at + found);
    let start = text[line_start..at]
        .rfind(". ")
        .map_or(line_start, |found| line_start + found + 2);
    let end = text[at..line_end]
        .find(". ")
        .map_or(line_end, |found| at + found + 1);
    (&text[start..end], &text[line_start..line_end])
}

/// The years asked for: the largest number that is asked of the candidate, of a range its lower end.
fn years(source: &Source<'_>, parts: &[(usize, Part)]) -> Option<u32> {
    let text = source.text;
    YEARS
        .iter()
        .flat_map(|pattern| pattern.captures_iter(text))
        .filter_map(|captures| {
            let low = captures.name("low")?;
            if part_at(parts, low.start()) == Part::Offer {
                return None;
            }
            let before = text[..low.start()]
                .chars()
                .rev()
                .take(40)
                .collect::<Vec<_>>();
            let before: String = before.into_iter().rev().collect::<String>().to_lowercase();
            let rest = captures
                .name("rest")
                .map_or("", |rest| rest.as_str())
                .to_lowercase();
            let of_company = [
                "for over",
                "for more than",
                "for the past",
                "over the past",
                "over the last",
                "since",
                "within the",
            ]
            .iter()
            .any(|phrase| before.trim_end().ends_with(phrase))
                || rest.trim_start().starts_with("old")
                || rest.trim_start().starts_with("ago");
            let of_work = [
                "experience",
                "erfahrung",
                "expérience",
                "experiencia",
                "working",
                "in ",
                "of ",
                "as ",
                "with ",
            ]
            .iter()
            .any(|word| rest.contains(word) || before.contains("experience"))
                || rest.trim().is_empty();
            if of_company || !of_work {
                return None;
            }
            let years = number(low.as_str())?;
            (1..=30).contains(&years).then_some(years)
        })
        .max()
}

fn number(word: &str) -> Option<u32> {
    word.parse().ok().or(match word.to_lowercase().as_str() {
        "one" | "ein" => Some(1),
        "two" | "zwei" | "deux" | "dos" => Some(2),
        "three" | "drei" | "trois" | "tres" => Some(3),
        "four" | "vier" | "quatre" | "cuatro" => Some(4),
        "five" | "fünf" | "cinq" | "cinco" => Some(5),
        "six" => Some(6),
        "seven" => Some(7),
        "eight" => Some(8),
        "nine" => Some(9),
        "ten" => Some(10),
        _ => None,
    })
}

/// The level that a job's title names.
pub fn level_of_title(title: &str) -> Option<JobLevel> {
    LEVEL
        .iter()
        .find(|(_, pattern)| pattern.is_match(title))
        .map(|&(level, _)| level)
}

fn level(title: &str, source: &Source<'_>) -> Option<JobLevel> {
    level_of_title(title).or_else(|| {
        source
            .text
            .lines()
            .find(|line| !line.is_empty())
            .filter(|line| line.chars().count() <= 80)
            .and_then(level_of_title)
    })
}

/// The least education that is named: "Bachelor's or Master's degree" asks for the former.
fn education_asked(source: &Source<'_>, parts: &[(usize, Part)]) -> Option<EducationLevel> {
    static GENERIC: LazyLock<Option<Regex>> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:university degree|college degree|degree in|academic degree|abgeschlossenes (?:hochschul)?studium|hochschulabschluss|(?:hochschul)?studium der|universitätsabschluss|diplôme universitaire|formation supérieure|título universitario|titulación universitaria|technical degree)\b",
        )
    });
    let mut least: Option<EducationLevel> = None;
    for (offset, line) in source.lines() {
        if matches!(part_at(parts, offset), Part::Offer | Part::Preferred)
            || PREFERRED.as_ref().is_some_and(|cue| cue.is_match(line))
        {
            continue;
        }
        let generic = || {
            GENERIC
                .as_ref()
                .is_some_and(|generic| generic.is_match(line))
                .then_some(EducationLevel::Bachelor)
        };
        let named = education::levels_in(line)
            .into_iter()
            .chain(short_degrees(line))
            .min()
            .or_else(generic);
        least = least.into_iter().chain(named).min();
    }
    least
}

/// "Bachelor's", "BS/MS": short forms that in a job description mean degrees.
fn short_degrees(line: &str) -> impl Iterator<Item = EducationLevel> {
    static SHORT: LazyLock<Vec<(EducationLevel, Regex)>> = LazyLock::new(|| {
        [
            (
                EducationLevel::Bachelor,
                r"\b(?:[Bb]achelor(?:'?s)?|BS|BA|B\.S\.|B\.A\.|BSc)\b",
            ),
            (
                EducationLevel::Master,
                r"\b(?:[Mm]aster(?:'?s)|MS|M\.S\.|MSc|MBA)\b",
            ),
            (
                EducationLevel::Doctorate,
                r"\b(?:PhD|Ph\.D\.?|[Dd]octorate)\b",
            ),
        ]
        .into_iter()
        .filter_map(|(level, text)| pattern(text).map(|regex| (level, regex)))
        .collect()
    });
    SHORT
        .iter()
        .filter(move |(_, regex)| regex.is_match(line))
        .map(|(level, _)| *level)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;

    fn read(title: &str, text: &str) -> Requirements {
        Requirements::read(title, &Text::plain(text), Taxonomy::shared().unwrap())
    }

    fn ids(list: &[Requirement]) -> Vec<String> {
        list.iter()
            .map(|requirement| requirement.any_of.join("|"))
            .collect()
    }

    #[test]
    fn requirements_and_wishes_are_told_apart() {
        let job = read(
            "Senior Backend Engineer",
            "About us\nWe love Photoshop and have existed for 25 years.\n\nWhat you will do\n- Build services on Kubernetes\n\nRequirements\n- 5+ years of experience with Rust or Go\n- PostgreSQL and Docker\n- Terraform is a plus\n- Bachelor's or Master's degree in Computer Science, or equivalent experience\n\nNice to have\n- GraphQL, Kafka\n\nBenefits\n- Salesforce training",
        );
        assert_eq!(ids(&job.required), ["rust|go", "postgresql", "docker"]);
        assert_eq!(
            ids(&job.preferred),
            ["kubernetes", "terraform", "graphql", "kafka"]
        );
        assert_eq!((job.years, job.level), (Some(5), Some(JobLevel::Senior)));
        assert_eq!(
            (job.education, job.education_or_equivalent),
            (Some(EducationLevel::Bachelor), true)
        );
    }

    #[test]
    fn prose_without_headings_asks_for_what_it_names() {
        let job = read(
            "Developer",
            "We need a developer with Python, Django, or Flask. AWS would be nice.",
        );
        assert_eq!(ids(&job.required), ["python|django|flask"]);
        assert_eq!(ids(&job.preferred), ["aws"]);
    }

    #[test]
    fn german_french_and_spanish_descriptions_are_read() {
        let german = read(
            "Entwickler",
            "Ihre Aufgaben\n- Entwicklung mit Java\nIhr Profil\n- mindestens 3 Jahre Erfahrung mit Spring Boot\n- Abgeschlossenes Studium\n- Kubernetes von Vorteil",
        );
        assert_eq!(ids(&german.required), ["spring-boot"]);
        assert_eq!(ids(&german.preferred), ["java", "kubernetes"]);
        assert_eq!(
            (german.years, german.education),
            (Some(3), Some(EducationLevel::Bachelor))
        );
        let french = read(
            "Développeur",
            "Profil recherché\n- 4 ans d'expérience en PHP\n- Symfony\n- Docker serait un plus",
        );
        assert_eq!(
            (ids(&french.required), ids(&french.preferred), french.years),
            (
                vec!["php".into(), "symfony".into()],
                vec!["docker".into()],
                Some(4)
            )
        );
        let spanish = read(
            "Analista",
            "Requisitos\n- 2 años de experiencia con SQL\n- Se valorará Tableau",
        );
        assert_eq!(
            (
                ids(&spanish.required),
                ids(&spanish.preferred),
                spanish.years
            ),
            (vec!["sql".into()], vec!["tableau".into()], Some(2))
        );
    }

    #[test]
    fn ambiguous_names_in_a_list_of_requirements_are_skills_and_verbs_are_not() {
        let job = read(
            "Engineer",
            "Requirements:\n- Go in production\n- React or Vue on real products\n- Spring, three years and more\n- Excel in a fast-paced environment\n- Go to market experience\nYou will:\n- Express ideas clearly",
        );
        assert_eq!(ids(&job.required), ["go", "react|vue-js", "spring"]);
    }

    #[test]
    fn one_word_asks_for_nothing() {
        assert!(read("x", "hello").is_empty());
        assert!(read("", "").is_empty());
    }
}
