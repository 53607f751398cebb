use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use platform_sdk::graphql::connection;
use platform_sdk::{Ctx, PageArgs, Result};

use super::analysis::CvAnalysis;
use super::int;
use super::profile::CvEducationLevel;
use super::ranking::{self, CvGroupInput, CvSelectionRate, CvShadowRanking, CvWeightsInput};
use crate::domain;
use crate::domain::job::{JobLevel, Requirement};

/// A job to match CVs to, with what it asks for.
pub(crate) struct JobDescription(pub(crate) domain::job_description::JobDescription);

/// Seniority.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "JobLevel", name = "JobLevel")]
pub(crate) enum Level {
    /// First job.
    Entry,
    /// Some years.
    Mid,
    /// Many years.
    Senior,
    /// Leads others.
    Lead,
}

/// A skill that is asked for.
#[derive(SimpleObject)]
struct JobSkill {
    /// What is asked for; alternatives are joined by "or".
    name: String,
    /// Ids of the skills, any of which will do.
    any_of: Vec<String>,
    /// First code point of the place in the description.
    start: Option<i32>,
    /// One past the last code point.
    end: Option<i32>,
}

fn skills(asked: &[Requirement]) -> Vec<JobSkill> {
    asked
        .iter()
        .map(|requirement| JobSkill {
            name: requirement.name.clone(),
            any_of: requirement.any_of.clone(),
            start: requirement.span.map(|span| int(span.start)),
            end: requirement.span.map(|span| int(span.end)),
        })
        .collect()
}

#[Object]
impl JobDescription {
    /// Stable id.
    async fn id(&self) -> ID {
        self.0.id.uuid().into()
    }

    /// Title of the job.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The text; offsets count its code points.
    async fn text(&self) -> &str {
        &self.0.body
    }

    /// Skills without which it can't be done.
    async fn required_skills(&self) -> Vec<JobSkill> {
        skills(&self.0.requirements.required)
    }

    /// Skills that help.
    async fn preferred_skills(&self) -> Vec<JobSkill> {
        skills(&self.0.requirements.preferred)
    }

    /// Years of experience asked for, or meant by the level.
    async fn years(&self) -> Option<i32> {
        self.0.requirements.years.map(int)
    }

    /// Level.
    async fn level(&self) -> Option<Level> {
        self.0.requirements.level.map(Level::from)
    }

    /// Education asked for.
    async fn education_level(&self) -> Option<CvEducationLevel> {
        self.0.requirements.education.map(CvEducationLevel::from)
    }

    /// Its finished analyses, the highest score first; equal scores in the order in which they were started.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn ranking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, CvAnalysis, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let rows = domain::analysis::ranked(Ctx::of(ctx)?, self.0.id, &page).await?;
        connection(&page, rows, |analysis| analysis.rank(), CvAnalysis)
    }

    /// What its ranking would be with other weights. Nothing is kept and no score changes.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn shadow_ranking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What each part would be worth")] weights: CvWeightsInput,
    ) -> Result<CvShadowRanking> {
        ranking::shadow(ctx, self.0.id, &weights).await
    }

    /// How often groups of candidates are selected, and the ratio to the group that is selected most often (four-fifths rule). The
    /// groups come from the caller; none is ever inferred, and no score sees them.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn selection_rates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The groups, 20 at most")] groups: Vec<CvGroupInput>,
        #[graphql(desc = "Points from which a candidate counts as selected")] least_points: i32,
    ) -> Result<Vec<CvSelectionRate>> {
        ranking::selection(ctx, self.0.id, groups, least_points).await
    }

    /// Version of the taxonomy that its skills are from.
    async fn taxonomy_version(&self) -> &str {
        &self.0.taxonomy_version
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}
