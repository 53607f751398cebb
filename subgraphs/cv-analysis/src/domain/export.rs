//! Everything that is kept about a CV, for the candidate who asks for it.

use serde_json::{Value, json};

use super::analysis::Analysis;
use super::correction::{Correction, lay_over};
use super::document::{Document, Outcome};
use super::json_resume;
use super::profile::Profile;
use super::retention::Retention;
use super::score_override::Override;
use super::shortlist::Stay;
use super::skill::Taxonomy;

/// Most analyses of one CV that are exported.
pub(crate) const MOST_ANALYSES: i64 = 500;

/// What is kept about a document besides itself.
pub(crate) struct Kept {
    pub(crate) outcome: Option<Outcome>,
    pub(crate) corrections: Vec<Correction>,
    pub(crate) retention: Option<Retention>,
    /// The latest first, each with the corrections of its score.
    pub(crate) analyses: Vec<(Analysis, Vec<Override>)>,
    /// Stays on shortlists, the latest first.
    pub(crate) stays: Vec<Stay>,
}

/// What is kept about a document, as one object.
pub(crate) fn export(document: &Document, kept: &Kept, taxonomy: &Taxonomy) -> Value {
    let read = match &kept.outcome {
        Some(Outcome::Read(extraction)) => {
            let (mut profile, _) = Profile::read(&extraction.text, document.month(), taxonomy, &[]);
            lay_over(&mut profile, &kept.corrections, taxonomy);
            json!({"text": extraction.text.content, "findings": extraction.findings, "jsonResume": json_resume::export(&profile)})
        }
        Some(Outcome::Refused(error)) => json!({"refusal": error}),
        None => Value::Null,
    };
    let analyses: Vec<Value> = kept
        .analyses
        .iter()
        .map(|(analysis, overrides)| {
            let made: Vec<Value> = overrides
                .iter()
                .map(|made| json!({"points": made.points, "reason": made.reason, "madeAt": made.made_at}))
                .collect();
            json!({"id": analysis.id, "createdAt": analysis.created_at, "completedAt": analysis.completed_at,
                "stage": analysis.stage, "result": analysis.report, "overrides": made})
        })
        .collect();
    let stays: Vec<Value> = kept
        .stays
        .iter()
        .map(|stay| {
            json!({"jobDescriptionId": stay.job_description_id, "reason": stay.reason, "listedAt": stay.listed_at,
                "removedAt": stay.removal.as_ref().map(|removal| removal.removed_at),
                "removalReason": stay.removal.as_ref().map(|removal| &removal.reason)})
        })
        .collect();
    json!({
        "document": {"id": document.id, "fileName": document.file_name, "sizeBytes": document.size_bytes,
            "createdAt": document.created_at},
        "read": read,
        "corrections": kept.corrections,
        "retention": kept.retention.as_ref().map(|kept| json!({"basis": kept.basis, "consentedAt": kept.consented_at,
            "keepUntil": kept.keep_until, "setAt": kept.set_at})),
        "analyses": analyses,
        "shortlists": stays,
    })
}
