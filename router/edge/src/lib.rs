//! What stands between clients and the engine: transports, identity, limits.
//!
//! Every operation takes the same way, whatever it came by: the transport reads it (`web`, `websocket`), `parameters`
//! types it, `authentication` says who sends it, `rate` counts it, `admission` runs the guard and the declared
//! authorisation and takes a slot, and only then the engine sees it. Subscriptions are under watch (`stream`) until they
//! end: by themselves, with the caller's identity, or with the process.
//!
//! Invariants: no inbound header passes that is not listed; nothing is planned before the guard has read it; every
//! buffer, socket, stream and wait has a bound; no text of an error that nobody foresaw reaches a client.

mod admission;
mod authentication;
mod authorization;
mod caller;
mod clock;
mod config;
mod connection;
mod cost;
mod csrf;
mod document;
mod edge;
mod mask;
mod media;
mod observe;
mod parameters;
mod persisted;
mod quota;
mod rate;
mod refused;
mod reservation;
mod settings;
mod stream;
mod upload;
mod web;
mod websocket;

pub use authentication::{AuthenticationError, Authenticator, Credential, TokenAuthenticator};
pub use caller::Caller;
pub use clock::Clock;
pub use config::{
    CostConfig, DocumentLimits, EdgeConfig, Explain, GraphiqlConfig, GraphiqlExample,
    GraphiqlOrganisations, GraphiqlSignIn, Introspection, PersistedConfig, RateConfig,
    StreamConfig, UploadConfig, WebSocketConfig,
};
pub use edge::{Edge, EdgeError};
pub use web::GRAPHIQL_FILES;
