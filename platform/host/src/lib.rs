//! Boot and everything that runs beside requests.

mod backoff;
pub mod database;
mod installed;
pub mod jobs;
pub mod relay;
mod wake;

pub use backoff::Backoff;
pub use installed::{
    InstallError, Installed, Migrations, Surroundings, in_boot_order, remote_routes,
};
pub use wake::{Topic, Wake, Wakes};
