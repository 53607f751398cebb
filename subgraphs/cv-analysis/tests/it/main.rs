//! The module on a real database, reached as the router reaches it.

mod analysis;
mod document;
mod job_description;
mod kit;
mod pdf;
mod schema;
