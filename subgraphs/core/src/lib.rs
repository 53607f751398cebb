//! People, organisations, sign-in and roles.
//!
//! Invariants:
//! - a person's data (address, name) is in `core.person` only; everything else refers to the account;
//! - passwords are kept as bcrypt hashes, all other secrets as SHA-256; neither is ever logged;
//! - an access token's scopes are looked up when it is made, so a role that was taken away ends with
//!   the token, at most 15 minutes later;
//! - a tenant always has an owner;
//! - what is done in a tenant is in its audit log, in the same transaction.

mod config;
mod consumers;
mod domain;
mod graphql;
mod store;

use std::sync::Arc;

use async_trait::async_trait;
use platform_sdk::graphql::{SchemaSubgraph, Subgraph};
use platform_sdk::types::Event as _;
use platform_sdk::{Consumers, Module, Runtime};
use schemars::{Schema, schema_for};
use sqlx::migrate::Migrator;

use config::Config;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/core");

/// The module.
pub struct CoreModule;

#[async_trait]
impl Module for CoreModule {
    fn manifest(&self) -> &'static str {
        include_str!("manifest.json")
    }

    fn migrations(&self) -> Migrator {
        Migrator::with_migrations(MIGRATIONS.iter().cloned().collect())
    }

    fn subgraph(&self, runtime: Arc<Runtime>) -> Result<Arc<dyn Subgraph>, String> {
        let config = Config::read(&runtime.config)?;
        let hasher = domain::password::Hasher::new(config.bcrypt_cost, config.parallel_hashes)?;
        Ok(Arc::new(SchemaSubgraph::new(
            runtime,
            graphql::schema(hasher),
        )?))
    }

    fn consumers(&self) -> Consumers {
        use billing_events::{LicenseActivated, LicenseCancelled, LicenseExpired};
        use consumers::license::Audit;
        Consumers::default()
            .on::<LicenseActivated>("audit-license-activated", Audit)
            .on::<LicenseExpired>("audit-license-expired", Audit)
            .on::<LicenseCancelled>("audit-license-cancelled", Audit)
    }

    fn event_schemas(&self) -> Vec<(&'static str, Schema)> {
        use core_events::{MemberJoined, MemberRemoved, MemberRoleChanged, TenantCreated};
        vec![
            (TenantCreated::TYPE, schema_for!(TenantCreated)),
            (MemberJoined::TYPE, schema_for!(MemberJoined)),
            (MemberRoleChanged::TYPE, schema_for!(MemberRoleChanged)),
            (MemberRemoved::TYPE, schema_for!(MemberRemoved)),
        ]
    }
}
