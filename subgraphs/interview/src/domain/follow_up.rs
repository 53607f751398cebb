//! Follow-up questions: one step further from what an answer lacks, with the reason said.
//!
//! They are asked only where the recruiter wants them, because an interview in which everybody gets the
//! same questions compares better. A follow-up is rated together with the answer that it follows, so it
//! can only help: it gives the chance of the next step of the scale.

use super::{
    evaluation::{self, Standing},
    question::Question,
    rubric::Need,
};

/// Time for the answer to a follow-up, before accommodations.
const LIMIT_SECONDS: u32 = 120;

/// Most follow-ups of one interview.
pub const MAX_FOLLOW_UPS: i32 = 5;

/// A question that goes one step further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// As it is asked; rated by the points of the question that it follows.
    pub question: Question,
    /// Why it is asked, for the candidate and the recruiter.
    pub reason: String,
}

/// A follow-up to `answer`, when there is something to build on and something to gain: ratings 2 to 4.
/// Asks for one thing that the next step of the scale takes; on a strong answer that is the hard part.
pub fn suggest(question: &Question, answer: &str) -> Option<FollowUp> {
    let standing = evaluation::standing(question, answer);
    if !(2..=4).contains(&standing.rating.value()) {
        return None;
    }
    // the shape of the story before its subject; "say more" is no question
    let asks = |need: &&Need| !matches!(need, Need::Words(_));
    let shape = |need: &&Need| asks(need) && !matches!(need, Need::Points(_));
    let lacking = &standing.lacking;
    let need = lacking
        .iter()
        .find(shape)
        .or_else(|| lacking.iter().find(asks))?;
    let (text, because) = ask(*need, &standing)?;
    let strong = standing.rating.value() == 4;
    let reason = if strong {
        format!("your answer was strong; this goes further, because {because}")
    } else {
        format!("asked because {because}")
    };
    Some(FollowUp {
        question: Question {
            key: format!("{}.follow-up", question.key),
            text,
            limit_seconds: LIMIT_SECONDS,
            ..question.clone()
        },
        reason,
    })
}

fn ask(need: Need, standing: &Standing) -> Option<(String, String)> {
    let fixed = |text: &str, because: &str| Some((text.to_owned(), because.to_owned()));
    match need {
        Need::Points(_) => {
            let label = standing.uncovered.first()?;
            Some((
                format!(
                    "One thing is still open: {label}. What can you say about it from your own work?"
                ),
                format!("the answer did not speak of {label}"),
            ))
        }
        Need::Actions(_) => fixed(
            "What exactly did you do yourself, one thing after the other?",
            "the answer did not show yet what you did yourself",
        ),
        Need::Situation => fixed(
            "What was the situation: where was it, and what was at stake?",
            "the answer did not tell the situation",
        ),
        Need::Result => fixed(
            "How did it end, and how do you know?",
            "the answer did not tell a result",
        ),
        Need::Figure => fixed(
            "By which figure, a number, a time or a share, can one see the effect?",
            "the answer gave no figure that can be checked",
        ),
        Need::Reasons(_) => fixed(
            "Why this way, and which other way did you weigh it against?",
            "the answer gave few reasons",
        ),
        Need::Terms(_) => fixed(
            "Which parts and tools were involved, and what did each of them do?",
            "the answer stayed general",
        ),
        Need::Steps(_) => fixed(
            "What would you do first, what next, and what would change your mind?",
            "the answer did not say what comes first",
        ),
        Need::Any(needs) => ask(*needs.first()?, standing),
        Need::Words(_) => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::domain::question::Bank;

    fn ownership() -> Question {
        Bank::shipped().plan(&[], &[]).questions.swap_remove(0)
    }

    const MIDDLING: &str = "When I worked on a web shop the checkout broke after a release. I looked at the \
                            logs and fixed the bug in the payment form. The customer could order again.";

    #[test]
    fn what_is_lacking_is_asked_for_and_the_reason_is_said() {
        let follow_up = suggest(&ownership(), MIDDLING).unwrap();
        assert_eq!(
            (follow_up.question.text.as_str(), follow_up.reason.as_str()),
            (
                "How did it end, and how do you know?",
                "asked because the answer did not tell a result"
            )
        );
        assert_eq!(follow_up.question.points, ownership().points);
    }

    #[test]
    fn there_is_no_follow_up_to_nothing_and_none_to_the_best() {
        for answer in [
            "",
            "no idea",
            "Kubernetes, Docker, Helm, pods, nodes, images, registry",
        ] {
            assert_eq!(suggest(&ownership(), answer), None, "{answer}");
        }
    }
}
