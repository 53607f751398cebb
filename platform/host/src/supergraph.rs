//! From the modules' schemas to an engine that answers for all of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use platform_identity::Secret;
use platform_sdk::{Ambient, Module, Objects, PoolOptions, Sandbox, Signals};
use router_composition::{CompositionErrors, SubgraphInput, compose};
use router_engine::{
    Engine, EngineError, EngineOptions, RemoteClient, RemoteOptions, RemoteSubgraph, Transport,
};
use tokio_util::sync::CancellationToken;

use crate::adapter::Adapter;
use crate::health::Check;
use crate::installed::{InstallError, Installed, Surroundings, in_boot_order};

/// Why there is no supergraph.
#[derive(Debug, thiserror::Error)]
pub enum SupergraphError {
    /// A module does not boot.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The modules' schemas contradict each other.
    #[error("the modules' schemas do not compose:\n{0}")]
    Composition(CompositionErrors),
    /// The engine does not take the supergraph.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A supergraph at an address could not be had.
    #[error("cannot be fetched")]
    Fetch(#[from] reqwest::Error),
    /// A supergraph at an address is larger than the limit.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    /// A supergraph at an address is not text.
    #[error("it is not UTF-8")]
    NotText,
    /// A subgraph was named that no module has.
    #[error("there is no module `{0}`")]
    UnknownModule(String),
}

/// A module's schema for composition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleSchemaText {
    /// The module's id, which is the subgraph's name.
    pub name: String,
    /// Its schema with federation directives.
    pub sdl: String,
}

/// An engine and the supergraph that it answers for.
pub struct Supergraph {
    /// Plans and runs operations.
    pub engine: Arc<Engine>,
    /// The supergraph's text.
    pub sdl: String,
}

impl Supergraph {
    fn new(
        sdl: String,
        transports: HashMap<String, Transport>,
        options: EngineOptions,
    ) -> Result<Self, SupergraphError> {
        Ok(Self {
            engine: Arc::new(Engine::new(&sdl, transports, options)?),
            sdl,
        })
    }

    /// Any supergraph, whose subgraphs are at the addresses that it names.
    ///
    /// # Errors
    /// [`SupergraphError::Engine`].
    pub fn foreign(
        sdl: String,
        client: &RemoteClient,
        options: EngineOptions,
    ) -> Result<Self, SupergraphError> {
        Ok(Self {
            engine: Arc::new(Engine::remote(&sdl, client, options)?),
            sdl,
        })
    }
}

/// Fetches a supergraph of at most `max_bytes`.
///
/// # Errors
/// [`SupergraphError`].
pub async fn fetch(
    url: &str,
    max_bytes: u64,
    patience: Duration,
) -> Result<String, SupergraphError> {
    crate::tls::provide();
    let client = reqwest::Client::builder().timeout(patience).build()?;
    let mut response = client.get(url).send().await?.error_for_status()?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() as u64 > max_bytes {
            return Err(SupergraphError::TooLarge(max_bytes));
        }
    }
    String::from_utf8(body).map_err(|_| SupergraphError::NotText)
}

/// The schemas of `modules`, without a database or any other part of the installation.
///
/// # Errors
/// [`InstallError`] when a module's manifest or schema is not valid.
pub fn schemas_of(modules: Vec<Arc<dyn Module>>) -> Result<Vec<ModuleSchemaText>, InstallError> {
    // Nothing here is ever used: pools connect lazily, and a schema runs nothing.
    let secret = Secret::new([0; Secret::MIN_BYTES].as_slice())
        .unwrap_or_else(|_| unreachable!("the shortest secret is long enough"));
    let around = Surroundings {
        database_url: "postgres://localhost/none".to_owned(),
        pool: PoolOptions::default(),
        secret: Arc::new(secret),
        ambient: Ambient::default(),
        signals: Signals::default(),
        objects: Objects::new(Arc::new(InMemory::new())),
        sandbox: Sandbox::new("none", &[]),
        public_url: String::new(),
        sections: serde_json::Map::new(),
        cancel: CancellationToken::new(),
    };
    in_boot_order(modules)?
        .into_iter()
        .map(|(manifest, module)| {
            let name = manifest.id.clone();
            let installed = Installed::new(manifest, module, &around)?;
            Ok(ModuleSchemaText {
                name,
                sdl: installed.subgraph.sdl().to_owned(),
            })
        })
        .collect()
}

