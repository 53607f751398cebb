//! Interviews held and scored.
//!
//! An interview is made from a job's skills and a candidate's gaps (a finished CV analysis, or texts),
//! is opened by a link with a token of its own, keeps time on the server's clock, and is rated by an
//! offline engine on behaviourally anchored scales, with quotes as evidence. See `README.md`.

mod config;
mod consumers;
pub mod domain;
mod graphql;
mod jobs;
mod store;

use std::sync::Arc;

use async_trait::async_trait;
use interview_events::{SessionCompleted, SessionCreated};
use platform_sdk::graphql::{SchemaSubgraph, Subgraph};
use platform_sdk::{Consumers, Event, Jobs, Module, Runtime};
use sqlx::migrate::Migrator;

/// The module.
#[derive(Debug, Default)]
pub struct Interview;

#[async_trait]
impl Module for Interview {
    fn manifest(&self) -> &'static str {
        include_str!("manifest.json")
    }

    fn migrations(&self) -> Migrator {
        sqlx::migrate!("../../migrations/interview")
    }

    fn subgraph(&self, runtime: Arc<Runtime>) -> Result<Arc<dyn Subgraph>, String> {
        let config = config::Config::read(&runtime.config)?;
        Ok(Arc::new(SchemaSubgraph::new(
            runtime,
            graphql::schema(config),
        )?))
    }

    fn consumers(&self) -> Consumers {
        Consumers::default().on("keep-analysis", consumers::analysis_completed::KeepAnalysis)
    }

    fn jobs(&self) -> Jobs {
        Jobs::default().on(jobs::expire_interview::ExpireInterviews)
    }

    fn event_schemas(&self) -> Vec<(&'static str, schemars::Schema)> {
        vec![
            (SessionCreated::TYPE, schemars::schema_for!(SessionCreated)),
            (
                SessionCompleted::TYPE,
                schemars::schema_for!(SessionCompleted),
            ),
        ]
    }
}
