use async_graphql::{Enum, Object};

use super::int;
use crate::domain;
use crate::domain::finding::{FindingKind, Severity};

/// Something about a document that its reader should know.
pub(crate) struct Finding(pub(crate) domain::finding::Finding);

/// What was found.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "FindingKind")]
enum CvFindingKind {
    /// Text that a reader of the page can't see; it was left out.
    HiddenText,
    /// Characters without a shape inside words; they were left out.
    InvisibleCharacters,
    /// A sentence that gives orders to a machine; it counts for nothing.
    Instruction,
    /// A passage copied from the job description; it counts for nothing.
    CopiedFromJob,
    /// A skill is named far more often than a CV needs to.
    KeywordStuffing,
    /// No way to reach the candidate was found.
    NoContact,
    /// No dated experience was found.
    NoDates,
    /// Pages that hold pictures only.
    UnreadablePages,
    /// The document is longer than the limit; the rest was not read.
    Truncated,
    /// The job description names no skill that is known.
    NoSkillsInJob,
    /// The language model was not used; the offline engine read the document alone.
    ModelUnavailable,
}

/// How much a finding matters.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Severity")]
enum CvFindingSeverity {
    /// Good to know.
    Info,
    /// Look at the document yourself.
    Warning,
    /// An attempt to mislead, or a result that can't be relied on.
    Alert,
}

/// Something about a document that its reader should know.
#[Object(name = "CvFinding")]
impl Finding {
    /// What it is.
    async fn kind(&self) -> CvFindingKind {
        self.0.kind.into()
    }

    /// How much it matters.
    async fn severity(&self) -> CvFindingSeverity {
        self.0.severity.into()
    }

    /// What was found, in a sentence.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// Page, counted from one, where known.
    async fn page(&self) -> Option<i32> {
        self.0.page.map(int)
    }

    /// First code point in the document's text, where it is part of it.
    async fn start(&self) -> Option<i32> {
        self.0.span.map(|span| int(span.start))
    }

    /// One past the last code point.
    async fn end(&self) -> Option<i32> {
        self.0.span.map(|span| int(span.end))
    }

    /// The words in question, shortened.
    async fn quote(&self) -> Option<&str> {
        self.0.quote.as_deref()
    }
}
