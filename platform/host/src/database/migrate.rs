use std::collections::HashMap;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use platform_identity::Secret;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use super::roles::{self, role_name, schema_name};
use super::{DatabaseError, PLATFORM_ROLE};

/// The tables of the SDK.
pub static PLATFORM_MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/platform");

/// Any number that nobody else uses for an advisory lock of this database.
const LOCK: i64 = 0x7465_7373_6d69_6772;

/// Longest wait for another process that migrates, in seconds.
const LOCK_WAIT_S: u64 = 300;

/// A module as the database sees it.
pub struct ModuleSchema<'a> {
    /// The module's id, e.g. `cv-analysis`.
    pub module: &'a str,
    /// Groups that its role belongs to, besides [`super::MODULE_GROUP`].
    pub groups: Vec<&'static str>,
    /// Its migrations, for the schema named like the module.
    pub migrator: &'a Migrator,
}

/// Makes roles, then runs the migrations of the platform and of every module, each in its own schema.
///
/// `url` is the address of the database as its owner. Whatever has run is left alone; several
/// processes may do this at the same time.
///
/// # Errors
/// [`DatabaseError`]; what ran before the failure stays, and the next call goes on from there.
pub async fn migrate(
    url: &str,
    secret: &Secret,
    modules: &[ModuleSchema<'_>],
) -> Result<(), DatabaseError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(DatabaseError::Url)?
        .application_name("tessera_migrate")
        .options([("search_path", "pg_catalog")]);
    let mut conn = PgConnection::connect_with(&options)
        .await
        .map_err(DatabaseError::Connect)?;
    lock(&mut conn).await?;
    let result = locked(&mut conn, secret, modules).await;
    // Closing the connection gives the lock back, whatever happened.
    if let Err(error) = conn.close().await {
        tracing::debug!(%error, "connection did not close in order");
    }
    result
}

async fn locked(
    conn: &mut PgConnection,
    secret: &Secret,
    modules: &[ModuleSchema<'_>],
) -> Result<(), DatabaseError> {
    let roles = modules
        .iter()
        .map(|m| Ok((role_name(m.module)?, m.groups.clone())))
        .collect::<Result<Vec<_>, DatabaseError>>()?;
    roles::ensure(conn, secret, &roles).await?;
    run(conn, "platform", &PLATFORM_MIGRATIONS).await?;
    for (module, (role, _)) in modules.iter().zip(&roles) {
        let schema = schema_name(module.module)?;
        conn.execute(AssertSqlSafe(format!(
            "create schema if not exists {schema}; revoke all on schema {schema} from public; \
             grant usage on schema {schema} to {role}"
        )))
        .await
        .map_err(|source| DatabaseError::Prepare {
            what: format!("make the schema {schema}"),
            source,
        })?;
        run(conn, &schema, module.migrator).await?;
    }
    Ok(())
}

/// Takes the lock by asking again and again: a session that waits inside of PostgreSQL would hold a
/// snapshot, and a `create index concurrently` of the process that migrates would wait for it forever.
async fn lock(conn: &mut PgConnection) -> Result<(), DatabaseError> {
    let started = Instant::now();
    loop {
        let taken: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(LOCK)
            .fetch_one(&mut *conn)
            .await
            .map_err(|source| DatabaseError::Prepare {
                what: "take the migration lock".to_owned(),
                source,
            })?;
        if taken {
            return Ok(());
        }
        if started.elapsed().as_secs() >= LOCK_WAIT_S {
            return Err(DatabaseError::Locked(LOCK_WAIT_S));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The same migrations with their table in the module's schema, under our lock instead of sqlx's.
fn placed(schema: &str, migrator: &Migrator) -> Migrator {
    let mut placed = Migrator::with_migrations(migrator.iter().cloned().collect());
    placed.create_schema(schema.to_owned());
    placed.dangerous_set_table_name(format!("{schema}._migrations"));
    placed.set_locking(false);
    placed
}

async fn run(
    conn: &mut PgConnection,
    schema: &str,
    migrator: &Migrator,
) -> Result<(), DatabaseError> {
    placed(schema, migrator)
        .run_direct(None, conn, false)
        .await
        .map_err(|source| DatabaseError::Migration {
            schema: schema.to_owned(),
            source,
        })?;
    // Readiness compares what has run with what this program knows; it needs no other right here.
    conn.execute(AssertSqlSafe(format!(
        "grant usage on schema {schema} to {PLATFORM_ROLE}; grant select on {schema}._migrations to {PLATFORM_ROLE}"
    )))
    .await
    .map_err(|source| DatabaseError::Prepare {
        what: format!("show the migrations of {schema}"),
        source,
    })?;
    Ok(())
}

/// Migrations that this program knows and the database has not run, as `schema/version`.
///
/// # Errors
/// Whatever the database says; a database that was never migrated reports every migration.
pub async fn pending(
    conn: &mut PgConnection,
    modules: &[ModuleSchema<'_>],
) -> Result<Vec<String>, DatabaseError> {
    let mut missing = Vec::new();
    let own = [("platform".to_owned(), &PLATFORM_MIGRATIONS)];
    let theirs = modules
        .iter()
        .map(|m| Ok((schema_name(m.module)?, m.migrator)))
        .collect::<Result<Vec<_>, DatabaseError>>()?;
    for (schema, migrator) in own.into_iter().chain(theirs) {
        let done = applied(conn, &schema).await?;
        missing.extend(
            migrator
                .iter()
                .filter(|m| !m.migration_type.is_down_migration() && !done.contains_key(&m.version))
                .map(|m| format!("{schema}/{}", m.version)),
        );
    }
    Ok(missing)
}

async fn applied(
    conn: &mut PgConnection,
    schema: &str,
) -> Result<HashMap<i64, bool>, DatabaseError> {
    let rows: Result<Vec<(i64, bool)>, _> = sqlx::query_as(AssertSqlSafe(format!(
        "select version, success from {schema}._migrations where success"
    )))
    .fetch_all(conn)
    .await;
    match rows {
        Ok(rows) => Ok(rows.into_iter().collect()),
        // 3F000, 42P01, 42501: no such schema, no such table, not shown to us yet
        Err(sqlx::Error::Database(e))
            if matches!(e.code().as_deref(), Some("3F000" | "42P01" | "42501")) =>
        {
            Ok(HashMap::new())
        }
        Err(source) => Err(DatabaseError::Prepare {
            what: format!("read the migrations of {schema}"),
            source,
        }),
    }
}
