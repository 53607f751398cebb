use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use platform_sdk::graphql::connection;
use platform_sdk::{Ctx, PageArgs, Result};

use super::analysis::CvAnalysis;
use super::comparison::{self, CvComparison};
use super::int;
use super::profile::CvEducationLevel;
use super::ranking::{self, CvGroupInput, CvSelectionRate, CvShadowRanking, CvWeightsInput};
use super::shortlist::CvShortlistEntry;
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

/// A job description as it was at one version.
#[derive(SimpleObject)]
pub(super) struct JobDescriptionVersion {
    /// 1 for the first.
    version: i32,
    /// Title of the job.
    title: String,
    /// The text; offsets count its code points.
    text: String,
    /// Skills without which it can't be done.
    required_skills: Vec<JobSkill>,
    /// Skills that help.
    preferred_skills: Vec<JobSkill>,
    /// Years of experience asked for, or meant by the level.
    years: Option<i32>,
    /// Level.
    level: Option<Level>,
    /// Education asked for.
    education_level: Option<CvEducationLevel>,
    /// Version of the taxonomy that its skills are from.
    taxonomy_version: String,
    /// When it was written.
    created_at: DateTime<Utc>,
}

impl From<&domain::job_description::JobDescription> for JobDescriptionVersion {
    fn from(version: &domain::job_description::JobDescription) -> Self {
        let asked = &version.requirements;
        Self {
            version: version.version,
            title: version.title.clone(),
            text: version.body.clone(),
            required_skills: skills(&asked.required),
            preferred_skills: skills(&asked.preferred),
            years: asked.years.map(int),
            level: asked.level.map(Level::from),
            education_level: asked.education.map(CvEducationLevel::from),
            taxonomy_version: version.taxonomy_version.clone(),
            created_at: version.created_at,
        }
    }
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

    /// 1 for the first; every edit makes a new one.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Its versions, the latest first.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn versions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, JobDescriptionVersion, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let rows = domain::job_description::versions(Ctx::of(ctx)?, self.0.id, &page).await?;
        let version = |version: &domain::job_description::JobDescription| version.version;
        connection(&page, rows, version, |version| {
            JobDescriptionVersion::from(&version)
        })
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

    /// Its finished analyses of one version, the most points first, corrections counted in; equal ones in the order in which
    /// they were started.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn ranking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
        #[graphql(desc = "Version of the job description; the latest when absent")] version: Option<
            i32,
        >,
    ) -> Result<Connection<String, CvAnalysis, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let scored_against = (self.0.id, version.unwrap_or(self.0.version));
        let rows = domain::analysis::ranked(Ctx::of(ctx)?, scored_against, &page).await?;
        connection(&page, rows, |analysis| analysis.rank(), CvAnalysis)
    }

    /// The CVs on its shortlist, those that came first first.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn shortlist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, CvShortlistEntry, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let rows = domain::shortlist::list(Ctx::of(ctx)?, self.0.id, &page).await?;
        connection(&page, rows, |stay| stay.id, CvShortlistEntry)
    }

    /// Candidates side by side: what each has of every skill that is asked for and of every part of the score.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn comparison(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Two to ten finished analyses for one version of this job; the columns stand in their order"
        )]
        analysis_ids: Vec<ID>,
    ) -> Result<CvComparison> {
        comparison::compare(ctx, self.0.id, &analysis_ids).await
    }

    /// What the ranking of its latest version would be with other weights. Nothing is kept and no score changes.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn shadow_ranking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What each part would be worth")] weights: CvWeightsInput,
    ) -> Result<CvShadowRanking> {
        ranking::shadow(ctx, (self.0.id, self.0.version), &weights).await
    }

    /// How often groups of candidates are selected, and the ratio to the group that is selected most often (four-fifths rule). The
    /// groups come from the caller; none is ever inferred, and no score sees them.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn selection_rates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The groups, 20 at most")] groups: Vec<CvGroupInput>,
        #[graphql(
            desc = "Points from which a candidate counts as selected; when absent, who is on the shortlist is"
        )]
        least_points: Option<i32>,
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
