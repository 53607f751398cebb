use platform_identity::{Authority, Scopes};
use platform_sdk::{
    Clock as _, Envelope, Event, EventId, JobId, JobRun, TenantId, all_jobs, format_chain,
};
use sqlx::Row as _;
use uuid::Uuid;

use crate::harness::{Harness, Loaded};

/// Rounds after which work that makes new work is taken for endless.
const ROUNDS: usize = 10_000;

impl Harness {
    /// Runs due jobs, and the jobs that they queue, until none is due. A failing job is tried again
    /// when the clock has moved past its next attempt. Gives the number of attempts.
    pub async fn run_jobs(&self) -> usize {
        for attempts in 0..ROUNDS {
            if !self.run_one_job().await {
                return attempts;
            }
        }
        panic!("jobs queue jobs without end");
    }

    async fn run_one_job(&self) -> bool {
        let now = self.clock.now();
        let row = sqlx::query(
            "select tenant_id, job_id, module, kind, payload, attempts, max_attempts from platform.job \
             where finished_at is null and parked_at is null and due_at <= $1 and module = any($2) \
             order by due_at, job_id limit 1",
        )
        .bind(now)
        .bind(self.module_ids())
        .fetch_optional(self.admin())
        .await
        .unwrap();
        let Some(row) = row else {
            return false;
        };
        let tenant = TenantId(row.get("tenant_id"));
        let job_id = JobId(row.get("job_id"));
        let module: String = row.get("module");
        let kind: String = row.get("kind");
        let payload: serde_json::Value = row.get("payload");
        let attempt = row.get::<i32, _>("attempts") + 1;
        let max_attempts: i32 = row.get("max_attempts");
        let loaded = self.loaded(&module);
        let jobs = all_jobs(&loaded.module);
        let entry = jobs
            .entries()
            .iter()
            .find(|e| e.kind() == kind)
            .unwrap_or_else(|| panic!("{module} queues `{kind}` but handles no such job"));
        let run = JobRun::new(job_id, Uuid::from_u128(0x1ea5e), attempt);
        sqlx::query("update platform.job set leased_by = $2, attempts = $3 where job_id = $1")
            .bind(job_id.uuid())
            .bind(run.lease)
            .bind(attempt)
            .execute(self.admin())
            .await
            .unwrap();
        let ctx = self.work_ctx(loaded, tenant);
        match entry.run(&ctx, payload.clone(), &run).await {
            Ok(()) if run.is_completed() => {}
            Ok(()) => {
                self.mark(job_id, "finished_at = $2, leased_by = null")
                    .await
            }
            Err(error) if attempt >= max_attempts => {
                let text = format_chain(&error);
                entry.parked(&ctx, payload, &error).await.unwrap();
                self.mark(job_id, "parked_at = $2, leased_by = null").await;
                eprintln!("job {kind} parked: {text}");
            }
            Err(error) => {
                eprintln!("job {kind} failed: {}", format_chain(&error));
                self.mark(
                    job_id,
                    "due_at = $2 + interval '1 minute', leased_by = null",
                )
                .await;
            }
        }
        true
    }

    async fn mark(&self, job: JobId, change: &'static str) {
        let statement = format!("update platform.job set {change} where job_id = $1");
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(job.uuid())
            .bind(self.clock.now())
            .execute(self.admin())
            .await
            .unwrap();
    }

    fn work_ctx(&self, loaded: &Loaded, tenant: TenantId) -> platform_sdk::Ctx {
        let module = &loaded.runtime.manifest.id;
        let identity = Authority::claim().service(module, Some(tenant), Scopes::none());
        self.ctx(module, &identity)
    }

    /// Delivers published events to the consumers of the loaded modules, in order, and the events
    /// that they publish in turn. A failing consumer fails the test. Gives the number of events.
    pub async fn deliver_events(&self) -> usize {
        for delivered in 0..ROUNDS {
            let Some(envelope) = self.next_event().await else {
                return delivered;
            };
            self.deliver(&envelope).await.unwrap_or_else(|e| {
                panic!("{}: {}", envelope.event_type, format_chain(&e));
            });
            sqlx::query("update platform.outbox set published_at = $2 where event_id = $1")
                .bind(envelope.event_id.uuid())
                .bind(self.clock.now())
                .execute(self.admin())
                .await
                .unwrap();
        }
        panic!("events cause events without end");
    }

    /// Delivers one envelope to every consumer of its type; for tests of redelivery.
    ///
    /// # Errors
    /// The first consumer's error.
    pub async fn deliver(&self, envelope: &Envelope) -> platform_sdk::Result<()> {
        for loaded in &self.modules {
            for entry in loaded.module.consumers().entries() {
                if entry.event_type() == envelope.event_type {
                    let ctx = self.work_ctx(loaded, envelope.tenant_id);
                    let name = format!("{}.{}", loaded.runtime.manifest.id, entry.name());
                    entry.deliver(&ctx, &name, envelope).await?;
                }
            }
        }
        Ok(())
    }

    async fn next_event(&self) -> Option<Envelope> {
        let row = sqlx::query(
            "select * from platform.outbox where published_at is null order by sequence limit 1",
        )
        .fetch_optional(self.admin())
        .await
        .unwrap()?;
        Some(envelope(&row))
    }

    /// Everything of type `E` that was published, in order, delivered or not.
    pub async fn published<E: Event>(&self) -> Vec<E> {
        let rows =
            sqlx::query("select * from platform.outbox where event_type = $1 order by sequence")
                .bind(E::TYPE)
                .fetch_all(self.admin())
                .await
                .unwrap();
        rows.iter()
            .map(|row| serde_json::from_value(envelope(row).payload).unwrap())
            .collect()
    }

    /// What [`Harness::finish`] complains about.
    pub(crate) async fn left_behind(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select 'undelivered event ' || event_type from platform.outbox where published_at is null \
             union all select 'due job ' || kind from platform.job \
             where finished_at is null and parked_at is null and due_at <= $1 and module = any($2) \
             union all select 'parked job ' || kind || ': ' || coalesce(last_error, '') from platform.job \
             where parked_at is not null",
        )
        .bind(self.clock.now())
        .bind(self.module_ids())
        .fetch_all(self.admin())
        .await
        .unwrap()
    }

    /// Takes note of parked jobs: the test wanted them. Gives their kinds.
    pub async fn accept_parked(&self) -> Vec<String> {
        sqlx::query_scalar(
            "update platform.job set parked_at = null, finished_at = $1 where parked_at is not null returning kind",
        )
        .bind(self.clock.now())
        .fetch_all(self.admin())
        .await
        .unwrap()
    }
}

fn envelope(row: &sqlx::postgres::PgRow) -> Envelope {
    Envelope {
        event_id: EventId(row.get("event_id")),
        event_type: row.get("event_type"),
        tenant_id: TenantId(row.get("tenant_id")),
        aggregate_id: row.get("aggregate_id"),
        sequence: row.get("sequence"),
        trace_parent: row.get("trace_parent"),
        occurred_at: row.get("occurred_at"),
        payload: row.get("payload"),
    }
}
