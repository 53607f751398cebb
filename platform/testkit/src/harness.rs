use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_graphql::{Response, Variables};
use chrono::TimeDelta;
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use platform_host::database::{connect_as, role_name};
use platform_identity::{Authority, Identity, Secret, TokenSigner, TokenVerifier};
use platform_sdk::graphql::{Document, Subgraph, SubgraphRequest};
use platform_sdk::{
    Ambient, Clock as _, Ctx, Database, Manifest, Module, Objects, Origin, PoolOptions, Runtime,
    Sandbox, Signals, SystemEntropy, TenantId, TokenIssuer, UploadToken, upload_key,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock::TestClock;
use crate::database::TestDatabase;
use crate::tenant::Tenant;

/// Numbers of the tenants that every harness has.
const A: u128 = 0xa;
const B: u128 = 0xb;
/// Between the numbers of those that are asked for, and before the first: room for the ids of a tenant's people.
const APART: u128 = 0x1_0000;

/// Modules in a database of their own, reached as the router would reach them.
pub struct Harness {
    /// A tenant with licences of all loaded modules.
    pub a: Tenant,
    /// Another one.
    pub b: Tenant,
    /// The time.
    pub clock: Arc<TestClock>,
    pub(crate) modules: Vec<Loaded>,
    pub(crate) cancel: CancellationToken,
    database: Option<TestDatabase>,
    secret: Secret,
    finished: AtomicBool,
}

pub(crate) struct Loaded {
    pub(crate) module: Arc<dyn Module>,
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) subgraph: Arc<dyn Subgraph>,
}

/// What to load and how.
#[derive(Default)]
pub struct Builder {
    modules: Vec<Arc<dyn Module>>,
    sandbox: Option<Sandbox>,
    config: HashMap<String, Value>,
}

/// A subgraph's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// `data`, `null` when there is none.
    pub data: Value,
    /// `errors`, each with `message`, `path` and `extensions.code`.
    pub errors: Vec<Value>,
}

impl Answer {
    fn from(response: Response) -> Self {
        let json = serde_json::to_value(response).unwrap();
        Self {
            data: json["data"].clone(),
            errors: json["errors"].as_array().cloned().unwrap_or_default(),
        }
    }

    /// The data of an answer without errors.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(
            self.errors.is_empty(),
            "unexpected errors: {:#?}",
            self.errors
        );
        self.data
    }

    /// Codes of the errors, in order.
    pub fn codes(&self) -> Vec<&str> {
        self.errors
            .iter()
            .map(|e| e["extensions"]["code"].as_str().unwrap_or(""))
            .collect()
    }
}

impl Builder {
    /// Loads a module. A module comes after those that it requires.
    #[must_use]
    pub fn module(mut self, module: impl Module) -> Self {
        self.modules.push(Arc::new(module));
        self
    }

    /// Runs workers by `program args…`; a module's tests give their own worker binary.
    #[must_use]
    pub fn sandbox(mut self, program: impl Into<PathBuf>, args: &[&str]) -> Self {
        self.sandbox = Some(Sandbox::new(program, args));
        self
    }

    /// Gives a module a section of configuration.
    #[must_use]
    pub fn config(mut self, module: &str, section: Value) -> Self {
        self.config.insert(module.to_owned(), section);
        self
    }

    /// Makes the database and boots the modules.
    pub async fn build(self) -> Harness {
        let secret = Secret::new([42; 32]).unwrap();
        let manifests: Vec<Arc<Manifest>> = self
            .modules
            .iter()
            .map(|m| Arc::new(Manifest::parse(m.manifest()).unwrap()))
            .collect();
        let migrations: Vec<_> = manifests
            .iter()
            .zip(&self.modules)
            .map(|(manifest, module)| (manifest.id.clone(), module.migrations()))
            .collect();
        let database = TestDatabase::create(&secret, &migrations).await;
        let clock = Arc::new(TestClock::default());
        let ambient = Ambient {
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy::default()),
        };
        let signals = Signals::default();
        let cancel = CancellationToken::new();
        let objects = Objects::new(Arc::new(object_store::memory::InMemory::new()));
        let sandbox = self
            .sandbox
            .unwrap_or_else(|| Sandbox::new("/bin/false", &[]));
        let mut modules = Vec::new();
        for (module, manifest) in self.modules.into_iter().zip(&manifests) {
            let role = role_name(&manifest.id).unwrap();
            let connect = connect_as(&database.url, &role, &secret).unwrap();
            if modules.is_empty() {
                tokio::spawn(signals.clone().run(connect.clone(), cancel.clone()));
            }
            let options = PoolOptions {
                max_connections: 6,
                ..PoolOptions::default()
            };
            let runtime = Arc::new(Runtime {
                manifest: manifest.clone(),
                database: Database::new(connect, options),
                ambient: ambient.clone(),
                signals: signals.clone(),
                objects: objects.clone(),
                tokens: TokenIssuer::new(TokenSigner::for_module(&secret, &manifest.id)),
                sandbox: sandbox.clone(),
                public_url: "http://tessera.test".to_owned(),
                config: self.config.get(&manifest.id).cloned().unwrap_or(json!({})),
            });
            let subgraph = module
                .subgraph(runtime.clone())
                .unwrap_or_else(|e| panic!("{}: {e}", manifest.id));
            modules.push(Loaded {
                module,
                runtime,
                subgraph,
            });
        }
        let harness = Harness {
            a: Tenant::new(A, manifests.iter().map(|m| &**m)),
            b: Tenant::new(B, manifests.iter().map(|m| &**m)),
            clock,
            modules,
            cancel,
            database: Some(database),
            secret,
            finished: AtomicBool::new(false),
        };
        harness.license_all(harness.a.id).await;
        harness.license_all(harness.b.id).await;
        harness
    }
}

