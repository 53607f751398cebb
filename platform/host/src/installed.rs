use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use platform_identity::{Authority, Scopes, Secret, TokenSigner};
use platform_sdk::graphql::Subgraph;
use platform_sdk::{
    Ambient, ConsumerEntry, Ctx, Database, Identity, Jobs, Manifest, ManifestError, Module,
    Objects, Origin, PoolOptions, Runtime, Sandbox, Signals, TokenIssuer, boot_order,
};
use platform_types::{Envelope, TenantId};
use sqlx::migrate::Migrator;
use tokio_util::sync::CancellationToken;

use crate::database::{self, DatabaseError, ModuleSchema, groups_of};
use crate::relay::{DeliveryError, Route, Sink};

/// Everything outside of a module that it is given a share of.
#[derive(Clone)]
pub struct Surroundings {
    /// Address of the database; modules connect under their own roles.
    pub database_url: String,
    /// Bounds of each module's pool.
    pub pool: PoolOptions,
    /// The installation's secret.
    pub secret: Arc<Secret>,
    /// Clock and entropy.
    pub ambient: Ambient,
    /// Wake-ups across processes.
    pub signals: Signals,
    /// Files of tenants.
    pub objects: Objects,
    /// Killable workers; the module's id is added to the arguments.
    pub sandbox: Sandbox,
    /// Where clients reach the product.
    pub public_url: String,
    /// Sections of the configuration by module.
    pub sections: serde_json::Map<String, serde_json::Value>,
    /// Cancelled when the process shuts down.
    pub cancel: CancellationToken,
}

/// Why a set of modules does not boot.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// A manifest breaks a rule.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Requirements that are missing, too old or circular.
    #[error("{0}")]
    Requirements(String),
    /// The module's own objection: schema or configuration.
    #[error("module {module}: {problem}")]
    Module {
        /// Which module.
        module: String,
        /// What it says.
        problem: String,
    },
    /// Address or name.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// A module with everything it was given, ready to serve.
#[derive(Clone)]
pub struct Installed {
    /// The module.
    pub module: Arc<dyn Module>,
    /// What it was given.
    pub runtime: Arc<Runtime>,
    /// Its part of the supergraph.
    pub subgraph: Arc<dyn Subgraph>,
    cancel: CancellationToken,
}

/// A module that the program knows, with its manifest.
pub type Known = (Arc<Manifest>, Arc<dyn Module>);

/// Parses the manifests of `modules` and sorts the modules so that each comes after what it requires.
///
/// # Errors
/// [`InstallError`] names the manifest or the requirement.
pub fn in_boot_order(modules: Vec<Arc<dyn Module>>) -> Result<Vec<Known>, InstallError> {
    let mut parsed = modules
        .into_iter()
        .map(|module| Ok((Arc::new(Manifest::parse(module.manifest())?), module)))
        .collect::<Result<Vec<_>, InstallError>>()?;
    let manifests: Vec<_> = parsed.iter().map(|(manifest, _)| &**manifest).collect();
    let order = boot_order(&manifests).map_err(InstallError::Requirements)?;
    parsed.sort_by_key(|(manifest, _)| order.iter().position(|id| *id == manifest.id));
    Ok(parsed)
}

/// What `tessera migrate` needs of a module.
pub struct Migrations {
    module: String,
    groups: Vec<&'static str>,
    migrator: Migrator,
}

impl Migrations {
    /// The migrations of `module`.
    pub fn of(manifest: &Manifest, module: &dyn Module) -> Self {
        Self {
            module: manifest.id.clone(),
            groups: groups_of(&manifest.id),
            migrator: module.migrations(),
        }
    }

    /// The module as the database sees it.
    pub fn schema(&self) -> ModuleSchema<'_> {
        ModuleSchema {
            module: &self.module,
            groups: self.groups.clone(),
            migrator: &self.migrator,
        }
    }
}

