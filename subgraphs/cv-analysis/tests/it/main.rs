//! The module on a real database, reached as the router reaches it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod analysis;
mod archive;
mod chromium;
mod clean;
mod corpus;
mod document;
mod erasure;
mod fresh;
mod groff;
mod hostile;
mod identity;
mod injection;
mod job_description;
mod kit;
mod libreoffice;
mod measure;
mod model;
mod office;
mod pdf;
mod people;
mod progress;
mod ranking;
mod reindex;
mod render;
mod reportlab;
mod sameness;
mod schema;
mod search;
mod sheet;
mod shortlist;
mod stewardship;
mod tool;
mod tools;
mod unreadable;
mod varied;
mod version;
