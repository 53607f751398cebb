//! Connections change hands without what was set on them, and dead ones are nobody's concern.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use platform_sdk::{Ctx, TenantTx};
use platform_testkit::Harness;
use sqlx::postgres::PgConnection;

mod sample;

/// Connections of the harness's pools.
const POOL: usize = 6;

async fn setting(conn: &mut PgConnection, name: &str) -> String {
    sqlx::query_scalar("select coalesce(current_setting($1, true), '')")
        .bind(name)
        .fetch_one(conn)
        .await
        .unwrap()
}

async fn process(conn: &mut PgConnection) -> i32 {
    sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(conn)
        .await
        .unwrap()
}

async fn plant(tx: &mut TenantTx, id: u128) {
    sqlx::query("insert into sample.note values ($1, $2, 'planted', now())")
        .bind(tx.tenant().uuid())
        .bind(uuid::Uuid::from_u128(id))
        .execute(tx.conn())
        .await
        .unwrap();
}

async fn notes(kit: &Harness) -> i64 {
    sqlx::query_scalar("select count(*) from sample.note")
        .fetch_one(kit.admin())
        .await
        .unwrap()
}

async fn begin(ctx: &Ctx) -> TenantTx {
    ctx.begin().await.unwrap()
}

#[tokio::test]
async fn a_connection_changes_hands_with_nothing_of_the_one_before() {
    let kit = Harness::new(sample::Sample).await;
    let (ours, theirs) = (
        kit.ctx("sample", &kit.a.owner),
        kit.ctx("sample", &kit.b.owner),
    );
    let mut tx = begin(&ours).await;
    let backend = process(tx.conn()).await;
    plant(&mut tx, 1).await;
    sqlx::query("set local statement_timeout = 77777")
        .execute(tx.conn())
        .await
        .unwrap();
    // not committed, and nothing is waited for
    drop(tx);
    let mut tx = begin(&theirs).await;
    assert_eq!(process(tx.conn()).await, backend, "another connection");
    let tenant = setting(tx.conn(), "app.tenant_id").await;
    assert_eq!(tenant, kit.b.id.to_string());
    assert_ne!(setting(tx.conn(), "statement_timeout").await, "77777ms");
    drop(tx);
    let mut snapshot = theirs.read().await.unwrap();
    let conn = snapshot.conn().unwrap();
    assert_eq!(process(conn).await, backend, "another connection");
    assert_eq!(setting(conn, "transaction_read_only").await, "on");
    drop(snapshot);
    assert_eq!(notes(&kit).await, 0);
    drop((ours, theirs));
    kit.finish().await;
}

#[tokio::test]
async fn outside_of_transactions_a_connection_that_waits_belongs_to_nobody() {
    let kit = Harness::new(sample::Sample).await;
    let mut tx = begin(&kit.ctx("sample", &kit.a.owner)).await;
    let backend = process(tx.conn()).await;
    plant(&mut tx, 1).await;
    drop(tx);
    let state = || async {
        sqlx::query_scalar::<_, String>("select state from pg_stat_activity where pid = $1")
            .bind(backend)
            .fetch_one(kit.admin())
            .await
            .unwrap()
    };
    // the server follows the order by itself, whether the connection is used again or not
    let begun = std::time::Instant::now();
    while state().await != "idle" {
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "the order did not arrive"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    kit.finish().await;
}

#[tokio::test]
async fn a_statement_that_nobody_waits_for_keeps_its_connection_until_it_ends() {
    let kit = Harness::new(sample::Sample).await;
    let ctx = kit.ctx("sample", &kit.a.owner);
    let mut tx = begin(&ctx).await;
    let busy = process(tx.conn()).await;
    plant(&mut tx, 1).await;
    let slow = sqlx::query("select pg_sleep(0.4)").execute(tx.conn());
    let waited = tokio::time::timeout(Duration::from_millis(50), slow).await;
    assert!(waited.is_err());
    drop(tx);
    let mut tx = begin(&kit.ctx("sample", &kit.b.owner)).await;
    assert_ne!(process(tx.conn()).await, busy);
    let tenant = setting(tx.conn(), "app.tenant_id").await;
    assert_eq!(tenant, kit.b.id.to_string());
    drop(tx);
    tokio::time::sleep(Duration::from_millis(600)).await;
    let mut held = Vec::new();
    let mut backends = Vec::new();
    for _ in 0..2 {
        let mut tx = begin(&kit.ctx("sample", &kit.b.owner)).await;
        backends.push(process(tx.conn()).await);
        held.push(tx);
    }
    assert!(backends.contains(&busy), "it did not come back");
    assert_eq!(notes(&kit).await, 0);
    drop((held, ctx));
    kit.finish().await;
}

#[tokio::test]
async fn connections_that_died_while_they_waited_are_replaced_unnoticed() {
    let kit = Harness::new(sample::Sample).await;
    let ctx = kit.ctx("sample", &kit.a.owner);
    let mut held = Vec::new();
    for _ in 0..POOL {
        held.push(begin(&ctx).await);
    }
    drop(held);
    let killed: i64 = sqlx::query_scalar(
        "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity \
         where datname = current_database() and usename = 'tessera_sample' and query not like 'listen%'",
    )
    .fetch_one(kit.admin())
    .await
    .unwrap();
    assert!(killed >= POOL as i64, "{killed}");
    let mut tx = begin(&ctx).await;
    plant(&mut tx, 1).await;
    tx.commit().await.unwrap();
    assert_eq!(notes(&kit).await, 1);
    drop(ctx);
    kit.finish().await;
}

#[tokio::test]
async fn who_finds_no_free_connection_in_time_is_told_to_try_again() {
    let kit = Harness::new(sample::Sample).await;
    let ctx = kit.ctx("sample", &kit.a.owner);
    let mut held = Vec::new();
    for _ in 0..POOL {
        held.push(begin(&ctx).await);
    }
    let waiting = tokio::spawn({
        let ctx = ctx.clone();
        async move { ctx.begin().await.map(drop) }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    held.pop();
    assert!(waiting.await.unwrap().is_ok());
    held.push(begin(&ctx).await);
    let refused = ctx.begin().await.err().unwrap();
    assert_eq!(refused.code(), platform_sdk::ErrorCode::Unavailable);
    drop((held, ctx));
    kit.finish().await;
}

#[tokio::test]
async fn a_tenant_without_a_licence_costs_no_connection() {
    let kit = Harness::new(sample::Sample).await;
    let ctx = kit.ctx("sample", &kit.a.owner);
    let backend = process(begin(&ctx).await.conn()).await;
    kit.unlicense(kit.a.id, "sample").await;
    for _ in 0..2 * POOL {
        let refused = ctx.begin().await.err().unwrap();
        assert_eq!(refused.code(), platform_sdk::ErrorCode::LicenseRequired);
    }
    kit.license(kit.a.id, "sample").await;
    // what a refusal left open is ended in the background
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut held = Vec::new();
    let mut backends = Vec::new();
    for _ in 0..POOL {
        let mut tx = begin(&ctx).await;
        backends.push(process(tx.conn()).await);
        held.push(tx);
    }
    assert!(backends.contains(&backend), "{backends:?}");
    drop((held, ctx));
    kit.finish().await;
}