impl Installed {
    /// Gives `module` its share and builds its subgraph.
    ///
    /// # Errors
    /// [`InstallError`] when the module refuses its configuration or its schema is not valid.
    pub fn new(
        manifest: Arc<Manifest>,
        module: Arc<dyn Module>,
        around: &Surroundings,
    ) -> Result<Self, InstallError> {
        let role = database::role_name(&manifest.id)?;
        let connect = database::connect_as(&around.database_url, &role, &around.secret)?;
        let mut sandbox = around.sandbox.clone();
        sandbox.args.push(manifest.id.clone());
        let runtime = Arc::new(Runtime {
            database: Database::new(connect, around.pool),
            ambient: around.ambient.clone(),
            signals: around.signals.clone(),
            objects: around.objects.clone(),
            tokens: TokenIssuer::new(TokenSigner::for_module(&around.secret, &manifest.id)),
            sandbox,
            public_url: around.public_url.clone(),
            config: around
                .sections
                .get(&manifest.id)
                .cloned()
                .unwrap_or_else(|| serde_json::json!({})),
            manifest: manifest.clone(),
        });
        let subgraph =
            module
                .subgraph(runtime.clone())
                .map_err(|problem| InstallError::Module {
                    module: manifest.id.clone(),
                    problem,
                })?;
        Ok(Self {
            module,
            runtime,
            subgraph,
            cancel: around.cancel.clone(),
        })
    }

    /// The module's id.
    pub fn id(&self) -> &str {
        &self.runtime.manifest.id
    }

    /// A context of a tenant in which the module acts in its own name.
    pub fn service_ctx(
        &self,
        tenant: TenantId,
        timeout: Duration,
        trace_parent: Option<String>,
        cancel: CancellationToken,
    ) -> Ctx {
        let identity = Authority::claim().service(self.id(), Some(tenant), Scopes::none());
        self.ctx(identity, timeout, trace_parent, cancel)
    }

    /// A context of somebody's request.
    pub fn ctx(
        &self,
        identity: Identity,
        timeout: Duration,
        trace_parent: Option<String>,
        cancel: CancellationToken,
    ) -> Ctx {
        Ctx::new(
            self.runtime.clone(),
            Origin {
                identity: Arc::new(identity),
                deadline: Instant::now() + timeout,
                trace_parent,
                cancel,
            },
        )
    }

    /// The kinds of background work of the module, and of the platform in it.
    pub fn all_jobs(&self) -> Jobs {
        platform_sdk::all_jobs(&self.module)
    }

    /// The module's consumers with their code.
    pub fn routes(&self, timeout: Duration) -> Vec<Route> {
        routes_of(self.id(), &*self.module, |entry, consumer| {
            Some(Arc::new(ModuleSink {
                installed: self.clone(),
                entry: entry.clone(),
                consumer: consumer.to_owned(),
                timeout,
            }))
        })
    }
}

/// A module's consumers when it runs in another process.
pub fn remote_routes(manifest: &Manifest, module: &dyn Module) -> Vec<Route> {
    routes_of(&manifest.id, module, |_, _| None)
}

fn routes_of(
    id: &str,
    module: &dyn Module,
    sink: impl Fn(&ConsumerEntry, &str) -> Option<Arc<dyn Sink>>,
) -> Vec<Route> {
    module
        .consumers()
        .entries()
        .iter()
        .map(|entry| {
            let consumer = format!("{id}.{}", entry.name());
            Route {
                event_type: entry.event_type().to_owned(),
                sink: sink(entry, &consumer),
                consumer,
            }
        })
        .collect()
}

/// A module's consumer as the relay sees it.
struct ModuleSink {
    installed: Installed,
    entry: ConsumerEntry,
    consumer: String,
    timeout: Duration,
}

#[async_trait]
impl Sink for ModuleSink {
    async fn deliver(&self, envelope: &Envelope) -> Result<(), DeliveryError> {
        let ctx = self.installed.service_ctx(
            envelope.tenant_id,
            self.timeout,
            envelope.trace_parent.clone(),
            self.installed.cancel.child_token(),
        );
        self.entry
            .deliver(&ctx, &self.consumer, envelope)
            .await
            .map_err(|error| DeliveryError(platform_sdk::format_chain(&error)))
    }
}
