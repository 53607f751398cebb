use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use platform_types::JobId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{Ctx, Error, Result, TenantTx};

/// A kind of background work; the value is what the work needs to know.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Name within the module; never changes, because queued rows carry it.
    const KIND: &'static str;
    /// Attempts before the job is parked.
    const MAX_ATTEMPTS: i32 = 5;

    /// While a job of this key waits or runs, a second one is not queued.
    fn dedup_key(&self) -> Option<String> {
        None
    }
}

/// Does the work of a [`Job`].
#[async_trait]
pub trait JobHandler<J: Job>: Send + Sync + 'static {
    /// Does the work. May be called again after a failure or a killed process, so each step first
    /// looks at what is done already. Call [`JobRun::complete`] in the last transaction to make
    /// effect and completion one; otherwise the runner marks it done afterwards.
    async fn run(&self, ctx: &Ctx, job: J, run: &JobRun) -> Result<()>;

    /// Called once when the last attempt failed: the place to tell the user.
    async fn parked(&self, ctx: &Ctx, job: J, error: &Error) -> Result<()> {
        let _unused_by_default = (ctx, job, error);
        Ok(())
    }
}

/// One attempt at a job, under a lease.
#[derive(Debug)]
pub struct JobRun {
    /// Which job.
    pub job_id: JobId,
    /// Whose lease; a runner that lost its lease cannot complete the job.
    pub lease: Uuid,
    /// 1 for the first attempt.
    pub attempt: i32,
    completed: AtomicBool,
}

impl JobRun {
    /// An attempt at `job_id` under the lease of a runner.
    pub fn new(job_id: JobId, lease: Uuid, attempt: i32) -> Self {
        Self {
            job_id,
            lease,
            attempt,
            completed: AtomicBool::new(false),
        }
    }

    /// Marks the job done in `tx`.
    ///
    /// # Errors
    /// `CONFLICT` when the lease went to another runner meanwhile; drop the transaction then.
    pub async fn complete(&self, tx: &mut TenantTx) -> Result<()> {
        let done = sqlx::query(
            "update platform.job set finished_at = $4, leased_by = null, leased_until = null, last_error = null \
             where tenant_id = $1 and job_id = $2 and leased_by = $3 and finished_at is null",
        )
        .bind(tx.tenant().uuid())
        .bind(self.job_id.uuid())
        .bind(self.lease)
        .bind(tx.now())
        .execute(tx.conn())
        .await?
        .rows_affected();
        if done == 0 {
            return Err(Error::conflict("the job's lease went to another runner"));
        }
        self.completed.store(true, Ordering::Release);
        Ok(())
    }

    /// Whether [`JobRun::complete`] was called (its transaction may still have failed).
    pub fn is_completed(&self) -> bool {
        self.completed.load(Ordering::Acquire)
    }
}

impl TenantTx {
    /// Queues a job, due at once when this transaction commits. Gives `None` when a job of the same
    /// key waits or runs already.
    ///
    /// # Errors
    /// `INTERNAL` when the job has no JSON form, or the database refuses.
    pub async fn enqueue<J: Job>(&mut self, job: &J) -> Result<Option<JobId>> {
        self.enqueue_at(job, self.now()).await
    }

    /// Queues a job, due at `due_at`.
    ///
    /// # Errors
    /// As [`TenantTx::enqueue`].
    pub async fn enqueue_at<J: Job>(
        &mut self,
        job: &J,
        due_at: DateTime<Utc>,
    ) -> Result<Option<JobId>> {
        let module = self.ctx().runtime().manifest.id.clone();
        self.enqueue_for(&module, job, due_at).await
    }

    /// Queues a job that `module` will do. Only the platform gives work to another module than the one that asks.
    pub(crate) async fn enqueue_for<J: Job>(
        &mut self,
        module: &str,
        job: &J,
        due_at: DateTime<Utc>,
    ) -> Result<Option<JobId>> {
        let id: JobId = self.ctx().new_id();
        let trace = self.ctx().trace_parent().map(str::to_owned);
        let queued = sqlx::query(
            "insert into platform.job \
             (tenant_id, job_id, module, kind, payload, dedup_key, trace_parent, max_attempts, due_at, created_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing",
        )
        .bind(self.tenant().uuid())
        .bind(id.uuid())
        .bind(module)
        .bind(J::KIND)
        .bind(serde_json::to_value(job)?)
        .bind(job.dedup_key())
        .bind(trace)
        .bind(J::MAX_ATTEMPTS)
        .bind(due_at)
        .bind(self.now())
        .execute(self.conn())
        .await?
        .rows_affected();
        if queued == 0 {
            return Ok(None);
        }
        sqlx::query("select pg_notify('tessera_job', '')")
            .execute(self.conn())
            .await?;
        Ok(Some(id))
    }
}

/// The job kinds of a module, in a list that one can read.
#[derive(Default, Clone)]
pub struct Jobs {
    entries: Vec<JobEntry>,
}

/// One job kind, without the type of its payload.
#[derive(Clone)]
pub struct JobEntry {
    kind: &'static str,
    handler: Arc<dyn Erased>,
}

impl Jobs {
    /// Adds the handler of a job kind.
    #[must_use]
    pub fn on<J: Job>(mut self, handler: impl JobHandler<J>) -> Self {
        self.entries.push(JobEntry {
            kind: J::KIND,
            handler: Arc::new(Typed(handler, PhantomData::<fn() -> J>)),
        });
        self
    }

    /// The entries.
    pub fn entries(&self) -> &[JobEntry] {
        &self.entries
    }
}

impl JobEntry {
    /// Name of the kind within the module.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Runs one attempt under `ctx` (a service identity of the job's tenant).
    ///
    /// # Errors
    /// Whatever the handler fails with, or `INTERNAL` for a payload of another form.
    pub async fn run(&self, ctx: &Ctx, payload: serde_json::Value, run: &JobRun) -> Result<()> {
        self.handler.run(ctx, payload, run).await
    }

    /// Tells the handler that the last attempt failed.
    ///
    /// # Errors
    /// As [`JobEntry::run`].
    pub async fn parked(&self, ctx: &Ctx, payload: serde_json::Value, error: &Error) -> Result<()> {
        self.handler.parked(ctx, payload, error).await
    }
}

#[async_trait]
trait Erased: Send + Sync {
    async fn run(&self, ctx: &Ctx, payload: serde_json::Value, run: &JobRun) -> Result<()>;
    async fn parked(&self, ctx: &Ctx, payload: serde_json::Value, error: &Error) -> Result<()>;
}

struct Typed<H, J>(H, PhantomData<fn() -> J>);

#[async_trait]
impl<J: Job, H: JobHandler<J>> Erased for Typed<H, J> {
    async fn run(&self, ctx: &Ctx, payload: serde_json::Value, run: &JobRun) -> Result<()> {
        self.0.run(ctx, serde_json::from_value(payload)?, run).await
    }

    async fn parked(&self, ctx: &Ctx, payload: serde_json::Value, error: &Error) -> Result<()> {
        self.0
            .parked(ctx, serde_json::from_value(payload)?, error)
            .await
    }
}
