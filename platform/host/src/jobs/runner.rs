use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use platform_sdk::{Ambient, Error, JobEntry, JobRun};
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Options;
use super::claim::{self, Claimed};
use crate::installed::Installed;
use crate::wake::{Topic, Wakes};

/// Runs the jobs of the modules of this process.
#[derive(Clone)]
pub struct Runner(Arc<Inner>);

struct Inner {
    pool: PgPool,
    modules: Vec<(Installed, Vec<JobEntry>)>,
    ids: Vec<String>,
    ambient: Ambient,
    wakes: Wakes,
    options: Options,
}

/// How an attempt ended.
enum Outcome {
    Done,
    Failed(Error),
    /// The process shuts down.
    Stopped,
    /// The lease went to somebody else.
    Lost,
}

impl Runner {
    /// A runner of the jobs of `modules`; `pool` has the host's role.
    pub fn new(
        pool: PgPool,
        modules: Vec<Installed>,
        ambient: Ambient,
        wakes: Wakes,
        options: Options,
    ) -> Self {
        let ids = modules.iter().map(|m| m.id().to_owned()).collect();
        let modules = modules
            .into_iter()
            .map(|module| {
                let entries = module.all_jobs().entries().to_vec();
                (module, entries)
            })
            .collect();
        Self(Arc::new(Inner {
            pool,
            modules,
            ids,
            ambient,
            wakes,
            options,
        }))
    }

    /// Runs jobs until cancelled; then running ones get a moment to end and are given back.
    pub async fn run(&self, cancel: CancellationToken) {
        let inner = &self.0;
        let mut wake = inner.wakes.listen(Topic::Job);
        let mut running = JoinSet::new();
        let mut failures = 0;
        while !cancel.is_cancelled() {
            let free = usize::from(inner.options.concurrency).saturating_sub(running.len());
            let pause = if free == 0 {
                inner.options.poll
            } else {
                match inner.claim(free).await {
                    Ok(claimed) => {
                        failures = 0;
                        let full = claimed.len() == free;
                        for job in claimed {
                            let (inner, cancel) = (inner.clone(), cancel.clone());
                            running.spawn(async move { inner.attempt(job, cancel).await });
                        }
                        if full {
                            inner.options.poll
                        } else {
                            inner.until_next_due().await
                        }
                    }
                    Err(error) => {
                        failures += 1;
                        tracing::warn!(%error, "jobs: database failed, trying again");
                        inner.options.backoff.after(failures)
                    }
                }
            };
            tokio::select! {
                () = wake.wait(pause) => {}
                Some(ended) = running.join_next(), if !running.is_empty() => report_panic(ended),
                () = cancel.cancelled() => {}
            }
        }
        while let Some(ended) = running.join_next().await {
            report_panic(ended);
        }
    }

    /// Claims what is due now, runs it to its end and gives how many attempts that were. For tests, which
    /// decide themselves when work happens.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn turn(&self, cancel: &CancellationToken) -> Result<usize, sqlx::Error> {
        let claimed = self
            .0
            .claim(usize::from(self.0.options.concurrency))
            .await?;
        let count = claimed.len();
        futures::future::join_all(
            claimed
                .into_iter()
                .map(|job| self.0.attempt(job, cancel.clone())),
        )
        .await;
        Ok(count)
    }
}

fn report_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "jobs: the runner's task failed");
    }
}

impl Inner {
    async fn claim(&self, limit: usize) -> Result<Vec<Claimed>, sqlx::Error> {
        let now = self.ambient.clock.now();
        let lease = self.ambient.entropy.uuid(now);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        claim::claim(
            &self.pool,
            &self.ids,
            lease,
            now,
            now + self.options.lease,
            limit,
        )
        .await
    }

    async fn until_next_due(&self) -> Duration {
        match claim::next_due(&self.pool, &self.ids).await {
            Ok(Some(at)) => (at - self.ambient.clock.now())
                .to_std()
                .unwrap_or_default()
                .clamp(Duration::from_millis(5), self.options.poll),
            Ok(None) => self.options.poll,
            Err(error) => {
                tracing::debug!(%error, "jobs: cannot look ahead");
                self.options.poll
            }
        }
    }

    /// One attempt, from claimed to settled.
    async fn attempt(&self, job: Claimed, cancel: CancellationToken) {
        let known = self.modules.iter().find_map(|(module, entries)| {
            let entry = entries.iter().find(|entry| entry.kind() == job.kind)?;
            (module.id() == job.module).then_some((module, entry))
        });
        let outcome = match known {
            None => Outcome::Failed(Error::internal(format!(
                "module {} has no job of kind {}",
                job.module, job.kind
            ))),
            // The process died in the last attempt that this job had.
            Some(_) if job.attempt > job.max_attempts => {
                Outcome::Failed(Error::internal("the process died during the last attempt"))
            }
            Some((module, entry)) => self.work(&job, module, entry, &cancel).await,
        };
        let mut tries = 0;
        while let Err(error) = self.settle(&job, known, &outcome).await {
            tries += 1;
            tracing::warn!(%error, job = %job.job, "jobs: cannot record an outcome");
            if tries == 3 {
                // The lease ends by itself, and the job is tried again.
                return;
            }
            tokio::time::sleep(self.options.backoff.after(tries)).await;
        }
    }

