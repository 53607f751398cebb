//! What would lift a candidate's chances, worded by rules.

use serde::{Deserialize, Serialize};

use super::job::Requirements;
use super::profile::Profile;
use super::score::{Score, length};
use super::skill::Relation;

/// What a recommendation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RecommendationKind {
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

/// One recommendation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    /// What it is about.
    pub kind: RecommendationKind,
    /// The advice, in a sentence.
    pub text: String,
    /// Hundredths of a point that it would bring.
    pub gain: u32,
    /// Id of the skill, where it is about one.
    pub skill: Option<String>,
}

/// Most recommendations that one analysis gives.
const LIMIT: usize = 12;

/// What to recommend, the greatest gain first.
pub fn recommend(profile: &Profile, job: &Requirements, score: &Score) -> Vec<Recommendation> {
    let mut all = Vec::new();
    let share = |max: u32, count: usize| {
        u32::try_from(count)
            .ok()
            .filter(|count| *count > 0)
            .map_or(0, |count| max / count)
    };
    let required_share = share(score.required.max, job.required.len());
    let preferred_share = share(score.preferred.max, job.preferred.len());
    for missing in &score.missing {
        let (kind, gain, text) = if missing.required {
            (
                RecommendationKind::RequiredSkill,
                required_share,
                format!(
                    "{} is required and not in the CV: name the work that used it, or plan how to learn it",
                    missing.name
                ),
            )
        } else {
            (
                RecommendationKind::PreferredSkill,
                preferred_share,
                format!("{} would help: name it if it was used", missing.name),
            )
        };
        all.push(Recommendation {
            kind,
            text,
            gain,
            skill: missing.any_of.first().cloned(),
        });
    }
    for matched in score
        .matched
        .iter()
        .filter(|matched| matched.relation != Relation::Same)
    {
        let share = if matched.required {
            required_share
        } else {
            preferred_share
        };
        all.push(Recommendation {
            kind: RecommendationKind::RelatedSkill,
            text: format!(
                "{} counts for {} % of {}: name {} itself if it was used",
                matched.via.as_deref().unwrap_or("a related skill"),
                matched.credit,
                matched.name,
                matched.name
            ),
            gain: share * (100 - matched.credit) / 100,
            skill: matched.any_of.first().cloned(),
        });
    }
    if let Some(years) = job
        .years
        .filter(|_| score.experience.earned < score.experience.max)
    {
        let text = if profile.experience.is_empty() {
            "no job with a period was found: give every job its first and last month".to_owned()
        } else {
            format!(
                "{} of {} asked for: give every relevant job its first and last month",
                length(profile.experience_months),
                length(years * 12)
            )
        };
        all.push(Recommendation {
            kind: RecommendationKind::Experience,
            text,
            gain: score.experience.max - score.experience.earned,
            skill: None,
        });
    }
    if let Some(level) = job
        .education
        .filter(|_| score.education.earned < score.education.max)
    {
        all.push(Recommendation {
            kind: RecommendationKind::Education,
            text: format!(
                "{} is asked for: name the degree in full, or show what equals it",
                level.label()
            ),
            gain: score.education.max - score.education.earned,
            skill: None,
        });
    }
    if profile.contact.emails.is_empty() && profile.contact.phones.is_empty() {
        all.push(Recommendation {
            kind: RecommendationKind::Document,
            text:
                "no e-mail address or telephone number was found: add one as text, not as a picture"
                    .to_owned(),
            gain: 0,
            skill: None,
        });
    }
    all.sort_by_key(|recommendation| std::cmp::Reverse(recommendation.gain));
    all.truncate(LIMIT);
    all
}
