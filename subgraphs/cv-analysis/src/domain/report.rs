//! What an analysis finds: the structured CV, the score and everything that explains it.

use serde::{Deserialize, Serialize};

use super::correction::{self, Correction};
use super::document::Document;
use super::extract::Extraction;
use super::finding::{Finding, FindingKind, Severity};
use super::job_description::JobDescription;
use super::model::verified;
use super::profile::{Confidence, Profile};
use super::recommendation::{Recommendation, recommend};
use super::score::{Candidate, Score, Weights, score};
use super::skill::Taxonomy;
use crate::model::Reading;

/// Everything that an analysis found, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The structured CV.
    pub(crate) profile: Profile,
    /// What was asked for.
    pub(crate) requirements: super::job::Requirements,
    /// The score and its reasons.
    pub(crate) score: Score,
    /// What would help.
    pub(crate) recommendations: Vec<Recommendation>,
    /// What the reader should know.
    pub(crate) findings: Vec<Finding>,
    /// How far it can be relied on.
    pub(crate) confidence: Confidence,
    /// Rules that read the file.
    pub(crate) extractor_version: String,
    /// Hash of the file, hexadecimal.
    pub(crate) content_sha256: String,
    /// What a language model added; absent where none was asked or it had no say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<ModelShare>,
    /// How many corrections by people lie over the reading.
    #[serde(default)]
    pub(crate) corrections: u32,
}

/// A language model's share in a report. It never sets a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ModelShare {
    /// Name of the model.
    pub(crate) name: String,
    /// Places of skills that it found and the offline engine did not.
    pub(crate) claims: usize,
    /// Recommendations that it worded.
    pub(crate) wordings: usize,
}

/// Understands, matches and scores: pure, and long enough to run off the async threads.
pub(crate) fn report(
    document: &Document,
    extraction: &Extraction,
    description: &JobDescription,
    reading: Option<&Reading>,
    corrections: &[Correction],
    taxonomy: &Taxonomy,
) -> Report {
    let copied = super::copy::copied(&extraction.text.content, &description.body);
    let (mut profile, mut findings) =
        Profile::read(&extraction.text, document.month(), taxonomy, &copied);
    let mut share = None;
    match reading.map(|reading| (&reading.model, &reading.claims)) {
        Some((model, Ok(claims))) => {
            let masked = profile.masks(&extraction.text, taxonomy, &copied);
            let verified = verified(claims, &extraction.text.content, &masked, taxonomy);
            share = Some(ModelShare {
                name: model.clone(),
                claims: profile.take_in(&verified, taxonomy),
                wordings: 0,
            });
        }
        Some((_, Err(unused))) => findings.push(unused.finding()),
        None => {}
    }
    correction::lay_over(&mut profile, corrections, taxonomy);
    findings.splice(0..0, extraction.findings.iter().cloned());
    findings.extend(super::copy::findings(&extraction.text, &copied));
    if description.requirements.required.is_empty() && description.requirements.preferred.is_empty()
    {
        findings.push(Finding::new(
            FindingKind::NoSkillsInJob,
            Severity::Warning,
            "the job description names no skill that is known here, so the score says little",
        ));
    }
    let score = score(
        &Candidate::of(&profile),
        &description.requirements,
        &extraction.text,
        taxonomy,
        &Weights::default(),
    );
    let confidence = if findings
        .iter()
        .any(|finding| finding.kind == FindingKind::NoSkillsInJob)
    {
        Confidence::Low
    } else {
        profile.confidence
    };
    Report {
        recommendations: recommend(&profile, &description.requirements, &score),
        requirements: description.requirements.clone(),
        score,
        profile,
        findings,
        confidence,
        extractor_version: extraction.extractor_version.clone(),
        content_sha256: document
            .content_sha256
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        model: share,
        corrections: u32::try_from(corrections.len()).unwrap_or(u32::MAX),
    }
}
