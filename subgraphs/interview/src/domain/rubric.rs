//! Competencies, their behaviourally anchored rating scales, and what each step of a scale takes.
//!
//! A rating is the highest anchor all of whose needs an answer meets (and all of those below it).
//! Needs are counted facts about the answer, see [`super::feature`], so that each rating can say what
//! it stands on and what the next one would have taken.

use std::{fmt, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::{feature::Features, question::QuestionKind};

/// What an answer is rated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Competency {
    /// Knows a field from own work.
    TechnicalDepth,
    /// Finds ways and proves them.
    ProblemSolving,
    /// Takes responsibility.
    Ownership,
    /// Works with others.
    Collaboration,
    /// Closes a gap in skills.
    Learning,
    /// Can be followed.
    Communication,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scale {
    id: Competency,
    name: String,
    anchors: [String; 5],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    competencies: Vec<Scale>,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/rubric.json"))
        // the file is compiled in and the tests read it
        .expect("data/rubric.json is well formed")
});

/// Version of the anchors.
pub fn version() -> &'static str {
    &FILE.version
}

impl Competency {
    fn scale(self) -> Option<&'static Scale> {
        FILE.competencies.iter().find(|scale| scale.id == self)
    }

    /// For people, e.g. `Problem solving`.
    pub fn name(self) -> &'static str {
        self.scale().map_or("", |scale| &scale.name)
    }

    /// What an answer with this rating looks like.
    pub fn anchor(self, rating: Rating) -> &'static str {
        self.scale()
            .map_or("", |scale| &scale.anchors[usize::from(rating.value() - 1)])
    }
}

/// A step of an anchored scale, 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Rating(u8);

impl Rating {
    /// The lowest step.
    pub const LOWEST: Self = Self(1);

    /// The highest step.
    pub const HIGHEST: Self = Self(5);

    /// A step of the scale.
    ///
    /// # Errors
    /// [`RatingError`] when it is not 1 to 5.
    pub fn new(value: u8) -> Result<Self, RatingError> {
        if (1..=5).contains(&value) {
            Ok(Self(value))
        } else {
            Err(RatingError)
        }
    }

    /// 1 to 5.
    pub fn value(self) -> u8 {
        self.0
    }

    /// The rating in hundredths of the scale's length: 1 is 0, 5 is 100.
    pub fn percent(self) -> u32 {
        u32::from(self.0 - 1) * 25
    }
}

impl TryFrom<u8> for Rating {
    type Error = RatingError;
    fn try_from(value: u8) -> Result<Self, RatingError> {
        Self::new(value)
    }
}

impl From<Rating> for u8 {
    fn from(rating: Rating) -> Self {
        rating.0
    }
}

impl fmt::Display for Rating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Not a step of the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rating is 1 to 5")]
pub struct RatingError;

/// A countable fact that an anchor asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Words in sentences of one's own.
    Words(usize),
    /// Share of the expected points, in percent.
    Points(usize),
    /// Sentences that say "I did".
    Actions(usize),
    /// A situation is told.
    Situation,
    /// A result is told.
    Result,
    /// A figure is given.
    Figure,
    /// Sentences that give a reason or weigh one thing against another.
    Reasons(usize),
    /// Different words of the field, used in sentences.
    Terms(usize),
    /// Sentences that say what one would do, or in which order.
    Steps(usize),
    /// One of several needs.
    Any(&'static [Need]),
}

impl Need {
    /// Whether the answer meets it.
    pub fn is_met(self, features: &Features) -> bool {
        match self {
            Self::Words(n) => features.words >= n,
            Self::Points(percent) => features.covered.len() * 100 >= features.expected * percent,
            Self::Actions(n) => features.actions.len() >= n,
            Self::Situation => !features.situation.is_empty(),
            Self::Result => !features.results.is_empty(),
            Self::Figure => !features.figures.is_empty(),
            Self::Reasons(n) => features.reasons.len() >= n,
            Self::Terms(n) => features.terms.len() >= n,
            Self::Steps(n) => features.steps.len() >= n,
            Self::Any(needs) => needs.iter().any(|need| need.is_met(features)),
        }
    }

