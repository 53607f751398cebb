//! Things about a document that its reader should know before believing the result.

use serde::{Deserialize, Serialize};

use super::text::Span;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FindingKind {
    /// Text that a reader of the page can't see; it was left out.
    HiddenText,
    /// Characters without a shape inside words; they were left out.
    InvisibleCharacters,
    /// A sentence that gives orders to a machine; it counts for nothing.
    Instruction,
    /// A passage copied from the job description; it counts for nothing.
    CopiedFromJob,
    /// A skill is named far more often than a CV needs to; repeating it earns nothing.
    KeywordStuffing,
    /// No way to reach the candidate was found.
    NoContact,
    /// No dated experience was found.
    NoDates,
    /// Pages that hold pictures only: they could not be read.
    UnreadablePages,
    /// The document is longer than the limit; the rest was not read.
    Truncated,
    /// The job description names no skill that the taxonomy knows.
    NoSkillsInJob,
    /// The language model was not used; the offline engine read the document alone.
    ModelUnavailable,
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at the document yourself.
    Warning,
    /// An attempt to mislead, or a result that can't be relied on.
    Alert,
}

/// One finding, worded for the recruiter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, in a sentence.
    pub message: String,
    /// Page number, counted from one, where known.
    pub page: Option<u32>,
    /// The place in the text, where the text is part of it.
    pub span: Option<Span>,
    /// The words in question, shortened; hidden words appear only here.
    pub quote: Option<String>,
}

impl Finding {
    /// A finding without a place.
    pub fn new(kind: FindingKind, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            kind,
            severity,
            message: message.into(),
            page: None,
            span: None,
            quote: None,
        }
    }
}

/// Cuts a quote to `limit` characters at most.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}
