//! Boot and everything that runs beside requests.

mod adapter;
mod backoff;
mod boot;
pub mod config;
pub mod database;
mod endpoint;
mod files;
pub mod health;
mod in_process;
mod installed;
pub mod jobs;
mod lanes;
mod listener;
mod members;
pub mod relay;
mod rights;
mod shutdown;
pub mod supergraph;
mod sweeper;
mod telemetry;
mod tls;
mod trace;
mod uploads;
mod wake;

pub use adapter::Adapter;
pub use backoff::Backoff;
pub use boot::{BootError, Process, Shape, serve_foreign};
pub use files::FilesError;
pub use in_process::{InProcess, InProcessError};
pub use installed::{
    InstallError, Installed, Known, Migrations, Surroundings, in_boot_order, remote_routes,
};
pub use listener::ListenError;
pub use shutdown::Shutdown;
pub use sweeper::Sweeper;
pub use telemetry::{Telemetry, TelemetryError};
pub use uploads::Receiver;
pub use wake::{Topic, Wake, Wakes};
