//! Facts that the interview module publishes.
//!
//! They hold references and counts, nothing that a person wrote: answers and reports are read through
//! the API by those who may.

use platform_types::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An interview was made and can be given to a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionCreated {
    /// The interview.
    pub interview_id: Uuid,
    /// The CV analysis that it was tailored by; absent for a standalone interview.
    pub analysis_id: Option<Uuid>,
    /// How many questions it asks.
    pub questions: u32,
}

impl Event for SessionCreated {
    const TYPE: &'static str = "interview.session.created.v1";

    fn aggregate(&self) -> Uuid {
        self.interview_id
    }
}

/// The candidate finished and the report is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionCompleted {
    /// The interview.
    pub interview_id: Uuid,
    /// The CV analysis that it was tailored by; absent for a standalone interview.
    pub analysis_id: Option<Uuid>,
    /// Overall score, 0 to 100.
    pub overall: u8,
    /// Whether every question got an answer.
    pub complete: bool,
    /// The engine advises that a person looks at the answers.
    pub review_advised: bool,
}

impl Event for SessionCompleted {
    const TYPE: &'static str = "interview.session.completed.v1";

    fn aggregate(&self) -> Uuid {
        self.interview_id
    }
}
