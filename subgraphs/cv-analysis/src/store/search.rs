use std::collections::{HashMap, HashSet};

use platform_sdk::{Result, TenantId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::document::DocumentId;
use crate::domain::search::{Entry, Hit, Place, Plan, education_number, level_number};

#[derive(FromRow)]
struct Row {
    document_id: Uuid,
    number: i32,
    rank: i64,
    months: i32,
    level: i16,
    education: Option<i16>,
}

/// By which rules a document was indexed; `None` when it was not.
pub(crate) async fn version(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar(
        "select index_version from cv_analysis.search_entry where tenant_id = $1 and document_id = $2",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .fetch_optional(conn)
    .await?)
}

/// Counts the tenant's index; gives the last number that was given. Its row stays locked until the transaction ends.
async fn count(
    conn: &mut PgConnection,
    tenant: TenantId,
    numbers: i32,
    documents: i32,
) -> Result<i32> {
    Ok(sqlx::query_scalar(
        "insert into cv_analysis.search_counter as c (tenant_id, last_number, documents) values ($1, $2, greatest($3, 0)) \
         on conflict (tenant_id) do update set last_number = c.last_number + $2, documents = greatest(c.documents + $3, 0) \
         returning last_number",
    )
    .bind(tenant.uuid())
    .bind(numbers)
    .bind(documents)
    .fetch_one(conn)
    .await?)
}

/// Waits for whoever changes the tenant's index, and has others wait until the transaction ends. Who changes the rules that it is
/// made by takes the lock too, so that nothing is indexed by old rules once the new ones can be seen.
pub(crate) async fn lock(conn: &mut PgConnection, tenant: TenantId) -> Result<()> {
    count(conn, tenant, 0, 0).await?;
    Ok(())
}

/// Documents behind `after` whose entries were made by other rules than those that versions begin with here, in the order of their ids.
pub(crate) async fn outdated(
    conn: &mut PgConnection,
    tenant: TenantId,
    rules: &str,
    after: Option<DocumentId>,
    limit: i64,
) -> Result<Vec<DocumentId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select document_id from cv_analysis.search_entry \
         where tenant_id = $1 and ($2::uuid is null or document_id > $2) and not starts_with(index_version, $3) order by document_id limit $4",
    )
    .bind(tenant.uuid())
    .bind(after.map(DocumentId::uuid))
    .bind(rules)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(DocumentId).collect())
}

/// Puts a document into the index, in place of what was known of it. It keeps its number, and so its place among others of the same
/// rank; terms that it had before and has no more are taken out, and those that stay as they are aren't written.
pub(crate) async fn replace(
    conn: &mut PgConnection,
    tenant: TenantId,
    entry: &Entry,
) -> Result<()> {
    lock(conn, tenant).await?;
    let known: Option<(i32, Vec<String>)> = sqlx::query_as(
        "select number, terms from cv_analysis.search_entry where tenant_id = $1 and document_id = $2",
    )
    .bind(tenant.uuid())
    .bind(entry.document_id.uuid())
    .fetch_optional(&mut *conn)
    .await?;
    let terms: Vec<&str> = entry.terms.iter().map(|(term, _)| term.as_str()).collect();
    let number = match known {
        Some((number, before)) => {
            let stays: HashSet<&str> = terms.iter().copied().collect();
            let gone: Vec<&str> = before
                .iter()
                .map(String::as_str)
                .filter(|term| !stays.contains(term))
                .collect();
            take_out(conn, tenant, number, &gone).await?;
            number
        }
        None => count(conn, tenant, 1, 1).await?,
    };
    let values: Vec<i32> = entry
        .terms
        .iter()
        .map(|(_, weight)| number.saturating_mul(8) + i32::from(*weight))
        .collect();
    sqlx::query(
        "insert into cv_analysis.search_entry \
         (tenant_id, document_id, number, months, level, education, terms, index_version, indexed_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         on conflict (tenant_id, document_id) do update set months = excluded.months, level = excluded.level, \
         education = excluded.education, terms = excluded.terms, index_version = excluded.index_version, \
         indexed_at = excluded.indexed_at",
    )
    .bind(tenant.uuid())
    .bind(entry.document_id.uuid())
    .bind(number)
    .bind(i32::try_from(entry.months).unwrap_or(i32::MAX))
    .bind(level_number(entry.level))
    .bind(entry.education.map(education_number))
    .bind(&terms)
    .bind(&entry.version)
    .bind(entry.indexed_at)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "insert into cv_analysis.search_posting as p (tenant_id, term, bucket, entries) \
         select $1, t.term, $2, array[t.value] from unnest($3::text[], $4::integer[]) as t (term, value) \
         on conflict (tenant_id, term, bucket) do update set entries = \
         array(select e.value from unnest(p.entries) with ordinality as e (value, place) where e.value >> 3 <> $5 order by e.place) \
         || excluded.entries \
         where excluded.entries[1] <> all (p.entries)",
    )
    .bind(tenant.uuid())
    .bind(number >> 8)
    .bind(&terms)
    .bind(&values)
    .bind(number)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a document out of the index; nothing happens when it is not in it.
