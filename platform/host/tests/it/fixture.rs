use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use object_store::memory::InMemory;
use platform_host::database::{PLATFORM_ROLE, connect_as, migrate};
use platform_host::{Backoff, Installed, Migrations, Surroundings, Wakes, in_boot_order};
use platform_identity::Secret;
use platform_sdk::{Ambient, Ctx, Module, Objects, PoolOptions, Sandbox, Signals, TenantId};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::probe::{Mood, Probe};

pub(crate) const QUICK: Backoff = Backoff {
    first: Duration::from_millis(10),
    most: Duration::from_millis(40),
};

/// A database of its own with the probe module in it.
pub(crate) struct Fixture {
    /// As the owner, past row level security.
    pub(crate) admin: PgPool,
    /// As the host's role.
    pub(crate) platform: PgPool,
    pub(crate) connect: PgConnectOptions,
    pub(crate) probe: Installed,
    pub(crate) mood: Arc<Mood>,
    pub(crate) ambient: Ambient,
    pub(crate) objects: Objects,
    pub(crate) wakes: Wakes,
    pub(crate) tenant: TenantId,
    pub(crate) cancel: CancellationToken,
    server: PgConnectOptions,
    name: String,
}

/// The secret of all tests: roles belong to the server, so everybody must give them the same password.
pub(crate) fn secret() -> Secret {
    Secret::new([42; 32]).unwrap()
}

pub(crate) async fn server_url() -> String {
    match std::env::var("TESSERA_TEST_DATABASE_URL") {
        Ok(url) => url,
        Err(_) => tokio::task::spawn_blocking(platform_cluster::shared_for_tests)
            .await
            .unwrap()
            .unwrap()
            .admin_url()
            .to_owned(),
    }
}

pub(crate) fn fresh() -> Uuid {
    let ambient = Ambient::default();
    let mut bytes = [0; 16];
    ambient.entropy.fill(&mut bytes);
    Uuid::from_bytes(bytes)
}

/// A new, empty database.
pub(crate) async fn empty_database(server_url: &str) -> (String, String) {
    let name = format!("test_{}", fresh().simple());
    let mut conn = PgConnectOptions::from_str(server_url)
        .unwrap()
        .connect()
        .await
        .unwrap();
    conn.execute(AssertSqlSafe(format!("create database {name}")))
        .await
        .unwrap();
    conn.close().await.unwrap();
    let (address, _) = server_url.split_once('?').unwrap_or((server_url, ""));
    let (server, _) = address.rsplit_once('/').unwrap();
    (format!("{server}/{name}"), name)
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let server_url = server_url().await;
        let (url, name) = empty_database(&server_url).await;
        let mood = Arc::new(Mood::default());
        let module: Arc<dyn Module> = Arc::new(Probe(mood.clone()));
        let (manifest, module) = in_boot_order(vec![module]).unwrap().remove(0);
        let migrations = Migrations::of(&manifest, &*module);
        migrate(&url, &secret(), &[migrations.schema()])
            .await
            .unwrap();
        let ambient = Ambient::default();
        let objects = Objects::new(Arc::new(InMemory::new()));
        let cancel = CancellationToken::new();
        let around = Surroundings {
            database_url: url.clone(),
            pool: PoolOptions::default(),
            secret: Arc::new(secret()),
            ambient: ambient.clone(),
            signals: Signals::default(),
            objects: objects.clone(),
            sandbox: Sandbox::new("none", &[]),
            public_url: "http://localhost".to_owned(),
            sections: serde_json::Map::new(),
            cancel: cancel.clone(),
        };
        let connect = connect_as(&url, PLATFORM_ROLE, &secret()).unwrap();
        Self {
            admin: PgPoolOptions::new()
                .max_connections(3)
                .connect_lazy(&url)
                .unwrap(),
            platform: PgPoolOptions::new()
                .max_connections(6)
                .connect_lazy_with(connect.clone()),
            connect,
            probe: Installed::new(manifest, module, &around).unwrap(),
            mood,
            ambient,
            objects,
            wakes: Wakes::default(),
            tenant: TenantId(fresh()),
            cancel,
            server: PgConnectOptions::from_str(&server_url).unwrap(),

            name,
        }
    }

    pub(crate) fn ctx(&self) -> Ctx {
        self.ctx_of(self.tenant)
    }

    pub(crate) fn ctx_of(&self, tenant: TenantId) -> Ctx {
        self.probe.service_ctx(
            tenant,
            Duration::from_secs(30),
            None,
            CancellationToken::new(),
        )
    }

    /// Numbers in the order in which they had their effect.
    pub(crate) async fn effects(&self) -> Vec<i32> {
        sqlx::query_scalar("select number from probe.effect order by place")
            .fetch_all(&self.admin)
            .await
            .unwrap()
    }

    /// Waits until as many effects are there, and fails when that takes too long.
    pub(crate) async fn until_effects(&self, count: usize) -> Vec<i32> {
        let begun = Instant::now();
        loop {
            let effects = self.effects().await;
            if effects.len() >= count {
                return effects;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{} of {count} effects: {effects:?}",
                effects.len()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the statement gives true.
    pub(crate) async fn until(&self, statement: &'static str) {
        let begun = Instant::now();
        while !sqlx::query_scalar::<_, bool>(statement)
            .fetch_one(&self.admin)
            .await
            .unwrap()
        {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "never true: {statement}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Removes the database.
    pub(crate) async fn remove(self) {
        self.cancel.cancel();
        self.admin.close().await;
        self.platform.close().await;
        self.probe.runtime.database.close().await;
        let mut conn = self.server.connect().await.unwrap();
        conn.execute(AssertSqlSafe(format!(
            "drop database {} with (force)",
            self.name
        )))
        .await
        .unwrap();
        conn.close().await.unwrap();
    }
}
