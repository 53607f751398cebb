use chrono::{DateTime, Utc};
use platform_types::{JobId, TenantId};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

/// A job under our lease.
#[derive(Debug, Clone)]
pub(super) struct Claimed {
    pub(super) tenant: TenantId,
    pub(super) job: JobId,
    pub(super) module: String,
    pub(super) kind: String,
    pub(super) payload: serde_json::Value,
    pub(super) trace_parent: Option<String>,
    pub(super) attempt: i32,
    pub(super) max_attempts: i32,
    pub(super) lease: Uuid,
}

/// Takes up to `limit` due jobs, spread over tenants: a tenant's next job waits behind the first ones of
/// all others, and what a tenant has running counts as its turns. Walking from tenant to tenant along
/// the index keeps this cheap however long one tenant's queue is.
///
/// Claiming counts as an attempt, so that a job that kills its process is parked in the end.
pub(super) async fn claim(
    pool: &PgPool,
    modules: &[String],
    lease: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Claimed>, sqlx::Error> {
    sqlx::query(
        "with recursive tenant (id) as ( \
             (select j.tenant_id from platform.job j where j.finished_at is null and j.parked_at is null \
              order by j.tenant_id limit 1) \
             union all \
             select (select j.tenant_id from platform.job j \
                     where j.finished_at is null and j.parked_at is null and j.tenant_id > tenant.id \
                     order by j.tenant_id limit 1) \
             from tenant where tenant.id is not null \
         ), due as ( \
             select next.tenant_id, next.job_id, next.due_at, \
                 next.place + (select count(*) from platform.job r where r.tenant_id = tenant.id \
                     and r.finished_at is null and r.parked_at is null and r.leased_until > $3) as turn \
             from tenant cross join lateral ( \
                 select j.tenant_id, j.job_id, j.due_at, row_number() over (order by j.due_at) as place \
                 from platform.job j where j.tenant_id = tenant.id and j.module = any($1) \
                     and j.finished_at is null and j.parked_at is null and j.due_at <= $3 \
                     and (j.leased_until is null or j.leased_until <= $3) \
                 order by j.due_at limit $5) next \
         ), chosen as ( \
             select j.tenant_id, j.job_id from platform.job j join due using (tenant_id, job_id) \
             where j.finished_at is null and j.parked_at is null and j.due_at <= $3 \
                 and (j.leased_until is null or j.leased_until <= $3) \
             order by due.turn, due.due_at limit $5 for update of j skip locked \
         ) \
         update platform.job j set leased_by = $2, leased_until = $4, attempts = j.attempts + 1 \
         from chosen where j.tenant_id = chosen.tenant_id and j.job_id = chosen.job_id \
         returning j.tenant_id, j.job_id, j.module, j.kind, j.payload, j.trace_parent, j.attempts, j.max_attempts",
    )
    .bind(modules)
    .bind(lease)
    .bind(now)
    .bind(until)
    .bind(limit)
    .try_map(|row: PgRow| {
        Ok(Claimed {
            tenant: TenantId(row.try_get("tenant_id")?),
            job: JobId(row.try_get("job_id")?),
            module: row.try_get("module")?,
            kind: row.try_get("kind")?,
            payload: row.try_get("payload")?,
            trace_parent: row.try_get("trace_parent")?,
            attempt: row.try_get("attempts")?,
            max_attempts: row.try_get("max_attempts")?,
            lease,
        })
    })
    .fetch_all(pool)
    .await
}

/// Prolongs the lease; false when it went to somebody else or the job is done.
pub(super) async fn renew(
    pool: &PgPool,
    job: &Claimed,
    until: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let renewed = sqlx::query(
        "update platform.job set leased_until = $4 \
         where tenant_id = $1 and job_id = $2 and leased_by = $3 and finished_at is null and parked_at is null",
    )
    .bind(job.tenant.uuid())
    .bind(job.job.uuid())
    .bind(job.lease)
    .bind(until)
    .execute(pool)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// Marks the job done, unless its handler did or the lease was lost.
pub(super) async fn finish(
    pool: &PgPool,
    job: &Claimed,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update platform.job set finished_at = $4, leased_by = null, leased_until = null, last_error = null \
         where tenant_id = $1 and job_id = $2 and leased_by = $3 and finished_at is null",
    )
    .bind(job.tenant.uuid())
    .bind(job.job.uuid())
    .bind(job.lease)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// Gives the job back for another attempt at `due_at`.
pub(super) async fn retry(
    pool: &PgPool,
    job: &Claimed,
    due_at: DateTime<Utc>,
    error: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update platform.job set leased_by = null, leased_until = null, due_at = $4, last_error = $5 \
         where tenant_id = $1 and job_id = $2 and leased_by = $3 and finished_at is null",
    )
    .bind(job.tenant.uuid())
    .bind(job.job.uuid())
    .bind(job.lease)
    .bind(due_at)
    .bind(error)
    .execute(pool)
    .await?;
    Ok(())
}

/// Gives the job back as if it had not been claimed, and wakes the other processes.
pub(super) async fn release(pool: &PgPool, job: &Claimed) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with given_back as (update platform.job \
             set leased_by = null, leased_until = null, attempts = greatest(attempts - 1, 0) \
             where tenant_id = $1 and job_id = $2 and leased_by = $3 and finished_at is null returning 1) \
         select pg_notify('tessera_job', '') from given_back",
    )
    .bind(job.tenant.uuid())
    .bind(job.job.uuid())
    .bind(job.lease)
    .execute(pool)
    .await?;
    Ok(())
}

/// Puts the job aside with its error.
pub(super) async fn park(
    pool: &PgPool,
    job: &Claimed,
    now: DateTime<Utc>,
    error: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update platform.job set parked_at = $4, leased_by = null, leased_until = null, last_error = $5 \
         where tenant_id = $1 and job_id = $2 and leased_by = $3 and finished_at is null",
    )
    .bind(job.tenant.uuid())
    .bind(job.job.uuid())
    .bind(job.lease)
    .bind(now)
    .bind(error)
    .execute(pool)
    .await?;
    Ok(())
}

/// When the next job of these modules is due or its lease ends.
pub(super) async fn next_due(
    pool: &PgPool,
    modules: &[String],
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar(
        "select min(greatest(due_at, leased_until)) from platform.job \
         where module = any($1) and finished_at is null and parked_at is null",
    )
    .bind(modules)
    .fetch_one(pool)
    .await
}
