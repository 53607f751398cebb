//! A module that publishes to itself and fails when it is told to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
use async_trait::async_trait;
use platform_sdk::graphql::{SchemaSubgraph, Subgraph, public};
use platform_sdk::{
    Consumer, Consumers, Ctx, Envelope, Error, Event, Job, JobHandler, JobRun, Jobs, Module,
    Result, Runtime, TenantTx,
};
use serde::{Deserialize, Serialize};
use sqlx::migrate::Migrator;
use tokio::sync::Notify;
use uuid::Uuid;

/// How often each number fails from now on.
#[derive(Default)]
pub(crate) struct Mood {
    failures: Mutex<HashMap<i32, u32>>,
    /// Numbers that hang until the mood changes.
    hanging: Mutex<Vec<i32>>,
    pub(crate) begun: Notify,
}

impl Mood {
    pub(crate) fn fail(&self, number: i32, times: u32) {
        self.failures.lock().unwrap().insert(number, times);
    }

    pub(crate) fn hang(&self, number: i32, hangs: bool) {
        let mut hanging = self.hanging.lock().unwrap();
        hanging.retain(|n| *n != number);
        if hangs {
            hanging.push(number);
        }
    }

    async fn meet(&self, number: i32) -> Result<()> {
        self.begun.notify_one();
        while self.hanging.lock().unwrap().contains(&number) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        match self.failures.lock().unwrap().get_mut(&number) {
            Some(left) if *left > 0 => {
                *left -= 1;
                Err(Error::internal(format!("number {number} fails")))
            }
            _ => Ok(()),
        }
    }
}

pub(crate) struct Probe(pub(crate) Arc<Mood>);

#[async_trait]
impl Module for Probe {
    fn manifest(&self) -> &'static str {
        r#"{"id": "probe", "name": "Probe", "description": "", "version": "1.0.0", "platform": "*",
            "publishes": ["probe.number.told.v1"], "consumes": ["probe.number.told.v1"]}"#
    }
    fn migrations(&self) -> Migrator {
        sqlx::migrate!("tests/it/probe")
    }
    fn subgraph(&self, runtime: Arc<Runtime>) -> Result<Arc<dyn Subgraph>, String> {
        let builder = Schema::build(Query, EmptyMutation, EmptySubscription);
        Ok(Arc::new(SchemaSubgraph::new(runtime, builder)?))
    }
    fn consumers(&self) -> Consumers {
        Consumers::default().on("effect", Effect(self.0.clone()))
    }
    fn jobs(&self) -> Jobs {
        Jobs::default().on(Worker(self.0.clone()))
    }
}

struct Query;

#[Object]
impl Query {
    /// Anything, so that there is a schema.
    #[graphql(directive = public::apply())]
    async fn anything(&self) -> bool {
        true
    }
}

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
pub(crate) struct Told {
    pub(crate) about: Uuid,
    pub(crate) number: i32,
}

impl Event for Told {
    const TYPE: &'static str = "probe.number.told.v1";
    fn aggregate(&self) -> Uuid {
        self.about
    }
}

struct Effect(Arc<Mood>);

#[async_trait]
impl Consumer<Told> for Effect {
    async fn consume(&self, tx: &mut TenantTx, event: Told, _: &Envelope) -> Result<()> {
        write(tx, event.about, event.number).await?;
        self.0.meet(event.number).await
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Work {
    pub(crate) number: i32,
}

impl Job for Work {
    const KIND: &'static str = "work";
    const MAX_ATTEMPTS: i32 = 3;
}

struct Worker(Arc<Mood>);

#[async_trait]
impl JobHandler<Work> for Worker {
    async fn run(&self, ctx: &Ctx, job: Work, run: &JobRun) -> Result<()> {
        self.0.meet(job.number).await?;
        let mut tx = ctx.begin().await?;
        write(&mut tx, run.job_id.uuid(), job.number).await?;
        run.complete(&mut tx).await?;
        tx.commit().await
    }

    async fn parked(&self, ctx: &Ctx, job: Work, _: &Error) -> Result<()> {
        let mut tx = ctx.begin().await?;
        write(&mut tx, Uuid::nil(), -job.number).await?;
        tx.commit().await
    }
}

async fn write(tx: &mut TenantTx, about: Uuid, number: i32) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query("insert into probe.effect (tenant_id, aggregate_id, number) values ($1, $2, $3)")
        .bind(tenant)
        .bind(about)
        .bind(number)
        .execute(tx.conn())
        .await?;
    Ok(())
}
