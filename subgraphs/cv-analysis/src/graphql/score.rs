use std::sync::Arc;

use async_graphql::{Enum, Object, SimpleObject, Value};
use platform_sdk::graphql::{Plain, Selected};
use platform_sdk::{plain_enum, plain_object};

use super::int;
use crate::domain;
use crate::domain::recommendation::RecommendationKind;
use crate::domain::report::Report;
use crate::domain::skill::Relation;

/// Words of the CV that support a point.
#[derive(SimpleObject)]
#[graphql(name = "CvEvidence")]
pub(super) struct Evidence {
    /// The words.
    quote: String,
    /// First code point in the document's text.
    start: i32,
    /// One past the last code point.
    end: i32,
    /// Page, counted from one, where the format has pages.
    page: Option<i32>,
}

plain_object!(Evidence { "quote" => quote, "start" => start, "end" => end, "page" => page });

pub(super) fn evidence(all: &[domain::score::Evidence]) -> Vec<Evidence> {
    all.iter()
        .map(|evidence| Evidence {
            quote: evidence.quote.clone(),
            start: int(evidence.span.start),
            end: int(evidence.span.end),
            page: evidence.page.map(int),
        })
        .collect()
}

/// One part of the score.
#[derive(SimpleObject)]
#[graphql(name = "CvScorePart")]
pub(super) struct Part {
    /// Hundredths of a point earned.
    earned_hundredths: i32,
    /// Hundredths of a point that could be earned.
    max_hundredths: i32,
    /// Why, in a sentence.
    explanation: String,
    /// The words that earn it.
    evidence: Vec<Evidence>,
}

plain_object!(Part {
    "earnedHundredths" => earned_hundredths,
    "maxHundredths" => max_hundredths,
    "explanation" => explanation,
    "evidence" => evidence,
});

pub(super) fn part(part: &domain::score::Part) -> Part {
    Part {
        earned_hundredths: int(part.earned),
        max_hundredths: int(part.max),
        explanation: part.explanation.clone(),
        evidence: evidence(&part.evidence),
    }
}

/// The score: required skills 50, preferred skills 20, experience 20, education 10. The same CV and the same job always give
/// the same score.
pub(super) struct CvScore(pub(super) Arc<Report>);

#[Object]
impl CvScore {
    /// Whole points, 0 to 100: the sum of the parts, rounded half up.
    async fn total(&self) -> i32 {
        int(self.0.score.total)
    }

    /// Required skills.
    async fn required(&self) -> Part {
        part(&self.0.score.required)
    }

    /// Preferred skills.
    async fn preferred(&self) -> Part {
        part(&self.0.score.preferred)
    }

    /// Experience.
    async fn experience(&self) -> Part {
        part(&self.0.score.experience)
    }

    /// Education.
    async fn education(&self) -> Part {
        part(&self.0.score.education)
    }

    /// Name of the set of weights that made it.
    async fn weights_version(&self) -> &str {
        &self.0.score.weights.version
    }
}

impl Plain for CvScore {
    fn answer(&self, selected: &Selected<'_>) -> Option<Value> {
        let score = &self.0.score;
        selected.object("CvScore", |name, inner| match name {
            "total" => int(score.total).answer(inner),
            "required" => part(&score.required).answer(inner),
            "preferred" => part(&score.preferred).answer(inner),
            "experience" => part(&score.experience).answer(inner),
            "education" => part(&score.education).answer(inner),
            "weightsVersion" => score.weights.version.answer(inner),
            _ => None,
        })
    }
}

/// How a skill that was asked for is met.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Relation")]
enum CvSkillRelation {
    /// Only its family, or something that comes with it, is there.
    Broader,
    /// A skill is there that brings it along.
    Implied,
    /// A family was asked for and a member of it is there.
    Member,
    /// It is there, by name or by another name.
    Same,
}

plain_enum!(CvSkillRelation);