impl Harness {
    /// One module, everything else by default.
    pub async fn new(module: impl Module) -> Self {
        Self::builder().module(module).build().await
    }

    /// Several modules, a worker binary, configuration.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// One more tenant with licences of all loaded modules, always the same for the same number.
    pub async fn tenant(&self, number: u32) -> Tenant {
        let manifests = self.modules.iter().map(|l| &*l.runtime.manifest);
        let tenant = Tenant::new(APART * (1 + u128::from(number)), manifests);
        self.license_all(tenant.id).await;
        tenant
    }

    async fn license_all(&self, tenant: TenantId) {
        for loaded in &self.modules {
            if loaded.runtime.manifest.licensed {
                self.license(tenant, &loaded.runtime.manifest.id).await;
            }
        }
    }

    /// The owner's connections, for what a test has to see or break behind the module's back.
    pub fn admin(&self) -> &PgPool {
        &self.database.as_ref().unwrap().admin
    }

    /// Address of the test's database as its owner.
    pub fn database_url(&self) -> &str {
        &self.database.as_ref().unwrap().url
    }

    pub(crate) fn loaded(&self, module: &str) -> &Loaded {
        self.modules
            .iter()
            .find(|l| l.runtime.manifest.id == module)
            .unwrap_or_else(|| panic!("module {module} is not loaded"))
    }

    /// Ids of the loaded modules: work of others is none of the test's business.
    pub(crate) fn module_ids(&self) -> Vec<String> {
        self.modules
            .iter()
            .map(|loaded| loaded.runtime.manifest.id.clone())
            .collect()
    }

    /// What a module was given at boot.
    pub fn runtime(&self, module: &str) -> &Arc<Runtime> {
        &self.loaded(module).runtime
    }

    /// A module's schema as the composer gets it.
    pub fn sdl(&self, module: &str) -> &str {
        self.loaded(module).subgraph.sdl()
    }

    /// A context of `identity` in `module`, to call domain functions directly.
    pub fn ctx(&self, module: &str, identity: &Identity) -> Ctx {
        Ctx::new(self.loaded(module).runtime.clone(), self.origin(identity))
    }

    /// A context of the platform's own work in `module` for `tenant`.
    pub fn service_ctx(&self, module: &str, tenant: TenantId) -> Ctx {
        let scopes = platform_identity::Scopes::none();
        self.ctx(
            module,
            &Authority::claim().service(module, Some(tenant), scopes),
        )
    }

    fn origin(&self, identity: &Identity) -> Origin {
        Origin {
            identity: Arc::new(identity.clone()),
            deadline: Instant::now() + Duration::from_secs(20),
            trace_parent: None,
            cancel: self.cancel.child_token(),
        }
    }

    fn request(&self, identity: &Identity, query: &str, variables: Value) -> SubgraphRequest {
        SubgraphRequest {
            document: Document::Text(query.to_owned()),
            operation_name: None,
            variables: Variables::from_json(variables),
            uploads: Vec::new(),
            origin: self.origin(identity),
        }
    }

    /// Asks the first loaded module.
    pub async fn ask(&self, identity: &Identity, query: &str, variables: Value) -> Answer {
        let module = self.modules[0].runtime.manifest.id.clone();
        self.ask_of(&module, identity, query, variables).await
    }

