//! From the ratings of an interview to its report. Integers only; no text of an answer sets a number
//! except through its rating.

use serde::{Deserialize, Serialize};

use super::{
    evaluation::{self, Evidence, Grade, Shape},
    feature::{Problem, share, trigrams},
    feedback::feedback,
    interview::QuestionId,
    question::{Question, QuestionKind},
    rubric::{self, Competency, Rating},
    text::Text,
};

/// Share of each part in the overall score. A part that was not asked gives its share to the others.
pub const WEIGHTS: [(Part, u32); 3] = [
    (Part::Technical, 50),
    (Part::Behavioural, 30),
    (Part::Communication, 20),
];

/// How many quotes a competency carries.
const MAX_COMPETENCY_EVIDENCE: usize = 6;

/// A part of the overall score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Technical questions of the core.
    Technical,
    /// Behavioural and situational questions.
    Behavioural,
    /// How readable the answers of the core are.
    Communication,
}

/// A rating that a person gave in place of the engine's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// What the person rated.
    pub rating: Rating,
    /// Why.
    pub reason: String,
}

/// One question with everything that bears on its rating.
#[derive(Debug, Clone)]
pub struct Answered<'a> {
    /// The question's id in the interview.
    pub id: QuestionId,
    /// Its place in the interview, from 0.
    pub position: u32,
    /// As it was asked.
    pub question: &'a Question,
    /// What was answered in time; empty when nothing was.
    pub answer: &'a str,
    /// What was answered to its follow-ups.
    pub follow_ups: Vec<(QuestionId, &'a str)>,
    /// A person's rating.
    pub overridden: Option<Override>,
}

/// Evidence, and the question to whose answer its place belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cited {
    /// The question, or the follow-up.
    pub question_id: QuestionId,
    /// What is shown, and where in that answer.
    pub evidence: Evidence,
}

/// The rating of one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionResult {
    /// Which question.
    pub question_id: QuestionId,
    /// The question's place in the interview, from 0.
    pub position: u32,
    /// What it was about.
    pub kind: QuestionKind,
    /// What it was rated for.
    pub competency: Competency,
    /// The missing skill, of a probe.
    pub skill: Option<String>,
    /// The rating that counts.
    pub rating: Rating,
    /// What that rating looks like.
    pub anchor: String,
    /// The engine's own view; its evidence is in `evidence`.
    pub grade: Grade,
    /// What the engine's view stands on, follow-ups included.
    pub evidence: Vec<Cited>,
    /// The place of an earlier question that got the same answer.
    pub repeats: Option<u32>,
    /// A person's, when there is one.
    pub overridden: Option<Override>,
}

/// The rating of one competency over the core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompetencyResult {
    /// Which.
    pub competency: Competency,
    /// Mean of its questions' ratings, rounded half up.
    pub rating: Rating,
    /// What that rating looks like.
    pub anchor: String,
    /// The quotes that it stands on.
    pub evidence: Vec<Cited>,
}

/// What an interview came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Engine that rated.
    pub engine: String,
    /// Version of the anchors.
    pub rubric_version: String,
    /// Version of the questions.
    pub bank_version: String,
    /// 0 to 100 over the core, by [`WEIGHTS`].
    pub overall: u32,
    /// 0 to 100 over the technical questions of the core; absent when none was asked.
    pub technical: Option<u32>,
    /// 0 to 100 over the behavioural and situational questions; absent when none was asked.
    pub behavioural: Option<u32>,
    /// 0 to 100 for how readable the answers of the core are.
    pub communication: u32,
    /// Mean of the probes, 0 to 100, not part of the overall score; absent when none was asked.
    pub probes: Option<u32>,
    /// Per competency of the core, communication last.
    pub competencies: Vec<CompetencyResult>,
    /// Per question, probes included, in the order asked.
    pub questions: Vec<QuestionResult>,
    /// Sentences for the candidate and the recruiter.
    pub feedback: Vec<String>,
    /// Whether every question got an answer.
    pub complete: bool,
    /// The engine advises that a person looks at the answers.
    pub review_advised: bool,
}

