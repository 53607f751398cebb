//! CVs read, matched to jobs and scored.
//!
//! Invariants:
//! - strangers' bytes are read in the worker process only (`worker`), never here;
//! - the score is a pure function of the structured CV, the structured job description and the weights
//!   (`domain::score`): same input, same bytes; who the candidate is can't reach it;
//! - every point has its words in the text, at a span;
//! - an analysis moves forward only, each step is a row of `progress`, and a killed process resumes it;
//! - events hold ids and names of skills, no personal data.

mod config;
pub mod domain;
mod graphql;
mod jobs;
mod model;
mod store;
mod worker;

use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use cv_analysis_events::{AnalysisCompleted, AnalysisFailed};
use platform_sdk::graphql::{SchemaSubgraph, Subgraph};
use platform_sdk::types::Event as _;
use platform_sdk::{Jobs, Module, Runtime};
use schemars::{Schema, schema_for};
use sqlx::migrate::Migrator;

pub use worker::{extract_worker_main, unpack_worker_main};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/cv_analysis");

/// The module.
pub struct CvAnalysisModule;

#[async_trait]
impl Module for CvAnalysisModule {
    fn manifest(&self) -> &'static str {
        include_str!("manifest.json")
    }

    fn migrations(&self) -> Migrator {
        Migrator::with_migrations(MIGRATIONS.iter().cloned().collect())
    }

    fn subgraph(&self, runtime: Arc<Runtime>) -> Result<Arc<dyn Subgraph>, String> {
        config::Config::read(&runtime.config)?;
        domain::skill::Taxonomy::shared().map_err(|error| error.to_string())?;
        Ok(Arc::new(SchemaSubgraph::new(runtime, graphql::schema())?))
    }

    fn jobs(&self) -> Jobs {
        Jobs::default()
            .on(jobs::again::Handler)
            .on(jobs::analyse::Handler)
            .on(jobs::expire::Handler)
            .on(jobs::index::Handler)
            .on(jobs::reindex::Handler)
    }

    fn event_schemas(&self) -> Vec<(&'static str, Schema)> {
        vec![
            (AnalysisCompleted::TYPE, schema_for!(AnalysisCompleted)),
            (AnalysisFailed::TYPE, schema_for!(AnalysisFailed)),
        ]
    }

    fn worker(&self, name: &str) -> Option<ExitCode> {
        match name {
            "extract" => Some(extract_worker_main()),
            "unpack" => Some(unpack_worker_main()),
            _ => None,
        }
    }
}
