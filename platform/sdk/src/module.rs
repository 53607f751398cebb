use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::migrate::Migrator;

use crate::clock::Ambient;
use crate::graphql::Subgraph;
use crate::{
    Consumers, Database, Jobs, Manifest, Objects, Result, Sandbox, Signals, TenantTx, TokenIssuer,
};

/// A business module: what it is, what it keeps, what it offers and what it does on its own.
///
/// The whole surface towards the platform is this trait; there is no registration by other means.
#[async_trait]
pub trait Module: Send + Sync + 'static {
    /// The module's manifest (`manifest.json`), as text.
    fn manifest(&self) -> &'static str;

    /// The module's migrations (`migrations/<module>/`), in its own PostgreSQL schema.
    fn migrations(&self) -> Migrator;

    /// The module's part of the supergraph.
    ///
    /// # Errors
    /// A sentence for the developer when the schema or the configuration is not valid.
    fn subgraph(&self, runtime: Arc<Runtime>) -> Result<Arc<dyn Subgraph>, String>;

    /// What it does when others tell facts.
    fn consumers(&self) -> Consumers {
        Consumers::default()
    }

    /// What it does in the background.
    fn jobs(&self) -> Jobs {
        Jobs::default()
    }

    /// Event types that it publishes with their JSON Schemas, for `schema/events/`.
    fn event_schemas(&self) -> Vec<(&'static str, schemars::Schema)> {
        Vec::new()
    }

    /// Runs a worker process of the module (`tessera worker <module> <name>`); `None` when it has no
    /// worker of that name.
    fn worker(&self, name: &str) -> Option<ExitCode> {
        let _none_by_default = name;
        None
    }

    /// Prepares the module for a tenant, in the transaction that records it as enabled: once, soon after the licence of a
    /// licensed module becomes usable, and again when it does so after [`Module::on_disable`]. A failure is tried again;
    /// requests don't wait for it.
    async fn on_enable(&self, tx: &mut TenantTx) -> Result<()> {
        let _nothing_by_default = tx;
        Ok(())
    }

    /// The counterpart of [`Module::on_enable`], soon after the licence is no longer usable. Data stays; this is for what
    /// would go on by itself, such as schedules.
    async fn on_disable(&self, tx: &mut TenantTx) -> Result<()> {
        let _nothing_by_default = tx;
        Ok(())
    }
}

/// What a module is given at boot.
pub struct Runtime {
    /// Its manifest.
    pub manifest: Arc<Manifest>,
    /// Its connections, under its own role.
    pub database: Database,
    /// Clock and entropy.
    pub ambient: Ambient,
    /// Wake-ups across processes.
    pub signals: Signals,
    /// Files of tenants.
    pub objects: Objects,
    /// Tokens under its own key.
    pub tokens: TokenIssuer,
    /// Killable workers.
    pub sandbox: Sandbox,
    /// Where clients reach the product, without a slash at the end.
    pub public_url: String,
    /// The module's section of the configuration; the module parses it, unknown keys refused.
    pub config: serde_json::Value,
}
