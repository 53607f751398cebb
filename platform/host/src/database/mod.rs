//! The database as the host prepares it: roles, schemas, migrations.
//!
//! Invariants: the administrator's address is used here and nowhere else; whatever serves requests
//! connects as a role that owns nothing, is no superuser and cannot bypass row level security.

mod migrate;
mod registry;
mod roles;
mod scram;

pub use migrate::{ModuleSchema, PLATFORM_MIGRATIONS, migrate, pending};
pub use registry::register;
pub use roles::{
    LICENSING_GROUP, MODULE_GROUP, PLATFORM_ROLE, connect_as, groups_of, role_name, schema_name,
};

/// Why the database could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The address is not one of PostgreSQL.
    #[error("the database address is not valid")]
    Url(#[source] sqlx::Error),
    /// A name that cannot be a module's: it would become the name of a role and a schema.
    #[error("`{0}` is not the name of a module")]
    ModuleName(String),
    /// Nobody answers, or refuses.
    #[error("cannot connect to the database")]
    Connect(#[source] sqlx::Error),
    /// A role, a right or a schema could not be made.
    #[error("cannot {what}")]
    Prepare {
        /// What was tried.
        what: String,
        /// What the server said.
        #[source]
        source: sqlx::Error,
    },
    /// Another process has been migrating for too long.
    #[error("another process holds the migration lock for more than {0} s")]
    Locked(u64),
    /// A migration failed, or one that ran before has changed since.
    #[error("migrations of `{schema}`")]
    Migration {
        /// Schema whose migrations they are.
        schema: String,
        /// What went wrong.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
}
