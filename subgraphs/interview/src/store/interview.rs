//! Interviews.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::{PageArgs, Result};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{count, from_word, integer, word};
use crate::domain::interview::{Interview, InterviewId, Link};

#[derive(sqlx::FromRow)]
struct Row {
    interview_id: Uuid,
    status: String,
    title: String,
    analysis_id: Option<Uuid>,
    bank_version: String,
    extra_time_percent: i32,
    follow_ups: i32,
    link_id: Option<Uuid>,
    link_expires_at: Option<DateTime<Utc>>,
    consented_at: Option<DateTime<Utc>>,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl Row {
    fn read(self) -> Result<Interview> {
        let link = self.link_id.zip(self.link_expires_at);
        Ok(Interview {
            id: InterviewId(self.interview_id),
            status: from_word(self.status)?,
            title: self.title,
            analysis_id: self.analysis_id,
            bank_version: self.bank_version,
            extra_time_percent: count(self.extra_time_percent),
            follow_ups: count(self.follow_ups),
            link: link.map(|(id, expires_at)| Link { id, expires_at }),
            consented_at: self.consented_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
            created_at: self.created_at,
        })
    }
}

const COLUMNS: &str = "interview_id, status, title, analysis_id, bank_version, extra_time_percent, follow_ups, link_id, \
                       link_expires_at, consented_at, started_at, ended_at, created_at";

/// A statement over [`COLUMNS`]: the text is the module's own, values are bound.
fn select(rest: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("select {COLUMNS} from interview.interview {rest}"))
}

/// Keeps a new interview.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    interview: &Interview,
    created_by: Option<Uuid>,
) -> Result<()> {
    sqlx::query(
        "insert into interview.interview (tenant_id, interview_id, status, title, analysis_id, bank_version, \
         extra_time_percent, follow_ups, created_by, created_at) \
         values (platform.current_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(interview.id.uuid())
    .bind(word(&interview.status)?)
    .bind(&interview.title)
    .bind(interview.analysis_id)
    .bind(&interview.bank_version)
    .bind(integer(interview.extra_time_percent))
    .bind(integer(interview.follow_ups))
    .bind(created_by)
    .bind(interview.created_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// An interview, locked until the transaction ends: everything that changes its course goes one after
/// the other.
pub(crate) async fn lock(conn: &mut PgConnection, id: InterviewId) -> Result<Option<Interview>> {
    let row: Option<Row> = sqlx::query_as(select(
        "where tenant_id = platform.current_tenant() and interview_id = $1 for update",
    ))
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?;
    row.map(Row::read).transpose()
}

/// Keeps what may change of an interview.
pub(crate) async fn update(conn: &mut PgConnection, interview: &Interview) -> Result<()> {
    sqlx::query(
        "update interview.interview set status = $2, extra_time_percent = $3, link_id = $4, link_expires_at = $5, \
         consented_at = $6, started_at = $7, ended_at = $8 \
         where tenant_id = platform.current_tenant() and interview_id = $1",
    )
    .bind(interview.id.uuid())
    .bind(word(&interview.status)?)
    .bind(integer(interview.extra_time_percent))
    .bind(interview.link.map(|link| link.id))
    .bind(interview.link.map(|link| link.expires_at))
    .bind(interview.consented_at)
    .bind(interview.started_at)
    .bind(interview.ended_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Interviews by id.
pub(crate) async fn by_ids(
    conn: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Interview>> {
    let rows: Vec<Row> = sqlx::query_as(select(
        "where tenant_id = platform.current_tenant() and interview_id = any($1)",
    ))
    .bind(ids)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| Ok((row.interview_id, row.read()?)))
        .collect()
}

/// A page of all interviews, newest first.
pub(crate) async fn page(conn: &mut PgConnection, page: &PageArgs) -> Result<Vec<Interview>> {
    let rows: Vec<Row> = sqlx::query_as(select(
        "where tenant_id = platform.current_tenant() and ($1::uuid is null or interview_id < $1) \
         order by interview_id desc limit $2",
    ))
    .bind(page.after::<Uuid>()?)
    .bind(page.limit())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// The same page of each analysis' interviews, newest first, in one statement.
pub(crate) async fn page_by_analysis(
    conn: &mut PgConnection,
    analyses: &[Uuid],
    after: Option<Uuid>,
    limit: i64,
) -> Result<HashMap<Uuid, Vec<Interview>>> {
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "select i.* from unnest($1::uuid[]) as wanted (id) cross join lateral ( \
             select {COLUMNS} from interview.interview \
             where tenant_id = platform.current_tenant() and analysis_id = wanted.id \
             and ($2::uuid is null or interview_id < $2) order by interview_id desc limit $3) as i"
    )))
    .bind(analyses)
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let mut pages: HashMap<Uuid, Vec<Interview>> = HashMap::new();
    for row in rows {
        if let Some(analysis) = row.analysis_id {
            pages.entry(analysis).or_default().push(row.read()?);
        }
    }
    for page in pages.values_mut() {
        page.sort_by_key(|interview| std::cmp::Reverse(interview.id));
    }
    Ok(pages)
}
