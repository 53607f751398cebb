//! Reads by many keys at once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use platform_sdk::graphql::{Batch, Found};
use platform_sdk::{PageArgs, Result};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::{
    answer::Answer,
    interview::{Asked, Interview},
    report::Report,
};
use crate::store;

/// Interviews by id.
pub(super) struct InterviewById;

impl Batch for InterviewById {
    type Key = Uuid;
    type Value = Interview;

    async fn load(conn: &mut PgConnection, keys: &[Uuid]) -> Found<Self> {
        store::interview::by_ids(conn, keys).await
    }
}

/// The questions of interviews.
pub(super) struct QuestionsOf;

impl Batch for QuestionsOf {
    type Key = Uuid;
    type Value = Arc<[Asked]>;

    async fn load(conn: &mut PgConnection, keys: &[Uuid]) -> Found<Self> {
        let questions = store::question::by_interviews(conn, keys).await?;
        Ok(questions
            .into_iter()
            .map(|(id, asked)| (id, asked.into()))
            .collect())
    }
}

/// The answers of interviews.
pub(super) struct AnswersOf;

impl Batch for AnswersOf {
    type Key = Uuid;
    type Value = Arc<[Answer]>;

    async fn load(conn: &mut PgConnection, keys: &[Uuid]) -> Found<Self> {
        let answers = store::answer::by_interviews(conn, keys).await?;
        Ok(answers
            .into_iter()
            .map(|(id, answers)| (id, answers.into()))
            .collect())
    }
}

/// The reports of interviews, and when they were made.
pub(super) struct ReportOf;

impl Batch for ReportOf {
    type Key = Uuid;
    type Value = (Arc<Report>, DateTime<Utc>);

    async fn load(conn: &mut PgConnection, keys: &[Uuid]) -> Found<Self> {
        let reports = store::report::by_interviews(conn, keys).await?;
        Ok(reports
            .into_iter()
            .map(|(id, (report, at))| (id, (Arc::new(report), at)))
            .collect())
    }
}

/// The same page of the interviews of several analyses: one statement per page asked for, and all
/// objects of one list ask for the same page.
pub(super) struct InterviewsOfAnalysis;

/// An analysis and a page of its interviews.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct AnalysisPage {
    /// Whose interviews.
    pub(super) analysis: Uuid,
    /// Before which interview the page begins, newest first.
    pub(super) after: Option<Uuid>,
    /// Rows to read.
    pub(super) limit: i64,
}

impl AnalysisPage {
    /// A page from its arguments.
    pub(super) fn new(analysis: Uuid, page: &PageArgs) -> Result<Self> {
        Ok(Self {
            analysis,
            after: page.after()?,
            limit: page.limit(),
        })
    }
}

impl Batch for InterviewsOfAnalysis {
    type Key = AnalysisPage;
    type Value = Vec<Interview>;

    async fn load(conn: &mut PgConnection, keys: &[AnalysisPage]) -> Found<Self> {
        let pages: HashSet<(Option<Uuid>, i64)> =
            keys.iter().map(|key| (key.after, key.limit)).collect();
        let mut found = HashMap::with_capacity(keys.len());
        for (after, limit) in pages {
            let same: Vec<&AnalysisPage> = keys
                .iter()
                .filter(|k| k.after == after && k.limit == limit)
                .collect();
            let ids: Vec<Uuid> = same.iter().map(|key| key.analysis).collect();
            let mut rows = store::interview::page_by_analysis(conn, &ids, after, limit).await?;
            for key in same {
                found.insert(key.clone(), rows.remove(&key.analysis).unwrap_or_default());
            }
        }
        Ok(found)
    }
}