pub(crate) async fn remove(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
) -> Result<()> {
    lock(conn, tenant).await?;
    let removed: Option<(i32, Vec<String>)> = sqlx::query_as(
        "delete from cv_analysis.search_entry where tenant_id = $1 and document_id = $2 returning number, terms",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .fetch_optional(&mut *conn)
    .await?;
    let Some((number, terms)) = removed else {
        return Ok(());
    };
    let terms: Vec<&str> = terms.iter().map(String::as_str).collect();
    take_out(conn, tenant, number, &terms).await?;
    count(conn, tenant, 0, -1).await?;
    Ok(())
}

/// Takes a document's number out of the postings of these terms.
async fn take_out(
    conn: &mut PgConnection,
    tenant: TenantId,
    number: i32,
    terms: &[&str],
) -> Result<()> {
    if terms.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "update cv_analysis.search_posting set entries = \
         array(select e.value from unnest(entries) with ordinality as e (value, place) where e.value >> 3 <> $4 order by e.place) \
         where tenant_id = $1 and bucket = $2 and term = any($3)",
    )
    .bind(tenant.uuid())
    .bind(number >> 8)
    .bind(terms)
    .bind(number)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "delete from cv_analysis.search_posting where tenant_id = $1 and bucket = $2 and term = any($3) and entries = '{}'",
    )
    .bind(tenant.uuid())
    .bind(number >> 8)
    .bind(terms)
    .execute(conn)
    .await?;
    Ok(())
}

/// A page of the documents that meet every group of terms and all filters, the best first.
///
/// A group earns the greatest weight of its terms in the document, times 1 + log₂ of how rare the group is; documents of the
/// same rank come latest first.
pub(crate) async fn find(
    conn: &mut PgConnection,
    tenant: TenantId,
    plan: &Plan,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Hit>> {
    let mut slots: Vec<i32> = Vec::new();
    let mut terms: Vec<&str> = Vec::new();
    let mut least: Vec<i32> = Vec::new();
    for (slot, group) in (0..).zip(&plan.groups) {
        for wanted in group {
            slots.push(slot);
            terms.push(&wanted.term);
            least.push(i32::from(wanted.least));
        }
    }
    for term in &plan.excluded {
        slots.push(-1);
        terms.push(term);
        least.push(0);
    }
    let groups = i64::try_from(plan.groups.len()).unwrap_or(i64::MAX);
    let sql = if plan.groups.is_empty() {
        FILTERED
    } else {
        RANKED
    };
    let rows: Vec<Row> = sqlx::query_as(sql)
        .bind(tenant.uuid())
        .bind(slots)
        .bind(terms)
        .bind(groups)
        .bind(plan.min_months)
        .bind(plan.max_months)
        .bind((!plan.levels.is_empty()).then_some(&plan.levels))
        .bind(plan.min_education)
        .bind(after.map(|place| place.0))
        .bind(after.map(|place| place.1))
        .bind(limit)
        .bind(least)
        .fetch_all(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Hit {
            document_id: DocumentId(row.document_id),
            place: Place(row.rank, row.number),
            months: row.months,
            level: row.level,
            education: row.education,
            passages: Vec::new(),
        })
        .collect())
}

/// Words and skills. What is ranked is put in order before its rows are looked up, so that only as many are read as a page and its
/// filters need; they are all in the index.
const RANKED: &str = "\
with hits as (
  select w.slot, e.value >> 3 as number, max(e.value & 7) as weight
  from unnest($2::integer[], $3::text[], $12::integer[]) as w (slot, term, least)
  join cv_analysis.search_posting p on p.tenant_id = $1 and p.term = w.term
  cross join lateral unnest(p.entries) as e (value)
  where e.value & 7 >= w.least
  group by 1, 2),
rarity as (
  select h.slot, greatest(1 + floor(log(2, greatest(c.documents + 1, 2)::numeric / h.count)), 1)::integer as factor
  from (select slot, count(*) from hits where slot >= 0 group by slot) h
  cross join (select documents from cv_analysis.search_counter where tenant_id = $1) c),
ranked as (
  select h.number, coalesce(sum(h.weight * r.factor), 0) as rank
  from hits h left join rarity r using (slot)
  group by h.number
  having count(*) filter (where h.slot >= 0) = $4 and bool_and(h.slot >= 0))
select d.document_id, d.number, r.rank, d.months, d.level, d.education
from (select number, rank from ranked
  where $9::bigint is null or rank < $9 or (rank = $9 and number < $10)
  order by rank desc, number desc) r
join cv_analysis.search_entry d on d.tenant_id = $1 and d.number = r.number
where ($5::integer is null or d.months >= $5) and ($6::integer is null or d.months <= $6)
  and ($7::smallint[] is null or d.level = any($7)) and ($8::smallint is null or d.education >= $8)
order by r.rank desc, d.number desc limit $11";

/// Filters only: the latest first.
const FILTERED: &str = "\
select d.document_id, d.number, 0::bigint as rank, d.months, d.level, d.education
from cv_analysis.search_entry d
where d.tenant_id = $1
  and ($5::integer is null or d.months >= $5) and ($6::integer is null or d.months <= $6)
  and ($7::smallint[] is null or d.level = any($7)) and ($8::smallint is null or d.education >= $8)
  and ($9::bigint is null or d.number < $10) and ($4::bigint = 0) and $12::integer[] is not null
  and not exists (
    select 1 from unnest($2::integer[], $3::text[]) as w (slot, term)
    join cv_analysis.search_posting p on p.tenant_id = $1 and p.term = w.term and p.bucket = d.number >> 8
    cross join lateral unnest(p.entries) as e (value) where e.value >> 3 = d.number)
order by d.number desc limit $11";

/// The extracted texts of documents, without their boxes.
pub(crate) async fn texts(
    conn: &mut PgConnection,
    tenant: TenantId,
    documents: &[DocumentId],
    version: &str,
) -> Result<HashMap<DocumentId, String>> {
    let ids: Vec<Uuid> = documents.iter().map(|id| id.uuid()).collect();
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "select document_id, content #>> '{text,content}' from cv_analysis.extraction \
         where tenant_id = $1 and document_id = any($2) and extractor_version = $3 and content is not null",
    )
    .bind(tenant.uuid())
    .bind(ids)
    .bind(version)
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, text)| (DocumentId(id), text))
        .collect())
}