    /// Asks a module.
    pub async fn ask_of(
        &self,
        module: &str,
        identity: &Identity,
        query: &str,
        variables: Value,
    ) -> Answer {
        let request = self.request(identity, query, variables);
        Answer::from(self.loaded(module).subgraph.execute(request).await)
    }

    /// Subscribes at a module.
    pub fn subscribe(
        &self,
        module: &str,
        identity: &Identity,
        query: &str,
        variables: Value,
    ) -> BoxStream<'static, Answer> {
        let request = self.request(identity, query, variables);
        let responses = self.loaded(module).subgraph.subscribe(request);
        responses.map(Answer::from).boxed()
    }

    /// The answers of a subscription until it ends; fails when it takes longer than `limit`.
    pub async fn collect(
        &self,
        stream: BoxStream<'static, Answer>,
        limit: Duration,
    ) -> Vec<Answer> {
        let all = stream.collect::<Vec<_>>();
        tokio::time::timeout(limit, all)
            .await
            .expect("the subscription did not end in time")
    }

    /// Several answers asked for at the same moment.
    pub async fn ask_at_once(
        &self,
        module: &str,
        identity: &Identity,
        query: &str,
        variables: Vec<Value>,
    ) -> Vec<Answer> {
        let count = variables.len().max(1);
        stream::iter(variables)
            .map(|v| self.ask_of(module, identity, query, v))
            .buffered(count)
            .collect()
            .await
    }

    /// The identity behind a token that a module issued, as the edge would find it.
    pub fn identity_of(&self, token: &str) -> Result<Identity, platform_identity::TokenError> {
        let modules = self.modules.iter().map(|l| l.runtime.manifest.id.clone());
        TokenVerifier::new(&self.secret, modules).verify(token, self.clock.now())
    }

    /// Nobody.
    pub fn anonymous(&self) -> Identity {
        Authority::claim().anonymous()
    }

    /// Gives a tenant a licence for life, as billing would.
    pub async fn license(&self, tenant: TenantId, module: &str) {
        self.write_license(tenant, module, "ACTIVE").await;
    }

    /// Takes a tenant's licence away.
    pub async fn unlicense(&self, tenant: TenantId, module: &str) {
        self.write_license(tenant, module, "EXPIRED").await;
    }

    async fn write_license(&self, tenant: TenantId, module: &str, status: &str) {
        sqlx::query(
            "insert into platform.license (tenant_id, module, license_id, status, updated_at) \
             values ($1, $2, $3, $4, $5) \
             on conflict (tenant_id, module) do update set status = excluded.status",
        )
        .bind(tenant.uuid())
        .bind(module)
        .bind(Uuid::from_u128(1))
        .bind(status)
        .bind(self.clock.now())
        .execute(self.admin())
        .await
        .unwrap();
    }

    /// Sends bytes to an upload address, as a client would through the host's receiver.
    pub async fn upload(&self, url: &str, bytes: &[u8]) {
        let token: UploadToken = url.rsplit('/').next().unwrap().parse().unwrap();
        let objects = &self.modules[0].runtime.objects;
        objects
            .put(
                token.tenant,
                &upload_key(token.ticket_id),
                bytes::Bytes::copy_from_slice(bytes),
            )
            .await
            .unwrap();
        let stored = sqlx::query(
            "update platform.upload set stored_bytes = $3, content_sha256 = $4, stored_at = $5 \
             where tenant_id = $1 and ticket_id = $2 and secret_hash = $6",
        )
        .bind(token.tenant.uuid())
        .bind(token.ticket_id)
        .bind(i64::try_from(bytes.len()).unwrap())
        .bind(Sha256::digest(bytes).to_vec())
        .bind(self.clock.now())
        .bind(token.secret_hash())
        .execute(self.admin())
        .await
        .unwrap();
        assert_eq!(stored.rows_affected(), 1, "no such upload ticket");
    }

    /// Moves the time forward.
    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Ends the test: fails when due jobs, undelivered events or parked work are left behind.
    pub async fn finish(mut self) {
        self.finished.store(true, Ordering::Release);
        let left = self.left_behind().await;
        self.cancel.cancel();
        for loaded in &self.modules {
            loaded.runtime.database.close().await;
        }
        if let Some(database) = self.database.take() {
            database.remove().await;
        }
        assert!(left.is_empty(), "left behind: {left:#?}");
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        self.cancel.cancel();
        if !self.finished.load(Ordering::Acquire) && !std::thread::panicking() {
            // Printed and not panicked: a panic in drop would hide the assertion that failed first.
            eprintln!("the test ended without `finish().await`");
            std::process::abort();
        }
    }
}
