use std::str::FromStr as _;

use platform_host::database::{PLATFORM_ROLE, connect_as, migrate, pending};
use platform_host::{Migrations, in_boot_order};
use platform_identity::Secret;
use platform_sdk::Module;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use std::sync::Arc;

use crate::fixture::{empty_database, secret, server_url};
use crate::probe::{Mood, Probe};

fn probe() -> Migrations {
    let module: Arc<dyn Module> = Arc::new(Probe(Arc::new(Mood::default())));
    let (manifest, module) = in_boot_order(vec![module]).unwrap().remove(0);
    Migrations::of(&manifest, &*module)
}

async fn remove(server: &str, name: &str) {
    let mut conn = PgConnectOptions::from_str(server)
        .unwrap()
        .connect()
        .await
        .unwrap();
    conn.execute(AssertSqlSafe(format!("drop database {name} with (force)")))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_migrate_the_same_database_at_once() {
    let server = server_url().await;
    let (url, name) = empty_database(&server).await;
    let module = probe();
    let runs = (0..4).map(|_| async {
        migrate(&url, &secret(), &[module.schema()]).await.unwrap();
    });
    futures::future::join_all(runs).await;
    let mut conn = connect_as(&url, PLATFORM_ROLE, &secret())
        .unwrap()
        .connect()
        .await
        .unwrap();
    assert!(
        pending(&mut conn, &[module.schema()])
            .await
            .unwrap()
            .is_empty()
    );
    conn.close().await.unwrap();
    remove(&server, &name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_migrations_is_reported_as_such() {
    let server = server_url().await;
    let (url, name) = empty_database(&server).await;
    let module = probe();
    let mut conn = PgConnectOptions::from_str(&url)
        .unwrap()
        .connect()
        .await
        .unwrap();
    let missing = pending(&mut conn, &[module.schema()]).await.unwrap();
    assert!(missing.contains(&"platform/1".to_owned()), "{missing:?}");
    assert!(missing.contains(&"probe/1".to_owned()), "{missing:?}");
    conn.close().await.unwrap();
    remove(&server, &name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_signs_in_with_its_own_password_only_and_owns_nothing() {
    let server = server_url().await;
    let (url, name) = empty_database(&server).await;
    migrate(&url, &secret(), &[probe().schema()]).await.unwrap();
    let options = connect_as(&url, "tessera_probe", &secret()).unwrap();
    let mut conn = options.connect().await.unwrap();
    let (superuser, bypass): (bool, bool) =
        sqlx::query_as("select rolsuper, rolbypassrls from pg_roles where rolname = current_user")
            .fetch_one(&mut conn)
            .await
            .unwrap();
    assert!(!superuser && !bypass);
    for forbidden in [
        "create table probe.mine (x int)",
        "create table public.mine (x int)",
        "create schema mine",
        "alter table probe.effect disable row level security",
        "set role tessera_platform",
        "insert into platform.license values (gen_random_uuid(), 'x', gen_random_uuid(), 'ACTIVE', null, now())",
        "select * from platform.outbox",
        "select * from effect",
    ] {
        assert!(conn.execute(forbidden).await.is_err(), "{forbidden}");
    }
    let wrong = Secret::new([43; 32]).unwrap();
    let refused = connect_as(&url, "tessera_probe", &wrong)
        .unwrap()
        .connect()
        .await;
    // A server that trusts everybody (no password asked) proves nothing here.
    let asks: bool = sqlx::query_scalar(
        "select count(*) > 0 from pg_hba_file_rules where auth_method = 'scram-sha-256'",
    )
    .fetch_one(
        &mut PgConnectOptions::from_str(&url)
            .unwrap()
            .connect()
            .await
            .unwrap(),
    )
    .await
    .unwrap();
    assert!(!asks || refused.is_err());
    conn.close().await.unwrap();
    remove(&server, &name).await;
}
