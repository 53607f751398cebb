//! What a score holds: points by part, and what was matched, missing and extra, each with its evidence.

use serde::{Deserialize, Serialize};

use super::super::skill::Relation;
use super::super::text::Span;
use super::Weights;

/// Words of the CV that support a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The words.
    pub quote: String,
    /// Where they stand.
    pub span: Span,
    /// Page number, counted from one, where the format has pages.
    pub page: Option<u32>,
}

/// One part of the score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Hundredths of a point earned.
    pub earned: u32,
    /// Hundredths of a point that could be earned.
    pub max: u32,
    /// Why, in a sentence.
    pub explanation: String,
    /// The words that earn it.
    pub evidence: Vec<Evidence>,
}

/// A skill that was asked for and is there, or something related is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// Ids asked for, any of which would do.
    pub any_of: Vec<String>,
    /// What was asked for.
    pub name: String,
    /// Whether it is required.
    pub required: bool,
    /// Percent of full credit.
    pub credit: u32,
    /// Id of the skill that earns it.
    pub skill: String,
    /// Name of the skill that earns it, where it is another one.
    pub via: Option<String>,
    /// Relation of the two.
    pub relation: Relation,
    /// The words that show it.
    pub evidence: Vec<Evidence>,
}

/// A skill that was asked for and is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Ids asked for, any of which would do.
    pub any_of: Vec<String>,
    /// What was asked for.
    pub name: String,
    /// Whether it is required.
    pub required: bool,
}

/// A skill that is there and was not asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra {
    /// Id.
    pub skill: String,
    /// Name.
    pub name: String,
    /// The words that show it.
    pub evidence: Vec<Evidence>,
}

/// The score and the reason for every point of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Whole points, 0 to 100.
    pub total: u32,
    /// Required skills.
    pub required: Part,
    /// Preferred skills.
    pub preferred: Part,
    /// Experience.
    pub experience: Part,
    /// Education.
    pub education: Part,
    /// The weights that made it.
    pub weights: Weights,
    /// Skills asked for and there, required ones first, in the order of the description.
    pub matched: Vec<Matched>,
    /// Skills asked for and not there, in the same order.
    pub missing: Vec<Missing>,
    /// Skills not asked for, in order of their ids.
    pub extra: Vec<Extra>,
}
