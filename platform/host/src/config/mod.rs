//! The one typed configuration of every process: a TOML file named by `TESSERA_CONFIG`, over it the
//! environment variables that the README lists. Unknown keys are refused; nothing is read later.

mod hidden;
mod variables;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use hidden::Hidden;
pub use variables::{VARIABLES, Variable};

/// How a process is set up.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port that are listened on.
    pub listen: SocketAddr,
    /// Where clients reach the product, without a slash at the end; `http://<listen>` when absent.
    pub public_url: Option<String>,
    /// The installation's secret, at least 32 bytes, from which every key and password is derived. The
    /// same in all processes.
    pub secret: Option<Hidden>,
    /// Address of PostgreSQL. `migrate` needs the owner of the database there; `serve` uses host, port
    /// and database of it, and connects under the modules' own roles.
    pub database_url: Option<Hidden>,
    /// RabbitMQ; events are relayed inside of PostgreSQL when absent.
    pub amqp_url: Option<Hidden>,
    /// Redis for limits that several routers share; each counts on its own when absent.
    pub redis_url: Option<Hidden>,
    /// Folder for the files of tenants, when no object store is set.
    pub data_dir: PathBuf,
    /// Object store for the files of tenants, e.g. `s3://bucket`; credentials come from the `AWS_*`
    /// variables.
    pub object_store_url: Option<String>,
    /// Subgraphs that a router reaches in other processes: module → base address.
    pub subgraphs: BTreeMap<String, String>,
    /// How long running requests may go on after the shutdown began, in milliseconds.
    pub drain_ms: u64,
    /// Limits of the database connections.
    pub database: DatabaseSection,
    /// Background work.
    pub jobs: JobsSection,
    /// Files that clients send.
    pub uploads: UploadsSection,
    /// What clients meet: transports, limits, rates.
    pub edge: router_edge::EdgeConfig,
    /// How operations are run.
    pub engine: EngineSection,
    /// One section per module, by its id. The module checks it.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub modules: serde_json::Map<String, serde_json::Value>,
}

/// Limits of the database connections.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseSection {
    /// Most connections of one module.
    pub connections_per_module: u32,
    /// Most connections of the platform itself (relay, jobs, uploads).
    pub connections_of_platform: u32,
    /// Longest wait for a free connection, in milliseconds.
    pub acquire_timeout_ms: u64,
}

/// Background work.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JobsSection {
    /// Jobs of this process that run at the same moment.
    pub concurrency: u16,
    /// Longest time for one attempt, in milliseconds.
    pub timeout_ms: u64,
}

/// Files that clients send.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UploadsSection {
    /// Uploads of this process that run at the same moment; more are told to come back.
    pub concurrency: u32,
    /// Longest pause of a client in the middle of an upload, in milliseconds.
    pub idle_timeout_ms: u64,
}

/// How operations are run.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EngineSection {
    /// Whether the same request to the same subgraph travels once when several queries of callers with the same rights
    /// need it at the same time.
    pub share_fetches: bool,
    /// Whether the same query of callers with the same rights is run once when it comes several times at the same time.
    pub share_queries: bool,
    /// How remote subgraphs give the events of subscriptions: name → protocol. Those that are not named here do it by
    /// server-sent events, or by a WebSocket when their address is `ws://` or `wss://`.
    pub subscriptions: BTreeMap<String, SubscriptionSection>,
}

/// How a remote subgraph gives the events of subscriptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "protocol", rename_all = "kebab-case")]
pub enum SubscriptionSection {
    /// Server-sent events: `graphql-sse`, distinct connections.
    EventStream {},
    /// A WebSocket for each subscription: `graphql-transport-ws`.
    #[serde(rename = "websocket")]
    WebSocket {
        /// Path and query, beginning with a slash; those of the subgraph's address when absent.
        #[serde(default)]
        path: Option<String>,
    },
}

