//! The score: a pure function of a [`Profile`], [`Requirements`] and a set of weights.
//!
//! In hundredths of a point, with integers only:
//!
//! - **required** (50 points) and **preferred** (20): every skill asked for has the same share. A skill that is there earns its
//!   share in full, a related one the percentage that [`Taxonomy::credit`] gives: `max · Σ percent / (100 · asked)`, rounded down.
//! - **experience** (20): months in jobs over months asked for, never more than all of it.
//! - **education** (10): all for the level asked for or a higher one, half for the level below it, else nothing. Where the
//!   description accepts equal experience, full marks for experience are full marks here.
//! - A part for which the description asks nothing is full: nothing is missing.
//! - The total is the sum, rounded half up to a whole point.
//!
//! Name, contact, photo, age and all other personal data are no input: [`Candidate`] does not hold them.

mod result;
mod weights;

use super::education::EducationLevel;
use super::job::{Requirement, Requirements};
use super::profile::Profile;
use super::skill::{Relation, Taxonomy};
use super::text::{Source, Span, Text};
pub use result::{Evidence, Extra, Matched, Missing, Part, Score};
pub use weights::Weights;

/// Most spans that one skill shows as evidence.
const EVIDENCE_PER_SKILL: usize = 3;

/// What the score may see of a candidate: nothing that tells who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// Skills with the places that name them.
    pub skills: Vec<(&'a str, &'a [Span])>,
    /// Months in any job.
    pub experience_months: u32,
    /// Where the periods stand.
    pub experience: Vec<Span>,
    /// Highest level of education.
    pub education: Option<EducationLevel>,
    /// Where it is named.
    pub education_span: Option<Span>,
}

impl<'a> Candidate<'a> {
    /// The part of a profile that a score may depend on.
    pub fn of(profile: &'a Profile) -> Self {
        let best = profile
            .education
            .iter()
            .find(|degree| Some(degree.level) == profile.education_level)
            // a doctorate under way stands for the degree that it begins with
            .or_else(|| profile.education.iter().max_by_key(|degree| degree.level));
        Self {
            skills: profile
                .skills
                .iter()
                .map(|claim| (claim.id.as_str(), claim.spans.as_slice()))
                .collect(),
            experience_months: profile.experience_months,
            experience: profile.experience.iter().map(|job| job.span).collect(),
            education: profile.education_level,
            education_span: best.map(|degree| degree.span),
        }
    }
}

/// Scores a candidate against a job.
pub fn score(
    candidate: &Candidate<'_>,
    job: &Requirements,
    document: &Text,
    taxonomy: &Taxonomy,
    weights: &Weights,
) -> Score {
    let scorer = Scorer {
        candidate,
        document,
        source: Source::new(&document.content),
        taxonomy,
    };
    let mut matched = Vec::new();
    let mut missing = Vec::new();
    let required = scorer.skills(
        &job.required,
        true,
        weights.required,
        &mut matched,
        &mut missing,
    );
    let preferred = scorer.skills(
        &job.preferred,
        false,
        weights.preferred,
        &mut matched,
        &mut missing,
    );
    let experience = scorer.experience(job, weights.experience);
    let education = scorer.education(
        job,
        weights.education,
        experience.earned == experience.max && job.years.is_some(),
    );
    let sum = required.earned + preferred.earned + experience.earned + education.earned;
    let extra = scorer.extra(job, &matched);
    Score {
        total: (sum + 50) / 100,
        required,
        preferred,
        experience,
        education,
        weights: weights.clone(),
        matched,
        missing,
        extra,
    }
}

struct Scorer<'a> {
    candidate: &'a Candidate<'a>,
    document: &'a Text,
    source: Source<'a>,
    taxonomy: &'a Taxonomy,
}

