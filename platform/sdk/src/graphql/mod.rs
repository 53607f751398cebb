//! From an async-graphql schema to a subgraph of the supergraph: declared authorisation, one
//! snapshot and one set of dataloaders per request (per event for subscriptions), masked errors.

mod authorization;
mod connection;
mod endpoint;
mod gather;
mod loader;
mod plain;
mod user_error;

pub use authorization::{authenticated, public, requires_scopes, scope};
pub use connection::connection;
pub use endpoint::{Document, SchemaSubgraph, Subgraph, SubgraphRequest};
pub(crate) use loader::Loaders;
pub use loader::{Batch, Found, FoundOwn, TenantBatch};
pub use plain::{Plain, Ready, Selected};
pub use user_error::UserError;