impl EngineSection {
    /// Options of the connections to remote subgraphs.
    pub(crate) fn remote(&self) -> router_engine::RemoteOptions {
        use router_engine::SubscriptionProtocol;
        let protocol = |section: &SubscriptionSection| match section {
            SubscriptionSection::EventStream {} => SubscriptionProtocol::EventStream,
            SubscriptionSection::WebSocket { path } => {
                SubscriptionProtocol::WebSocket { path: path.clone() }
            }
        };
        router_engine::RemoteOptions {
            subscriptions: self
                .subscriptions
                .iter()
                .map(|(name, section)| (name.clone(), protocol(section)))
                .collect(),
            ..router_engine::RemoteOptions::default()
        }
    }

    /// The engine's options.
    pub(crate) fn options(&self) -> router_engine::EngineOptions {
        router_engine::EngineOptions {
            single_flight: self.share_fetches,
            share_queries: self.share_queries,
            ..router_engine::EngineOptions::default()
        }
    }
}

impl Default for EngineSection {
    fn default() -> Self {
        Self {
            share_fetches: true,
            share_queries: false,
            subscriptions: BTreeMap::new(),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 4000)),
            public_url: None,
            secret: None,
            database_url: None,
            amqp_url: None,
            redis_url: None,
            data_dir: PathBuf::from(".tessera/files"),
            object_store_url: None,
            subgraphs: BTreeMap::new(),
            drain_ms: 10_000,
            database: DatabaseSection::default(),
            jobs: JobsSection::default(),
            uploads: UploadsSection::default(),
            edge: router_edge::EdgeConfig::default(),
            engine: EngineSection::default(),
            modules: serde_json::Map::new(),
        }
    }
}

impl Default for DatabaseSection {
    fn default() -> Self {
        Self {
            connections_per_module: 8,
            connections_of_platform: 8,
            acquire_timeout_ms: 5_000,
        }
    }
}

impl Default for JobsSection {
    fn default() -> Self {
        Self {
            concurrency: 4,
            timeout_ms: 600_000,
        }
    }
}

impl Default for UploadsSection {
    fn default() -> Self {
        Self {
            concurrency: 64,
            idle_timeout_ms: 30_000,
        }
    }
}

/// Why a configuration is refused. No message holds a value that may be secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration file {path}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no TOML of the right form.
    #[error("configuration file {path}: {problem}")]
    Form {
        /// The file.
        path: String,
        /// What is wrong, without the text of the file around it.
        problem: String,
    },
    /// A variable's value has another form.
    #[error("environment variable {name}: {problem}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// Something that this command needs is not set.
    #[error("{setting} is not set: set the environment variable {variable}")]
    Missing {
        /// The setting in the file.
        setting: &'static str,
        /// The variable that sets it.
        variable: &'static str,
    },
}

impl Config {
    /// Reads the file and the variables of this process.
    ///
    /// # Errors
    /// [`ConfigError`] in one sentence.
    pub fn load() -> Result<Self, ConfigError> {
        Self::from(|name| std::env::var(name).ok())
    }

    /// Reads the file named by `TESSERA_CONFIG` and lays the variables over it.
    ///
    /// # Errors
    /// [`ConfigError`] in one sentence.
    pub fn from(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        // An empty variable counts as absent: that is how shells and container files unset one.
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut config = match variable("TESSERA_CONFIG") {
            Some(path) => Self::read(Path::new(&path))?,
            None => Self::default(),
        };
        for entry in VARIABLES {
            if let Some(value) = variable(entry.name) {
                (entry.apply)(&mut config, &value).map_err(|problem| ConfigError::Variable {
                    name: entry.name,
                    problem,
                })?;
            }
        }
        Ok(config)
    }

