use std::str::FromStr as _;
use std::time::Duration;

use platform_host::database::{LICENSING_GROUP, ModuleSchema, PLATFORM_MIGRATIONS, migrate};
use platform_identity::Secret;
use sha2::{Digest as _, Sha256};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _};
use uuid::Uuid;

/// One test's own database, a copy of the template.
pub(crate) struct TestDatabase {
    /// Address as the owner: for migrations and for what no module may do.
    pub(crate) url: String,
    /// The owner's connections. Row level security does not bind the owner of the cluster.
    pub(crate) admin: PgPool,
    name: String,
    server: PgConnectOptions,
}

/// Any number; serialises the making of templates.
const LOCK: i64 = 0x7465_6d70_6c61_7465;

impl TestDatabase {
    pub(crate) async fn create(secret: &Secret, modules: &[(String, Migrator)]) -> Self {
        let server_url = match std::env::var("TESSERA_TEST_DATABASE_URL") {
            Ok(url) => url,
            Err(_) => tokio::task::spawn_blocking(platform_cluster::shared_for_tests)
                .await
                .unwrap()
                .unwrap_or_else(|e| panic!("PostgreSQL for the tests: {e}"))
                .admin_url()
                .to_owned(),
        };
        let server = PgConnectOptions::from_str(&server_url).unwrap();
        let mut conn = PgConnection::connect_with(&server).await.unwrap();
        let template = template_name(modules);
        ensure_template(&mut conn, &server_url, &template, secret, modules).await;
        let name = format!("test_{}", Uuid::from_u128(rand()).simple());
        run(
            &mut conn,
            format!("create database {name} template {template}"),
        )
        .await;
        conn.close().await.unwrap();
        let url = with_database(&server_url, &name);
        let admin = PgPoolOptions::new()
            .max_connections(2)
            .connect_lazy(&url)
            .unwrap();
        Self {
            url,
            admin,
            name,
            server,
        }
    }

    /// Removes the database; connections that are still open are cut.
    pub(crate) async fn remove(self) {
        self.admin.close().await;
        let mut conn = PgConnection::connect_with(&self.server).await.unwrap();
        run(
            &mut conn,
            format!("drop database if exists {} with (force)", self.name),
        )
        .await;
        conn.close().await.unwrap();
    }
}

/// The template is named by what makes it, so that changed migrations make a new one.
fn template_name(modules: &[(String, Migrator)]) -> String {
    let mut digest = Sha256::new();
    let own = ("platform".to_owned(), &PLATFORM_MIGRATIONS);
    for (name, migrator) in std::iter::once((own.0, own.1)).chain(
        modules
            .iter()
            .map(|(name, migrator)| (name.clone(), migrator)),
    ) {
        digest.update(name.as_bytes());
        for migration in migrator.iter() {
            digest.update(migration.version.to_le_bytes());
            digest.update(&*migration.checksum);
        }
    }
    let hash: [u8; 32] = digest.finalize().into();
    format!(
        "template_{}",
        Uuid::from_slice(&hash[..16]).unwrap().simple()
    )
}

async fn ensure_template(
    conn: &mut PgConnection,
    server_url: &str,
    template: &str,
    secret: &Secret,
    modules: &[(String, Migrator)],
) {
    if exists(conn, template).await {
        return;
    }
    loop {
        let taken: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(LOCK)
            .fetch_one(&mut *conn)
            .await
            .unwrap();
        if taken {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    if !exists(conn, template).await {
        // Built under another name: a template that exists is whole.
        let building = format!("{template}_new");
        run(
            conn,
            format!("drop database if exists {building} with (force)"),
        )
        .await;
        run(conn, format!("create database {building}")).await;
        let schemas: Vec<_> = modules
            .iter()
            .map(|(module, migrator)| ModuleSchema {
                module,
                groups: if module == "billing" {
                    vec![LICENSING_GROUP]
                } else {
                    Vec::new()
                },
                migrator,
            })
            .collect();
        migrate(&with_database(server_url, &building), secret, &schemas)
            .await
            .unwrap_or_else(|e| panic!("migrations: {}", platform_sdk::format_chain(&e)));
        run(
            conn,
            format!("alter database {building} rename to {template}"),
        )
        .await;
    }
    sqlx::query("select pg_advisory_unlock($1)")
        .bind(LOCK)
        .execute(conn)
        .await
        .unwrap();
}

async fn exists(conn: &mut PgConnection, database: &str) -> bool {
    sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(database)
        .fetch_one(conn)
        .await
        .unwrap()
}

async fn run(conn: &mut PgConnection, statement: String) {
    sqlx::query(AssertSqlSafe(statement.clone()))
        .execute(conn)
        .await
        .unwrap_or_else(|e| panic!("{statement}: {e}"));
}

/// The same server, another database.
fn with_database(url: &str, database: &str) -> String {
    let (address, query) = url
        .split_once('?')
        .map_or((url, None), |(a, q)| (a, Some(q)));
    let (server, _) = address.rsplit_once('/').unwrap();
    query.map_or_else(
        || format!("{server}/{database}"),
        |query| format!("{server}/{database}?{query}"),
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "names a database, no test depends on it"
)]
fn rand() -> u128 {
    Uuid::new_v4().as_u128()
}
