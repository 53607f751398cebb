//! Federated execution: plans, fetches, merges, answers; knows no module.
//!
//! An operation goes through `request` (parse, validate, coerce variables), `planning` (which subgraphs to ask for what,
//! in the fewest fetches), `plan` (the executable form), `execution` (fetches over `transport`, merged into one tree) and
//! `response` (bytes along a compiled projection). Plans are cached by document in `cache`.
//!
//! The events of a subscription come from a remote subgraph as server-sent events (`graphql-sse`, distinct connections)
//! or over a WebSocket of their own (`graphql-transport-ws`): by [`SubscriptionProtocol`] in [`RemoteOptions`], or because
//! its address is `ws://` or `wss://`; everything else then goes to the same address by HTTP. The proof of identity is the
//! payload of `connection_init`, its header names as keys; it is made for the bytes of the payload of `subscribe`, which
//! are those that HTTP would post.
//!
//! ```no_run
//! # async fn example(sdl: &str) -> Result<(), router_engine::EngineError> {
//! use std::time::{Duration, Instant};
//! use router_engine::{Engine, EngineOptions, GraphqlRequest, OperationContext, RemoteClient, RemoteOptions};
//!
//! let client = RemoteClient::new(RemoteOptions::default())?;
//! let engine = Engine::remote(sdl, &client, EngineOptions::default())?;
//! let context = OperationContext::anonymous(Instant::now() + Duration::from_secs(10));
//! let response = engine.execute(GraphqlRequest::new("{ __typename }"), context).await;
//! # Ok(())
//! # }
//! ```

mod authorization;
mod cache;
mod context;
mod engine;
mod equal;
mod error;
mod execution;
mod flight;
mod incremental;
mod introspection;
mod plan;
mod planning;
mod prepare;
mod request;
mod response;
mod schema;
mod state;
mod subscription;
pub mod syntax;
mod transport;
mod upload;
mod warm;

pub use authorization::Denied;
pub use context::{Anonymous, AssertionError, OperationContext, Principal};
pub use engine::{Engine, EngineOptions};
pub use error::{EngineError, GraphqlError, Location, PathSegment, code};
pub use incremental::Delivery;
/// Limits of a document, from the guard that checks them.
pub use platform_guard::Limits;
pub use request::{GraphqlRequest, OperationKind, parse_document};
pub use response::{GraphqlResponse, ResponseKind};
pub use transport::{
    LocalRequest, LocalResponse, LocalSubgraph, RemoteClient, RemoteOptions, RemoteSubgraph,
    SubscriptionProtocol, Transport,
};
pub use upload::{Upload, Uploads};

/// Target of spans that serve nobody but whoever looks at traces.
pub const TRACES: &str = "traces";
