//! Facts that the cv-analysis module publishes.
//!
//! They hold ids and skills, never a name, an address or a text of the candidate.

use platform_types::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A CV was matched to a job and scored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnalysisCompleted {
    /// The analysis.
    pub analysis_id: Uuid,
    /// Title of the job description.
    pub job_title: Option<String>,
    /// Names of the job's skills that the CV shows, required ones first.
    pub matched_skills: Vec<String>,
    /// Names of the job's skills that the CV lacks, required ones first.
    pub missing_skills: Vec<String>,
    /// Score, 0 to 100.
    pub total: u8,
}

impl Event for AnalysisCompleted {
    const TYPE: &'static str = "cv_analysis.analysis.completed.v1";

    fn aggregate(&self) -> Uuid {
        self.analysis_id
    }
}

/// An analysis came to its end without a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnalysisFailed {
    /// Which analysis.
    pub analysis_id: Uuid,
    /// Stable code of the reason, e.g. `ENCRYPTED`.
    pub reason: String,
}

impl Event for AnalysisFailed {
    const TYPE: &'static str = "cv_analysis.analysis.failed.v1";

    fn aggregate(&self) -> Uuid {
        self.analysis_id
    }
}
