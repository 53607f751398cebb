//! How a subgraph is reached: a value, not a code path.

mod form;
mod health;
mod http;
mod http1;
mod local;
mod remote;
mod sse;
mod websocket;

use std::sync::Arc;

pub(crate) use form::Payload;
pub use local::{LocalRequest, LocalResponse, LocalSubgraph};
pub use remote::{RemoteClient, RemoteOptions, RemoteSubgraph, SubscriptionProtocol};

/// How one subgraph is reached.
#[derive(Clone)]
pub enum Transport {
    /// A function call in this process: parsed document and values in, values out.
    Local(Arc<dyn LocalSubgraph>),
    /// HTTP, subscriptions by server-sent events or a WebSocket.
    Remote(RemoteSubgraph),
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Local(_) => f.write_str("Local"),
            Self::Remote(remote) => f.debug_tuple("Remote").field(remote).finish(),
        }
    }
}