/// The supergraph of these schemas; `urls` says where a subgraph is reached when that is another process.
///
/// # Errors
/// [`SupergraphError::Composition`] with everything that does not fit.
pub fn supergraph_of(
    schemas: &[ModuleSchemaText],
    urls: &BTreeMap<String, String>,
) -> Result<String, SupergraphError> {
    let inputs: Vec<_> = schemas
        .iter()
        .map(|schema| SubgraphInput {
            name: schema.name.clone(),
            url: urls
                .get(&schema.name)
                .map_or_else(|| format!("local:{}", schema.name), |base| endpoint(base)),
            sdl: schema.sdl.clone(),
        })
        .collect();
    let composition = compose(&inputs).map_err(SupergraphError::Composition)?;
    Ok(composition.supergraph_sdl)
}

/// The supergraph of modules of this process.
///
/// # Errors
/// [`SupergraphError`].
pub fn local(
    modules: &[Installed],
    cancel: &CancellationToken,
    options: EngineOptions,
) -> Result<Supergraph, SupergraphError> {
    let schemas: Vec<_> = modules
        .iter()
        .map(|module| ModuleSchemaText {
            name: module.id().to_owned(),
            sdl: module.subgraph.sdl().to_owned(),
        })
        .collect();
    let transports: HashMap<_, _> = modules
        .iter()
        .map(|module| {
            let adapter = Adapter::new(module.subgraph.clone(), cancel.clone());
            (module.id().to_owned(), Transport::Local(Arc::new(adapter)))
        })
        .collect();
    Supergraph::new(
        supergraph_of(&schemas, &BTreeMap::new())?,
        transports,
        options,
    )
}

/// The supergraph of our own modules in other processes, at the base addresses of `urls`. Only the modules
/// that have an address are part of it.
///
/// # Errors
/// [`SupergraphError`].
pub fn remote(
    modules: Vec<Arc<dyn Module>>,
    urls: &BTreeMap<String, String>,
    remote: RemoteOptions,
    options: EngineOptions,
) -> Result<Supergraph, SupergraphError> {
    let mut schemas = schemas_of(modules)?;
    if let Some(unknown) = urls
        .keys()
        .chain(remote.subscriptions.keys())
        .find(|name| !schemas.iter().any(|s| s.name == **name))
    {
        return Err(SupergraphError::UnknownModule(unknown.clone()));
    }
    schemas.retain(|schema| urls.contains_key(&schema.name));
    let client = RemoteClient::new(remote)?;
    let transports = urls
        .iter()
        .map(|(name, base)| {
            let subgraph = RemoteSubgraph::named(name, &endpoint(base), client.clone())?;
            Ok((name.clone(), Transport::Remote(subgraph)))
        })
        .collect::<Result<HashMap<_, _>, EngineError>>()?;
    Supergraph::new(supergraph_of(&schemas, urls)?, transports, options)
}

/// Looks whether every subgraph answers: a router without one of them gives half answers.
pub(crate) fn check(urls: BTreeMap<String, String>) -> Result<Check, SupergraphError> {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(1))
        .no_proxy()
        .build()?;
    let urls = Arc::new(urls);
    Ok(Check {
        name: "subgraphs",
        look: Box::new(move || {
            let (client, urls) = (client.clone(), urls.clone());
            Box::pin(async move {
                let looks = urls.iter().map(|(name, base)| {
                    let answer = client
                        .get(format!("{}/health", base.trim_end_matches('/')))
                        .send();
                    async move {
                        let ok = answer.await.is_ok_and(|a| a.status().is_success());
                        (!ok).then_some(name.as_str())
                    }
                });
                let missing: Vec<_> = futures::future::join_all(looks)
                    .await
                    .into_iter()
                    .flatten()
                    .collect();
                if missing.is_empty() {
                    Ok(())
                } else {
                    Err(format!("no answer from {}", missing.join(", ")))
                }
            })
        }),
    })
}

/// Where a process of ours answers for its one subgraph.
fn endpoint(base: &str) -> String {
    format!("{}/graphql", base.trim_end_matches('/'))
}
