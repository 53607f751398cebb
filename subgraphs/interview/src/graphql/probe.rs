use async_graphql::SimpleObject;
use platform_sdk::plain_object;

use super::question::Competency;
use crate::domain;

/// A question into one gap between a CV and a job.
#[derive(SimpleObject)]
pub(crate) struct Probe {
    /// The missing skill.
    skill: String,
    /// The question as a candidate would read it.
    question: String,
    /// What the answer would be rated for.
    competency: Competency,
}

plain_object!(Probe { "skill" => skill, "question" => question, "competency" => competency });

impl From<domain::probe::Probe> for Probe {
    fn from(probe: domain::probe::Probe) -> Self {
        Self {
            skill: probe.skill,
            question: probe.question,
            competency: probe.competency.into(),
        }
    }
}
