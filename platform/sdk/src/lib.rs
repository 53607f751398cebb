//! Everything that a module's code sees of the platform.
//!
//! A request reaches a module as a [`Ctx`]: who asks, for which tenant, until when. Use cases live in
//! the module's `domain/`, open a [`TenantTx`] with [`Ctx::begin`], call `store/` functions on its
//! connection, [`TenantTx::publish`] events, [`TenantTx::enqueue`] jobs, and commit. Reads go through
//! [`Ctx::read`] or [`Ctx::load_one`], which share one snapshot per request.
//!
//! Invariants:
//! - the pool is private to [`db`]; a tenant's rows are reached through a [`TenantTx`] only, and its
//!   only constructor sets the tenant that row level security goes by;
//! - the licence of a licensed module is checked in the same statement that sets the tenant;
//! - time, ids and randomness come from the context;
//! - what a client sees of an error is its code and public sentence, nothing else;
//! - every root field and every entity declares who may use it, or the process does not boot.

mod clock;
mod consumer;
mod ctx;
pub mod db;
mod error;
pub mod graphql;
mod idempotency;
mod job;
mod kept;
mod license;
mod lifecycle;
mod manifest;
mod module;
mod objects;
pub mod sandbox;
mod setting;
mod signal;
mod token;
mod upload;

pub use clock::{Ambient, Clock, Entropy, SystemClock, SystemEntropy};
pub use consumer::{Consumer, ConsumerEntry, Consumers};
pub use ctx::{Ctx, Origin};
pub use db::{AccountTx, Database, PoolOptions, Snapshot, TenantTx};
pub use error::{Error, Result, format_chain};
pub use graphql::UserError;
pub use idempotency::Idempotent;
pub use job::{Job, JobEntry, JobHandler, JobRun, Jobs};
pub use kept::{Kept, KeptJson, Memory};
pub use license::LicenseState;
pub use lifecycle::all_jobs;
pub use manifest::{Manifest, ManifestError, boot_order};
pub use module::{Module, Runtime};
pub use objects::Objects;
pub use platform_identity::{Identity, Subject};
pub use platform_types::{
    self as types, Cursor, Envelope, ErrorCode, Event, EventId, JobId, MAX_PAGE, Money, PageArgs,
    TenantId, UnknownName, UserId, id_newtype, stored_names,
};
pub use sandbox::Sandbox;
pub use signal::{Signals, Waiter};
pub use token::{Holder, TokenGrant, TokenIssuer};
pub use upload::{Claim, StoredUpload, UploadRequest, UploadTicket, UploadToken, upload_key};