    /// What would have met it; completes "for a higher rating the answer would …".
    pub fn advice(self) -> &'static str {
        match self {
            Self::Words(_) => "say more in whole sentences",
            Self::Points(_) => "speak of more of what was asked",
            Self::Actions(_) => "say more of what you did yourself",
            Self::Situation => "tell the situation it was in",
            Self::Result => "tell the result",
            Self::Figure => "give a figure that can be checked",
            Self::Reasons(_) => "give reasons and weigh alternatives",
            Self::Terms(_) => "go into the particulars of the field",
            Self::Steps(_) => "say what comes first and what comes next",
            Self::Any(needs) => needs.first().map_or("", |need| need.advice()),
        }
    }
}

/// What ratings 2, 3, 4 and 5 take, each on top of those below.
pub type Ladder = [&'static [Need]; 4];

const TECHNICAL: Ladder = [
    &[
        Need::Words(8),
        Need::Any(&[Need::Points(1), Need::Terms(2)]),
    ],
    &[
        Need::Words(25),
        Need::Points(40),
        Need::Any(&[Need::Reasons(1), Need::Actions(1)]),
    ],
    &[
        Need::Words(45),
        Need::Points(60),
        Need::Actions(1),
        Need::Reasons(1),
    ],
    &[
        Need::Words(60),
        Need::Points(75),
        Need::Actions(2),
        Need::Reasons(2),
        Need::Figure,
    ],
];

const BEHAVIOURAL: Ladder = [
    &[
        Need::Words(10),
        Need::Any(&[Need::Points(1), Need::Actions(1)]),
    ],
    &[
        Need::Words(25),
        Need::Points(40),
        Need::Situation,
        Need::Actions(1),
    ],
    &[
        Need::Words(45),
        Need::Points(60),
        Need::Actions(2),
        Need::Result,
    ],
    &[
        Need::Words(60),
        Need::Points(75),
        Need::Actions(3),
        Need::Reasons(1),
        Need::Figure,
    ],
];

const SITUATIONAL: Ladder = [
    &[Need::Words(10), Need::Points(1)],
    &[
        Need::Words(25),
        Need::Points(40),
        Need::Any(&[Need::Steps(1), Need::Reasons(1)]),
    ],
    &[
        Need::Words(40),
        Need::Points(60),
        Need::Steps(2),
        Need::Reasons(1),
    ],
    &[
        Need::Words(60),
        Need::Points(75),
        Need::Steps(3),
        Need::Reasons(2),
    ],
];

// A probe has the family's points and those of an honest answer about a gap; nobody can speak of all.
const PROBE: Ladder = [
    &[
        Need::Words(8),
        Need::Any(&[Need::Points(1), Need::Terms(1)]),
    ],
    &[
        Need::Words(20),
        Need::Points(25),
        Need::Any(&[Need::Actions(1), Need::Steps(1)]),
    ],
    &[
        Need::Words(35),
        Need::Points(35),
        Need::Actions(1),
        Need::Reasons(1),
    ],
    &[
        Need::Words(50),
        Need::Points(50),
        Need::Actions(2),
        Need::Reasons(1),
        Need::Terms(4),
        Need::Figure,
    ],
];

/// The ladder for a kind of question.
pub fn ladder(kind: QuestionKind) -> Ladder {
    match kind {
        QuestionKind::Technical => TECHNICAL,
        QuestionKind::Behavioural => BEHAVIOURAL,
        QuestionKind::Situational => SITUATIONAL,
        QuestionKind::Probe => PROBE,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn every_competency_has_five_different_anchors() {
        for competency in [
            Competency::TechnicalDepth,
            Competency::ProblemSolving,
            Competency::Ownership,
            Competency::Collaboration,
            Competency::Learning,
            Competency::Communication,
        ] {
            let mut anchors: Vec<&str> = (1..=5)
                .map(|n| competency.anchor(Rating::new(n).unwrap()))
                .collect();
            anchors.dedup();
            assert_eq!(anchors.len(), 5, "{competency:?}");
            assert!(!competency.name().is_empty());
        }
        assert!(!version().is_empty());
    }

    #[test]
    fn a_rating_is_one_to_five() {
        assert_eq!(Rating::new(0), Err(RatingError));
        assert_eq!(Rating::new(6), Err(RatingError));
        assert_eq!(Rating::LOWEST.percent(), 0);
        assert_eq!(Rating::HIGHEST.percent(), 100);
        assert!(serde_json::from_str::<Rating>("9").is_err());
    }
}
