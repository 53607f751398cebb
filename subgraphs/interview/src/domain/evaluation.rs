//! The offline engine: rates one answer on the question's anchored scale.
//!
//! Deterministic and explainable. It reads shape and subject, not truth: it cannot know whether a story
//! happened, which is why ratings carry their quotes, weak grounds advise a person's review, and a
//! person's rating always stands above the engine's.

use serde::{Deserialize, Serialize};

use super::{
    feature::{Features, Problem, Quote},
    question::Question,
    rubric::{Need, Rating, ladder},
};

/// Name and version of the engine; goes up when any answer could be rated otherwise.
pub const ENGINE: &str = "offline-1";

/// Longest answer that is taken, in code points: a quarter of an hour's typing.
pub const MAX_ANSWER_CHARS: usize = 10_000;

/// Longest text that is rated: an answer and its follow-up.
const MAX_RATED_CHARS: usize = 2 * MAX_ANSWER_CHARS + 2;

/// How many quotes a rating carries.
const MAX_EVIDENCE: usize = 8;

/// What a rating stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What the quote shows; completes "the answer …".
    pub shows: String,
    /// The place in the answer.
    pub quote: Quote,
}

/// How one answer was rated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grade {
    /// Step of the scale.
    pub rating: Rating,
    /// Why there was nothing to rate; the rating is then the lowest.
    pub problem: Option<Problem>,
    /// The quotes that the rating stands on.
    pub evidence: Vec<Evidence>,
    /// What the next step would have taken.
    pub advice: Vec<String>,
    /// How readable it is, for the rating of communication.
    pub shape: Shape,
    /// The engine's grounds are weak: a person should look.
    pub review_advised: bool,
}

/// What the rating of communication is made from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Words in sentences of one's own.
    pub words: u32,
    /// Those sentences.
    pub sentences: u32,
    /// Gives reasons.
    pub reasons: bool,
    /// Leads from a situation to a result, or goes step by step.
    pub ordered: bool,
    /// Says the same thing again.
    pub repeats: bool,
}

/// Where an answer stands on its scale, and what the next step takes.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The step that it has reached.
    pub rating: Rating,
    /// What the next step takes and the answer does not have; empty at the top.
    pub lacking: Vec<Need>,
    /// Expected points that the answer does not speak of.
    pub uncovered: Vec<String>,
    features: Features,
}

/// Finds where `answer` stands. Linear in its length, which is cut at [`MAX_RATED_CHARS`].
pub fn standing(question: &Question, answer: &str) -> Standing {
    let cut = answer
        .char_indices()
        .nth(MAX_RATED_CHARS)
        .map_or(answer, |(at, _)| &answer[..at]);
    let features = Features::of(question, cut);
    let mut rating = Rating::LOWEST;
    let mut lacking: Vec<Need> = Vec::new();
    if features.problem.is_none() {
        for (needs, step) in ladder(question.kind).iter().zip(2_u8..) {
            lacking = needs
                .iter()
                .copied()
                .filter(|need| !need.is_met(&features))
                .collect();
            match Rating::new(step) {
                Ok(step) if lacking.is_empty() => rating = step,
                _ => break,
            }
        }
    }
    let covered = |label: &String| features.covered.iter().any(|(known, _)| known == label);
    let labels = question.points.iter().map(|point| &point.label);
    Standing {
        uncovered: labels.filter(|label| !covered(label)).cloned().collect(),
        rating,
        lacking,
        features,
    }
}

/// Rates `answer` to `question`.
pub fn evaluate(question: &Question, answer: &str) -> Grade {
    let standing = standing(question, answer);
    let (rating, features) = (standing.rating, &standing.features);
    Grade {
        rating,
        problem: features.problem,
        evidence: match features.problem {
            Some(_) => Vec::new(),
            None => evidence(features),
        },
        advice: match features.problem {
            Some(problem) => vec![advice_for(problem).to_owned()],
            None => advice(&standing),
        },
        shape: shape(features),
        review_advised: features.problem == Some(Problem::Language)
            // much was written and little was recognised: perhaps the engine's words are not the candidate's
            || (features.problem.is_none()
                && (features.words >= 80 && rating == Rating::LOWEST
                    || features.words >= 120 && rating.value() == 2)),
    }
}

fn advice(standing: &Standing) -> Vec<String> {
    let about_points =
        |need: &Need| matches!(need, Need::Points(_) | Need::Any([Need::Points(_), ..]));
    let mut advice: Vec<String> = standing
        .lacking
        .iter()
        .filter(|need| !about_points(need))
        .map(|need| need.advice().to_owned())
        .collect();
    if standing.lacking.iter().any(about_points) {
        let open: Vec<&str> = standing
            .uncovered
            .iter()
            .take(2)
            .map(String::as_str)
            .collect();
        advice.push(format!("speak of {}", open.join(" and of ")));
    }
    advice
}

fn advice_for(problem: Problem) -> &'static str {
    match problem {
        Problem::Unanswered => "give an answer",
        Problem::CopiedQuestion => "answer in your own words instead of repeating the question",
        Problem::KeywordList => "explain in sentences what you did instead of listing terms",
        Problem::Unreadable => "answer in whole sentences",
        Problem::Language => "answer in English, or have a person rate the answer",
    }
}

fn shape(features: &Features) -> Shape {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Shape {
        words: count(features.words),
        sentences: count(features.quotes.len()),
        reasons: !features.reasons.is_empty(),
        ordered: (!features.situation.is_empty() && !features.results.is_empty())
            || features.steps.len() >= 2,
        repeats: features.repeated > 0,
    }
}

/// One quote per fact, in the order of the answer; several facts of one sentence share a quote.
fn evidence(features: &Features) -> Vec<Evidence> {
    let mut facts: Vec<(usize, String)> = Vec::new();
    for (label, at) in &features.covered {
        facts.push((*at, format!("speaks of {label}")));
    }
    let kinds: [(&[usize], &str); 5] = [
        (&features.actions, "tells of own action"),
        (&features.results, "tells a result"),
        (&features.figures, "gives a figure"),
        (&features.reasons, "gives a reason"),
        (&features.steps, "names a step"),
    ];
    for (places, shows) in kinds {
        let mut places = places.to_vec();
        places.dedup();
        facts.extend(places.into_iter().take(3).map(|at| (at, shows.to_owned())));
    }
    let mut evidence: Vec<Evidence> = Vec::new();
    for (at, quote) in features.quotes.iter().enumerate() {
        let shows: Vec<&str> = facts
            .iter()
            .filter(|(place, _)| *place == at)
            .map(|(_, shows)| shows.as_str())
            .collect();
        if !shows.is_empty() {
            evidence.push(Evidence {
                shows: shows.join(", "),
                quote: quote.clone(),
            });
        }
    }
    // the sentences that show most stay, in their order
    if evidence.len() > MAX_EVIDENCE {
        let weight = |e: &Evidence| usize::MAX - e.shows.matches(", ").count();
        let mut kept: Vec<usize> = (0..evidence.len()).collect();
        kept.sort_by_key(|n| (weight(&evidence[*n]), *n));
        kept.truncate(MAX_EVIDENCE);
        kept.sort_unstable();
        evidence = kept.into_iter().map(|n| evidence[n].clone()).collect();
    }
    evidence
}

#[cfg(test)]
#[path = "evaluation_tests.rs"]
mod tests;
