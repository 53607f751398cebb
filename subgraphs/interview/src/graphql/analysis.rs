use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object};
use platform_sdk::graphql::{Ready, authenticated, connection};
use platform_sdk::{Ctx, PageArgs, Result};

use super::interview::Interview;
use super::loader::{AnalysisPage, InterviewsOfAnalysis};
use super::parse_id;
use super::probe::Probe;
use crate::domain;

/// A CV matched to a job. Owned by cv-analysis; here are the fields that interviews add.
pub(crate) struct CvAnalysis {
    /// cv-analysis's id, as it came.
    pub(super) id: ID,
    /// What cv-analysis says is missing; absent when nothing asked for it or it is not known yet.
    pub(super) missing_skills: Option<Vec<String>>,
}

impl CvAnalysis {
    /// A reference to an analysis: other subgraphs fill it.
    pub(super) fn reference(id: uuid::Uuid) -> Self {
        Self {
            id: id.into(),
            missing_skills: None,
        }
    }
}

// The fields of this type that other subgraphs own demand what those subgraphs say; ours demand ours.
#[Object(directive = authenticated::apply())]
impl CvAnalysis {
    /// Stable id.
    async fn id(&self) -> &ID {
        &self.id
    }

    /// Skills of the job that the CV lacks, by name.
    #[graphql(external)]
    async fn missing_skills(&self) -> Option<&[String]> {
        self.missing_skills.as_deref()
    }

    /// Interviews that were made from this analysis, newest first.
    #[graphql(requires_scopes = "interview:session.read")]
    async fn interviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, Interview, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let rows = match parse_id(&self.id, "CV analysis") {
            Ok(id) => {
                let key = AnalysisPage::new(id, &page)?;
                let rows = Ctx::of(ctx)?.load_one::<InterviewsOfAnalysis>(key).await?;
                rows.unwrap_or_default()
            }
            Err(_) => Vec::new(),
        };
        connection(&page, rows, |interview| interview.id, Interview)
    }

    /// Questions into the gaps between the CV and the job, most important first; null while the analysis
    /// is not finished. An interview made from the analysis asks the first three.
    #[graphql(requires = "missingSkills", requires_scopes = "interview:session.read")]
    async fn suggested_probes(&self) -> Option<Ready<Vec<Probe>>> {
        let missing = self.missing_skills.as_deref()?;
        let suggested = domain::probe::suggest(missing);
        Some(Ready(suggested.into_iter().map(Probe::from).collect()))
    }
}
