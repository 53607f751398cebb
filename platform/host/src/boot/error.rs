use router_edge::EdgeError;

use crate::config::ConfigError;
use crate::database::DatabaseError;
use crate::files::FilesError;
use crate::installed::InstallError;
use crate::listener::ListenError;
use crate::relay::AmqpError;
use crate::supergraph::SupergraphError;

/// Why a process does not boot.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A module.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The supergraph.
    #[error(transparent)]
    Supergraph(#[from] SupergraphError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The place for files.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The message broker.
    #[error(transparent)]
    Amqp(#[from] AmqpError),
    /// The edge.
    #[error(transparent)]
    Edge(#[from] EdgeError),
    /// The listener.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A signal handler or the program's own path.
    #[error("{0}")]
    System(&'static str, #[source] std::io::Error),
    /// Nothing to route to.
    #[error(
        "a router needs subgraphs: set TESSERA_SUBGRAPHS, or name a supergraph with --supergraph"
    )]
    NoSubgraphs,
}
