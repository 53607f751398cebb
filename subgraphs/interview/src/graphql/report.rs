use std::sync::Arc;

use async_graphql::{Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use platform_sdk::graphql::Ready;
use platform_sdk::plain_object;

use super::int;
use super::question::{Competency, QuestionKind};
use crate::domain::{
    self, evaluation,
    interview::QuestionId,
    report::{Cited, CompetencyResult as Rated, QuestionResult},
};

/// A place of an answer that a rating stands on.
#[derive(SimpleObject)]
#[graphql(name = "InterviewEvidence")]
pub(crate) struct Evidence {
    /// The question whose answer it is from, or its follow-up.
    question_id: ID,
    /// What the place shows.
    shows: String,
    /// The place, verbatim.
    quote: String,
    /// First code point of the place in the answer.
    start: i32,
    /// One past the last code point.
    end: i32,
}

plain_object!(Evidence {
    "questionId" => question_id,
    "shows" => shows,
    "quote" => quote,
    "start" => start,
    "end" => end,
});

impl Evidence {
    /// A place of the answer to `question`.
    pub(super) fn new(question: QuestionId, evidence: &evaluation::Evidence) -> Self {
        Self {
            question_id: question.uuid().into(),
            shows: evidence.shows.clone(),
            quote: evidence.quote.text.clone(),
            start: int(evidence.quote.span.start),
            end: int(evidence.quote.span.end),
        }
    }
}

impl From<&Cited> for Evidence {
    fn from(cited: &Cited) -> Self {
        Self::new(cited.question_id, &cited.evidence)
    }
}

/// Why an answer had nothing that could be rated.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "InterviewAnswerProblem", remote = "domain::feature::Problem")]
pub(crate) enum Problem {
    /// Nothing, or next to nothing, was written.
    Unanswered,
    /// The question was written back.
    CopiedQuestion,
    /// Words of the field without sentences.
    KeywordList,
    /// No sentences that can be followed.
    Unreadable,
    /// Another language than English; a person has to rate it.
    Language,
}

/// The rating of one competency over the core questions.
#[derive(SimpleObject)]
#[graphql(name = "InterviewCompetencyResult")]
pub(crate) struct CompetencyResult {
    /// Which.
    competency: Competency,
    /// Its name for people.
    name: String,
    /// 1 to 5.
    rating: i32,
    /// What that rating looks like.
    anchor: String,
    /// The places of the answers that it stands on.
    evidence: Vec<Evidence>,
}

plain_object!(CompetencyResult {
    "competency" => competency,
    "name" => name,
    "rating" => rating,
    "anchor" => anchor,
    "evidence" => evidence,
});

impl From<&Rated> for CompetencyResult {
    fn from(result: &Rated) -> Self {
        Self {
            competency: result.competency.into(),
            name: result.competency.name().to_owned(),
            rating: result.rating.value().into(),
            anchor: result.anchor.clone(),
            evidence: result.evidence.iter().map(Evidence::from).collect(),
        }
    }
}

/// A person's rating in place of the engine's.
#[derive(SimpleObject)]
#[graphql(name = "InterviewRatingOverride")]
pub(crate) struct RatingOverride {
    /// 1 to 5.
    rating: i32,
    /// Why.
    reason: String,
}

/// The rating of one question.
#[derive(SimpleObject)]
#[graphql(name = "InterviewQuestionResult")]
pub(crate) struct AnswerResult {
    /// The question's id.
    question_id: ID,
    /// The question's place, from 1.
    number: i32,
    /// What it was about.
    kind: QuestionKind,
    /// What the answer was rated for.
    competency: Competency,
    /// The missing skill, of a probe.
    skill: Option<String>,
    /// The rating that counts, 1 to 5.
    rating: i32,
    /// What that rating looks like.
    anchor: String,
    /// The engine's own rating, 1 to 5.
    engine_rating: i32,
    /// A person's rating, when there is one.
    overridden: Option<RatingOverride>,
    /// Why there was nothing to rate.
    problem: Option<Problem>,
    /// The places that the engine's rating stands on, in the answer and those to its follow-ups.
    evidence: Vec<Evidence>,
    /// What the next step of the scale would have taken.
    advice: Vec<String>,
    /// Number of an earlier question that got the same answer.
    repeats_number: Option<i32>,
    /// The engine advises that a person looks at the answer.
    review_advised: bool,
}

impl From<&QuestionResult> for AnswerResult {
    fn from(result: &QuestionResult) -> Self {
        Self {
            question_id: result.question_id.uuid().into(),
            number: int(result.position) + 1,
            kind: result.kind.into(),
            competency: result.competency.into(),
            skill: result.skill.clone(),
            rating: result.rating.value().into(),
            anchor: result.anchor.clone(),
            engine_rating: result.grade.rating.value().into(),
            overridden: result.overridden.as_ref().map(|by_hand| RatingOverride {
                rating: by_hand.rating.value().into(),
                reason: by_hand.reason.clone(),
            }),
            problem: result.grade.problem.map(Problem::from),
            evidence: result.evidence.iter().map(Evidence::from).collect(),
            advice: result.grade.advice.clone(),
            repeats_number: result.repeats.map(|position| int(position) + 1),
            review_advised: result.grade.review_advised || result.repeats.is_some(),
        }
    }
}

/// What an interview came to. The engine rates on anchored scales from quotes; a person's rating stands
/// above it.
pub(crate) struct Report {
    /// The report.
    pub(super) report: Arc<domain::report::Report>,
    /// When it was made, or made anew.
    pub(super) made_at: DateTime<Utc>,
}

impl Report {
    fn results(&self, probes: bool) -> Vec<AnswerResult> {
        let wanted = |result: &&QuestionResult| {
            (result.kind == domain::question::QuestionKind::Probe) == probes
        };
        self.report
            .questions
            .iter()
            .filter(wanted)
            .map(AnswerResult::from)
            .collect()
    }
}

#[Object(name = "InterviewReport")]
impl Report {
    /// 0 to 100 over the core questions: technical 50, behavioural 30, communication 20; a part that was
    /// not asked gives its share to the others. Probes do not count.
    async fn overall(&self) -> i32 {
        int(self.report.overall)
    }

    /// 0 to 100 over the technical questions; null when none was asked.
    async fn technical(&self) -> Option<i32> {
        self.report.technical.map(int)
    }

    /// 0 to 100 over the behavioural and situational questions; null when none was asked.
    async fn behavioural(&self) -> Option<i32> {
        self.report.behavioural.map(int)
    }

    /// 0 to 100 for how well the answers can be followed. No accent, spelling or vocabulary is rated.
    async fn communication(&self) -> Option<i32> {
        Some(int(self.report.communication))
    }

    /// Mean of the probes, 0 to 100, apart from the overall score; null when none was asked.
    async fn probes_overall(&self) -> Option<i32> {
        self.report.probes.map(int)
    }

    /// Per competency of the core, communication last.
    async fn competencies(&self) -> Ready<Vec<CompetencyResult>> {
        let all = self.report.competencies.iter();
        Ready(all.map(CompetencyResult::from).collect())
    }

    /// The core questions in the order asked.
    async fn questions(&self) -> Vec<AnswerResult> {
        self.results(false)
    }

    /// The probes in the order asked.
    async fn probes(&self) -> Vec<AnswerResult> {
        self.results(true)
    }

    /// Sentences for the candidate and the recruiter.
    async fn feedback(&self) -> &[String] {
        &self.report.feedback
    }

    /// Whether every question got an answer.
    async fn complete(&self) -> bool {
        self.report.complete
    }

    /// The engine advises that a person looks at some answers.
    async fn review_advised(&self) -> bool {
        self.report.review_advised
    }

    /// Name and version of the engine.
    async fn engine(&self) -> &str {
        &self.report.engine
    }

    /// Version of the anchored scales.
    async fn rubric_version(&self) -> &str {
        &self.report.rubric_version
    }

    /// Version of the questions.
    async fn bank_version(&self) -> &str {
        &self.report.bank_version
    }

    /// When it was made, or made anew after a rating by hand.
    async fn made_at(&self) -> DateTime<Utc> {
        self.made_at
    }
}
