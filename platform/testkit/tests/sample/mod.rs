//! The smallest module that uses everything of the SDK: notes, an event, a consumer, a job.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::{Context, ID, Object, Schema, SimpleObject, Subscription};
use async_trait::async_trait;
use futures::Stream;
use platform_sdk::graphql::{Batch, SchemaSubgraph, Subgraph, connection, requires_scopes, scope};
use platform_sdk::{
    Consumer, Consumers, Ctx, Envelope, Error, Event, EventId, Idempotent, Job, JobHandler, JobRun,
    Jobs, Module, PageArgs, Result, Runtime, TenantTx,
};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::migrate::Migrator;
use uuid::Uuid;

pub(crate) struct Sample;

#[async_trait]
impl Module for Sample {
    fn manifest(&self) -> &'static str {
        r#"{"id": "sample", "name": "Sample", "description": "", "version": "1.0.0", "platform": "*",
            "licensed": true, "permissions": {"sample:note.read": "", "sample:note.write": ""},
            "publishes": ["sample.note.written.v1"], "consumes": ["sample.note.written.v1"]}"#
    }
    fn migrations(&self) -> Migrator {
        sqlx::migrate!("tests/sample/migrations")
    }
    fn subgraph(&self, runtime: Arc<Runtime>) -> Result<Arc<dyn Subgraph>, String> {
        let builder = Schema::build(Query, Mutation, Feed);
        Ok(Arc::new(SchemaSubgraph::new(runtime, builder)?))
    }
    fn consumers(&self) -> Consumers {
        Consumers::default().on("shout", Shout)
    }
    fn jobs(&self) -> Jobs {
        Jobs::default().on::<Trim>(Trimmer).on::<Doomed>(Trimmer)
    }
    async fn on_enable(&self, tx: &mut TenantTx) -> Result<()> {
        let (tenant, id, now) = (tx.tenant().uuid(), tx.ctx().new_id::<EventId>(), tx.now());
        sqlx::query("insert into sample.note values ($1, $2, 'welcome', $3)")
            .bind(tenant)
            .bind(id.uuid())
            .bind(now)
            .execute(tx.conn())
            .await?;
        Ok(())
    }
    async fn on_disable(&self, tx: &mut TenantTx) -> Result<()> {
        let tenant = tx.tenant().uuid();
        sqlx::query("update sample.note set body = 'farewell' where tenant_id = $1")
            .bind(tenant)
            .execute(tx.conn())
            .await?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
pub(crate) struct Written {
    pub(crate) note_id: Uuid,
}

impl Event for Written {
    const TYPE: &'static str = "sample.note.written.v1";
    fn aggregate(&self) -> Uuid {
        self.note_id
    }
}

/// Appends an exclamation mark, which shows how often it ran.
struct Shout;

#[async_trait]
impl Consumer<Written> for Shout {
    async fn consume(&self, tx: &mut TenantTx, event: Written, _: &Envelope) -> Result<()> {
        let tenant = tx.tenant().uuid();
        sqlx::query(
            "update sample.note set body = body || '!' where tenant_id = $1 and note_id = $2",
        )
        .bind(tenant)
        .bind(event.note_id)
        .execute(tx.conn())
        .await?;
        tx.enqueue(&Trim {
            note_id: event.note_id,
        })
        .await?;
        tx.signal(event.note_id).await
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Trim {
    pub(crate) note_id: Uuid,
}

impl Job for Trim {
    const KIND: &'static str = "trim";
    fn dedup_key(&self) -> Option<String> {
        Some(self.note_id.to_string())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Doomed {}

impl Job for Doomed {
    const KIND: &'static str = "doomed";
    const MAX_ATTEMPTS: i32 = 2;
}

struct Trimmer;

#[async_trait]
impl JobHandler<Trim> for Trimmer {
    async fn run(&self, ctx: &Ctx, job: Trim, run: &JobRun) -> Result<()> {
        let mut tx = ctx.begin().await?;
        let tenant = tx.tenant().uuid();
        sqlx::query(
            "update sample.note set body = trim(body) where tenant_id = $1 and note_id = $2",
        )
        .bind(tenant)
        .bind(job.note_id)
        .execute(tx.conn())
        .await?;
        run.complete(&mut tx).await?;
        tx.commit().await
    }
}

#[async_trait]
impl JobHandler<Doomed> for Trimmer {
    async fn run(&self, _: &Ctx, _: Doomed, run: &JobRun) -> Result<()> {
        Err(Error::internal(format!("attempt {}", run.attempt)))
    }
}

#[derive(Clone, SimpleObject)]
pub(crate) struct Note {
    id: ID,
    body: String,
}

type Row = (Uuid, String);

fn note((note_id, body): Row) -> Note {
    Note {
        id: note_id.into(),
        body,
    }
}

struct ById;

impl Batch for ById {
    type Key = Uuid;
    type Value = Note;
    async fn load(conn: &mut PgConnection, keys: &[Uuid]) -> Result<HashMap<Uuid, Note>> {
        let rows: Vec<Row> =
            sqlx::query_as("select note_id, body from sample.note where note_id = any ($1)")
                .bind(keys)
                .fetch_all(conn)
                .await?;
        Ok(rows.into_iter().map(|row| (row.0, note(row))).collect())
    }
}

struct Query;

#[Object]
impl Query {
    #[graphql(requires_scopes = "sample:note.read")]
    async fn note(&self, ctx: &Context<'_>, id: ID) -> Result<Note> {
        let found = match Uuid::parse_str(&id) {
            Ok(id) => Ctx::of(ctx)?.load_one::<ById>(id).await?,
            Err(_) => None,
        };
        found.ok_or_else(|| Error::not_found("note"))
    }

    #[graphql(requires_scopes = "sample:note.read")]
    async fn notes(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<String, Note>> {
        let page = PageArgs::new(first, after)?;
        let ctx = Ctx::of(ctx)?;
        let mut snapshot = ctx.read().await?;
        let rows: Vec<Row> = sqlx::query_as(
            "select note_id, body from sample.note where $1::uuid is null or note_id > $1 order by note_id limit $2",
        )
        .bind(page.after::<Uuid>()?)
        .bind(page.limit())
        .fetch_all(snapshot.conn()?)
        .await?;
        connection(&page, rows, |row| row.0, note)
    }
}

struct Mutation;

#[Object]
impl Mutation {
    #[graphql(requires_scopes = "sample:note.write")]
    async fn write_note(&self, ctx: &Context<'_>, body: String, key: String) -> Result<Note> {
        let mut tx = Ctx::of(ctx)?.begin().await?;
        let id = match tx.idempotent("write_note", &key, &body).await? {
            Idempotent::Replay(id) => id,
            Idempotent::Fresh => {
                let id = tx.ctx().new_uuid();
                let (tenant, now) = (tx.tenant().uuid(), tx.now());
                sqlx::query("insert into sample.note values ($1, $2, $3, $4)")
                    .bind(tenant)
                    .bind(id)
                    .bind(&body)
                    .bind(now)
                    .execute(tx.conn())
                    .await?;
                tx.publish(&Written { note_id: id }).await?;
                tx.remember("write_note", &key, &id).await?;
                id
            }
        };
        tx.commit().await?;
        Ok(note((id, body)))
    }
}

struct Feed;

#[Subscription(name = "Subscription")]
impl Feed {
    /// Every body that the note has, until it shouts.
    #[graphql(directive = requires_scopes::apply(scope("sample:note.read")))]
    async fn body(
        &self,
        ctx: &Context<'_>,
        id: ID,
    ) -> Result<impl Stream<Item = Result<Note>> + use<>> {
        let ctx = Ctx::of(ctx)?.clone();
        let id = Uuid::parse_str(&id).map_err(|_| Error::not_found("note"))?;
        let mut waiter = ctx.runtime().signals.listen(ctx.tenant()?, id);
        Ok(async_stream::stream! {
            loop {
                let fresh = ctx.refreshed(std::time::Duration::from_secs(5));
                let found = fresh.load_one::<ById>(id).await;
                drop(fresh);
                match found {
                    Ok(Some(note)) => {
                        let last = note.body.ends_with('!');
                        yield Ok(note);
                        if last {
                            return;
                        }
                    }
                    Ok(None) => {
                        yield Err(Error::not_found("note"));
                        return;
                    }
                    Err(error) => {
                        yield Err(error);
                        return;
                    }
                }
                waiter.wait(std::time::Duration::from_secs(5)).await;
            }
        })
    }
}