impl Scorer<'_> {
    fn evidence(&self, span: Span) -> Evidence {
        Evidence {
            quote: self.source.quote(span).replace('\n', " "),
            span,
            page: self.document.page_of(span),
        }
    }

    fn evidence_of(&self, skill: &str) -> Vec<Evidence> {
        self.candidate
            .skills
            .iter()
            .find(|(id, _)| *id == skill)
            .map(|(_, spans)| {
                spans
                    .iter()
                    .take(EVIDENCE_PER_SKILL)
                    .map(|span| self.evidence(*span))
                    .collect()
            })
            .unwrap_or_default()
    }

    fn skills(
        &self,
        asked: &[Requirement],
        required: bool,
        max: u32,
        matched: &mut Vec<Matched>,
        missing: &mut Vec<Missing>,
    ) -> Part {
        let kind = if required { "required" } else { "preferred" };
        if asked.is_empty() {
            let explanation =
                format!("the job description names no {kind} skill, so none is missing");
            return Part {
                earned: max,
                max,
                explanation,
                evidence: Vec::new(),
            };
        }
        let mut percents: u64 = 0;
        let mut full = 0;
        let mut partial = Vec::new();
        let mut absent = Vec::new();
        let mut evidence = Vec::new();
        for requirement in asked {
            let best = requirement
                .any_of
                .iter()
                .filter_map(|wanted| {
                    self.taxonomy
                        .credit(wanted, self.candidate.skills.iter().map(|(id, _)| *id))
                })
                .max_by(|one, other| {
                    (one.percent, one.relation)
                        .cmp(&(other.percent, other.relation))
                        .then_with(|| other.via.cmp(&one.via))
                });
            let Some(credit) = best else {
                absent.push(requirement.name.clone());
                missing.push(Missing {
                    any_of: requirement.any_of.clone(),
                    name: requirement.name.clone(),
                    required,
                });
                continue;
            };
            percents += u64::from(credit.percent);
            let via = self.taxonomy.name(&credit.via).to_owned();
            if credit.relation == Relation::Same {
                full += 1;
            } else {
                let how = match credit.relation {
                    Relation::Member => "is one of the kind",
                    Relation::Implied => "brings it along",
                    _ => "is only related",
                };
                partial.push(format!(
                    "{} at {} % since {via} {how}",
                    requirement.name, credit.percent
                ));
            }
            let proof = self.evidence_of(&credit.via);
            evidence.extend(proof.first().cloned());
            matched.push(Matched {
                any_of: requirement.any_of.clone(),
                name: requirement.name.clone(),
                required,
                credit: credit.percent,
                via: (credit.relation != Relation::Same).then_some(via),
                skill: credit.via,
                relation: credit.relation,
                evidence: proof,
            });
        }
        let asked_count = u64::try_from(asked.len()).unwrap_or(u64::MAX);
        let earned = u32::try_from(u64::from(max) * percents / (100 * asked_count)).unwrap_or(max);
        let mut explanation = format!("{full} of {asked_count} {kind} skills are there");
        if !partial.is_empty() {
            explanation.push_str(&format!("; {}", partial.join("; ")));
        }
        if !absent.is_empty() {
            explanation.push_str(&format!("; missing: {}", absent.join(", ")));
        }
        Part {
            earned,
            max,
            explanation,
            evidence,
        }
    }

    fn experience(&self, job: &Requirements, max: u32) -> Part {
        let months = self.candidate.experience_months;
        let evidence: Vec<Evidence> = self
            .candidate
            .experience
            .iter()
            .take(12)
            .map(|span| self.evidence(*span))
            .collect();
        let Some(asked) = job.years.map(|years| years * 12).filter(|asked| *asked > 0) else {
            let explanation = format!(
                "the job description asks for no years of experience; the CV shows {}",
                length(months)
            );
            return Part {
                earned: max,
                max,
                explanation,
                evidence,
            };
        };
        let earned =
            u32::try_from(u64::from(max) * u64::from(months.min(asked)) / u64::from(asked))
                .unwrap_or(max);
        let explanation = format!(
            "{} of experience, {} asked for; jobs that overlap count once",
            length(months),
            length(asked)
        );
        Part {
            earned,
            max,
            explanation,
            evidence,
        }
    }

    fn education(&self, job: &Requirements, max: u32, experienced: bool) -> Part {
        let evidence: Vec<Evidence> = self
            .candidate
            .education_span
            .map(|span| self.evidence(span))
            .into_iter()
            .collect();
        let shown = self
            .candidate
            .education
            .map_or("no degree", EducationLevel::label);
        let Some(asked) = job.education else {
            let explanation =
                format!("the job description asks for no degree; the CV shows {shown}");
            return Part {
                earned: max,
                max,
                explanation,
                evidence,
            };
        };
        let label = asked.label();
        let (earned, explanation) = match self.candidate.education {
            Some(level) if level >= asked => {
                (max, format!("the CV shows {shown}; {label} is asked for"))
            }
            _ if job.education_or_equivalent && experienced => (
                max,
                format!(
                    "the CV shows {shown}; {label} or equal experience is asked for, and the experience is there"
                ),
            ),
            Some(level) if one_below(level, asked) => (
                max / 2,
                format!("the CV shows {shown}, one level below {label}, which is asked for"),
            ),
            _ => (0, format!("the CV shows {shown}; {label} is asked for")),
        };
        Part {
            earned,
            max,
            explanation,
            evidence,
        }
    }

    fn extra(&self, job: &Requirements, matched: &[Matched]) -> Vec<Extra> {
        let asked = |id: &str| {
            job.required
                .iter()
                .chain(&job.preferred)
                .flat_map(|requirement| &requirement.any_of)
                .any(|wanted| self.taxonomy.canonical(wanted) == id)
        };
        self.candidate
            .skills
            .iter()
            .filter(|(id, _)| !asked(id) && !matched.iter().any(|found| found.skill == *id))
            .map(|(id, _)| Extra {
                skill: (*id).to_owned(),
                name: self.taxonomy.name(id).to_owned(),
                evidence: self.evidence_of(id),
            })
            .collect()
    }
}

