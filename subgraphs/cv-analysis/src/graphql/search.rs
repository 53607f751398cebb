use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use platform_sdk::graphql::connection;
use platform_sdk::{Ctx, Error, PageArgs, Result};

use super::document::CvDocument;
use super::int;
use super::job_description::Level;
use super::profile::CvEducationLevel;
use crate::domain::passage::Passage;
use crate::domain::search::{self, Hit, Search};

/// Searching.
#[derive(Default)]
pub(crate) struct Searches;

/// What a CV must have to be found.
#[derive(InputObject, Default)]
struct CvSearchFilter {
    /// Names or ids of skills, all of which are wanted; a skill that brings another along counts for it. At most 20.
    #[graphql(default)]
    skills: Vec<String>,
    /// Least years of experience.
    min_years: Option<i32>,
    /// Most years of experience.
    max_years: Option<i32>,
    /// Any of these levels, by the title of the latest job, else by years; none means all.
    #[graphql(default)]
    levels: Vec<Level>,
    /// Least education.
    min_education: Option<CvEducationLevel>,
}

/// Words that were asked for, with what stands around them.
#[derive(SimpleObject)]
struct CvSearchPassage {
    /// The words around.
    quote: String,
    /// First code point of the quote in the CV's text.
    start: i32,
    /// One past the last code point.
    end: i32,
    /// The words that were asked for.
    matches: Vec<CvSearchMatch>,
}

/// A word that was asked for.
#[derive(SimpleObject)]
struct CvSearchMatch {
    /// First code point in the CV's text.
    start: i32,
    /// One past the last code point.
    end: i32,
}

impl From<&Passage> for CvSearchPassage {
    fn from(passage: &Passage) -> Self {
        Self {
            quote: passage.quote.clone(),
            start: int(passage.span.start),
            end: int(passage.span.end),
            matches: passage
                .matches
                .iter()
                .map(|span| CvSearchMatch {
                    start: int(span.start),
                    end: int(span.end),
                })
                .collect(),
        }
    }
}

/// A CV that was found.
pub(crate) struct CvSearchHit(Hit);

#[Object]
impl CvSearchHit {
    /// The CV.
    async fn document(&self, ctx: &Context<'_>) -> Result<CvDocument> {
        CvDocument::of(ctx, self.0.document_id).await
    }

    /// How well it fits the words and skills; comparable within one search only.
    async fn rank(&self) -> i32 {
        i32::try_from(self.0.place.0).unwrap_or(i32::MAX)
    }

    /// Months in any job, overlaps counted once.
    async fn experience_months(&self) -> i32 {
        self.0.months
    }

    /// Level, by the title of the latest job, else by years.
    async fn level(&self) -> Level {
        search::level_of(self.0.level).into()
    }

    /// Highest level of education that is named.
    async fn education_level(&self) -> Option<CvEducationLevel> {
        self.0
            .education
            .and_then(search::education_of)
            .map(CvEducationLevel::from)
    }

    /// Up to three passages with the words that were asked for; empty when no words were.
    async fn passages(&self) -> Vec<CvSearchPassage> {
        self.0.passages.iter().map(CvSearchPassage::from).collect()
    }
}

#[Object]
impl Searches {
    /// CVs that have all words and meet the filter, the best first; without words and skills the latest first.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn search_cvs(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Words that must all be there, in any form; a word after a minus must not. At most 400 characters"
        )]
        query: Option<String>,
        #[graphql(desc = "What else a CV must have")] filter: Option<CvSearchFilter>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, CvSearchHit, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let filter = filter.unwrap_or_default();
        let years = |years: Option<i32>| {
            years
                .map(|years| {
                    u32::try_from(years).map_err(|_| Error::bad_input("years are zero or more"))
                })
                .transpose()
        };
        let search = Search {
            text: query,
            skills: filter.skills,
            min_years: years(filter.min_years)?,
            max_years: years(filter.max_years)?,
            levels: filter.levels.into_iter().map(Into::into).collect(),
            min_education: filter.min_education.map(Into::into),
        };
        let hits = search::find(Ctx::of(ctx)?, &search, &page).await?;
        connection(&page, hits, |hit| hit.place, CvSearchHit)
    }
}
