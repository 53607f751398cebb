//! What a report says in sentences.

use super::{
    feature::Problem,
    question::QuestionKind,
    report::{CompetencyResult, QuestionResult},
    rubric::Rating,
};

/// Sentences for the candidate and the recruiter: what was best, then what each question came to.
pub(super) fn feedback(
    questions: &[QuestionResult],
    competencies: &[CompetencyResult],
) -> Vec<String> {
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
