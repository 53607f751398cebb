//! A module is enabled for a tenant when its licence becomes usable, and disabled when it no longer is.
//!
//! Whoever writes a licence has no rights in the licensed module, so the module does its part itself: the licence's
//! transaction queues a job for it. The job looks at what is and at what should be, not at what happened, so that it may
//! run late, twice, or after several changes at once.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Ctx, Job, JobHandler, JobRun, Jobs, Module, Result, TenantTx};

/// Brings a module's state for the tenant in line with its licence.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FollowLicense {}

impl Job for FollowLicense {
    const KIND: &'static str = "platform.follow_license";
    /// A hook that fails is a defect that somebody mends; until then it is tried for about a day.
    const MAX_ATTEMPTS: i32 = 300;

    fn dedup_key(&self) -> Option<String> {
        Some(String::new())
    }
}

struct Follower(Arc<dyn Module>);

#[async_trait]
impl JobHandler<FollowLicense> for Follower {
    async fn run(&self, ctx: &Ctx, _: FollowLicense, run: &JobRun) -> Result<()> {
        let mut tx = ctx.begin().await?;
        let manifest = ctx.runtime().manifest.clone();
        tx.lock_license(&manifest.id).await?;
        let is_enabled = is_enabled(&mut tx, &manifest.id).await?;
        match (is_enabled, tx.is_licensed(&manifest.id).await?) {
            (false, true) => {
                self.0.on_enable(&mut tx).await?;
                record(&mut tx, &manifest.id, &manifest.version.to_string()).await?;
            }
            (true, false) => {
                self.0.on_disable(&mut tx).await?;
                forget(&mut tx, &manifest.id).await?;
            }
            (true, true) | (false, false) => {}
        }
        run.complete(&mut tx).await?;
        tx.commit().await
    }
}

/// The jobs of a module and those that the platform does for it.
pub fn all_jobs(module: &Arc<dyn Module>) -> Jobs {
    module.jobs().on(Follower(module.clone()))
}

impl TenantTx {
    /// Makes writers of the module's licence and the job that follows it wait for each other: a job that is about to
    /// end has seen every licence that queued no further job because of it.
    pub(crate) async fn lock_license(&mut self, module: &str) -> Result<()> {
        sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(format!("tessera license {} {module}", self.tenant()))
            .execute(self.conn())
            .await?;
        Ok(())
    }
}

async fn is_enabled(tx: &mut TenantTx, module: &str) -> Result<bool> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_scalar(
        "select exists (select from platform.lifecycle where tenant_id = $1 and module = $2)",
    )
    .bind(tenant)
    .bind(module)
    .fetch_one(tx.conn())
    .await?;
    Ok(found)
}

async fn record(tx: &mut TenantTx, module: &str, version: &str) -> Result<()> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    sqlx::query(
        "insert into platform.lifecycle (tenant_id, module, version, enabled_at) values ($1, $2, $3, $4)",
    )
    .bind(tenant)
    .bind(module)
    .bind(version)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn forget(tx: &mut TenantTx, module: &str) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query("delete from platform.lifecycle where tenant_id = $1 and module = $2")
        .bind(tenant)
        .bind(module)
        .execute(tx.conn())
        .await?;
    Ok(())
}
