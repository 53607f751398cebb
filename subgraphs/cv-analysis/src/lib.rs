//! CVs read, matched to jobs and scored

pub mod domain;
mod worker;

pub use worker::extract_worker_main;