    async fn work(
        &self,
        job: &Claimed,
        module: &Installed,
        entry: &JobEntry,
        cancel: &CancellationToken,
    ) -> Outcome {
        let stop = cancel.child_token();
        let ctx = module.service_ctx(
            job.tenant,
            self.options.timeout,
            job.trace_parent.clone(),
            stop.clone(),
        );
        let run = JobRun::new(job.job, job.lease, job.attempt);
        let work = AssertUnwindSafe(entry.run(&ctx, job.payload.clone(), &run)).catch_unwind();
        let give_up = async {
            cancel.cancelled().await;
            tokio::time::sleep(self.options.grace).await;
        };
        tokio::select! {
            ended = work => match ended {
                Ok(Ok(())) => Outcome::Done,
                Ok(Err(_)) if cancel.is_cancelled() => Outcome::Stopped,
                Ok(Err(error)) => Outcome::Failed(error),
                Err(_) => Outcome::Failed(Error::internal("the job panicked")),
            },
            () = self.keep_lease(job) => Outcome::Lost,
            () = give_up => Outcome::Stopped,
            () = tokio::time::sleep(self.options.timeout) => {
                Outcome::Failed(Error::internal("the attempt took too long"))
            }
        }
    }

    /// Renews the lease until it is lost.
    async fn keep_lease(&self, job: &Claimed) {
        loop {
            tokio::time::sleep(self.options.lease / 3).await;
            let until = self.ambient.clock.now() + self.options.lease;
            match claim::renew(&self.pool, job, until).await {
                Ok(true) => {}
                Ok(false) => return,
                // Somebody else can claim only after the lease's end; until then trying again is right.
                Err(error) => tracing::warn!(%error, job = %job.job, "jobs: cannot renew a lease"),
            }
        }
    }

    async fn settle(
        &self,
        job: &Claimed,
        known: Option<(&Installed, &JobEntry)>,
        outcome: &Outcome,
    ) -> Result<(), sqlx::Error> {
        let now = self.ambient.clock.now();
        match outcome {
            Outcome::Done => {
                count(job, "done");
                claim::finish(&self.pool, job, now).await
            }
            Outcome::Lost => {
                count(job, "lost");
                tracing::warn!(job = %job.job, kind = job.kind, "jobs: lease lost, another runner has the job");
                Ok(())
            }
            Outcome::Stopped => {
                count(job, "released");
                claim::release(&self.pool, job).await
            }
            Outcome::Failed(error) => {
                let cause = platform_sdk::format_chain(error);
                if job.attempt < job.max_attempts {
                    tracing::warn!(job = %job.job, kind = job.kind, attempt = job.attempt, %cause, "job failed, trying again");
                    count(job, "failed");
                    let pause = self.options.backoff.after(job.attempt.unsigned_abs());
                    return claim::retry(&self.pool, job, now + pause, &cause).await;
                }
                tracing::error!(job = %job.job, kind = job.kind, attempt = job.attempt, %cause, "job parked");
                count(job, "parked");
                if let Some((module, entry)) = known {
                    self.tell_parked(job, module, entry, error).await;
                }
                claim::park(&self.pool, job, now, &cause).await
            }
        }
    }

    async fn tell_parked(
        &self,
        job: &Claimed,
        module: &Installed,
        entry: &JobEntry,
        error: &Error,
    ) {
        let ctx = module.service_ctx(
            job.tenant,
            self.options.lease,
            job.trace_parent.clone(),
            CancellationToken::new(),
        );
        let told = AssertUnwindSafe(entry.parked(&ctx, job.payload.clone(), error)).catch_unwind();
        match tokio::time::timeout(self.options.lease, told).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => {
                let cause = platform_sdk::format_chain(&error);
                tracing::error!(job = %job.job, kind = job.kind, %cause, "the module could not be told that its job is parked");
            }
            Ok(Err(_)) | Err(_) => {
                tracing::error!(job = %job.job, kind = job.kind, "the module panicked or hung when told that its job is parked");
            }
        }
    }
}

fn count(job: &Claimed, outcome: &'static str) {
    metrics::counter!("tessera_jobs_total", "module" => job.module.clone(), "kind" => job.kind.clone(), "outcome" => outcome)
        .increment(1);
}