fn one_below(level: EducationLevel, asked: EducationLevel) -> bool {
    const LADDER: [EducationLevel; 6] = [
        EducationLevel::Secondary,
        EducationLevel::Vocational,
        EducationLevel::Associate,
        EducationLevel::Bachelor,
        EducationLevel::Master,
        EducationLevel::Doctorate,
    ];
    let place = |level| LADDER.iter().position(|other| *other == level).unwrap_or(0);
    place(level) + 1 == place(asked)
}

/// "4 years 3 months".
pub fn length(months: u32) -> String {
    let plural = |count: u32, word: &str| {
        if count == 1 {
            format!("1 {word}")
        } else {
            format!("{count} {word}s")
        }
    };
    match (months / 12, months % 12) {
        (0, months) => plural(months, "month"),
        (years, 0) => plural(years, "year"),
        (years, months) => format!("{} {}", plural(years, "year"), plural(months, "month")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;
    use crate::domain::period::Month;

    const CV: &str = "Jane Doe\njane@example.com\nSkills\nRust, PostgreSQL, React, Docker\nExperience\nEngineer, Acme\nJan 2022 – Dec 2024\n• Rust services\nEducation\nBSc Computer Science, 2021";
    const JOB: &str = "Requirements\n- 4+ years of experience\n- Rust\n- Relational databases\n- Kubernetes\n- JavaScript\n- Master's degree in computer science\nNice to have\n- Docker\n- Kafka";

    fn run(cv: &str, job: &str) -> Score {
        let taxonomy = Taxonomy::shared().unwrap();
        let document = Text::plain(cv);
        let (profile, _) = Profile::read(
            &document,
            Month {
                year: 2026,
                month: 11,
            },
            taxonomy,
            &[],
        );
        let requirements = Requirements::read("Engineer", &Text::plain(job), taxonomy);
        score(
            &Candidate::of(&profile),
            &requirements,
            &document,
            taxonomy,
            &Weights::default(),
        )
    }

    #[test]
    fn every_part_follows_its_rule() {
        let score = run(CV, JOB);
        // rust 100, relational databases 90 by PostgreSQL, kubernetes 0, javascript 75 by React
        assert_eq!(score.required.earned, 5000 * 265 / 400);
        assert_eq!(score.preferred.earned, 1000);
        assert_eq!(score.experience.earned, 2000 * 36 / 48);
        assert_eq!(score.education.earned, 500);
        assert_eq!(score.total, 63);
        insta::assert_json_snapshot!(score);
    }

    #[test]
    fn nothing_asked_for_means_nothing_missing() {
        let score = run(CV, "hello");
        assert_eq!(score.total, 100);
        assert!(score.missing.is_empty());
    }

    #[test]
    fn equal_experience_stands_in_for_a_degree_where_the_job_says_so() {
        let score = run(
            "Experience\nA 2015 - 2022",
            "Requirements\n- 3 years of experience\n- Bachelor's degree or equivalent experience",
        );
        assert_eq!(score.education.earned, 1000);
    }

    #[test]
    fn who_the_candidate_is_changes_nothing() {
        let one = run(CV, JOB);
        let other = run(
            &CV.replace("Jane Doe", "Mehmet Öz")
                .replace("jane@example.com", "mo@example.org"),
            JOB,
        );
        assert_eq!(
            (one.total, one.required.earned, one.experience.earned),
            (other.total, other.required.earned, other.experience.earned)
        );
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let first = serde_json::to_vec(&run(CV, JOB)).unwrap();
        for _ in 0..20 {
            assert_eq!(serde_json::to_vec(&run(CV, JOB)).unwrap(), first);
        }
    }

    #[test]
    fn evidence_quotes_the_words_that_stand_at_its_span() {
        let score = run(CV, JOB);
        let text: Vec<char> = CV.chars().collect();
        let all = score
            .matched
            .iter()
            .flat_map(|matched| &matched.evidence)
            .chain(&score.experience.evidence)
            .chain(&score.education.evidence);
        for evidence in all {
            let words: String = text[evidence.span.start as usize..evidence.span.end as usize]
                .iter()
                .collect();
            assert_eq!(words.replace('\n', " "), evidence.quote);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_two_texts_score_within_bounds_and_one_more_skill_never_costs(cv in "[A-Za-z0-9 ,.\n-]{0,300}", job in "[A-Za-z0-9 ,.\n-]{0,200}") {
            let before = run(&cv, &job);
            proptest::prop_assert!(before.total <= 100);
            let after = run(&format!("{cv}\n\nSkills\nKubernetes, Rust"), &job);
            proptest::prop_assert!(after.required.earned >= before.required.earned);
        }
    }
}