/// A skill that was asked for and is there, or something related is.
#[derive(SimpleObject)]
#[graphql(name = "CvMatchedSkill")]
struct Matched {
    /// What was asked for.
    name: String,
    /// Whether it is required.
    required: bool,
    /// Percent of full credit.
    credit: i32,
    /// How it is met.
    relation: CvSkillRelation,
    /// The skill that earns the credit, where it is another one.
    via: Option<String>,
    /// The words that show it.
    evidence: Vec<Evidence>,
}

plain_object!(Matched {
    "name" => name,
    "required" => required,
    "credit" => credit,
    "relation" => relation,
    "via" => via,
    "evidence" => evidence,
});

/// A skill that was asked for and is not there.
#[derive(SimpleObject)]
#[graphql(name = "CvMissingSkill")]
struct Missing {
    /// What was asked for.
    name: String,
    /// Whether it is required.
    required: bool,
}

plain_object!(Missing { "name" => name, "required" => required });

/// A skill that is there and was not asked for.
#[derive(SimpleObject)]
#[graphql(name = "CvExtraSkill")]
struct Extra {
    /// The skill.
    name: String,
    /// The words that show it.
    evidence: Vec<Evidence>,
}

plain_object!(Extra { "name" => name, "evidence" => evidence });

/// Skills of the CV beside those of the job.
pub(super) struct SkillMatches(pub(super) Arc<Report>);

impl SkillMatches {
    fn all_matched(&self) -> Vec<Matched> {
        let all = self.0.score.matched.iter();
        all.map(|matched| Matched {
            name: matched.name.clone(),
            required: matched.required,
            credit: int(matched.credit),
            relation: matched.relation.into(),
            via: matched.via.clone(),
            evidence: evidence(&matched.evidence),
        })
        .collect()
    }

    fn all_missing(&self) -> Vec<Missing> {
        let all = self.0.score.missing.iter();
        all.map(|missing| Missing {
            name: missing.name.clone(),
            required: missing.required,
        })
        .collect()
    }

    fn all_extra(&self) -> Vec<Extra> {
        let all = self.0.score.extra.iter();
        all.map(|extra| Extra {
            name: extra.name.clone(),
            evidence: evidence(&extra.evidence),
        })
        .collect()
    }
}

#[Object(name = "CvSkillMatches")]
impl SkillMatches {
    /// Asked for and there, required ones first.
    async fn matched(&self) -> Vec<Matched> {
        self.all_matched()
    }

    /// Asked for and not there, required ones first.
    async fn missing(&self) -> Vec<Missing> {
        self.all_missing()
    }

    /// There and not asked for.
    async fn extra(&self) -> Vec<Extra> {
        self.all_extra()
    }
}

impl Plain for SkillMatches {
    fn answer(&self, selected: &Selected<'_>) -> Option<Value> {
        selected.object("CvSkillMatches", |name, inner| match name {
            "matched" => self.all_matched().answer(inner),
            "missing" => self.all_missing().answer(inner),
            "extra" => self.all_extra().answer(inner),
            _ => None,
        })
    }
}

/// What a recommendation is about.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "RecommendationKind")]
enum CvRecommendationKind {
    /// A required skill that is not there.
    RequiredSkill,
    /// A skill of which only something related is there.
    RelatedSkill,
    /// A preferred skill that is not there.
    PreferredSkill,
    /// Experience.
    Experience,
    /// Education.
    Education,
    /// How the CV itself is written.
    Document,
}

plain_enum!(CvRecommendationKind);

/// What would lift the candidate's chances.
#[derive(SimpleObject)]
#[graphql(name = "CvRecommendation")]
pub(super) struct Recommendation {
    /// What it is about.
    kind: CvRecommendationKind,
    /// The advice, in a sentence.
    text: String,
    /// Hundredths of a point that it would bring.
    gain_hundredths: i32,
}

plain_object!(Recommendation {
    "kind" => kind,
    "text" => text,
    "gainHundredths" => gain_hundredths,
});

impl From<&domain::recommendation::Recommendation> for Recommendation {
    fn from(recommendation: &domain::recommendation::Recommendation) -> Self {
        Self {
            kind: recommendation.kind.into(),
            text: recommendation.text.clone(),
            gain_hundredths: int(recommendation.gain),
        }
    }
}
