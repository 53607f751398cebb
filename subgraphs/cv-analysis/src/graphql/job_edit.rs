use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use platform_sdk::{Ctx, Result, UserError};

use super::analysis::CvAnalysis;
use super::job_description::{JobDescription, Level};
use super::parse_id;
use super::profile::CvEducationLevel;
use crate::domain::job_description::{Edit, Wanted};
use crate::domain::{analysis, job_description};

/// A skill that is asked for.
#[derive(InputObject)]
struct JobSkillInput {
    /// Names or ids of skills, any of which will do.
    any_of: Vec<String>,
}

/// What a job asks for, in the place of what was read of its text.
#[derive(InputObject)]
struct JobRequirementsInput {
    /// Skills without which it can't be done.
    required: Vec<JobSkillInput>,
    /// Skills that help.
    #[graphql(default)]
    preferred: Vec<JobSkillInput>,
    /// Years of experience.
    years: Option<i32>,
    /// Level.
    level: Option<Level>,
    /// Education.
    education_level: Option<CvEducationLevel>,
    /// Whether equal experience may stand in for the education.
    #[graphql(default)]
    education_or_equivalent: bool,
}

/// An edit of a job description; what is absent stays.
#[derive(InputObject)]
struct UpdateJobDescriptionInput {
    /// The job description.
    id: ID,
    /// The version that was looked at.
    expected_version: i32,
    /// Title of the job.
    title: Option<String>,
    /// The text.
    text: Option<String>,
    /// What is asked for; absent, it is read of the text.
    requirements: Option<JobRequirementsInput>,
}

/// The new version.
#[derive(SimpleObject)]
struct UpdateJobDescriptionPayload {
    /// The job description; null when nothing changed.
    job_description: Option<JobDescription>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Which CVs to score anew.
#[derive(InputObject)]
struct RescoreCvAnalysesInput {
    /// The job description.
    job_description_id: ID,
    /// The same key gives the same analyses.
    idempotency_key: String,
}

/// What was started.
#[derive(SimpleObject)]
struct RescoreCvAnalysesPayload {
    /// New analyses, 100 at most; empty when every CV is scored against the latest version.
    analyses: Vec<CvAnalysis>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Editing what CVs are matched to.
#[derive(Default)]
pub(crate) struct JobEdits;

#[Object]
impl JobEdits {
    /// Makes a new version of a job description. Analyses keep the version that they were scored against; scoring anew is
    /// asked for by `rescoreCvAnalyses`.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn update_job_description(
        &self,
        ctx: &Context<'_>,
        input: UpdateJobDescriptionInput,
    ) -> Result<UpdateJobDescriptionPayload> {
        let id = parse_id(&input.id, "job description")?;
        let skills =
            |asked: Vec<JobSkillInput>| asked.into_iter().map(|skill| skill.any_of).collect();
        let edit = Edit {
            expected: input.expected_version,
            title: input.title,
            text: input.text,
            wanted: input.requirements.map(|wanted| Wanted {
                required: skills(wanted.required),
                preferred: skills(wanted.preferred),
                // below zero is as wrong as too many
                years: wanted
                    .years
                    .map(|years| u32::try_from(years).unwrap_or(u32::MAX)),
                level: wanted.level.map(Into::into),
                education: wanted.education_level.map(Into::into),
                education_or_equivalent: wanted.education_or_equivalent,
            }),
        };
        let (job_description, user_errors) =
            match job_description::update(Ctx::of(ctx)?, id, edit).await? {
                Ok(description) => (Some(JobDescription(description)), Vec::new()),
                Err(errors) => (None, errors),
            };
        Ok(UpdateJobDescriptionPayload {
            job_description,
            user_errors,
        })
    }

    /// Queues the CVs that were scored against earlier versions of a job and not against the latest, 100 at a time.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn rescore_cv_analyses(
        &self,
        ctx: &Context<'_>,
        input: RescoreCvAnalysesInput,
    ) -> Result<RescoreCvAnalysesPayload> {
        let id = parse_id(&input.job_description_id, "job description")?;
        let started = analysis::rescore(Ctx::of(ctx)?, id, &input.idempotency_key).await?;
        Ok(RescoreCvAnalysesPayload {
            analyses: started.into_iter().map(CvAnalysis).collect(),
            user_errors: Vec::new(),
        })
    }
}
