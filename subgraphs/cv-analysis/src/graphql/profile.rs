use std::sync::Arc;

use async_graphql::{Enum, Object, SimpleObject};

use super::int;
use crate::domain::education::EducationLevel;
use crate::domain::language::Fluency;
use crate::domain::period::Written;
use crate::domain::profile::Confidence;
use crate::domain::report::Report;

/// Level of education, in rising order.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "EducationLevel")]
pub(crate) enum CvEducationLevel {
    /// School leaving certificate that opens the university.
    Secondary,
    /// Apprenticeship or vocational training.
    Vocational,
    /// Two-year degree.
    Associate,
    /// First degree.
    Bachelor,
    /// Second degree, and the one-tier degrees that equal it.
    Master,
    /// Doctorate.
    Doctorate,
}

/// How well a language is spoken, by the Common European Framework of Reference.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Fluency")]
enum CvFluency {
    /// Beginner.
    A1,
    /// Basic.
    A2,
    /// Intermediate.
    B1,
    /// Good.
    B2,
    /// Fluent.
    C1,
    /// Near native.
    C2,
    /// Mother tongue.
    Native,
}

/// How far an analysis can be relied on.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Confidence")]
pub(super) enum CvConfidence {
    /// Little was understood.
    Low,
    /// Some parts are missing.
    Medium,
    /// The usual parts of a CV were found.
    High,
}

/// Name and ways to reach a candidate; never part of a score.
#[derive(SimpleObject)]
struct CvContact {
    /// Full name.
    name: Option<String>,
    /// E-mail addresses.
    emails: Vec<String>,
    /// Telephone numbers as written.
    phones: Vec<String>,
    /// Profiles and pages.
    links: Vec<String>,
    /// Place of residence.
    location: Option<String>,
}

/// A dated job.
#[derive(SimpleObject)]
struct CvExperience {
    /// Role.
    title: Option<String>,
    /// Organisation.
    organisation: Option<String>,
    /// First month as `2019-03`, or the year alone.
    start: String,
    /// Last month; null for a job that goes on.
    end: Option<String>,
    /// Months of this job.
    months: i32,
}

/// A degree or training.
#[derive(SimpleObject)]
struct CvEducation {
    /// Level.
    level: CvEducationLevel,
    /// The line that names it.
    title: String,
    /// School.
    institution: Option<String>,
    /// First month as `2013-10`, or the year alone.
    start: Option<String>,
    /// Last month.
    end: Option<String>,
}

/// A spoken language.
#[derive(SimpleObject)]
struct CvLanguage {
    /// ISO 639-1 code.
    code: String,
    /// English name.
    name: String,
    /// Level, where one is written.
    fluency: Option<CvFluency>,
}

/// A skill that the CV names.
#[derive(SimpleObject)]
struct CvSkill {
    /// Id in the taxonomy.
    id: String,
    /// Name.
    name: String,
    /// How often it is named.
    mentions: i32,
    /// Months of the jobs that name it.
    months: i32,
}

/// A skill that a list in the CV names and the taxonomy does not know.
#[derive(SimpleObject)]
struct CvOtherSkill {
    /// As written.
    name: String,
    /// First code point in the text.
    start: i32,
    /// One past the last code point.
    end: i32,
}

fn written(date: Written) -> String {
    match date.month {
        Some(month) => format!("{:04}-{month:02}", date.year),
        None => format!("{:04}", date.year),
    }
}

/// What was understood of a CV.
pub(super) struct CvProfile(pub(super) Arc<Report>);

#[Object]
impl CvProfile {
    /// Name and ways to reach the candidate; never part of a score.
    async fn contact(&self) -> CvContact {
        let contact = &self.0.profile.contact;
        let values = |list: &[crate::domain::contact::Located]| {
            list.iter().map(|located| located.value.clone()).collect()
        };
        CvContact {
            name: contact.name.as_ref().map(|name| name.value.clone()),
            emails: values(&contact.emails),
            phones: values(&contact.phones),
            links: values(&contact.links),
            location: contact
                .location
                .as_ref()
                .map(|location| location.value.clone()),
        }
    }

    /// Dated jobs in the order of the CV.
    async fn experience(&self) -> Vec<CvExperience> {
        let jobs = self.0.profile.experience.iter();
        jobs.map(|job| CvExperience {
            title: job.title.clone(),
            organisation: job.organisation.clone(),
            start: written(job.period.start),
            end: job.period.end.map(written),
            months: int(job.months),
        })
        .collect()
    }

    /// Months in any job, overlaps counted once.
    async fn experience_months(&self) -> i32 {
        int(self.0.profile.experience_months)
    }

    /// Degrees in the order of the CV.
    async fn education(&self) -> Vec<CvEducation> {
        let degrees = self.0.profile.education.iter();
        degrees
            .map(|degree| CvEducation {
                level: degree.level.into(),
                title: degree.title.clone(),
                institution: degree.institution.clone(),
                start: degree.start.map(written),
                end: degree.end.map(written),
            })
            .collect()
    }

    /// The highest level that is named.
    async fn education_level(&self) -> Option<CvEducationLevel> {
        self.0.profile.education_level.map(CvEducationLevel::from)
    }

    /// Spoken languages.
    async fn languages(&self) -> Vec<CvLanguage> {
        let languages = self.0.profile.languages.iter();
        languages
            .map(|language| CvLanguage {
                code: language.code.clone(),
                name: language.name.clone(),
                fluency: language.fluency.map(CvFluency::from),
            })
            .collect()
    }

    /// Certificates.
    async fn certificates(&self) -> Vec<String> {
        self.0
            .profile
            .certificates
            .iter()
            .map(|certificate| certificate.value.clone())
            .collect()
    }

    /// Skills, in order of their ids.
    async fn skills(&self) -> Vec<CvSkill> {
        let skills = self.0.profile.skills.iter();
        skills
            .map(|claim| CvSkill {
                id: claim.id.clone(),
                name: claim.name.clone(),
                mentions: i32::try_from(claim.spans.len()).unwrap_or(i32::MAX),
                months: int(claim.months),
            })
            .collect()
    }

    /// What lists of skills name and the taxonomy does not know, in text order; it earns no points.
    async fn other_skills(&self) -> Vec<CvOtherSkill> {
        let others = self.0.profile.other_skills.iter();
        others
            .map(|other| CvOtherSkill {
                name: other.value.clone(),
                start: int(other.span.start),
                end: int(other.span.end),
            })
            .collect()
    }
}
