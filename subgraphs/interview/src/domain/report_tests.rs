//! From ratings to scores, and what may not move them.
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