    fn read(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: shown.clone(),
            source,
        })?;
        toml::from_str(&text).map_err(|error| ConfigError::Form {
            path: shown,
            // The error's own form quotes the line, which may hold a secret.
            problem: match error.span() {
                Some(span) => {
                    let before = text.get(..span.start).unwrap_or_default();
                    format!(
                        "line {}: {}",
                        before.matches('\n').count() + 1,
                        error.message()
                    )
                }
                None => error.message().to_owned(),
            },
        })
    }

    /// The JSON Schema of the file.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// The section of the edge, which counts in the Redis of the whole unless it has one of its own.
    pub(crate) fn edge_section(&self) -> router_edge::EdgeConfig {
        let mut edge = self.edge.clone();
        if let Some(url) = &self.redis_url {
            edge.rate
                .redis_url
                .get_or_insert_with(|| url.reveal().to_owned());
        }
        edge
    }

    /// Where clients reach the product.
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }

    /// The database's address.
    ///
    /// # Errors
    /// [`ConfigError::Missing`].
    pub fn require_database_url(&self) -> Result<&str, ConfigError> {
        let missing = ConfigError::Missing {
            setting: "database_url",
            variable: "DATABASE_URL",
        };
        Ok(self.database_url.as_ref().ok_or(missing)?.reveal())
    }

    /// The installation's secret.
    ///
    /// # Errors
    /// [`ConfigError::Missing`], or [`ConfigError::Variable`] for one that is too short.
    pub fn require_secret(&self) -> Result<platform_identity::Secret, ConfigError> {
        let missing = ConfigError::Missing {
            setting: "secret",
            variable: "TESSERA_SECRET",
        };
        let text = self.secret.as_ref().ok_or(missing)?;
        platform_identity::Secret::new(text.reveal().as_bytes()).map_err(|error| {
            ConfigError::Variable {
                name: "TESSERA_SECRET",
                problem: error.to_string(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from(|name| {
            variables
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn variables_win_over_the_file_and_the_file_over_the_defaults() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tessera.toml");
        std::fs::write(
            &path,
            "listen = \"127.0.0.1:1\"\ndrain_ms = 7\n[modules.billing]\ncurrency = \"EUR\"\n",
        )
        .unwrap();
        let config = with(&[
            ("TESSERA_CONFIG", path.to_str().unwrap()),
            ("TESSERA_LISTEN", "127.0.0.1:2"),
            ("TESSERA_SUBGRAPHS", "core=http://a:1, billing=http://b:2"),
            ("AMQP_URL", ""),
        ])
        .unwrap();
        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.drain_ms, 7);
        assert_eq!(config.modules["billing"]["currency"], "EUR");
        assert_eq!(config.subgraphs["billing"], "http://b:2");
        assert!(config.amqp_url.is_none());
        assert_eq!(config.public_url(), "http://127.0.0.1:2");
    }

    #[test]
    fn unknown_keys_and_wrong_values_are_named_and_secrets_are_not_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tessera.toml");
        std::fs::write(&path, "lisen = \"x\"\n").unwrap();
        let path = path.to_str().unwrap();
        let error = with(&[("TESSERA_CONFIG", path)]).unwrap_err().to_string();
        assert!(
            error.contains("line 1") && error.contains("lisen"),
            "{error}"
        );

        std::fs::write(path, "drain_ms = 1\nsecret = [\"hunter2\"]\n").unwrap();
        let error = with(&[("TESSERA_CONFIG", path)]).unwrap_err().to_string();
        assert!(
            error.contains("line 2") && !error.contains("hunter2"),
            "{error}"
        );

        for (name, value) in [("TESSERA_LISTEN", "4000"), ("TESSERA_SUBGRAPHS", "core")] {
            let error = with(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        let config = with(&[
            ("TESSERA_SECRET", "hunter2"),
            ("DATABASE_URL", "postgres://u:hunter2@h/d"),
        ])
        .unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(!serde_json::to_string(&config).unwrap().contains("hunter2"));
        assert!(matches!(
            config.require_secret(),
            Err(ConfigError::Variable { .. })
        ));
    }
}
