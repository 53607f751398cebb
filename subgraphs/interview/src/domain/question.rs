//! The question bank, and which of its questions an interview asks.
//!
//! Structured interviewing (Campion, Palmer and Campion 1997): everyone who applies for the same job is
//! asked the same core in the same words and is rated on the same anchors. What is particular to one
//! candidate, the probes into gaps, is asked last and scored apart.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{
    probe::{self, Probe},
    rubric::Competency,
    skill::Catalogue,
};

/// How many questions about the job's skill families the core holds at most.
const MAX_TECHNICAL: usize = 2;

/// How many gaps are probed at most.
pub const MAX_PROBES: usize = 3;

/// What a question is about, which decides its ladder of anchors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QuestionKind {
    /// Own work in a field of skills.
    Technical,
    /// What the candidate did in the past.
    Behavioural,
    /// What the candidate would do.
    Situational,
    /// A gap of this candidate; scored apart.
    Probe,
}

/// Something that a good answer speaks of, and the words by which that is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Stable within its question.
    pub id: String,
    /// For people: completes "the answer speaks of …".
    pub label: String,
    /// Words or phrases, compared by stem; one of them is enough.
    pub cues: Vec<String>,
}

/// A question as it is asked and rated. Kept with the interview, so that a later bank changes nothing
/// about interviews that were held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Identifier in the bank, e.g. `technical.containers`.
    pub key: String,
    /// What it is about.
    pub kind: QuestionKind,
    /// What the answer is rated for.
    pub competency: Competency,
    /// As the candidate reads it.
    pub text: String,
    /// The missing skill that a probe asks about.
    pub skill: Option<String>,
    /// Time for the answer, before accommodations.
    pub limit_seconds: u32,
    /// What a good answer speaks of.
    pub points: Vec<Point>,
    /// The vocabulary of the field in stems; empty where none is expected.
    pub vocabulary: Vec<Vec<String>>,
}

/// Everything that is asked in one interview, in order, and the versions it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Versions of the question bank and of the skill families.
    pub bank_version: String,
    /// Core first, probes last.
    pub questions: Vec<Question>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoreQuestion {
    id: String,
    kind: QuestionKind,
    competency: Competency,
    limit_seconds: u32,
    text: String,
    points: Vec<Point>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    core: Vec<CoreQuestion>,
    probe_template: String,
    technical_limit_seconds: u32,
    probe_limit_seconds: u32,
}

/// The questions that this version of the module ships with.
pub struct Bank {
    file: File,
}

static BANK: LazyLock<Bank> = LazyLock::new(|| Bank {
    file: serde_json::from_str(include_str!("../../data/questions.json"))
        // the file is compiled in and the tests read it
        .expect("data/questions.json is well formed"),
});

impl Bank {
    /// The bank that this version of the module ships with.
    pub fn shipped() -> &'static Self {
        &BANK
    }

    /// Text of a probe with its places filled.
    pub(super) fn probe_text(&self, skill: &str, focus: &str) -> String {
        // the focus first: a skill's name comes from outside and is not looked into for places
        self.file
            .probe_template
            .replace("{focus}", focus)
            .replace("{skill}", skill)
    }

    /// Time for a probe's answer.
    pub(super) fn probe_limit_seconds(&self) -> u32 {
        self.file.probe_limit_seconds
    }

    /// The questions for a job that asks for `job_skills`, of which the candidate lacks `missing_skills`
    /// (most important first). The core depends on the job alone.
    pub fn plan(&self, job_skills: &[String], missing_skills: &[String]) -> Plan {
        let catalogue = Catalogue::shipped();
        let core = self.file.core.iter().map(|q| Question {
            key: q.id.clone(),
            kind: q.kind,
            competency: q.competency,
            text: q.text.clone(),
            skill: None,
            limit_seconds: q.limit_seconds,
            points: q.points.clone(),
            vocabulary: Vec::new(),
        });
        let technical = catalogue
            .families_of(job_skills.iter().map(String::as_str))
            .into_iter()
            .take(MAX_TECHNICAL)
            .map(|family| Question {
                key: format!("technical.{}", family.id),
                kind: QuestionKind::Technical,
                competency: Competency::TechnicalDepth,
                text: family.question.clone(),
                skill: None,
                limit_seconds: self.file.technical_limit_seconds,
                points: family.points.clone(),
                vocabulary: family.vocabulary(),
            });
        let probes = probe::suggest(missing_skills)
            .into_iter()
            .take(MAX_PROBES)
            .map(Probe::into_question);
        Plan {
            bank_version: format!("{}+{}", self.file.version, catalogue.version()),
            questions: core.chain(technical).chain(probes).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(skills: &[&str]) -> Vec<String> {
        skills.iter().map(|s| (*s).to_owned()).collect()
    }

    fn keys(plan: &Plan) -> Vec<&str> {
        plan.questions.iter().map(|q| q.key.as_str()).collect()
    }

    #[test]
    fn candidates_for_one_job_are_asked_the_same_core() {
        let job = owned(&["Rust", "PostgreSQL", "Kubernetes", "Docker"]);
        let mut reversed = job.clone();
        reversed.reverse();
        let strong = Bank::shipped().plan(&job, &[]);
        let weak = Bank::shipped().plan(&reversed, &owned(&["Kubernetes", "Docker"]));
        assert_eq!(keys(&weak)[..keys(&strong).len()], keys(&strong));
        insta::assert_snapshot!(keys(&weak).join("\n"), @r"
        core.behavioural.ownership
        core.behavioural.collaboration
        core.situational.judgement
        core.technical.hardest
        technical.containers
        technical.relational
        probe.kubernetes
        probe.docker
        ");
    }

    #[test]
    fn every_kind_is_in_the_core_and_every_question_can_be_rated() {
        let plan = Bank::shipped().plan(&[], &owned(&["Kubernetes"]));
        for kind in [
            QuestionKind::Technical,
            QuestionKind::Behavioural,
            QuestionKind::Situational,
            QuestionKind::Probe,
        ] {
            assert!(plan.questions.iter().any(|q| q.kind == kind), "{kind:?}");
        }
        for question in &plan.questions {
            assert!(question.points.len() >= 4, "{}", question.key);
            assert!(
                (60..=900).contains(&question.limit_seconds),
                "{}",
                question.key
            );
            assert!(!question.text.contains('{'), "{}", question.text);
        }
    }

    #[test]
    fn many_gaps_lead_to_few_probes() {
        let missing: Vec<String> = (0..500).map(|n| format!("skill {n}")).collect();
        let plan = Bank::shipped().plan(&[], &missing);
        let probes = plan
            .questions
            .iter()
            .filter(|q| q.kind == QuestionKind::Probe);
        assert_eq!(probes.count(), MAX_PROBES);
    }
}