/// Rates all answers and sums up.
pub fn report(bank_version: &str, answered: &[Answered<'_>]) -> Report {
    let mut questions: Vec<QuestionResult> = answered.iter().map(result).collect();
    mark_repeats(&mut questions, answered);
    let of = |wanted: &[QuestionKind]| -> Vec<&QuestionResult> {
        questions
            .iter()
            .filter(|q| wanted.contains(&q.kind))
            .collect()
    };
    let technical = mean_percent(&of(&[QuestionKind::Technical]));
    let behavioural = mean_percent(&of(&[QuestionKind::Behavioural, QuestionKind::Situational]));
    let probes = mean_percent(&of(&[QuestionKind::Probe]));
    let core: Vec<&QuestionResult> = questions
        .iter()
        .filter(|q| q.kind != QuestionKind::Probe)
        .collect();
    let spoken = communication(&core);
    let parts = [technical, behavioural, Some(spoken.percent())];
    let mut competencies = by_competency(&core);
    competencies.push(CompetencyResult {
        competency: Competency::Communication,
        rating: spoken,
        anchor: Competency::Communication.anchor(spoken).to_owned(),
        evidence: Vec::new(),
    });
    Report {
        engine: evaluation::ENGINE.to_owned(),
        rubric_version: rubric::version().to_owned(),
        bank_version: bank_version.to_owned(),
        overall: weighted(&parts),
        technical,
        behavioural,
        communication: spoken.percent(),
        probes,
        feedback: feedback(&questions, &competencies),
        complete: questions
            .iter()
            .all(|q| q.grade.problem != Some(Problem::Unanswered)),
        review_advised: questions
            .iter()
            .any(|q| (q.grade.review_advised || q.repeats.is_some()) && q.overridden.is_none()),
        competencies,
        questions,
    }
}

fn result(answered: &Answered<'_>) -> QuestionResult {
    let question = answered.question;
    let (mut grade, places) = grade(answered);
    let rating = answered
        .overridden
        .as_ref()
        .map_or(grade.rating, |o| o.rating);
    let evidence = std::mem::take(&mut grade.evidence);
    QuestionResult {
        question_id: answered.id,
        position: answered.position,
        kind: question.kind,
        competency: question.competency,
        skill: question.skill.clone(),
        rating,
        anchor: question.competency.anchor(rating).to_owned(),
        evidence: evidence
            .into_iter()
            .map(|evidence| cite(evidence, &places))
            .collect(),
        grade,
        repeats: None,
        overridden: answered.overridden.clone(),
    }
}

/// Rates an answer together with those to its follow-ups, unless it is better alone. Also gives where in
/// the text that was rated each answer begins, in code points.
fn grade(answered: &Answered<'_>) -> (Grade, Vec<(u32, QuestionId)>) {
    let alone = evaluation::evaluate(answered.question, answered.answer);
    let mut places = vec![(0, answered.id)];
    if answered.follow_ups.iter().all(|(_, text)| text.is_empty()) {
        return (alone, places);
    }
    let mut text = answered.answer.to_owned();
    for (id, follow_up) in &answered.follow_ups {
        // a blank line ends a sentence, so no quote reaches over it
        text.push_str("\n\n");
        places.push((u32::try_from(text.chars().count()).unwrap_or(u32::MAX), *id));
        text.push_str(follow_up);
    }
    let together = evaluation::evaluate(answered.question, &text);
    if together.rating >= alone.rating {
        (together, places)
    } else {
        places.truncate(1);
        (alone, places)
    }
}

fn cite(mut evidence: Evidence, places: &[(u32, QuestionId)]) -> Cited {
    let span = &mut evidence.quote.span;
    let place = places.iter().rev().find(|(from, _)| *from <= span.start);
    // the first place is 0
    let (from, question_id) = place.copied().unwrap_or(places[0]);
    span.start -= from;
    span.end -= from;
    Cited {
        question_id,
        evidence,
    }
}

/// Finds answers that were given before, word for word or nearly: such a one may bear on both questions,
/// but a person should look.
fn mark_repeats(questions: &mut [QuestionResult], answered: &[Answered<'_>]) {
    const SAME: usize = 80;
    const MIN_TRIGRAMS: usize = 15;
    let texts: Vec<_> = answered
        .iter()
        .map(|a| trigrams(Text::new(a.answer).tokens()))
        .collect();
    for n in 1..questions.len() {
        if texts[n].len() >= MIN_TRIGRAMS {
            let earlier = (0..n).find(|m| share(&texts[n], &texts[*m]) >= SAME);
            questions[n].repeats = earlier.map(|m| questions[m].position);
        }
    }
}

/// Mean in percent of the scale, rounded half up.
fn mean_percent(results: &[&QuestionResult]) -> Option<u32> {
    let count = u32::try_from(results.len()).ok().filter(|n| *n > 0)?;
    let sum: u32 = results.iter().map(|q| q.rating.percent()).sum();
    Some((2 * sum + count) / (2 * count))
}

/// Weighted mean of the parts that exist, rounded half up.
fn weighted(parts: &[Option<u32>; 3]) -> u32 {
    let present = WEIGHTS
        .iter()
        .zip(parts)
        .filter_map(|((_, weight), part)| Some((*weight, (*part)?)));
    let (weights, sum) = present.fold((0, 0), |(weights, sum), (weight, part)| {
        (weights + weight, sum + weight * part)
    });
    if weights == 0 {
        0
    } else {
        (2 * sum + weights) / (2 * weights)
    }
}

fn by_competency(core: &[&QuestionResult]) -> Vec<CompetencyResult> {
    let mut order: Vec<Competency> = core.iter().map(|q| q.competency).collect();
    order.sort_unstable();
    order.dedup();
    order
        .into_iter()
        .map(|competency| {
            let own: Vec<&&QuestionResult> =
                core.iter().filter(|q| q.competency == competency).collect();
            let sum: usize = own.iter().map(|q| usize::from(q.rating.value())).sum();
            let mean = (2 * sum + own.len()) / (2 * own.len().max(1));
            // a mean of ratings is a rating
            let rating = u8::try_from(mean)
                .ok()
                .and_then(|n| Rating::new(n).ok())
                .unwrap_or(Rating::LOWEST);
            let evidence = own.iter().flat_map(|q| q.evidence.iter().cloned());
            CompetencyResult {
                competency,
                rating,
                anchor: competency.anchor(rating).to_owned(),
                evidence: evidence.take(MAX_COMPETENCY_EVIDENCE).collect(),
            }
        })
        .collect()
}

/// Rated over the core as a whole: how many answers can be followed, whether their sentences have a
/// readable length (5 to 35 words), whether thoughts are joined and ordered. No accent, no spelling, no
/// vocabulary: those would rate where somebody comes from.
fn communication(core: &[&QuestionResult]) -> Rating {
    let shapes: Vec<Shape> = core.iter().map(|q| q.grade.shape).collect();
    let total = shapes.len().max(1);
    let share =
        |holds: &dyn Fn(&Shape) -> bool| shapes.iter().filter(|s| holds(s)).count() * 100 / total;
    let answered = share(&|s| s.words >= 8);
    let readable =
        share(&|s| s.words >= 8 && (s.sentences * 5..=s.sentences * 35).contains(&s.words));
    let joined = share(&|s| s.words >= 20 && s.reasons);
    let ordered = share(&|s| s.words >= 40 && s.ordered);
    let repeats = shapes.iter().any(|s| s.repeats);
    let steps = [
        answered >= 50,
        readable >= 60,
        readable >= 75 && joined >= 50,
        readable >= 90 && joined >= 60 && ordered >= 60 && !repeats,
    ];
    let reached = steps.iter().take_while(|step| **step).count();
    u8::try_from(reached + 1)
        .ok()
        .and_then(|n| Rating::new(n).ok())
        .unwrap_or(Rating::LOWEST)
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
