//! From the ratings of an interview to its report. Integers only; no text of an answer sets a number
//! except through its rating.

use serde::{Deserialize, Serialize};

use super::{
    evaluation::{self, Evidence, Grade, Shape},
    feature::{Problem, share, trigrams},
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

fn feedback(questions: &[QuestionResult], competencies: &[CompetencyResult]) -> Vec<String> {
    let mut sentences = Vec::new();
    let best = competencies
        .iter()
        .max_by_key(|c| (c.rating, std::cmp::Reverse(c.competency)));
    if let Some(best) = best.filter(|best| best.rating.value() >= 3) {
        sentences.push(format!(
            "Strongest in {}: {}.",
            best.competency.name().to_lowercase(),
            best.anchor
        ));
    }
    for question in questions {
        let number = question.position + 1;
        if let Some(overridden) = &question.overridden {
            sentences.push(format!(
                "Question {number} was rated {} by a person.",
                overridden.rating
            ));
        } else if question.grade.problem == Some(Problem::Unanswered) {
            sentences.push(format!("Question {number} was not answered."));
        } else if let Some(earlier) = question.repeats {
            sentences.push(format!(
                "Question {number} got the same answer as question {}; a person should look at it.",
                earlier + 1
            ));
        } else if question.rating < Rating::HIGHEST && !question.grade.advice.is_empty() {
            let advice: Vec<&str> = question
                .grade
                .advice
                .iter()
                .take(3)
                .map(String::as_str)
                .collect();
            sentences.push(format!(
                "Question {number} was rated {}; for more the answer would {}.",
                question.rating,
                advice.join(", ")
            ));
        }
    }
    let probed: Vec<&str> = questions
        .iter()
        .filter(|q| q.kind == QuestionKind::Probe && q.rating.value() >= 3)
        .filter_map(|q| q.skill.as_deref())
        .collect();
    if !probed.is_empty() {
        sentences.push(format!(
            "Showed comparable experience for gaps of the CV: {}.",
            probed.join(", ")
        ));
    }
    sentences
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use proptest::prelude::*;

    use super::*;
    use crate::domain::question::{Bank, Plan};

    fn plan() -> Plan {
        let job = ["Rust", "PostgreSQL"].map(str::to_owned);
        let missing = ["Kubernetes"].map(str::to_owned);
        Bank::shipped().plan(&job, &missing)
    }

    fn reported(answers: &[&str], overrides: &[Option<Override>]) -> Report {
        let plan = plan();
        let answered: Vec<Answered<'_>> = plan
            .questions
            .iter()
            .enumerate()
            .map(|(n, question)| Answered {
                id: QuestionId(uuid::Uuid::from_u128(n as u128)),
                position: n as u32,
                follow_ups: Vec::new(),
                question,
                answer: answers.get(n).copied().unwrap_or(""),
                overridden: overrides.get(n).cloned().flatten(),
            })
            .collect();
        report(&plan.bank_version, &answered)
    }

    #[test]
    fn silence_is_nothing_and_says_so() {
        let report = reported(&[], &[]);
        assert_eq!(
            (report.overall, report.communication, report.probes),
            (0, 0, Some(0))
        );
        assert!(!report.complete);
        assert!(
            report
                .feedback
                .iter()
                .any(|s| s == "Question 1 was not answered.")
        );
    }

    #[test]
    fn probes_do_not_move_the_overall_score() {
        let plan = plan();
        let probe = plan
            .questions
            .iter()
            .position(|q| q.kind == QuestionKind::Probe)
            .unwrap();
        let mut overrides = vec![None; plan.questions.len()];
        let without = reported(&[], &overrides);
        overrides[probe] = Some(Override {
            rating: Rating::HIGHEST,
            reason: "shown at work".to_owned(),
        });
        let with = reported(&[], &overrides);
        assert_eq!(with.overall, without.overall);
        assert_eq!((without.probes, with.probes), (Some(0), Some(100)));
    }

    #[test]
    fn a_persons_rating_counts_and_the_engines_stays_readable() {
        let by_hand = Override {
            rating: Rating::new(4).unwrap(),
            reason: "answered aloud".to_owned(),
        };
        let overrides = vec![Some(by_hand); plan().questions.len()];
        let report = reported(&[], &overrides);
        assert_eq!((report.technical, report.behavioural), (Some(75), Some(75)));
        // communication is the engine's: 0 of 20
        assert_eq!(report.overall, 60);
        assert_eq!(report.questions[0].grade.rating, Rating::LOWEST);
    }

    #[test]
    fn absent_parts_give_their_weight_to_the_others() {
        assert_eq!(weighted(&[None, Some(50), Some(50)]), 50);
        assert_eq!(weighted(&[Some(100), Some(0), Some(0)]), 50);
        assert_eq!(weighted(&[None, None, None]), 0);
        assert_eq!(WEIGHTS.iter().map(|(_, w)| w).sum::<u32>(), 100);
    }

    const MIDDLING: &str = "When I worked on a web shop the checkout broke after a release. I looked at the \
                            logs and fixed the bug in the payment form. The customer could order again.";

    fn followed(follow_up: &str) -> QuestionResult {
        let plan = plan();
        let (id, other) = (
            QuestionId(uuid::Uuid::from_u128(1)),
            QuestionId(uuid::Uuid::from_u128(2)),
        );
        let answered = Answered {
            id,
            position: 0,
            question: &plan.questions[0],
            answer: MIDDLING,
            follow_ups: vec![(other, follow_up)],
            overridden: None,
        };
        report("v", &[answered]).questions.remove(0)
    }

    #[test]
    fn a_follow_up_can_raise_a_rating_and_never_lowers_it() {
        let alone = followed("");
        for addition in [
            "no",
            "asdf qwer zxcv uiop",
            "der das und ist ich nicht ".repeat(30).as_str(),
            &plan().questions[0].text,
        ] {
            assert_eq!(followed(addition).rating, alone.rating, "{addition}");
        }
        let helped = followed(
            "It was my mistake, and I told the team so. I called all 30 customers, because they had waited for two hours. \
             In the end nobody left, and since then every release has a checklist.",
        );
        assert!(helped.rating > alone.rating);
        // quotes are placed in the answer that they come from
        let cited = helped
            .evidence
            .iter()
            .find(|cited| cited.question_id.0.as_u128() == 2)
            .unwrap();
        assert_eq!(
            (
                cited.evidence.quote.span.start,
                &cited.evidence.quote.text[..6]
            ),
            (0, "It was")
        );
    }

    #[test]
    fn the_same_answer_to_every_question_is_marked() {
        let told = [MIDDLING; 4];
        let report = reported(&told, &[]);
        assert_eq!(report.questions[0].repeats, None);
        assert!(report.questions[1..4].iter().all(|q| q.repeats == Some(0)));
        assert!(report.review_advised);
    }

    #[test]
    fn a_report_of_no_questions_is_empty_and_whole() {
        let report = report("v", &[]);
        assert_eq!(
            (report.overall, report.technical, report.probes),
            (0, None, None)
        );
    }

    proptest! {
        #[test]
        fn scores_stay_within_bounds_and_a_higher_rating_never_lowers_them(
            ratings in proptest::collection::vec(1_u8..=5, 8),
            raised in 0_usize..8,
        ) {
            let overrides = |ratings: &[u8]| -> Vec<Option<Override>> {
                ratings.iter().map(|r| Some(Override { rating: Rating::new(*r).unwrap(), reason: String::new() })).collect()
            };
            let before = reported(&[], &overrides(&ratings));
            let mut better = ratings.clone();
            better[raised] = 5;
            let after = reported(&[], &overrides(&better));
            prop_assert!(before.overall <= after.overall && after.overall <= 100);
        }
    }
}
