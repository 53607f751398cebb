//! Transactions. The pool is private to this module: the only way to a tenant's rows is a
//! [`TenantTx`], and its only constructor sets the tenant.

mod account;
mod lease;
mod pool;
mod snapshot;
mod tenant;

pub use account::AccountTx;
pub use pool::{Database, PoolOptions};
pub use snapshot::{Snapshot, SnapshotGuard};
pub use tenant::TenantTx;
