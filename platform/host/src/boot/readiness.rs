use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::PgPool;

use super::{Platform, Process};
use crate::database;
use crate::health::Check;
use crate::installed::Migrations;
use crate::relay::Broker;

impl Process {
    /// What modules need: a database with all migrations, and the broker.
    pub(super) fn checks(&self, platform: &Platform, broker: Arc<dyn Broker>) -> Vec<Check> {
        let migrations: Arc<Vec<Migrations>> = Arc::new(
            self.modules
                .iter()
                .map(|(manifest, module)| Migrations::of(manifest, &**module))
                .collect(),
        );
        // What has run once does not run backwards: looked at until it is complete, not again.
        let complete = Arc::new(AtomicBool::new(false));
        let pool = platform.pool.clone();
        let database = Check {
            name: "database",
            look: Box::new(move || {
                let (pool, migrations, complete) =
                    (pool.clone(), migrations.clone(), complete.clone());
                Box::pin(async move { look_at_database(&pool, &migrations, &complete).await })
            }),
        };
        let events = Check {
            name: "events",
            look: Box::new(move || {
                let broker = broker.clone();
                Box::pin(async move {
                    if broker.is_ready().await {
                        Ok(())
                    } else {
                        Err("the message broker cannot be reached".to_owned())
                    }
                })
            }),
        };
        vec![database, events]
    }
}

async fn look_at_database(
    pool: &PgPool,
    migrations: &[Migrations],
    complete: &AtomicBool,
) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| {
        tracing::debug!(%error, "readiness: database");
        "the database does not answer".to_owned()
    };
    let mut conn = pool.acquire().await.map_err(|e| failed(&e))?;
    if complete.load(Ordering::Relaxed) {
        sqlx::query("select 1")
            .execute(&mut *conn)
            .await
            .map_err(|e| failed(&e))?;
        return Ok(());
    }
    let schemas: Vec<_> = migrations.iter().map(Migrations::schema).collect();
    let missing = database::pending(&mut conn, &schemas)
        .await
        .map_err(|e| failed(&e))?;
    if missing.is_empty() {
        complete.store(true, Ordering::Relaxed);
        Ok(())
    } else {
        Err(format!("migrations have not run: {}", missing.join(", ")))
    }
}
